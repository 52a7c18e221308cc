package protocol

import (
	"math/rand/v2"
	"slices"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Config is what a Machine needs to know.
type Config struct {
	Params *chain.Params
	// Tree is the best chain as it stands on disk. The machine owns it from
	// now on.
	Tree *chain.Tree
	// Filters is what the disk holds of filters and filter headers.
	Filters FilterState
	// FilterCheckpoints are filter headers known beforehand, by height.
	FilterCheckpoints map[int32]chainhash.Hash
	// Pinned addresses are the only ones used if there are any.
	Pinned []string
	// NoDNS forbids look-ups at DNS seeds.
	NoDNS bool
	// Peers is how many peers to keep, whatever they serve; if 0, there are places
	// for each role, DefaultPeers at rest.
	Peers int
	// Audit fetches all headers down to genesis when nothing else is to be done.
	Audit bool
	// FullBlocks is how many blocks may be read themselves while nobody serves
	// filters: DefaultFullBlocks if 0, none if negative.
	FullBlocks int32
	// Book is what the last run knew of addresses.
	Book addrmgr.Snapshot
	// FixedSeeds are addresses to begin with where nobody else tells of any.
	FixedSeeds []string
	// Networks are those that can be reached: IPv4 and IPv6 if none is named.
	Networks addrmgr.Networks
	// Preferred addresses are always connected to, beside others.
	Preferred []string
	// OwnNode is the address of the person's own node if that is told what to look
	// for, so that no filters are needed; see the input of that name.
	OwnNode string
	// LowData: no transactions are announced to us.
	LowData bool
	// Serve tells that others may connect to us, and are answered.
	Serve bool
	// Private tells that connections are anonymous (a proxy): then each
	// broadcast has a connection of its own.
	Private bool
	// Rand throws the dice.
	Rand *rand.Rand
}

// FilterState is what the disk holds of filters and filter headers.
type FilterState struct {
	// From is the first height whose filter is wanted, -1 if none is yet.
	From int32
	// Floor is the height below which filters were deleted, 0 if none were.
	Floor int32
	// Base is the height of the first filter header; Prev is that before it.
	Base int32
	Prev chainhash.Hash
	// Stored are the filter headers, which the machine owns from now on; or
	// Headers are, where they are few.
	Stored  *chain.Column
	Headers []chainhash.Hash
	// Direct lists heights whose filter is in dispute.
	Direct []int32
	// Held tells whether the filter of this block is on disk.
	Held func(height int32, block chainhash.Hash) bool
	// Filter reads it, nil if it cannot be read. It is asked for a filter that
	// lies on disk when its filter header is learned again, and for ours in a
	// dispute. Without it such filters are downloaded again, and a dispute over
	// a filter that no connected peer stands by stays undecided.
	Filter func(height int32, block chainhash.Hash) []byte
}

// Machine is the state machine. It is not safe for concurrent use.
type Machine struct {
	cfg  Config
	tree *chain.Tree
	now  time.Time
	out  []Output
	next time.Time

	peers     []*peerState // ascending by ID
	book      addressBook
	lead      PeerID     // asked alone during bulk header sync, 0 if nobody
	slowLeads int        // how many took too long
	headed    bool       // headers have been current once
	proved    chain.Work // the most that a branch beyond our room has shown to have

	soundAt    time.Time      // when our newest headers were last judged anew
	lookedFrom chainhash.Hash // our tip since lookAt was set
	lookAt     time.Time      // when everybody is asked again

	tipAt    time.Time // when our tip was learned of
	tipFound time.Time // when it was found, as far as can be told
	heeded   time.Time // when headers were current for the first time

	voiceFrom time.Time // since when no more than one part of the network has answered

	current     bool // Progress.HeadersCurrent as last told
	currentTip  chain.Tip
	warnedClock time.Time
	warnedNoCF  bool

	ranges headerRanges
	cf     filterHeaders
	need   filterNeed
	scan   filterDownload
	light  lightMode
	blocks blockFetch
	checks spotChecks
	relay  relayState
	outbox []*outgoing
	// couriers are not among peers: nothing else is said to them.
	couriers []*courier
	meters   meters
	crew     crew
	own      []*ownNode
	clock    clock
	health   healthWatch

	inbound inbound
	vouched vouched
	putOff  []putOff
	given   Given
}

// New makes a machine. It does nothing before the first Step or Tick.
func New(cfg Config) *Machine {
	if cfg.FullBlocks == 0 {
		cfg.FullBlocks = DefaultFullBlocks
	}
	if cfg.Filters.Held == nil {
		cfg.Filters.Held = func(int32, chainhash.Hash) bool { return false }
	}
	if cfg.Filters.Filter == nil {
		cfg.Filters.Filter = func(int32, chainhash.Hash) []byte { return nil }
	}
	m := &Machine{cfg: cfg, tree: cfg.Tree}
	m.ranges = headerRanges{want: m.tree.Base().Height, filters: -1}
	m.book.init(cfg)
	m.crew.init(cfg)
	m.clock.init()
	m.cf.init(cfg.Filters)
	m.relay.init()
	if cfg.Serve {
		m.inbound.secret = cfg.Rand.Uint64()
	}
	m.scan.from = -1
	m.need.init(cfg.Filters)
	m.light.on = cfg.OwnNode != ""
	m.need.all = m.light.on
	if cfg.Filters.From >= 0 {
		m.needFilters(cfg.Filters.From)
		m.out = nil // what New concludes is on disk already
	}
	return m
}

// Step takes one input that happened at now and returns what is to be done, in
// order.
func (m *Machine) Step(now time.Time, in Input) []Output {
	m.begin(now)
	m.handle(in)
	return m.finish()
}

// Tick lets time pass: to be called when Next comes.
func (m *Machine) Tick(now time.Time) []Output {
	m.begin(now)
	return m.finish()
}

// Next is when the machine wants to be called even if nothing happens; zero if
// never. It holds until the next Step or Tick.
func (m *Machine) Next() time.Time { return m.next }

func (m *Machine) begin(now time.Time) {
	m.now, m.out, m.next = now, nil, time.Time{}
}

func (m *Machine) finish() []Output {
	m.driveOwn()
	m.driveMerit()
	m.driveCrew()
	m.driveBook()
	m.drivePeers()
	m.driveHeaders()
	m.driveRanges()
	m.driveFilterHeaders()
	m.driveFilters()
	m.driveChecks()
	m.driveBlocks()
	m.driveRelay()
	m.driveOutbox()
	m.driveCouriers()
	m.drivePings()
	m.driveGuests()
	m.driveVouched()
	m.drivePutOff()
	m.meterProgress()
	m.driveHealth()
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) handle(in Input) {
	switch in := in.(type) {
	case PeerConnected:
		if in.Info.Purpose == ForBroadcast {
			m.courierUp(in.Info)
		} else {
			m.peerConnected(in.Info)
		}
	case PeerDisconnected:
		if !m.courierGone(in.Peer, in.Reason) {
			m.peerDisconnected(in.Peer, in.Reason)
		}
	case DialFailed:
		if !m.courierFailed(in.Addr, in.Reason) {
			m.dialFailed(in.Addr, in.Reason)
		}
	case AddressesFound:
		m.addressesFound(in.Answers)
	case AddPeer:
		m.addPeer(in.Addr)
	case RemovePeer:
		m.removePeer(in.Addr)
	case BanPeer:
		m.banPeer(in.Addr, in.For)
	case UnbanPeer:
		m.unbanPeer(in.Addr)
	case KeepHeaders:
		m.keepHeaders(in.From)
	case KeepFilters:
		m.needFilters(in.From)
	case LookAround:
		m.askEveryone()
	case FiltersUsed:
		m.filtersUsed(in.Through)
	case TrimFilters:
		m.trimFilters(in.Below)
	case OwnNode:
		m.ownNodeTold(in)
	case FilterLost:
		m.filterLost(in.Height, in.Block)
	case FilterDisproved:
		m.filterDisproved(in.Height, in.Block)
	case WantBlock:
		m.wantBlock(in.Hash, false)
	case DropBlock:
		m.dropBlock(in.Hash)
	case SubmitTx:
		m.submitTx(in.Tx, in.Fee)
	case RestTx:
		m.restTx(in.TxID)
	case WithdrawTx:
		m.withdrawTx(in.TxID)
	default:
		if !m.courierSaid(in) {
			m.handleMessage(in)
		}
	}
}

// handleMessage takes what a peer said, unless the peer is gone already.
func (m *Machine) handleMessage(in Input) {
	switch in := in.(type) {
	case HeadersReceived:
		if g := m.guest(in.Peer); g != nil {
			m.guestHeaders(g, in.Headers)
		} else if p := m.peer(in.Peer); p != nil {
			m.headersReceived(p, in.Headers)
		}
	case RangeReceived:
		if p := m.peer(in.Peer); p != nil {
			m.rangeReceived(p, in.Run)
		}
	case FilterReceived:
		if p := m.peer(in.Peer); p != nil {
			m.filterReceived(p, in)
		}
	case BlockReceived:
		if p := m.peer(in.Peer); p != nil {
			m.blockReceived(p, in)
		}
	case TxReceived:
		if p := m.peer(in.Peer); p != nil {
			m.txReceived(p, in.Tx)
			m.vouchBody(in.Tx)
		}
	case AddressesHeard:
		if p := m.peer(in.Peer); p != nil {
			m.addressesHeard(p, in.Addrs)
		}
	case MessageReceived:
		if g := m.guest(in.Peer); g != nil {
			m.guestMessage(g, in.Msg)
		} else if p := m.peer(in.Peer); p != nil {
			m.messageReceived(p, in.Msg)
		}
	case Served:
		m.served(in)
	}
}

func (m *Machine) messageReceived(p *peerState, msg wire.Message) {
	switch msg := msg.(type) {
	case *wire.MsgInv:
		m.vouchHeard(p, msg)
		m.invReceived(p, msg)
	case *wire.MsgGetData:
		m.getDataReceived(p, msg)
		m.vouchAsked(p, msg)
	case *wire.MsgNotFound:
		m.notFoundReceived(p, msg)
	case *wire.MsgCFHeaders:
		m.cfheadersReceived(p, msg)
	case *wire.MsgCFCheckpt:
		m.cfcheckptReceived(p, msg)
	case *wire.MsgPing:
		m.send(p, &wire.MsgPong{Nonce: msg.Nonce})
	case *wire.MsgPong:
		m.pongReceived(p, msg.Nonce)
	case *wire.MsgFeeFilter:
		m.feeFilterReceived(p, msg)
	default:
		m.requested(p, msg)
	}
}

func (m *Machine) feeFilterReceived(p *peerState, msg *wire.MsgFeeFilter) {
	if p.noTxs = msg.MinFee > maxFeeFloor; msg.MinFee >= 0 && !p.noTxs {
		p.info.FeeFloor = msg.MinFee
	}
}

// maxFeeFloor bounds BIP133 floors that are believed, sat/kvB: full pools have
// been seen near 50 sat/vB, and MAX_MONEY means "no transactions, please".
const maxFeeFloor = 1_000_000

// Progress tells how far the machine has come.
func (m *Machine) Progress() Progress {
	peers := m.ready()
	pr := Progress{
		Tip:            m.tree.Tip(),
		Base:           m.tree.Base().Height + 1,
		BaseWanted:     min(m.ranges.want, m.tree.Base().Height) + 1,
		HeadersCurrent: m.headersCurrent(),
		FiltersFrom:    m.scan.from,
		FilterTip:      m.cf.tip(m.tree),
		FiltersTip:     m.filtersTip(),
		Light:          m.light.on,
		Peers:          len(peers),
	}
	for _, p := range peers {
		pr.BestClaim = max(pr.BestClaim, p.info.StartHeight)
		if p.servesFilters() && !p.doubted() {
			pr.FilterPeers++
			if m.cf.count() > 0 && p.agreedTo >= pr.FilterTip.Height {
				pr.Agreed++
			}
		}
	}
	pr.Stages = m.stages()
	return pr
}

// OnDisk is which headers and filter headers can be read back.
type OnDisk struct {
	Base chain.Base // headers from Base.Height+1 through Tip
	Tip  chain.Tip
	// FilterHeader is the filter header at FilterTip, the last of those from
	// FilterBase on.
	FilterBase, FilterTip int32
	FilterHeader          chainhash.Hash
}

// Release lets go of old headers and filter headers that are on disk. What the
// disk has of another branch stays in memory.
func (m *Machine) Release(d OnDisk) {
	m.tree.Release(d.Base.Height+1, d.Tip)
	m.cf.release(d.FilterBase, d.FilterTip, d.FilterHeader)
}

// Err is why headers or filter headers could not be read back, if that ever
// happened. What the machine says since then must not be carried out.
func (m *Machine) Err() error {
	if err := m.tree.Err(); err != nil {
		return err
	}
	return m.cf.headers.Err()
}

// Settled reports that no connection is being opened and no address looked for.
func (m *Machine) Settled() bool {
	for _, a := range m.book.list {
		if a.dialing || a.pinned && !a.tried {
			return false
		}
	}
	return !m.book.resolving && !m.book.started.IsZero()
}

// Peers lists the connected peers, oldest first; those that have connected to us
// come last.
func (m *Machine) Peers() []PeerInfo {
	infos := make([]PeerInfo, 0, len(m.peers)+len(m.inbound.guests))
	for _, p := range m.peers {
		infos = append(infos, m.infoOf(p))
	}
	for _, p := range m.inbound.guests {
		infos = append(infos, p.info)
	}
	return infos
}

func (m *Machine) infoOf(p *peerState) PeerInfo {
	info := p.info
	info.Height = max(p.known.Height, info.Height)
	info.HeadersCurrent = m.answered(p)
	return info
}

// FilterHeader returns the filter header of a height on the best chain.
func (m *Machine) FilterHeader(height int32) (chainhash.Hash, bool) { return m.cf.header(height) }

func (m *Machine) emit(e Event)   { m.out = append(m.out, Emit{Event: e}) }
func (m *Machine) do(o Output)    { m.out = append(m.out, o) }
func (m *Machine) warn(w Warning) { m.emit(Warned{Warning: w}) }
func (m *Machine) wakeAt(t time.Time) {
	if !t.IsZero() && (m.next.IsZero() || t.Before(m.next)) {
		m.next = t
	}
}

// due tells whether t has come, and asks to be woken then if it has not.
func (m *Machine) due(t time.Time) bool {
	if m.now.Before(t) {
		m.wakeAt(t)
		return false
	}
	return true
}

func (m *Machine) send(p *peerState, msg wire.Message) {
	m.do(Send{Peer: p.info.ID, Msg: msg})
}

func (m *Machine) peer(id PeerID) *peerState {
	i, ok := slices.BinarySearchFunc(m.peers, id, func(p *peerState, id PeerID) int {
		return int(int64(p.info.ID) - int64(id))
	})
	if !ok || m.peers[i].leaving {
		return nil
	}
	return m.peers[i]
}

// ready lists the peers that may be asked and believed: we have chosen them, and
// they are not being disconnected.
func (m *Machine) ready() []*peerState {
	ready := make([]*peerState, 0, len(m.peers))
	for _, p := range m.peers {
		if p.usable() {
			ready = append(ready, p)
		}
	}
	return ready
}
