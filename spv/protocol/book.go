package protocol

import (
	"slices"
	"time"

	"thistle/spv/addrmgr"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// address is one place that was looked at in this run.
type address struct {
	addr     string
	at       addrmgr.Addr // zero for a name
	pinned   bool         // named by the person, so always connected to
	unwanted bool         // it was, and is not to be any more
	dialing  bool
	peer     PeerID // 0 if not connected
	failures int
	tried    bool // connected or failed at least once
	retryAt  time.Time
}

// idle tells that the address is neither connected to nor being dialled.
func (a *address) idle() bool { return !a.dialing && a.peer == 0 }

// addressBook is what is known of addresses: all of them in known, and in list
// those that something is going on with.
type addressBook struct {
	known  *addrmgr.Manager
	reach  addrmgr.Networks
	list   []*address
	byAddr map[string]*address
	byKey  map[addrmgr.Addr]*address
	pinned bool // only pinned addresses are used

	anchors    []addrmgr.Addr // peers of the last run that were not dialled yet
	fixed      []string       // fixed seeds not used yet
	inVain     int            // dials that failed in a row
	dialAt     time.Time      // when the next one may be, if many have failed
	started    time.Time
	lonely     time.Time // since when nobody is connected, zero if somebody is
	resolving  bool
	resolved   int // times that seeds have answered, at resolvedAt last
	resolvedAt time.Time
	nobodyFor  map[need]time.Time // until when known has nobody for a need

	saved     uint64 // known.Version when it was last saved
	saveAt    time.Time
	lastSaved []addrmgr.Addr // anchors as last saved
}

// suitable are the services without which a peer is of no use.
const suitable = wire.SFNodeNetwork | wire.SFNodeWitness

func (b *addressBook) init(cfg Config) {
	b.known = addrmgr.Restore(addrmgr.Config{Rand: cfg.Rand, Local: cfg.Params.Net.Net == chaincfg.RegressionNetParams.Net}, cfg.Book)
	b.reach = cfg.Networks
	if b.reach == 0 {
		b.reach = addrmgr.In(addrmgr.IPv4, addrmgr.IPv6)
	}
	b.byAddr = make(map[string]*address)
	b.byKey = make(map[addrmgr.Addr]*address)
	b.nobodyFor = make(map[need]time.Time)
	b.pinned = len(cfg.Pinned) > 0
	b.anchors = addrmgr.DecodeAnchors(cfg.Book.Anchors)
	b.lastSaved = b.anchors
	b.fixed = cfg.FixedSeeds
	for _, addr := range slices.Concat(cfg.Pinned, cfg.Preferred) {
		b.add(addr).pinned = true
	}
}

// nameOf is how an address is written in the list.
func nameOf(addr string) string {
	if at, err := addrmgr.Parse(addr); err == nil {
		return at.String()
	}
	return addr
}

// add lists an address.
func (b *addressBook) add(addr string) *address {
	addr = nameOf(addr)
	at, _ := addrmgr.Parse(addr)
	if a := b.byAddr[addr]; a != nil {
		return a
	}
	a := &address{addr: addr, at: at}
	b.list = append(b.list, a)
	b.byAddr[addr] = a
	if !at.IsZero() {
		b.byKey[at] = a
	}
	return a
}

// prune forgets addresses that nothing is going on with any more.
func (b *addressBook) prune(now time.Time) {
	if len(b.list) < maxAddresses {
		return
	}
	b.list = slices.DeleteFunc(b.list, func(a *address) bool {
		over := !a.pinned && !a.unwanted && a.idle() && !now.Before(a.retryAt)
		if over {
			delete(b.byAddr, a.addr)
			delete(b.byKey, a.at)
		}
		return over
	})
}

// kept counts the addresses that the person has named.
func (b *addressBook) kept() int {
	n := 0
	for _, a := range b.list {
		if a.pinned {
			n++
		}
	}
	return n
}

// nobody tells that no address is known which could be connected to.
func (b *addressBook) nobody(now time.Time) bool {
	for _, a := range b.list {
		if !a.unwanted && (a.pinned || a.at.IsZero() && !b.pinned) {
			return false
		}
	}
	return b.pinned || len(b.fixed) == 0 && !b.known.Any(now, addrmgr.Need{Networks: b.reach})
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

// met notes that a handshake was finished.
func (m *Machine) met(info *PeerInfo) {
	if info.Inbound {
		return
	}
	m.book.lonely, m.book.inVain = time.Time{}, 0
	a := m.book.byAddr[info.Addr]
	if a == nil {
		return
	}
	a.dialing, a.tried, a.peer = false, true, info.ID
	info.Pinned = a.pinned
	m.kindMet(kindOf(a.at))
	m.book.known.Good(m.now, a.at, info.Services)
}

// parted notes that a connection has ended.
func (m *Machine) parted(p *peerState, r Reason) {
	a := m.book.byAddr[p.info.Addr]
	if a == nil || a.peer != p.info.ID {
		return
	}
	a.peer = 0
	clear(m.book.nobodyFor)
	m.book.known.Measured(a.at, p.info.Latency, int64(p.pace.rate*60))
	// Who has only heard of a peer from us must not learn that we kept it apart
	// from gossip.
	if p.info.Purpose == ForAll && !r.Provable() {
		m.book.known.Left(m.now, a.at)
	}
}

// forgive forgets earlier failures of who has stayed for a while. Only to shake
// hands is not enough: who hangs up then would be called again every second.
func (m *Machine) forgive(p *peerState) {
	if a := m.book.byAddr[p.info.Addr]; a != nil && m.now.Sub(p.info.Since) >= stayed {
		a.failures = 0
	}
}

// punish sets when an address may be tried again.
func (m *Machine) punish(addr string, r Reason) {
	a := m.book.byAddr[addr]
	if r.Provable() && (a == nil || !a.pinned) {
		m.book.known.Ban(m.now, keyOf(addr), m.now.Add(BanTime))
	}
	if a == nil {
		return
	}
	pause := min(redialMin<<min(a.failures, 16), redialMax)
	a.failures++
	switch {
	case r.Provable():
		pause = BanTime
	case r == ReasonNotNeeded:
		pause = max(pause, returnPause)
	case r == ReasonUnsuitable || r == ReasonSelf:
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

func (m *Machine) dialFailed(addr string, r Reason) {
	a := m.book.byAddr[addr]
	if a == nil {
		return
	}
	delete(m.crew.dials, addr)
	a.dialing, a.tried = false, true
	m.book.inVain++
	m.kindFailed(kindOf(a.at))
	m.book.known.Failed(m.now, a.at, r != ReasonNone || m.usablePeers() > 0)
	m.punish(addr, r)
	m.emit(PeerFailed{Addr: addr, Reason: r})
}

func (m *Machine) usablePeers() int {
	n := 0
	for _, p := range m.peers {
		if p.usable() {
			n++
		}
	}
	return n
}

// need is what an address is looked for.
type need struct {
	filters bool // it serves compact filters, if any is known to
	untried bool // never connected to, or to be tested again
	fresh   bool // of a net group that nobody we are connected to is in
	anchors bool // a peer of the last run is best
	// networks are those that it must be in, any if zero.
	networks addrmgr.Networks
}

// pick chooses at random among the addresses that may be dialled now, preferring
// net groups we are not connected to yet; nil if there is none.
func (m *Machine) pick(n need) *address {
	groups := m.groupsInUse()
	if a := m.pickAnchor(n, groups); a != nil {
		return a
	}
	if a := m.pickName(n); a != nil {
		return a
	}
	if until, none := m.book.nobodyFor[n]; none && !m.due(until) {
		return nil
	}
	delete(m.book.nobodyFor, n)
	if fresh, rest := m.book.known.Len(); fresh+rest == 0 {
		return nil
	}
	if m.book.inVain >= dialsInVain && !m.due(m.book.dialAt) {
		return nil
	}
	if at, ok := m.pickKnown(n, groups); ok {
		m.book.dialAt = m.now.Add(dialPause)
		m.book.prune(m.now)
		return m.book.add(at.String())
	}
	m.book.nobodyFor[n] = m.now.Add(lookAgain)
	m.wakeAt(m.book.nobodyFor[n])
	return nil
}

// groupsInUse are the net groups of outbound connections.
func (m *Machine) groupsInUse() map[addrmgr.Group]bool {
	groups := make(map[addrmgr.Group]bool)
	for _, a := range m.book.list {
		if !a.idle() && !a.at.IsZero() {
			groups[a.at.Group()] = true
		}
	}
	return groups
}

// pickName chooses among names, which are in no group and known for this run
// only.
func (m *Machine) pickName(n need) *address {
	if n.networks != 0 {
		return nil
	}
	var names []*address
	for _, a := range m.book.list {
		if a.at.IsZero() && !a.pinned && !a.unwanted && a.idle() && !(a.tried && n.untried) && m.due(a.retryAt) {
			names = append(names, a)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return names[m.cfg.Rand.IntN(len(names))]
}

// pickKnown asks the book, from what is best to what will do.
func (m *Machine) pickKnown(n need, groups map[addrmgr.Group]bool) (addrmgr.Addr, bool) {
	free := func(a addrmgr.Addr) bool {
		met := m.book.byKey[a]
		return met == nil || !met.pinned && !met.unwanted && met.idle() && m.due(met.retryAt)
	}
	lacks := func(a addrmgr.Addr) bool {
		k, _ := m.book.known.Known(a)
		return n.filters && k.Sure && k.Services&wire.SFNodeCF == 0
	}
	want := addrmgr.Need{Services: suitable, Networks: m.book.reach, Untried: n.untried}
	if n.networks != 0 {
		want.Networks &= n.networks
	}
	for _, apart := range []bool{true, false} {
		if !apart && n.fresh {
			break
		}
		want.Skip = func(a addrmgr.Addr) bool { return apart && groups[a.Group()] || !free(a) || lacks(a) }
		if n.filters {
			want.Services = suitable | wire.SFNodeCF
			if a, ok := m.book.known.Pick(m.now, want); ok {
				return a, true
			}
			want.Services = suitable
		}
		if a, ok := m.book.known.Pick(m.now, want); ok {
			return a, true
		}
	}
	return addrmgr.Addr{}, false
}

// netGroup is the part of the network that an address belongs to, zero for a
// name.
func netGroup(addr string) addrmgr.Group {
	a, err := addrmgr.Parse(addr)
	if err != nil {
		return addrmgr.Group{}
	}
	return a.Group()
}
