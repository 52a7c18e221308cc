package spv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	crand "crypto/rand"

	"thistle/spv/chain"
	"thistle/spv/peer"
	"thistle/spv/protocol"
	"thistle/spv/store"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Config is what a Client needs to know.
type Config struct {
	// Params is the network, with its checkpoints.
	Params *chain.Params
	// FilterCheckpoints are filter headers known beforehand, by height.
	FilterCheckpoints map[int32]chainhash.Hash
	// Dir is the network's data folder.
	Dir string
	// Connect lists the only peers to use, "host:port"; none means that peers
	// are looked for.
	Connect []string
	// Preferred lists peers that are kept beside others, "host:port".
	Preferred []string
	// NoDNS forbids asking DNS seeds.
	NoDNS bool
	// Resolver answers for the DNS seeds, the system's if nil. With a Proxy none
	// is asked.
	Resolver peer.Resolver
	// FixedSeeds are addresses to begin with where DNS seeds say nothing.
	FixedSeeds []string
	// Proxy is a SOCKS5 server ("host:port") through which all connections go,
	// each under a name of its own, so that Tor gives each its own circuit.
	Proxy string
	// OnionOnly connects to onion addresses alone; it needs a Proxy.
	OnionOnly bool
	// Listen is where other peers may connect to us, "host:port"; none if empty.
	Listen string
	// LowData asks peers not to announce transactions: payments are then seen
	// when they are in a block.
	LowData bool
	// NoV2 forbids the encrypted transport (BIP324), which is tried first else.
	NoV2 bool
	// Bloom is the address of the person's own node, "host:port", which may be
	// told the wallet's scripts as a filter (BIP37); none if empty. While it answers
	// no compact filters are fetched. It is believed in what it leaves out.
	Bloom string
	// Peers is how many peers to keep, whatever they serve. If 0, there are places
	// for each role: at rest three that serve filters, two that announce
	// transactions, and one for blocks, and eight that serve filters while much is
	// to be fetched.
	Peers int
	// BirthdayHeight or BirthdayTime say from when on blocks matter: headers are
	// wanted from the last checkpoint before, and Base tells from where on they
	// are there. With both zero a chain that is there stays as it is, and a new
	// one is wanted from genesis.
	BirthdayHeight int32
	BirthdayTime   time.Time
	// KeepBase keeps a chain that is there as it is, even if it begins after the
	// birthday, which then counts for a new one only.
	KeepBase bool
	// Existing forbids beginning a new chain: without one the error is
	// ErrNoChain.
	Existing bool
	// FilterLimit is how many bytes of filters to keep on disk, no limit if 0:
	// above it the oldest go that FiltersUsed says are not needed any more.
	FilterLimit int64
	// FullBlocks is how many blocks may be read whole when nobody serves
	// filters: 288 if 0, none if negative.
	FullBlocks int32
	// Audit fetches and checks all headers down to genesis in the end, when
	// nothing else is to be done.
	Audit bool
	// Log receives what may be of interest when something goes wrong; nil
	// means nothing.
	Log *slog.Logger
	// Dial opens connections, net.Dialer if nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Port opens Listen, peer.Listen if nil.
	Port func(ctx context.Context, addr string, ready func(addr string), take func(net.Conn)) error
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

// Client is a light client of one network. Its methods may be called from any
// goroutine.
type Client struct {
	cfg   Config
	log   *slog.Logger
	store *store.Store
	hub   hub

	inputs   chan protocol.Input // from connections: a full channel slows them down
	commands commandQueue        // from the program: never waits

	mu      sync.RWMutex // guards machine, tree, direct
	machine *protocol.Machine
	tree    *chain.Tree
	direct  map[int32]bool
	used    int32 // filters up to here are not needed any more
	looks   int   // times to look around that the machine has yet to hear of

	savedMu     sync.RWMutex // guards what is known to be on disk
	savedTip    Tip
	filtersFrom int32
	filtersTip  Tip
	current     bool // headers were current when savedTip was told

	own   ownNode
	port  port
	lines lines

	waitMu  sync.Mutex
	waiters map[chainhash.Hash][]chan *protocol.BlockArrived

	setAside []string
}

// Open reads the folder, which it creates if need be. Errors are of the kinds
// ErrInUse and ErrDiskFull, or the file system's.
func Open(cfg Config) (*Client, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Port == nil {
		cfg.Port = peer.Listen
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if err := cfg.checkWay(); err != nil {
		return nil, err
	}
	st, err := store.Open(store.Options{Dir: cfg.Dir, Net: cfg.Params.Net, Log: cfg.Log})
	if err != nil {
		return nil, kindOf("open chain data", err)
	}
	c := &Client{
		cfg: cfg, log: cfg.Log, store: st,
		inputs:      make(chan protocol.Input, 64),
		commands:    commandQueue{more: make(chan struct{}, 1)},
		direct:      make(map[int32]bool),
		waiters:     make(map[chainhash.Hash][]chan *protocol.BlockArrived),
		filtersFrom: -1,
	}
	if err := c.load(); err != nil {
		_ = st.Close()
		return nil, kindOf("read chain data", err)
	}
	return c, nil
}

// checkWay refuses settings under which more would be seen than is meant to be.
func (cfg *Config) checkWay() error {
	switch _, err := peer.CheckProxy(cfg.Proxy); {
	case cfg.Proxy != "" && err != nil:
		return err
	case cfg.OnionOnly && cfg.Proxy == "":
		return errors.New("onion addresses are reached through a proxy alone")
	}
	return nil
}

// kindOf translates the store's kinds of errors into this package's.
func kindOf(op string, err error) error {
	switch {
	case errors.Is(err, store.ErrInUse):
		return fmt.Errorf("%s: %w", op, ErrInUse)
	case errors.Is(err, store.ErrDiskFull):
		return fmt.Errorf("%s: %w", op, ErrDiskFull)
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrMismatch), errors.Is(err, chain.ErrStored): // what does not fit is not what was written
		return fmt.Errorf("%s: %w: %w", op, ErrDamaged, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// load brings the machine to where the disk is. A new chain begins at the newest
// checkpoint; what is wanted below is filled in later, also under one that was
// there.
func (c *Client) load() error {
	loaded, err := c.store.Load()
	if err != nil {
		return err
	}
	c.setAside = loaded.SetAside
	begun := loaded.Tip.Height >= 0
	if !begun && c.cfg.Existing {
		return ErrNoChain
	}
	filters := chain.NewColumn(chainhash.HashSize, protocol.FilterPeriod, 0, c.store.FilterHeaders())
	if begun {
		c.tree, err = c.stored(&loaded, filters)
	}
	if err != nil && c.cfg.Existing {
		return err // who only reads must not throw anything away
	}
	if c.tree == nil || err != nil {
		if err != nil {
			c.log.Warn("stored headers do not fit, starting over", "err", err)
		}
		begun, loaded = false, store.Loaded{FilterBase: -1}
		if err := c.begin(); err != nil {
			return err
		}
	}
	for _, h := range loaded.Direct {
		c.direct[h] = true
	}
	c.savedTip = c.tree.Tip()
	c.machine = protocol.New(protocol.Config{
		Params: c.cfg.Params, Tree: c.tree,
		Filters: protocol.FilterState{
			From: -1, Floor: c.store.FilterFloor(), Base: loaded.FilterBase, Prev: loaded.FilterBaseHeader,
			Stored: filters, Direct: loaded.Direct, Held: c.holdsFilter, Filter: c.readFilter,
		},
		FilterCheckpoints: c.cfg.FilterCheckpoints,
		Pinned:            c.cfg.Connect,
		Preferred:         c.cfg.Preferred,
		Book:              c.loadBook(),
		FixedSeeds:        c.cfg.FixedSeeds,
		Networks:          c.cfg.networks(),
		// What is asked of a name server is told to who runs it, past the proxy.
		NoDNS:      c.cfg.NoDNS || c.cfg.Proxy != "",
		Peers:      c.cfg.Peers,
		FullBlocks: c.cfg.FullBlocks,
		Audit:      c.cfg.Audit,
		OwnNode:    c.cfg.Bloom,
		LowData:    c.cfg.LowData,
		Serve:      c.cfg.Listen != "",
		Private:    c.cfg.Proxy != "",
		Rand:       newRand(),
	})
	if !begun || !c.cfg.KeepBase && !c.cfg.anyBirthday() {
		c.KeepHeaders(c.wantedBase().Height + 1)
	}
	if c.cfg.Listen != "" && loaded.FilterCount > 0 {
		// What is served must not depend on whether a wallet is open.
		c.KeepFilters(max(loaded.FilterBase, c.store.FilterFloor()))
	}
	return nil
}

// stored is the chain on disk. Old headers stay there.
func (c *Client) stored(l *store.Loaded, filters *chain.Column) (*chain.Tree, error) {
	tree, err := chain.Open(c.cfg.Params, chain.Stored{Base: l.Base, Tip: l.Tip, Work: l.Work, Source: c.store.Headers()})
	if err == nil {
		err = tree.Linked()
	}
	if err != nil {
		return nil, err
	}
	first := max(l.FilterBase, 0)
	return tree, filters.Open(first, first+l.FilterCount)
}

// begin begins a new chain.
func (c *Client) begin() error {
	base := c.cfg.Params.NewestBase()
	tree, err := chain.Open(c.cfg.Params, chain.Stored{Base: base, Tip: base.Tip(), Source: c.store.Headers()})
	if err != nil {
		return err
	}
	c.tree = tree
	batch := store.Batch{Reset: &base}
	if initial := c.tree.Initial(); !initial.Empty() {
		batch.Headers = []chain.Change{initial}
	}
	return c.store.Commit(batch)
}

// anyBirthday tells that a chain may stay where it was begun.
func (cfg *Config) anyBirthday() bool { return cfg.BirthdayHeight <= 0 && cfg.BirthdayTime.IsZero() }

func (c *Client) wantedBase() chain.Base {
	switch {
	case c.cfg.BirthdayHeight > 0:
		return c.cfg.Params.BaseBelow(c.cfg.BirthdayHeight)
	case !c.cfg.BirthdayTime.IsZero():
		return c.cfg.Params.BaseBefore(c.cfg.BirthdayTime)
	}
	return c.cfg.Params.Genesis()
}

// services is what our version messages say that we do for others.
func (c *Client) services() wire.ServiceFlag {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Services()
}

func (c *Client) holdsFilter(height int32, block chainhash.Hash) bool {
	held, ok := c.store.HeldFilter(height)
	return ok && held == block
}

func (c *Client) readFilter(height int32, block chainhash.Hash) []byte {
	filter, err := c.store.Filter(height, block)
	if err != nil {
		return nil
	}
	return filter
}

// newRand seeds the machine's dice, which decide whom to ask and when: nothing
// that must stay secret, but nothing to be guessed from outside either.
func newRand() *rand.Rand {
	var seed [32]byte
	_, _ = crand.Read(seed[:])
	return rand.New(rand.NewChaCha8(seed))
}

// Close releases the folder. Run must have ended.
func (c *Client) Close() error { return c.store.Close() }

// SetAside lists damaged files that were renamed and replaced at Open.
func (c *Client) SetAside() []string { return c.setAside }

// Subscribe begins a queue of all events from now on.
func (c *Client) Subscribe() *Subscription { return c.hub.subscribe() }

// FiltersUsed says that filters up to a height have served: if there is a limit
// to what is kept, they may go. It holds until something else is said: a lower
// height than before, by somebody who looks for more, means that what is gone
// above it is to be fetched again. KeepFilters alone brings nothing back that has
// served.
func (c *Client) FiltersUsed(through int32) {
	c.mu.Lock()
	c.used = through
	c.mu.Unlock()
	c.commands.put(protocol.FiltersUsed{Through: through})
}

// KeepHeaders asks for headers from this height on: HeadersLowered tells when
// they are there. Below is nothing to be had on networks without checkpoints,
// whose chains are whole from the start.
func (c *Client) KeepHeaders(from int32) { c.commands.put(protocol.KeepHeaders{From: from}) }

// LookAround has all peers asked whether there is anything new. Status is not
// Current until they have answered.
func (c *Client) LookAround() {
	c.mu.Lock()
	c.looks++
	c.mu.Unlock()
	c.commands.put(protocol.LookAround{})
}

// KeepFilters asks for the filters of all blocks from this height on. Who serves
// others keeps whole periods: they can find out what is here, and the height of a
// birthday is nobody's business.
func (c *Client) KeepFilters(from int32) {
	if c.cfg.Listen != "" {
		from -= from % protocol.FilterPeriod
	}
	c.commands.put(protocol.KeepFilters{From: from})
}
