package protocol

import (
	"net/netip"
	"slices"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// peerState is what the machine knows of one connection.
type peerState struct {
	info    PeerInfo
	leaving bool   // Disconnect was asked for
	reason  Reason // why, if so
	up      bool   // PeerUp was told

	// Headers.
	asking      bool
	askedAt     time.Time
	askedFrom   chainhash.Hash // our tip when it was asked
	answeredTip chainhash.Hash // our tip when it had nothing new
	askedTip    chainhash.Hash // our tip when it was asked for the tip itself
	known       chain.Tip      // highest block of our best chain it has shown to know, or genesis
	last        chain.Tip      // last header it gave, on whichever branch; zero if none
	highest     int32          // highest header it ever gave
	news        bool           // it announced a block while it was being asked
	ahead       bool           // its chain lies in the future by our clock
	idle        int            // messages of headers in a row that told nothing
	unconnected int
	bluffs      int // blocks it announced in a row and had no header of
	holdUntil   time.Time
	ranges      rangeShare
	trail       *chain.Trail // of a branch there is no room for
	proved      chain.Work   // that a branch of it has shown to have

	// Compact filters.
	coolUntil time.Time
	cooled    int
	agreedTo  int32 // its filter hashes equal ours up to here
	audit     audit
	bulk      bulkPeer
	undecided int
	leases    []*lease
	filterBy  deadline // of the next filter while there are leases
	pace      pace

	// Blocks.
	owesBlock bool // it let a request lie, and has given no block since

	// Transactions.
	txRequests int

	// Pings.
	pingNonce uint64
	pingSent  time.Time // zero if none is under way
	pingNext  time.Time
}

// address is one place where a peer may be found.
type address struct {
	addr     string
	pinned   bool
	dialing  bool
	peer     PeerID // 0 if not connected
	failures int
	tried    bool // connected or failed at least once
	retryAt  time.Time
}

// addressBook is the memory of addresses of one run.
type addressBook struct {
	list      []*address
	byAddr    map[string]*address
	pinned    bool // only pinned addresses are used
	started   time.Time
	resolving bool
	resolveAt time.Time
}

func (b *addressBook) init(pinned []string) {
	b.byAddr = make(map[string]*address)
	b.pinned = len(pinned) > 0
	for _, addr := range pinned {
		b.add(addr, true)
	}
}

func (b *addressBook) add(addr string, pinned bool) {
	if b.byAddr[addr] != nil || len(b.list) >= maxAddresses {
		return
	}
	a := &address{addr: addr, pinned: pinned}
	b.list = append(b.list, a)
	b.byAddr[addr] = a
}

// unresolvedPinned tells whether a pinned address has neither connected nor
// failed yet.
func (m *Machine) unresolvedPinned() bool {
	for _, a := range m.book.list {
		if a.pinned && !a.tried && !m.due(m.book.started.Add(PinnedGrace)) {
			return true
		}
	}
	return false
}

func (m *Machine) peerConnected(info PeerInfo) {
	if a := m.book.byAddr[info.Addr]; a != nil {
		a.dialing, a.tried, a.failures, a.peer = false, true, 0, info.ID
		info.Pinned = a.pinned
	}
	p := &peerState{info: info, pingNext: m.now, agreedTo: m.cf.base - 1, ranges: rangeShare{lanes: firstLanes}}
	m.peers = append(m.peers, p)
	slices.SortFunc(m.peers, func(a, b *peerState) int { return int(int64(a.info.ID) - int64(b.info.ID)) })
	if !info.Pinned && (info.Services&wire.SFNodeWitness == 0 || info.Services&wire.SFNodeNetwork == 0) {
		m.drop(p, ReasonUnsuitable)
		return
	}
	full := len(m.ready()) > m.crew.wanted()
	if !info.Pinned && (full || !info.ServesFilters() && m.wantsFilterPeer()) {
		m.drop(p, ReasonNotNeeded)
		if a := m.book.byAddr[info.Addr]; full && a != nil {
			a.retryAt = m.now.Add(redialMin) // no fault of its own, and soon needed, perhaps
		}
		return
	}
	m.retryBlocks()
	m.send(p, &wire.MsgSendHeaders{})
	p.up = true
	m.emit(PeerUp{Peer: m.infoOf(p)})
}

func (m *Machine) baseTip() chain.Tip {
	b := m.tree.Base()
	return chain.Tip{Height: b.Height, Hash: b.Hash}
}

// wantsFilterPeer tells whether the places left are needed for peers that
// serve filters. The peer in question is among m.peers already.
func (m *Machine) wantsFilterPeer() bool {
	others := 0
	for _, p := range m.ready() {
		if !p.info.ServesFilters() {
			others++
		}
	}
	return others > m.crew.rest-minFilterPeers
}

// drop asks for the end of a connection.
func (m *Machine) drop(p *peerState, r Reason) {
	if p.leaving {
		return
	}
	p.leaving, p.reason = true, r
	m.do(Disconnect{Peer: p.info.ID, Reason: r})
	m.punish(p.info.Addr, r)
	m.forget(p)
}

// punish sets when an address may be tried again.
func (m *Machine) punish(addr string, r Reason) {
	a := m.book.byAddr[addr]
	if a == nil {
		return
	}
	pause := min(redialMin<<min(a.failures, 16), redialMax)
	a.failures++
	switch {
	case r.Provable():
		pause = BanTime
	case r == ReasonUnsuitable || r == ReasonSelf || r == ReasonNotNeeded:
		pause = time.Hour
	case r == ReasonSlow || r == ReasonFlood:
		pause = max(pause, time.Minute)
	}
	if a.pinned && !r.Provable() {
		pause = min(pause, 10*time.Second)
	}
	if t := m.now.Add(pause); t.After(a.retryAt) {
		a.retryAt = t
	}
}

// forget lets go of everything that waits for a peer.
func (m *Machine) forget(p *peerState) {
	if m.lead == p.info.ID {
		m.lead = 0
	}
	m.releaseRanges(p)
	m.cf.forget(p)
	m.releaseLeases(p)
	m.releaseBlocks(p)
	m.releaseTxs(p)
	m.outboxForget(p)
}

func (m *Machine) peerDisconnected(id PeerID, r Reason) {
	i := slices.IndexFunc(m.peers, func(p *peerState) bool { return p.info.ID == id })
	if i < 0 {
		return
	}
	p := m.peers[i]
	if p.leaving {
		r = p.reason
	} else {
		m.punish(p.info.Addr, r)
		m.forget(p)
	}
	m.peers = slices.Delete(m.peers, i, i+1)
	if a := m.book.byAddr[p.info.Addr]; a != nil {
		a.peer = 0
	}
	if p.up {
		m.emit(PeerDown{Peer: p.info, Reason: r})
	}
}

func (m *Machine) dialFailed(addr string, r Reason) {
	a := m.book.byAddr[addr]
	if a == nil {
		return
	}
	a.dialing, a.tried = false, true
	m.punish(addr, r)
	m.emit(PeerFailed{Addr: addr, Reason: r})
}

func (m *Machine) addressesFound(addrs []string) {
	m.book.resolving = false
	m.book.resolveAt = m.now.Add(resolvePause)
	for _, a := range addrs {
		m.book.add(a, false)
	}
}

// drivePeers keeps enough connections open.
func (m *Machine) drivePeers() {
	if m.book.started.IsZero() {
		m.book.started = m.now
	}
	if m.book.pinned {
		for _, a := range m.book.list {
			if a.pinned && !a.dialing && a.peer == 0 && m.due(a.retryAt) {
				m.dial(a)
			}
		}
		return
	}
	dialing := 0
	for _, a := range m.book.list {
		if a.dialing {
			dialing++
		}
	}
	missing := m.crew.wanted() - len(m.ready())
	if missing <= 0 {
		return
	}
	for want := min(2*missing, maxDialing) - dialing; want > 0; want-- {
		a := m.pickAddress()
		if a == nil {
			m.resolve()
			return
		}
		m.dial(a)
	}
}

func (m *Machine) dial(a *address) {
	a.dialing = true
	m.do(Dial{Addr: a.addr})
}

func (m *Machine) resolve() {
	if m.cfg.NoDNS || m.book.resolving || !m.due(m.book.resolveAt) {
		return
	}
	m.book.resolving = true
	m.do(Resolve{})
}

// pickAddress chooses at random among the addresses that may be dialled now,
// preferring net groups we are not connected to yet.
func (m *Machine) pickAddress() *address {
	groups := make(map[netip.Prefix]bool)
	for _, a := range m.book.list {
		if a.peer != 0 || a.dialing {
			groups[netGroup(a.addr)] = true
		}
	}
	var fresh, rest []*address
	for _, a := range m.book.list {
		switch {
		case a.dialing || a.peer != 0 || !m.due(a.retryAt):
		case groups[netGroup(a.addr)]:
			rest = append(rest, a)
		default:
			fresh = append(fresh, a)
		}
	}
	if len(fresh) == 0 {
		fresh = rest
	}
	if len(fresh) == 0 {
		return nil
	}
	return fresh[m.cfg.Rand.IntN(len(fresh))]
}

// netGroup is the part of an address that one operator is likely to hold: /16
// for IPv4, /32 for IPv6.
func netGroup(addr string) netip.Prefix {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	ip := ap.Addr().Unmap()
	if ip.Is4() {
		bits = 16
	}
	p, _ := ip.Prefix(bits)
	return p
}
