package protocol

import (
	"slices"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// role is what a connection is kept for. Each role has places of its own, so that
// who serves filters never takes the place of who would announce transactions.
type role uint8

const (
	// roleAny: named by the person, or one of a number of peers that was named.
	roleAny role = iota
	// roleFilters: it serves compact filters.
	roleFilters
	// roleRelay: it announces transactions to us, and is told of ours.
	roleRelay
	// roleBlocks: blocks are fetched from it; nobody hears of it by gossip.
	roleBlocks
	// roleNone: no part of the crew, so never asked and never believed.
	roleNone
)

// roles are those with places of their own, in the order in which they are
// filled.
var roles = [...]role{roleFilters, roleRelay, roleBlocks}

func (r role) purpose() Purpose {
	switch r {
	case roleFilters, roleBlocks:
		return ForBlocks
	case roleNone:
		return ForFeeling
	}
	return ForAll
}

// crew is how many peers are kept, and which: more while much is to be fetched,
// and then none that is far slower than the others.
type crew struct {
	named     int // peers to keep if somebody has named a number, else 0
	dials     map[string]role
	bulk      bool
	restAt    time.Time // when bulk ends, zero while much is left
	replaceAt time.Time // when the slowest is looked for again
	hurried   int       // how many were replaced who were no slower than most
	lookout   time.Time // until when more peers than usual look out for blocks
	feelAt    time.Time // when the next address is felt for

	shift     shift
	rotateAt  [roleNone]time.Time // when a peer of a role gives its place to a new one
	uselessAt time.Time           // before when nobody who is of no use is replaced
	heardFrom time.Time           // since when it is counted who announces what
	kinds     [netKinds]kindWatch
}

func (c *crew) init(cfg Config) {
	c.named = cfg.Peers
	c.dials = make(map[string]role)
}

// places is how many peers of a role there is room for now.
func (m *Machine) places(r role) int {
	if s := &m.crew.shift; s.running() && s.role == r {
		return m.kept(r) + 1
	}
	return m.kept(r)
}

// kept is how many peers of a role are wished for.
func (m *Machine) kept(r role) int {
	c := &m.crew
	switch {
	case c.named > 0:
		if r == roleAny {
			return c.named
		}
		return 0
	case r == roleFilters && c.bulk:
		return BulkPeers
	case r == roleFilters:
		return FilterPeers
	case r == roleRelay && m.sending():
		return sendingPeers
	case r == roleRelay:
		return RelayPeers
	case r == roleBlocks && m.now.Before(c.lookout):
		return BlockPeers + lookoutPeers
	case r == roleBlocks:
		return BlockPeers
	}
	return 0
}

// most is how many peers of a role may be here: while too few serve filters,
// others stand in for them.
func (m *Machine) most(r role) int {
	if r == roleBlocks {
		return m.places(r) + max(0, FilterPeers-m.count(roleFilters))
	}
	return m.places(r)
}

// peersWanted is how many connections are wished for.
func (m *Machine) peersWanted() int {
	if m.book.pinned {
		return m.book.kept()
	}
	n := m.places(roleAny)
	for _, r := range roles {
		n += m.places(r)
	}
	return n
}

// count counts the peers of a role.
func (m *Machine) count(r role) int {
	n := 0
	for _, p := range m.peers {
		if !p.leaving && p.role == r && !p.info.Pinned {
			n++
		}
	}
	return n
}

// driveCrew notices the begin and the end of much work, and looks after who does
// it.
func (m *Machine) driveCrew() {
	if m.book.pinned || m.crew.named > 0 {
		return
	}
	m.driveBulkCrew()
	m.driveShift()
	m.driveHearing()
	m.driveKinds()
	m.driveRotation()
	m.wakeAt(laterOf(m.crew.lookout, m.now))
	m.promote()
	for _, r := range roles {
		m.leaveSurplus(r)
	}
}

func (m *Machine) driveBulkCrew() {
	c := &m.crew
	switch left := m.bulkLeft(); {
	case left > bulkFrom:
		if !c.bulk {
			c.bulk, c.replaceAt, c.hurried = true, m.now.Add(replacePause), 0
		}
		c.restAt = time.Time{}
	case c.bulk && left == 0 && c.restAt.IsZero():
		c.restAt = m.now.Add(bulkRest)
	}
	switch {
	case !c.bulk:
	case !c.restAt.IsZero() && m.due(c.restAt):
		c.bulk, c.restAt = false, time.Time{}
	case c.restAt.IsZero() && m.due(c.replaceAt):
		c.replaceAt = m.now.Add(replacePause)
		m.wakeAt(c.replaceAt)
		m.replaceSlowest()
	}
}

// bulkLeft is how many headers or filters are still to be fetched, whichever are
// more.
func (m *Machine) bulkLeft() int32 {
	st := m.counts()
	return max(st.Headers.Total-st.Headers.Done, st.Filters.Total-st.Filters.Done)
}

// lookOut has more peers, from other parts of the network, tell whether there are
// blocks that nobody here tells of, or give one that nobody here has. Others leave only when they have come.
func (m *Machine) lookOut() {
	if !m.book.pinned && m.crew.named == 0 {
		m.crew.lookout = m.now.Add(lookoutFor)
	}
}

// turnRelay gives the place of one peer that announces transactions to another:
// what is still on its way is told to somebody new each time it is offered.
func (m *Machine) turnRelay() {
	if m.book.pinned || m.crew.named > 0 || m.hasRoom(roleRelay) || m.pick(need{}) == nil {
		return
	}
	if peers := m.inRole(roleRelay); len(peers) > 0 {
		m.drop(peers[m.cfg.Rand.IntN(len(peers))], ReasonNotNeeded)
	}
}

// sending tells whether a transaction of ours is on its way.
func (m *Machine) sending() bool {
	return slices.ContainsFunc(m.outbox, func(o *outgoing) bool { return !o.resting })
}

// givesFilters tells whether filters are fetched from a peer: from those that are
// here for it, as long as there are two and anything comes of it. All that serve
// filters are compared.
func (m *Machine) givesFilters(p *peerState) bool {
	return p.servesFilters() && (p.isForFilters() || m.count(roleFilters) < minFilterPeers || m.scan.stalled(m.now))
}

// isForFilters tells whether filters are what a peer is here for, among others.
func (p *peerState) isForFilters() bool { return p.role == roleFilters || p.role == roleAny }

// promote has peers that came for blocks and serve filters do so where those are
// lacking.
func (m *Machine) promote() {
	for _, p := range m.peers {
		if p.role == roleBlocks && p.servesFilters() && m.hasRoom(roleFilters) && m.count(roleBlocks) > BlockPeers {
			p.role = roleFilters
		}
	}
}

// leaveSurplus lets go of peers of a role that are too many.
func (m *Machine) leaveSurplus(r role) {
	for peers := m.inRole(r); len(peers) > m.most(r); {
		p := m.surplus(peers)
		m.drop(p, ReasonNotNeeded)
		peers = slices.DeleteFunc(peers, func(q *peerState) bool { return q == p })
	}
}

// surplus is which of some peers is one too many: one of two in the same part of
// the network, else one far slower than the others, else whoever the dice choose.
// Were it always the slowest, whoever has the fastest lines would end up alone with
// us. Who is alone in its kind of network stays.
func (m *Machine) surplus(peers []*peerState) *peerState {
	if rest := slices.DeleteFunc(slices.Clone(peers), m.aloneInKind); len(rest) > 0 {
		peers = rest
	}
	slices.SortStableFunc(peers, slower)
	out := slices.IndexFunc(peers, func(p *peerState) bool {
		return slices.ContainsFunc(peers, func(q *peerState) bool { return p != q && groupOf(p) == groupOf(q) })
	})
	switch {
	case out >= 0:
		return peers[out]
	case peers[0].isFarBehind(middle(peers)):
		return peers[0]
	}
	return peers[m.cfg.Rand.IntN(len(peers))]
}

// isFarBehind tells whether a peer is no match for another.
func (p *peerState) isFarBehind(q *peerState) bool { return p.pace.rate < q.pace.rate/farBehind }

// middle is the one in the middle, where peers are in the order of slower.
func middle(peers []*peerState) *peerState { return peers[len(peers)/2] }

// slower puts the slowest first; of equals the youngest.
func slower(p, q *peerState) int {
	switch a, b := p.pace.rate, q.pace.rate; {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return int(int64(q.info.ID) - int64(p.info.ID))
}

// replaceSlowest gives the place of a filter peer that is far behind the others
// to an address not tried yet. Who is part of a dispute is heard to its end, and
// some the dice have spared: else whoever has the fastest lines would be alone
// with us in the end.
func (m *Machine) replaceSlowest() {
	var peers []*peerState
	for _, p := range m.ready() {
		if p.role == roleFilters && m.now.Sub(p.info.Since) >= replacePause/2 {
			peers = append(peers, p)
		}
	}
	if m.cf.dispute != nil || m.count(roleFilters) < m.places(roleFilters) || len(peers) < minFilterPeers+2 || m.pick(need{filters: true}) == nil {
		return
	}
	slices.SortStableFunc(peers, slower)
	// As slow would be who came instead from where only one can be reached.
	i := slices.IndexFunc(peers, func(p *peerState) bool { return !p.spared && !m.aloneInKind(p) })
	switch {
	case i < 0:
		return
	case peers[i].isFarBehind(middle(peers)):
	case m.crew.hurried < maxHurried && peers[i].isFarBehind(peers[len(peers)-2]),
		m.crew.hurried < maxHurried/2 && peers[i].isFarBehind(peers[len(peers)-1]):
		m.crew.hurried++ // most are slow, or all but one
	default:
		return
	}
	m.drop(peers[i], ReasonSlow)
}

// drivePeers keeps enough connections open.
func (m *Machine) drivePeers() {
	if m.book.started.IsZero() {
		m.book.started = m.now
	}
	for _, a := range m.book.list {
		if a.pinned && a.idle() && m.due(a.retryAt) && !m.banned(a.addr) {
			m.dial(a, roleAny)
		}
	}
	if m.book.pinned {
		return
	}
	if m.crew.named > 0 {
		m.fill(roleAny, m.crew.named-m.count(roleAny))
		return
	}
	for _, r := range roles {
		m.fill(r, m.places(r)-m.count(r))
	}
	m.feel()
}

// feel opens a connection now and then only to find out whether somebody is
// there, so that there are good addresses when they are needed.
func (m *Machine) feel() {
	c := &m.crew
	if c.bulk || m.count(roleFilters)+m.count(roleRelay)+m.count(roleBlocks) < DefaultPeers {
		return
	}
	if !m.due(c.feelAt) {
		return
	}
	c.feelAt = m.now.Add(feelerPause)
	m.wakeAt(c.feelAt)
	if a := m.pick(need{untried: true}); a != nil && len(c.dials) < maxDialing {
		m.dial(a, roleNone)
	}
}

// fill opens connections for a role, twice as many as are missing: most addresses
// lead to nobody.
func (m *Machine) fill(r role, missing int) {
	dialing, all := 0, 0
	for _, other := range m.crew.dials {
		all++
		if other == r {
			dialing++
		}
	}
	for want := min(2*missing-dialing, maxDialing-all); want > 0; want-- {
		a := m.pickFor(r)
		if a == nil {
			return
		}
		m.dial(a, r)
	}
}

// pickFor chooses an address for a role; where there is none, more are looked for.
func (m *Machine) pickFor(r role) *address {
	n := need{filters: r == roleFilters, fresh: r == roleBlocks && m.now.Before(m.crew.lookout), anchors: true}
	if s := &m.crew.shift; s.running() && s.role == r && s.kind != anyKind {
		n.networks, n.anchors = kindNetworks[s.kind], false
		return m.pick(n)
	}
	a := m.pickLacking(n)
	if a == nil {
		a = m.pick(n)
	}
	if a == nil {
		m.resolve()
	}
	return a
}

func (m *Machine) dial(a *address, r role) {
	a.dialing = true
	if !a.pinned {
		m.crew.dials[a.addr] = r
	}
	m.do(Dial{Addr: a.addr, Purpose: r.purpose()})
}

// admit finds a place for a peer that has come, or the reason to let it go.
func (m *Machine) admit(p *peerState) Reason {
	delete(m.crew.dials, p.info.Addr)
	p.role = roleNone
	a := m.book.byAddr[p.info.Addr]
	switch {
	case p.info.Inbound || p.info.Purpose == ForBroadcast:
		return ReasonNone
	case a != nil && a.unwanted:
		return ReasonNotNeeded
	case p.info.Purpose == ForFeeling:
		return ReasonNotNeeded
	case p.info.Pinned:
		p.role = roleAny
		return ReasonNone
	case p.info.Services&wire.SFNodeWitness == 0 || p.info.Services&wire.SFNodeNetwork == 0:
		return ReasonUnsuitable
	case m.crew.named > 0:
		if m.count(roleAny) >= m.crew.named || !p.info.ServesFilters() && m.filtersLacking() {
			return ReasonNotNeeded
		}
		p.role = roleAny
		return ReasonNone
	}
	for _, r := range roles {
		if r.purpose() == p.info.Purpose && (r != roleFilters || p.info.ServesFilters()) && m.count(r) < m.most(r) {
			p.role = r
			p.spared = r == roleFilters && m.cfg.Rand.IntN(sparedOneIn) == 0
			return ReasonNone
		}
	}
	return ReasonNotNeeded
}

// filtersLacking tells whether the places left, of a number that was named, are
// needed for peers that serve filters.
func (m *Machine) filtersLacking() bool {
	others := 0
	for _, p := range m.ready() {
		if !p.servesFilters() {
			others++
		}
	}
	return others >= m.crew.named-minFilterPeers
}
