package protocol

import (
	"slices"
	"sort"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// headerRanges fills in headers below the tree's base, downwards. Below a
// checkpoint every header is settled before it is here, so all peers work at
// once, in any order, and none has to be believed.
type headerRanges struct {
	want    int32          // height of the base that is wanted
	filters int32          // first height whose filter is wanted once there is a header for it, -1 if none
	list    []*headerRange // under way, from the tree's base down without a gap
	misfit  bool           // the best chain does not stand on them; a reorg will put that right
}

// headerRange is the headers above one checkpoint up to the next.
type headerRange struct {
	from, to chain.Base
	runs     []chain.Run // what is here of it, from below
	last     chain.Tip   // where that ends
	givers   []PeerID    // who gave what lies above the last checkpoint in it
	alone    bool        // something in it was false: all must come from one peer
	lanes    []rangeLane
	joined   int // times a peer was put to work on it
}

// rangeLane is one peer at work on a range.
type rangeLane struct {
	peer  *peerState
	asked time.Time
}

// rangeShare is what one peer has to do with ranges.
type rangeShare struct {
	lanes int       // how many it may have
	owed  int       // messages asked of it and not here yet
	heard time.Time // when it gave one, or was asked while it owed none
	after time.Time // it is left alone until then
	fails int       // in a row
}

func newRange(params *chain.Params, from, to chain.Base) *headerRange {
	r := &headerRange{from: from, to: to, last: from.Tip()}
	if from.Height < 0 {
		r.last = chain.Tip{Height: 0, Hash: *params.Net.GenesisHash} // peers never send it
	}
	return r
}

func (r *headerRange) done() bool { return r.last.Height == r.to.Height }

// keepHeaders lowers where headers are to begin: at the last checkpoint below a
// height, or at genesis.
func (m *Machine) keepHeaders(from int32) {
	if m.cfg.Params.CanLower() {
		m.ranges.want = min(m.ranges.want, m.cfg.Params.BaseBelow(from).Height)
	}
}

// keepFilters widens the range of heights whose filters are kept, as soon as
// there are headers for them.
func (m *Machine) keepFilters(from int32) {
	from = max(from, 1)
	m.keepHeaders(from)
	if base := m.tree.Base().Height; from <= base && m.ranges.want < base {
		if m.ranges.filters < 0 || from < m.ranges.filters {
			m.ranges.filters = from
		}
		return
	}
	m.startFilters(from)
}

// staged is how many headers that are wanted wait to be put under the tree.
func (s *headerRanges) staged() (n int32) {
	for _, r := range s.list {
		if r.from.Height >= s.want {
			n += r.last.Height - max(r.from.Height, 0)
		}
	}
	return n
}

// baseWanted is the height of the base that is to be reached now. The audit,
// which nobody waits for, goes on only while nothing else is to be done.
func (m *Machine) baseWanted() int32 {
	s := &m.ranges
	if s.want >= m.tree.Base().Height && m.auditing() {
		return m.cfg.Params.Genesis().Height
	}
	return s.want
}

func (m *Machine) auditing() bool {
	return m.cfg.Audit && m.cfg.Params.CanLower() && m.current && (m.scan.from < 0 || m.filtersTip() == m.tree.Tip())
}

// driveRanges gives every peer something to do, one message at a time, so that
// what is needed first is spread over all.
func (m *Machine) driveRanges() {
	s := &m.ranges
	if len(s.list) == 0 && s.want >= m.tree.Base().Height && !m.cfg.Audit {
		return
	}
	m.commitRanges()
	m.expireRanges()
	if !m.headed || s.misfit {
		return
	}
	for again := true; again; {
		again = false
		for _, p := range m.ready() {
			if p.ranges.owed < p.ranges.lanes && m.due(p.ranges.after) && m.leaseRange(p) {
				again = true
			}
		}
	}
}

// leaseRange puts a peer to work, false if there is nothing it can do. What
// stands still waits behind what nobody is at work on, but for the range that
// all others wait for.
func (m *Machine) leaseRange(p *peerState) bool {
	s := &m.ranges
	for i, r := range s.list {
		if (i == 0 || len(r.lanes) == 0) && m.canJoin(p, r) {
			m.joinRange(p, r)
			return true
		}
	}
	if r := m.planRange(); r != nil && m.canJoin(p, r) {
		s.list = append(s.list, r)
		m.joinRange(p, r)
		return true
	}
	for _, r := range s.list {
		if m.canJoin(p, r) {
			m.joinRange(p, r)
			return true
		}
	}
	return false
}

// canJoin tells whether a peer can be of use to a range: nobody is at work on
// it, or one peer that has not moved for a while. The range that all others wait
// for is not left to any two.
func (m *Machine) canJoin(p *peerState, r *headerRange) bool {
	if r.done() || max(p.info.StartHeight, p.info.Height) < r.to.Height {
		return false
	}
	for _, l := range r.lanes {
		if l.peer == p || !m.due(l.asked.Add(r.patience())) {
			return false
		}
	}
	return len(r.lanes) < 2 || r == m.ranges.list[0]
}

// patience is how long the range may stand still before another peer joins:
// longer each time, for the line may be slow, or they disturb each other.
func (r *headerRange) patience() time.Duration {
	return min(rangeStall<<min(max(r.joined-1, 0), 8), rangeTimeout)
}

// planRange is the range below those under way, nil if none is wanted or there
// is no room for its headers.
func (m *Machine) planRange() *headerRange {
	s := &m.ranges
	to, want, room := m.tree.Base(), m.baseWanted(), maxRanges
	if want < s.want {
		room = 1 // an audit
	}
	if n := len(s.list); n > 0 {
		to = s.list[n-1].from
	}
	if to.Height <= want || len(s.list) >= room {
		return nil
	}
	from := m.cfg.Params.BaseBelow(to.Height)
	return newRange(m.cfg.Params, from, to)
}

func (m *Machine) joinRange(p *peerState, r *headerRange) {
	for _, l := range r.lanes {
		l.peer.ranges.lanes = 1 // it may have too much to do
	}
	if r.alone {
		m.restartRange(r)
	}
	r.joined++
	m.wakeAt(m.now.Add(r.patience()))
	m.askRange(r, p)
}

// restartRange throws away what is here of a range. Answers under way find
// nothing that waits for them.
func (m *Machine) restartRange(r *headerRange) {
	alone, joined := r.alone, r.joined
	*r = *newRange(m.cfg.Params, r.from, r.to)
	r.alone, r.joined = alone, joined
}

// askRange asks a peer for what follows.
func (m *Machine) askRange(r *headerRange, p *peerState) {
	after := r.last.Hash
	r.lanes = append(r.lanes, rangeLane{peer: p, asked: m.now})
	if p.ranges.owed == 0 {
		p.ranges.heard = m.now
	}
	p.ranges.owed++
	m.wakeAt(m.now.Add(rangeStall))
	m.send(p, &wire.MsgGetHeaders{ProtocolVersion: wire.ProtocolVersion,
		BlockLocatorHashes: []*chainhash.Hash{&after}, HashStop: r.to.Hash})
}

// rangeReceived takes headers that go on from where a peer was asked to.
func (m *Machine) rangeReceived(p *peerState, run chain.Run) {
	p.ranges.owed = max(p.ranges.owed-1, 0)
	p.ranges.heard = m.now
	if run.Len() == 0 {
		m.rangeRefused(p)
		return
	}
	r := m.ranges.waiting(p, run.Prev())
	if r == nil { // another was quicker
		return
	}
	if run.Len() > int(r.to.Height-r.last.Height) {
		r.leave(p)
		m.coolRanges(p)
		return
	}
	if m.onePeriod(r) && !run.Targets(r.from.Bits) {
		// Such headers cost nothing to make.
		m.restartRange(r)
		m.blame(p, ReasonBadHeaders)
		return
	}
	if !r.take(p.info.ID, run, m.cfg.Params.Checkpoints) {
		m.rangeFalse(r)
		return
	}
	r.pace(p, m.now)
	r.lanes = nil // whoever else was asked the same comes too late
	switch {
	case r.done():
		p.ranges.fails = 0
	case run.Len() < maxHeaders:
		// It has no more, and so does not know the checkpoint above.
		m.coolRanges(p)
	default:
		m.askRange(r, p)
	}
}

// onePeriod tells whether a range lies in one period, whose target its checkpoint
// says.
func (m *Machine) onePeriod(r *headerRange) bool {
	net := m.cfg.Params.Net
	return time.Duration(r.to.Height-r.from.Height)*net.TargetTimePerBlock <= net.TargetTimespan
}

// pace gives a peer more to do while it answers quickly, and less while what it
// is asked for queues up somewhere.
func (r *headerRange) pace(p *peerState, now time.Time) {
	i := slices.IndexFunc(r.lanes, func(l rangeLane) bool { return l.peer == p })
	if i >= 0 && now.Before(r.lanes[i].asked.Add(rangeQuick)) {
		p.ranges.lanes = min(p.ranges.lanes+1, lanesPerPeer)
	} else {
		p.ranges.lanes = max(p.ranges.lanes-1, 1)
	}
}

// take appends headers, and holds them against the checkpoints they reach.
func (r *headerRange) take(p PeerID, run chain.Run, marks []chain.Base) bool {
	start := r.last.Height
	r.runs = append(r.runs, run)
	r.last = chain.Tip{Height: start + int32(run.Len()), Hash: run.Last()}
	if !slices.Contains(r.givers, p) {
		r.givers = append(r.givers, p)
	}
	for i := sort.Search(len(marks), func(i int) bool { return marks[i].Height > start }); i < len(marks) && marks[i].Height <= r.last.Height; i++ {
		if run.Hash(int(marks[i].Height-start)-1) != marks[i].Hash {
			return false
		}
		r.givers = nil
		if marks[i].Height < r.last.Height {
			r.givers = []PeerID{p}
		}
	}
	return true
}

// rangeFalse deals with headers that passed a checkpoint by. If they are of one
// peer, it lied; if not, the next try will tell who does.
func (m *Machine) rangeFalse(r *headerRange) {
	givers := r.givers
	r.alone = len(givers) > 1
	m.restartRange(r)
	for _, id := range givers {
		p := m.peer(id)
		switch {
		case p == nil:
		case len(givers) == 1:
			m.blame(p, ReasonBadHeaders)
		default:
			m.coolRanges(p)
		}
	}
}

// rangeRefused deals with a peer whose answer does not go on from what it was
// asked: it does not know that block. If the block is a checkpoint or its own
// word, it is of no use; else what others gave may be false.
func (m *Machine) rangeRefused(p *peerState) {
	r := m.ranges.oldest(p)
	if r == nil {
		return
	}
	own := len(r.givers) == 0 || slices.Equal(r.givers, []PeerID{p.info.ID})
	if r.leave(p); len(r.givers) > 0 {
		r.alone = r.alone || !own
		m.restartRange(r)
	}
	if own {
		m.coolRanges(p)
	}
}

// coolRanges asks a peer for no ranges for a while, longer each time. It may be
// behind, or slow: no fault, but others are of more use.
func (m *Machine) coolRanges(p *peerState) {
	s := &p.ranges
	s.after = m.now.Add(min(coolMin<<min(s.fails, 16), coolMax))
	s.lanes = 1
	if s.fails++; s.fails > maxCooled && !p.info.Pinned && m.ranges.want < m.tree.Base().Height {
		m.drop(p, ReasonSlow)
	}
}

// expireRanges stops waiting for peers that owe headers and give none.
func (m *Machine) expireRanges() {
	for _, p := range m.ready() {
		if p.ranges.owed > 0 && m.due(p.ranges.heard.Add(rangeTimeout)) {
			m.releaseRanges(p)
			m.coolRanges(p)
		}
	}
}

// releaseRanges takes a peer off all ranges.
func (m *Machine) releaseRanges(p *peerState) {
	p.ranges.owed = 0
	for _, r := range m.ranges.list {
		r.leave(p)
	}
}

func (r *headerRange) leave(p *peerState) {
	r.lanes = slices.DeleteFunc(r.lanes, func(l rangeLane) bool { return l.peer == p })
}

// waiting is the range that goes on after a block and that a peer may give more
// of. One that was taken off a range may still do so.
func (s *headerRanges) waiting(p *peerState, after chainhash.Hash) *headerRange {
	for _, r := range s.list {
		if r.last.Hash == after && !r.done() && (!r.alone || slices.ContainsFunc(r.lanes, func(l rangeLane) bool { return l.peer == p })) {
			return r
		}
	}
	return nil
}

// oldest is the range that a peer was asked about longest ago.
func (s *headerRanges) oldest(p *peerState) *headerRange {
	var found *headerRange
	var asked time.Time
	for _, r := range s.list {
		for _, l := range r.lanes {
			if l.peer == p && (found == nil || l.asked.Before(asked)) {
				found, asked = r, l.asked
			}
		}
	}
	return found
}

// commitRanges puts what is whole under the tree.
func (m *Machine) commitRanges() {
	s := &m.ranges
	var runs []chain.Run // from below
	n := 0
	for ; n < len(s.list) && s.list[n].done() && !s.misfit; n++ {
		runs = append(slices.Clone(s.list[n].runs), runs...)
	}
	if n > 0 {
		base := s.list[n-1].from
		if err := m.tree.Lower(base, runs); err != nil {
			// It leads from checkpoint to checkpoint, so what stands on it is
			// false, or damaged. Another chain will take its place.
			s.misfit = true
			m.sound()
			return
		}
		s.list = slices.Delete(s.list, 0, n) // lets go of their headers
		m.do(SaveLower{Base: base, Runs: runs})
		m.emit(HeadersLowered{Base: base})
	}
	if s.filters > m.tree.Base().Height {
		from := s.filters
		s.filters = -1
		m.startFilters(from)
	}
}
