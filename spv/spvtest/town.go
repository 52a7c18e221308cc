package spvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Town is a network of nodes that whole clients talk to over pipes, so that in a
// testing/synctest bubble time costs nothing. Its nodes are honest but for what
// their Deviation says.
type Town struct {
	Land  *Land
	links sync.WaitGroup
	waves atomic.Int32 // how often its nodes have repeated themselves

	mu    sync.Mutex // guards all below
	best  Branch
	nodes []*Node
	port  func(net.Conn) // takes who comes to the client, nil while it does not listen
	comes []*Node        // who has come
	pool  map[chainhash.Hash]*wire.MsgTx
	down  bool
	stray map[string]int
}

// NewTown is a network without nodes that has come to the land's start.
func NewTown(l *Land) *Town {
	return &Town{Land: l, best: l.Main.To(l.Start), pool: make(map[chainhash.Hash]*wire.MsgTx), stray: make(map[string]int)}
}

// Close ends what connections are left, and waits for their end.
func (t *Town) Close() {
	t.Cut(true)
	t.links.Wait()
}

// Node is a full node on the wire.
type Node struct {
	Addr    string
	Latency time.Duration // one way
	town    *Town
	dev     Deviation
	honest  bool
	mind    *Peer // what it claims of filters
	mindMu  sync.Mutex
	waves   atomic.Int32 // how often it has repeated itself

	mu    sync.Mutex // guards all below
	links map[*Link]bool
	dials int
	heard []wire.Message
	own   map[chainhash.Hash]bool // transactions that it was given
}

// maxHeard bounds what a node remembers of what it was sent.
const maxHeard = 20_000

// Add puts a node on the network, in a net group of its own.
func (t *Town) Add(d Deviation) *Node {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := len(t.nodes)
	n := &Node{town: t, dev: d, Latency: 20 * time.Millisecond, links: make(map[*Link]bool), own: make(map[chainhash.Hash]bool),
		Addr: fmt.Sprintf("45.%d.7.1:8333", i+1), mind: &Peer{Filters: d.Filters},
		honest: d.isZero()}
	if d.FiltersOf != nil {
		n.mind.Filters = d.FiltersOf(t.Land)
	}
	if d.Group != 0 {
		n.Addr = fmt.Sprintf("46.%d.%d.1:8333", d.Group, i+1)
	}
	t.nodes = append(t.nodes, n)
	return n
}

// Nodes are all nodes, in the order they were added.
func (t *Town) Nodes() []*Node {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.nodes)
}

var errRefused = errors.New("refused")

// Dial is a client's way to the nodes.
func (t *Town) Dial(_ context.Context, _, addr string) (net.Conn, error) {
	t.mu.Lock()
	i := slices.IndexFunc(t.nodes, func(n *Node) bool { return n.Addr == addr })
	if i < 0 {
		t.stray[addr]++
	}
	down := t.down
	t.mu.Unlock()
	if i < 0 || down {
		return nil, errRefused
	}
	ours, theirs := net.Pipe()
	t.nodes[i].talk(theirs)
	return ours, nil
}

// Strays are the addresses dialled where no node is.
func (t *Town) Strays() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.stray)
}

// LookupNetIP makes a Town the answer of every DNS seed.
func (t *Town) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.down {
		return nil, errRefused
	}
	var list []netip.Addr
	for _, n := range t.nodes {
		list = append(list, netip.MustParseAddrPort(n.Addr).Addr())
	}
	return list, nil
}

// Best is the chain of the honest nodes.
func (t *Town) Best() Branch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.best
}

// Grow puts the network on a branch; the nodes announce what is new.
func (t *Town) Grow(b Branch) {
	t.mu.Lock()
	old := t.best
	t.best = b
	t.mu.Unlock()
	fork := int32(0)
	for h := min(len(old), len(b)) - 1; h > 0; h-- {
		if old[h] == b[h] {
			fork = int32(h)
			break
		}
	}
	for _, n := range t.Nodes() {
		n.announce(fork)
	}
}

