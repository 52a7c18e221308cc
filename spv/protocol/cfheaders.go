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
// something to settle. Far behind, peers are grouped by their checkpoints and
// each group is heard once a range (cfBulk). Near the tip all are asked for the
// same range (cfRound), and a single new block is believed to whoever answers
// first. Who has not been heard is compared afterwards (audit): one honest peer
// is enough to uncover a lie, whenever it comes.
type filterHeaders struct {
	filterLine
	direct map[int32]bool // heights in a dispute that the block cannot settle

	bulk    *cfBulk // at most one of bulk and round
	round   *cfRound
	dispute *dispute
	early   []earlyFilter
	weary   weariness
}

func (c *filterHeaders) init(s FilterState) {
	c.filterLine.init(s)
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
	c.cancel(m, from-1)
	c.reset(from, prev)
	for _, p := range m.peers {
		p.agreedTo = from - 1
	}
	// It is saved with the first filter headers: before, it may lie ahead of
	// the chain.
}

// truncate forgets filter headers above a height, and all that hangs on them.
func (c *filterHeaders) truncate(m *Machine, height int32) {
	c.cancel(m, height)
	for _, p := range m.peers {
		p.agreedTo = min(p.agreedTo, height)
	}
	m.scan.cut(m, height)
	if c.cut(height) {
		m.do(SaveFilterHeaders{From: c.tipHeight() + 1})
	}
}

// cancel gives up all questions about blocks above a height. Answers that come
// all the same fit no question any more.
func (c *filterHeaders) cancel(m *Machine, height int32) {
	c.round = nil
	c.dropEarly(height)
	if c.dispute != nil {
		m.endDispute()
	}
	if c.bulk != nil && c.bulk.stop.Height > height {
		m.endBulk()
	}
	for _, p := range m.peers {
		p.audit = audit{}
	}
}

func (c *filterHeaders) forget(p *peerState) {
	if c.bulk != nil {
		c.bulk.forget(p)
	}
	if c.round != nil {
		c.round.forget(p)
	}
	if c.dispute != nil {
		c.dispute.forget(p)
	}
}

// filterPeers lists peers that may be asked for filters now and know a height
// above the given one. If all of them are to be heard seldom, it is one of those.
func (m *Machine) filterPeers(above int32) []*peerState {
	var able, seldom []*peerState
	for _, p := range m.ready() {
		switch {
		case !p.servesFilters() || p.known.Height <= above || !m.due(p.coolUntil):
		case m.heardSeldom(p):
			seldom = append(seldom, p)
		default:
			able = append(able, p)
		}
	}
	if len(able) == 0 && len(seldom) > 0 {
		return seldom[:1]
	}
	return able
}

func (m *Machine) driveFilterHeaders() {
	if m.scan.from < 0 || !m.headed || m.light.on {
		return
	}
	m.tryDoubtful()
	m.warnNoFilterPeers()
	if m.cf.dispute != nil {
		m.driveDispute()
	}
	if m.cf.bulk != nil {
		m.driveBulk()
	}
	if m.cf.round != nil {
		m.driveRound()
	}
	if m.cf.bulk == nil && m.cf.round == nil {
		m.startRange()
	}
	m.driveAudits()
}

func (m *Machine) warnNoFilterPeers() {
	have := false
	for _, p := range m.ready() {
		have = have || p.servesFilters() && !p.doubted()
	}
	lacking := !have && len(m.ready()) > 0 && m.cf.tipHeight() < m.tree.Tip().Height
	if lacking && !m.warnedNoCF {
		m.warn(Warning{Kind: WarnNoFilterPeers})
	}
	m.warnedNoCF = lacking || m.warnedNoCF && !have
}

// startRange asks for what follows our last filter header, in bulk if there is
// much of it.
func (m *Machine) startRange() {
	from := m.cf.tipHeight() + 1
	if from > m.tree.Tip().Height || m.unresolvedPinned() {
		return
	}
	able := m.filterPeers(from - 1)
	if len(able) == 0 {
		return
	}
	to := mostKnow(able)
	if stop := to - to%cfcheckptInterval; stop-from >= bulkBehind && slices.ContainsFunc(able, (*peerState).namesPoints) {
		m.startBulk(from, stop)
		return
	}
	m.startRound(from, min(from+cfheadersPerMsg-1, to))
}

// mostKnow is the height that the better half of some peers know; the highest
// that anybody knows if that is but a few blocks more.
func mostKnow(peers []*peerState) int32 {
	heights := make([]int32, len(peers))
	for i, p := range peers {
		heights[i] = p.known.Height
	}
	slices.Sort(heights)
	if best, median := heights[len(heights)-1], heights[len(heights)/2]; best > median+liveBlocks {
		return median
	} else {
		return best
	}
}

// silentSince is since when a peer that was asked at a time has said nothing: the
// filters it owed then come before the answer.
func (p *peerState) silentSince(at time.Time) time.Time {
	if p.pace.last.After(at) {
		return p.pace.last
	}
	return at
}

func (m *Machine) askCFHeaders(p *peerState, from int32, stop chainhash.Hash) {
	m.send(p, &wire.MsgGetCFHeaders{FilterType: wire.GCSFilterRegular, StartHeight: uint32(from), StopHash: stop})
}

func (m *Machine) cfheadersReceived(p *peerState, msg *wire.MsgCFHeaders) {
	p.gaveFilters = true
	if msg.FilterType == wire.GCSFilterRegular && !m.bulkReply(p, msg) {
		m.auditReply(p, msg)
	}
}

func (m *Machine) cfcheckptReceived(p *peerState, msg *wire.MsgCFCheckpt) {
	p.gaveFilters = true
	if msg.FilterType == wire.GCSFilterRegular && !m.bulkCheckpoints(p, msg) {
		m.auditCheckpoints(p, msg)
	}
}

// points are a peer's filter checkpoints up to a height, nil if they are plainly
// false, for which the peer is let go.
func (m *Machine) points(p *peerState, msg *wire.MsgCFCheckpt, height int32) []chainhash.Hash {
	if len(msg.FilterHeaders) != int(height/cfcheckptInterval) {
		m.drop(p, ReasonBadFilterHeaders)
		return nil
	}
	points := make([]chainhash.Hash, len(msg.FilterHeaders))
	for i, header := range msg.FilterHeaders {
		points[i] = *header
		if want, ok := m.cfg.FilterCheckpoints[int32(i+1)*cfcheckptInterval]; ok && want != *header {
			m.drop(p, ReasonBadFilterHeaders)
			return nil
		}
	}
	return points
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
			s.hold(h)
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
