package protocol

import (
	"slices"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// filterHeaders is the commitment chain of BIP157 as far as it is agreed.
//
// Peers are compared by the filter hashes of each height, not by headers: a
// header differs at every height after one dispute, a hash only where there is
// something to settle.
type filterHeaders struct {
	filterLine
	direct map[int32]bool // heights in a dispute that the block cannot settle

	round   *cfRound
	dispute *dispute
}

// cfRound asks all filter peers at once for the same range.
type cfRound struct {
	from, to int32
	stop     chainhash.Hash
	asked    []*peerState
	replies  []cfReply // in order of arrival
	deadline time.Time
}

// cfReply is what one peer says of a range.
type cfReply struct {
	peer   *peerState
	prev   chainhash.Hash
	hashes []chainhash.Hash
}

func (c *filterHeaders) init(s FilterState) {
	c.reset(s.Base, s.Prev)
	c.append(s.Headers)
	c.direct = make(map[int32]bool)
	for _, h := range s.Direct {
		c.direct[h] = true
	}
}

func (c *filterHeaders) tip(t *chain.Tree) chain.Tip {
	hash, _ := t.HashAt(c.tipHeight())
	return chain.Tip{Height: c.tipHeight(), Hash: hash}
}

// start makes the filter headers begin at from or below. What is known from a
// later base is thrown away: it costs 32 bytes a block to have it again.
func (c *filterHeaders) start(m *Machine, from int32) {
	if c.base > 0 && c.base <= from {
		return
	}
	c.restart(m, from)
}

func (c *filterHeaders) restart(m *Machine, from int32) {
	prev := chainhash.Hash{}
	if from == 1 {
		prev = cfilter.GenesisHeader(m.cfg.Params.Net)
	}
	if c.dispute != nil {
		m.endDispute()
	}
	c.round = nil
	c.reset(from, prev)
	for _, p := range m.peers {
		p.agreedTo, p.audit = from-1, audit{}
	}
	// It is saved with the first filter headers: before, it may lie ahead of
	// the chain.
}

// truncate forgets filter headers above a height, and all that hangs on them.
func (c *filterHeaders) truncate(m *Machine, height int32) {
	c.round = nil
	if c.dispute != nil {
		m.endDispute()
	}
	for _, p := range m.peers {
		p.agreedTo, p.audit = min(p.agreedTo, height), audit{}
	}
	m.scan.cut(m, height)
	if c.cut(height) {
		m.do(SaveFilterHeaders{From: c.tipHeight() + 1})
	}
}

func (c *filterHeaders) forget(p *peerState) {
	if c.round != nil {
		c.round.forget(p)
	}
	if c.dispute != nil {
		c.dispute.forget(p)
	}
}

func (r *cfRound) forget(p *peerState) {
	for i, q := range r.asked {
		if q == p {
			r.asked = append(r.asked[:i:i], r.asked[i+1:]...)
			break
		}
	}
	for i, reply := range r.replies {
		if reply.peer == p {
			r.replies = append(r.replies[:i:i], r.replies[i+1:]...)
			break
		}
	}
}

func (r *cfRound) replied(p *peerState) bool {
	for _, reply := range r.replies {
		if reply.peer == p {
			return true
		}
	}
	return false
}

// filterPeers lists peers that may be asked for filters now and know a height
// above the given one.
func (m *Machine) filterPeers(above int32) []*peerState {
	var able []*peerState
	for _, p := range m.ready() {
		if p.info.ServesFilters() && p.known.Height > above && m.due(p.coolUntil) {
			able = append(able, p)
		}
	}
	return able
}

func (m *Machine) driveFilterHeaders() {
	if m.scan.from < 0 || !m.headed {
		return
	}
	m.warnNoFilterPeers()
	if m.cf.dispute != nil {
		m.driveDispute()
	}
	if m.cf.dispute == nil && m.cf.round != nil {
		m.driveRound()
	}
	if m.cf.dispute == nil && m.cf.round == nil {
		m.startRound()
	}
	m.driveAudits()
}

func (m *Machine) warnNoFilterPeers() {
	have := m.hasFilterPeer()
	lacking := !have && len(m.ready()) > 0 && m.cf.tipHeight() < m.tree.Tip().Height
	if lacking && !m.warnedNoCF {
		m.warn(Warning{Kind: WarnNoFilterPeers})
	}
	m.warnedNoCF = lacking || m.warnedNoCF && !have
}

// startRound asks every filter peer that knows the range for what follows.
func (m *Machine) startRound() {
	from := m.cf.tipHeight() + 1
	tip := m.tree.Tip().Height
	if from > tip || m.unresolvedPinned() {
		return
	}
	able := m.filterPeers(from - 1)
	if len(able) == 0 {
		return
	}
	best := int32(0)
	for _, p := range able {
		best = max(best, p.known.Height)
	}
	r := &cfRound{from: from, to: min(from+cfheadersPerMsg-1, tip, best), deadline: m.now.Add(cfheadersTimeout)}
	r.stop, _ = m.tree.HashAt(r.to)
	for _, p := range able {
		if p.known.Height >= r.to {
			r.asked = append(r.asked, p)
			m.askCFHeaders(p, r.from, r.stop)
		}
	}
	m.cf.round = r
	m.wakeAt(r.deadline)
}

func (m *Machine) askCFHeaders(p *peerState, from int32, stop chainhash.Hash) {
	m.send(p, &wire.MsgGetCFHeaders{FilterType: wire.GCSFilterRegular, StartHeight: uint32(from), StopHash: stop})
}

func (m *Machine) cfheadersReceived(p *peerState, msg *wire.MsgCFHeaders) {
	if msg.FilterType != wire.GCSFilterRegular {
		return
	}
	reply := cfReply{peer: p, prev: msg.PrevFilterHeader, hashes: make([]chainhash.Hash, len(msg.FilterHashes))}
	for i, h := range msg.FilterHashes {
		reply.hashes[i] = *h
	}
	r := m.cf.round
	if r != nil && r.waitsFor(p) && msg.StopHash == r.stop && len(reply.hashes) == int(r.to-r.from)+1 {
		r.replies = append(r.replies, reply)
		r.deadline = minTime(r.deadline, m.now.Add(cfheadersWait))
		p.cooled = 0
		return
	}
	m.auditReply(p, msg.StopHash, reply)
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (r *cfRound) waitsFor(p *peerState) bool {
	for _, q := range r.asked {
		if q == p {
			return !r.replied(p)
		}
	}
	return false
}

// driveRound settles a round once everybody has answered or time is up.
func (m *Machine) driveRound() {
	r := m.cf.round
	if len(r.asked) == 0 {
		m.cf.round = nil
		return
	}
	if len(r.replies) < len(r.asked) {
		if !m.due(r.deadline) {
			return
		}
		for _, p := range append([]*peerState(nil), r.asked...) {
			if !r.replied(p) {
				m.cool(p)
				r.forget(p)
			}
		}
	}
	if len(r.replies) == 0 {
		m.cf.round = nil
		return
	}
	m.checkAgainstCheckpoints(r)
	if len(r.replies) == 0 {
		m.cf.round = nil
		return
	}
	for i := range r.replies[0].hashes {
		if h := r.from + int32(i); !m.cf.direct[h] && r.differs(i) {
			m.disputeRound(h, i)
			return
		}
	}
	m.commitRound(r)
}

// checkAgainstCheckpoints lets go of peers whose own filter headers contradict
// one known beforehand. Each is judged by its own words only: the header before
// the range is its claim too.
func (m *Machine) checkAgainstCheckpoints(r *cfRound) {
	for _, reply := range slices.Clone(r.replies) {
		header := reply.prev
		for i, hash := range reply.hashes {
			header = cfilter.NextHeader(hash, header)
			if want, ok := m.cfg.FilterCheckpoints[r.from+int32(i)]; ok && want != header {
				m.drop(reply.peer, ReasonBadFilterHeaders)
				break
			}
		}
	}
}

func (r *cfRound) differs(i int) bool {
	for _, reply := range r.replies[1:] {
		if reply.hashes[i] != r.replies[0].hashes[i] {
			return true
		}
	}
	return false
}

// commitRound adds the agreed hashes to the chain of filter headers.
func (m *Machine) commitRound(r *cfRound) {
	m.cf.round = nil
	if m.cf.count() == 0 {
		if m.cf.base > 1 {
			m.cf.prev = mostFrequent(r.replies)
		}
		m.do(ResetFilterHeaders{From: m.cf.base, Prev: m.cf.prev})
	}
	prev, _ := m.cf.header(r.from - 1)
	headers := make([]chainhash.Hash, 0, len(r.replies[0].hashes))
	for i, hash := range r.replies[0].hashes {
		h := r.from + int32(i)
		prev = cfilter.NextHeader(hash, prev)
		if want, ok := m.cfg.FilterCheckpoints[h]; ok && want != prev {
			// These peers are right, so what we hold below is not.
			m.revertFilters(m.cf.base)
			return
		}
		headers = append(headers, prev)
	}
	m.cf.append(headers)
	m.do(SaveFilterHeaders{From: r.from, Headers: headers})
	for _, reply := range r.replies {
		if reply.peer.agreedTo >= r.from-1 {
			reply.peer.agreedTo = r.to
		}
	}
	m.markHeld(r.from, r.to)
}

// markHeld looks on disk for filters whose headers have just become known. A
// filter on disk is older than its header only where that was learned before
// and given up: it may be the false one, so it is read and compared.
func (m *Machine) markHeld(from, to int32) {
	s := &m.scan
	for h := max(from, s.from); h <= to; h++ {
		i := int(h - s.from)
		hash, ok := m.tree.HashAt(h)
		if ok && i < len(s.marks) && s.marks[i] == needed && (m.cf.direct[h] || m.ownFilter(h, hash) != nil) {
			s.marks[i] = held
			s.held++
		}
	}
	s.advance()
	m.tellFilters(false)
}

// ownFilter is the filter on disk if it fits our filter header, else nil.
func (m *Machine) ownFilter(height int32, block chainhash.Hash) []byte {
	if !m.cfg.Filters.Held(height, block) {
		return nil
	}
	data := m.cfg.Filters.Filter(height, block)
	if data == nil || !m.fitsHeader(height, cfilter.Hash(data)) {
		return nil
	}
	return data
}

// fitsHeader tells whether a filter with this hash is the one our filter
// headers commit to.
func (m *Machine) fitsHeader(height int32, filterHash chainhash.Hash) bool {
	prev, ok1 := m.cf.header(height - 1)
	want, ok2 := m.cf.header(height)
	return ok1 && ok2 && cfilter.NextHeader(filterHash, prev) == want
}

// mostFrequent is the filter header before the range that most peers name. It
// decides nothing but how later checkpoints compare.
func mostFrequent(replies []cfReply) chainhash.Hash {
	count := make(map[chainhash.Hash]int)
	best := replies[0].prev
	for _, r := range replies {
		count[r.prev]++
		if count[r.prev] > count[best] {
			best = r.prev
		}
	}
	return best
}
