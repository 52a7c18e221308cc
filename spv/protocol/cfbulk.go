package protocol

import (
	"slices"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// cfBulk fetches the filter headers of many blocks. All filter peers name their
// checkpoints up to the same block; those with the same ones form a group.
// Ranges are then asked of all peers in parallel, one answer for every filter
// header that some group has at a range's end: that header commits to all before
// it, so the answer speaks for everybody who has it. Who parts from the others
// is compared with them height by height before a range is committed. Ranges
// are committed in order.
type cfBulk struct {
	from   int32     // the first height that was missing at the beginning
	stop   chain.Tip // the last checkpoint
	groups []*cfGroup
	open   bool      // enough peers have named their checkpoints
	openBy time.Time // when those who have must do; zero before the first
	next   int32     // the first height not committed
	moved  time.Time // when it was that last
	ranges []*bulkRange
}

// cfGroup is the peers with the same checkpoints.
type cfGroup struct {
	points []chainhash.Hash // at every cfcheckptInterval-th height
	peers  []*peerState
}

// pointAt is the group's filter header at a checkpoint's height.
func (g *cfGroup) pointAt(height int32) chainhash.Hash {
	return g.points[height/cfcheckptInterval-1]
}

// bulkRange is a range between checkpoints, and who was asked for it.
type bulkRange struct {
	cfRange
	asks []bulkAsk
}

// bulkAsk is one question for a range. The answer must end in end.
type bulkAsk struct {
	peer *peerState
	end  chainhash.Hash
	at   time.Time
}

// bulkPeer is a peer's part in the bulk that is under way.
type bulkPeer struct {
	asked bool // for its checkpoints
	at    time.Time
	group *cfGroup
	asks  int  // for ranges, under way
	out   bool // of no use to this bulk: it is compared afterwards
}

func (m *Machine) startBulk(from, stop int32) {
	hash, _ := m.tree.HashAt(stop)
	m.cf.bulk = &cfBulk{from: from, next: from, moved: m.now, stop: chain.Tip{Height: stop, Hash: hash}}
	m.driveBulk()
}

func (m *Machine) endBulk() {
	if d := m.cf.dispute; d != nil && d.over != nil {
		m.endDispute()
	}
	m.cf.bulk = nil
	for _, p := range m.peers {
		p.bulk = bulkPeer{}
	}
}

// leaveToAudits has checkpoints that are still awaited compared with what has
// been agreed without them.
func (b *cfBulk) leaveToAudits(m *Machine) {
	for _, p := range m.ready() {
		if a := &p.audit; p.bulk.asked && a.idle() {
			*a = audit{asked: true, checkpt: true, from: b.from, to: b.stop.Height, stop: b.stop.Hash, at: p.bulk.at}
		}
	}
}

func (m *Machine) driveBulk() {
	b := m.cf.bulk
	m.askCheckpoints(b)
	m.expireAsks(b)
	if !m.opened(b) {
		return
	}
	for b.extend(m.tree); b.complete(); b.extend(m.tree) {
		r := b.ranges[0]
		if !m.settle(&r.cfRange) {
			break
		}
		if m.cf.bulk != b {
			return // what we held was proved false
		}
		b.next, b.moved, b.ranges = r.to+1, m.now, slices.Delete(b.ranges, 0, 1)
		if r.to == b.stop.Height {
			b.leaveToAudits(m)
			m.endBulk()
			return
		}
	}
	m.askRanges(b)
}

// headersFirst tells whether filters are to wait, so that filter headers, which
// are few bytes, need not come behind them on the same lines.
func (m *Machine) headersFirst() bool {
	return m.cf.bulk != nil && !m.due(m.cf.bulk.moved.Add(bulkHedge))
}

// askCheckpoints asks every filter peer that knows the last checkpoint for all
// of them, also one that comes while the bulk is under way.
func (m *Machine) askCheckpoints(b *cfBulk) {
	for _, p := range m.filterPeers(b.stop.Height - 1) {
		if p.bulk != (bulkPeer{}) || !p.namesPoints() {
			continue
		}
		p.bulk.asked, p.bulk.at = true, m.now
		m.wakeAt(m.now.Add(cfheadersTimeout))
		m.send(p, &wire.MsgGetCFCheckpt{FilterType: wire.GCSFilterRegular, StopHash: b.stop.Hash})
	}
}

// bulkCheckpoints takes a peer's checkpoints for the bulk; false if they are not.
func (m *Machine) bulkCheckpoints(p *peerState, msg *wire.MsgCFCheckpt) bool {
	b := m.cf.bulk
	if b == nil || !p.bulk.asked || msg.StopHash != b.stop.Hash {
		return false
	}
	p.bulk.asked = false
	points := m.points(p, msg, b.stop.Height)
	if points == nil {
		return true
	}
	p.cooled = 0
	m.agreeOn(p, points)
	b.join(p, points)
	if b.openBy.IsZero() {
		b.openBy = m.now.Add(quorumWait)
	}
	return true
}

// join puts a peer into the group that has its checkpoints. What the group has
// said already, it has said too.
func (b *cfBulk) join(p *peerState, points []chainhash.Hash) {
	i := slices.IndexFunc(b.groups, func(g *cfGroup) bool { return slices.Equal(g.points, points) })
	if i < 0 {
		i = len(b.groups)
		b.groups = append(b.groups, &cfGroup{points: points})
	}
	g := b.groups[i]
	for _, q := range g.peers {
		p.agreedTo = max(p.agreedTo, min(q.agreedTo, b.next-1))
	}
	g.peers = append(g.peers, p)
	p.bulk.group = g
	for _, r := range b.ranges {
		if c := r.claimTo(g.pointAt(r.to)); c != nil {
			r.hear(c, p)
		}
	}
}

// opened tells whether enough peers have named their checkpoints to begin. A
// bulk that nobody takes part in any more is given up.
func (m *Machine) opened(b *cfBulk) bool {
	var heard, pending []*peerState
	for _, p := range m.ready() {
		if p.bulk.group != nil {
			heard = append(heard, p)
		} else if p.bulk.asked {
			pending = append(pending, p)
		}
	}
	if len(b.groups) == 0 {
		if len(pending) == 0 {
			m.endBulk()
		}
		return false
	}
	b.open = b.open || isQuorum(heard, pending) || m.due(b.openBy)
	return b.open
}

// extend keeps a window of ranges open that follow what is committed.
func (b *cfBulk) extend(t *chain.Tree) {
	from := b.next
	if n := len(b.ranges); n > 0 {
		from = b.ranges[n-1].to + 1
	}
	for len(b.ranges) < bulkWindow && from <= b.stop.Height {
		// Ranges end at multiples of what one message holds.
		to := min((from-1)/cfheadersPerMsg*cfheadersPerMsg+cfheadersPerMsg, b.stop.Height)
		r := &bulkRange{cfRange: cfRange{from: from, to: to}}
		r.stop, _ = t.HashAt(to)
		b.ranges = append(b.ranges, r)
		from = to + 1
	}
}

// ends are the filter headers that the groups have at the end of a range.
func (b *cfBulk) ends(r *bulkRange) []chainhash.Hash {
	var ends []chainhash.Hash
	for _, g := range b.groups {
		if end := g.pointAt(r.to); !slices.Contains(ends, end) {
			ends = append(ends, end)
		}
	}
	return ends
}

// complete tells whether every group has been heard on the first range.
func (b *cfBulk) complete() bool {
	if len(b.ranges) == 0 || len(b.groups) == 0 {
		return false
	}
	r := b.ranges[0]
	for _, end := range b.ends(r) {
		if r.claimTo(end) == nil {
			return false
		}
	}
	return true
}

// askRanges asks for what is missing, the first range first. What lies in
// memory is bounded; only the range that everything waits for may exceed it.
func (m *Machine) askRanges(b *cfBulk) {
	staged := 0
	for _, r := range b.ranges {
		staged += len(r.claims) + len(r.asks)
	}
	for i, r := range b.ranges {
		for _, end := range b.ends(r) {
			if r.claimTo(end) != nil || i > 0 && staged >= bulkStaged || !m.mayAsk(r, end) {
				continue
			}
			if p := m.pickForRange(b, r, end); p != nil {
				r.asks = append(r.asks, bulkAsk{peer: p, end: end, at: m.now})
				p.bulk.asks++
				staged++
				m.wakeAt(m.now.Add(bulkHedge))
				m.askCFHeaders(p, r.from, r.stop)
			}
		}
	}
}

// mayAsk tells whether nobody is being asked for a claim, or who is has had its
// time and another may be asked as well.
func (m *Machine) mayAsk(r *bulkRange, end chainhash.Hash) bool {
	for _, a := range r.asks {
		if a.end == end && !m.due(a.at.Add(bulkHedge)) {
			return false
		}
	}
	return true
}

// pickForRange chooses the least busy of those who stand by a claim.
func (m *Machine) pickForRange(b *cfBulk, r *bulkRange, end chainhash.Hash) *peerState {
	var best *peerState
	for _, g := range b.groups {
		if g.pointAt(r.to) != end {
			continue
		}
		for _, p := range g.peers {
			asked := slices.ContainsFunc(r.asks, func(a bulkAsk) bool { return a.peer == p })
			if asked || p.bulk.asks >= bulkAsksPerPeer || !m.due(p.coolUntil) {
				continue
			}
			if best == nil || p.bulk.asks < best.bulk.asks {
				best = p
			}
		}
	}
	return best
}

// bulkReply takes an answer to a question for a range; false if it is none.
func (m *Machine) bulkReply(p *peerState, msg *wire.MsgCFHeaders) bool {
	b := m.cf.bulk
	if b == nil {
		return false
	}
	for _, r := range b.ranges {
		i := slices.IndexFunc(r.asks, func(a bulkAsk) bool { return a.peer == p })
		if i < 0 || r.stop != msg.StopHash {
			continue
		}
		c := claimOf(msg, r.count())
		if c == nil {
			return false
		}
		r.asks = slices.Delete(r.asks, i, i+1)
		p.bulk.asks--
		p.cooled = 0
		if !p.bulk.group.fits(&r.cfRange, c) || m.contradictsKnown(r.from, c) {
			m.drop(p, ReasonBadFilterHeaders) // not what it stood by
			return true
		}
		m.hearBulk(b, r, c)
		return true
	}
	return false
}

// fits tells whether a claim is what the group's checkpoints commit to.
func (g *cfGroup) fits(r *cfRange, c *cfClaim) bool {
	if r.from > cfcheckptInterval && (r.from-1)%cfcheckptInterval == 0 && g.pointAt(r.from-1) != c.prev {
		return false
	}
	for h := r.from - 1 + cfcheckptInterval - (r.from-1)%cfcheckptInterval; h <= r.to; h += cfcheckptInterval {
		if g.pointAt(h) != c.headers[h-r.from] {
			return false
		}
	}
	return true
}

// hearBulk notes a claim in the name of all who stand by it.
func (m *Machine) hearBulk(b *cfBulk, r *bulkRange, c *cfClaim) {
	for _, g := range b.groups {
		if g.pointAt(r.to) == c.end() {
			for _, p := range g.peers {
				r.hear(c, p)
			}
		}
	}
}

// expireAsks lets peers that do not answer leave the bulk.
func (m *Machine) expireAsks(b *cfBulk) {
	for _, p := range m.ready() {
		if p.bulk.asked && m.due(p.silentSince(p.bulk.at).Add(cfheadersTimeout)) {
			m.leaveBulk(b, p)
			m.cool(p)
		}
	}
	if len(b.ranges) == 0 {
		return
	}
	// A group that is silent on the range all others wait for is not waited for
	// as long: it is compared with what the others say.
	first := b.ranges[0]
	if len(first.claims) > 0 {
		for _, end := range b.ends(first) {
			if a := first.oldest(end); first.claimTo(end) == nil && a != nil && m.due(a.at.Add(bulkPatience)) {
				m.leaveAll(b, first, end)
			}
		}
	}
	for _, r := range b.ranges {
		for _, a := range slices.Clone(r.asks) {
			if m.due(a.peer.silentSince(a.at).Add(cfheadersTimeout)) && !a.peer.bulk.out {
				m.leaveBulk(b, a.peer)
				m.cool(a.peer)
			}
		}
	}
}

// oldest is the first question for a claim, nil if there is none.
func (r *bulkRange) oldest(end chainhash.Hash) *bulkAsk {
	if i := slices.IndexFunc(r.asks, func(a bulkAsk) bool { return a.end == end }); i >= 0 {
		return &r.asks[i]
	}
	return nil
}

// leaveAll makes all who stand by a claim leave the bulk, and those who were
// asked for it in vain pause.
func (m *Machine) leaveAll(b *cfBulk, r *bulkRange, end chainhash.Hash) {
	asked := slices.Clone(r.asks)
	for _, g := range slices.Clone(b.groups) {
		if g.pointAt(r.to) == end {
			for _, p := range slices.Clone(g.peers) {
				m.leaveBulk(b, p)
			}
		}
	}
	for _, a := range asked {
		if a.end == end {
			m.cool(a.peer)
		}
	}
}

func (m *Machine) leaveBulk(b *cfBulk, p *peerState) {
	b.forget(p)
	p.bulk = bulkPeer{out: true}
}

// forget takes a peer out of its group, its questions and what it claims.
func (b *cfBulk) forget(p *peerState) {
	if g := p.bulk.group; g != nil {
		g.peers = slices.DeleteFunc(g.peers, func(q *peerState) bool { return q == p })
	}
	b.groups = slices.DeleteFunc(b.groups, func(g *cfGroup) bool { return len(g.peers) == 0 })
	for _, r := range b.ranges {
		r.asks = slices.DeleteFunc(r.asks, func(a bulkAsk) bool { return a.peer == p })
		r.forget(p)
	}
	p.bulk = bulkPeer{}
}