// Settle puts the network on the branch with the most work that any node is on.
func (t *Town) Settle() {
	best := t.Best()
	work := t.Land.Work(best)
	for _, n := range t.Nodes() {
		if n.dev.Chain == nil {
			continue
		}
		if b := n.Branch(); t.Land.Work(b).Cmp(work) > 0 {
			best, work = b, t.Land.Work(b)
		}
	}
	t.Grow(best)
}

// Cut ends all connections and refuses new ones, or permits them again.
func (t *Town) Cut(down bool) {
	t.mu.Lock()
	t.down = down
	t.mu.Unlock()
	if !down {
		return
	}
	for _, n := range slices.Concat(t.Nodes(), t.Guests()) {
		for _, l := range n.open() {
			l.Close()
		}
	}
}

// take keeps a transaction that a node was given, and, if that one is honest, has
// the others announce it a little later.
func (t *Town) take(from *Node, tx *wire.MsgTx) {
	txid := tx.TxHash()
	from.mu.Lock()
	from.own[txid] = true
	from.mu.Unlock()
	if !from.honest {
		return
	}
	t.spread(from, tx)
}

// Spread has the nodes announce a transaction that somebody else has made.
func (t *Town) Spread(tx *wire.MsgTx) { t.spread(nil, tx) }

// spread has all nodes but one announce a transaction, if it is new.
func (t *Town) spread(from *Node, tx *wire.MsgTx) {
	txid := tx.TxHash()
	t.mu.Lock()
	known := t.pool[txid] != nil
	t.pool[txid] = tx
	t.mu.Unlock()
	if known {
		return
	}
	inv := wire.NewMsgInv()
	_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeTx, &txid)) // room for one
	for _, n := range t.Nodes() {
		if n == from || n.dev.Silent {
			continue
		}
		for _, l := range n.greeted() {
			t.links.Go(func() {
				if l.Wait(2 * time.Second) {
					l.Say(inv)
				}
			})
		}
	}
}

// Has tells whether a node was given a transaction.
func (n *Node) Has(txid chainhash.Hash) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.own[txid]
}

// Pool is a transaction that honest nodes pass on, nil if they have not heard of
// it.
func (t *Town) Pool(txid chainhash.Hash) *wire.MsgTx {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pool[txid]
}

// Honest tells whether the node never says what is not so.
func (n *Node) Honest() bool { return n.honest }

func (n *Node) open() []*Link {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []*Link
	for l := range n.links {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *Link) int { return a.N - b.N })
	return list
}

// greeted are the connections whose handshake is done: before it an honest node
// has nothing to tell.
func (n *Node) greeted() []*Link {
	return slices.DeleteFunc(n.open(), func(l *Link) bool {
		select {
		case <-l.ready:
			return false
		default:
			return true
		}
	})
}

// Dials counts the connections made to the node.
func (n *Node) Dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// Heard lists what the node was sent, but for pings, pongs and handshakes.
func (n *Node) Heard() []wire.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.heard)
}

// Branch is the chain that the node is on.
func (n *Node) Branch() Branch {
	b := n.town.Best()
	if n.dev.Chain != nil {
		return n.dev.Chain(n.town.Land, b)
	}
	return b
}

// announce tells all connections of the blocks above a fork.
func (n *Node) announce(fork int32) {
	b := n.Branch()
	if b.Tip().Height <= fork || n.dev.Silent {
		return
	}
	msg := headersMsg(b.Headers(fork+1, b.Tip().Height))
	for _, l := range n.greeted() {
		for _, m := range n.deviate(l, nil, []wire.Message{msg}) {
			l.Say(m)
		}
	}
}

func (n *Node) deviate(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
	if n.dev.Reply == nil {
		return truth
	}
	return n.dev.Reply(l, asked, truth)
}
