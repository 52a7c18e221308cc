package protocol

import (
	"slices"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// filterMark is the state of one block's filter.
type filterMark uint8

const (
	needed filterMark = iota
	leased
	held
	lost // to be asked for again when no lease spans it
)

// filterDownload fetches the filters that are not on disk.
type filterDownload struct {
	from   int32        // first height wanted, -1 if none
	marks  []filterMark // from height `from` to the tip
	run    int          // marks[:run] are all held
	low    int          // marks[:low] are all held or leased
	leases []*lease     // in the order they were granted
	told   int          // run when FiltersAdvanced was last emitted
	lost   []int32      // heights marked so
	held   int32        // how many are held
}

// lease is a range of filters asked of one peer in one message.
type lease struct {
	peer     *peerState
	from, to int32
	stop     chainhash.Hash
	missing  int
	deadline deadline
}

// extend grows the marks up to the tip.
func (s *filterDownload) extend(m *Machine) {
	if s.from < 0 {
		return
	}
	tip := m.tree.Tip().Height
	for h := s.from + int32(len(s.marks)); h <= tip; h++ {
		mark := needed
		if hash, ok := m.tree.HashAt(h); ok && h <= m.cf.tipHeight() && (m.cf.direct[h] || m.cfg.Filters.Held(h, hash)) {
			mark = held
			s.held++
		}
		s.marks = append(s.marks, mark)
	}
	s.advance()
}

// cut forgets everything above a height.
func (s *filterDownload) cut(m *Machine, height int32) {
	if s.from < 0 {
		return
	}
	n := max(0, int(height-s.from)+1)
	if n >= len(s.marks) {
		return
	}
	for _, mark := range s.marks[n:] {
		if mark == held {
			s.held--
		}
	}
	s.marks = s.marks[:n]
	keep := s.leases[:0]
	for _, l := range s.leases {
		if l.to <= height {
			keep = append(keep, l)
			continue
		}
		l.peer.leases--
		for h := l.from; h <= min(l.to, height); h++ {
			if s.marks[h-s.from] == leased {
				s.marks[h-s.from] = needed
			}
		}
	}
	s.leases = keep
	s.run, s.told, s.low = min(s.run, n), min(s.told, n), 0
}

func (s *filterDownload) advance() {
	for s.run < len(s.marks) && s.marks[s.run] == held {
		s.run++
	}
}

// startFilters widens the range of heights whose filters are kept.
func (m *Machine) startFilters(from int32) {
	from = max(from, m.tree.Base().Height+1, 1)
	if m.scan.from >= 0 && from >= m.scan.from {
		return
	}
	for _, l := range m.scan.leases {
		l.peer.leases--
	}
	m.scan = filterDownload{from: from}
	m.cf.start(m, from)
	m.scan.extend(m)
	m.tellFilters(true)
}

// filtersTip is the last height of the unbroken run of filters on disk.
func (m *Machine) filtersTip() chain.Tip {
	if m.scan.from < 0 {
		return m.baseTip()
	}
	h := m.scan.from + int32(m.scan.run) - 1
	hash, ok := m.tree.HashAt(h)
	if !ok {
		return m.tree.Tip() // the birthday lies ahead of the chain
	}
	return chain.Tip{Height: h, Hash: hash}
}

// tellFilters emits FiltersAdvanced in steps: at the end of what is known, and
// every few hundred filters before.
func (m *Machine) tellFilters(always bool) {
	s := &m.scan
	if s.run == s.told && !always {
		return
	}
	if !always && s.run < len(s.marks) && s.run-s.told < filterNewsEvery {
		return
	}
	s.told = s.run
	m.emit(FiltersAdvanced{From: s.from, Tip: m.filtersTip()})
}

// driveFilters leases ranges of missing filters to idle filter peers.
func (m *Machine) driveFilters() {
	s := &m.scan
	if s.from < 0 {
		return
	}
	m.expireLeases()
	s.revive()
	for s.low < len(s.marks) && s.marks[s.low] != needed {
		s.low++
	}
	if s.low == len(s.marks) {
		return
	}
	for _, p := range m.ready() {
		for p.info.ServesFilters() && p.leases < leasesPerPeer && m.due(p.coolUntil) && m.grant(p) {
			continue
		}
	}
}

// grant leases the first missing range to p, false if there is none it can
// serve.
func (m *Machine) grant(p *peerState) bool {
	s := &m.scan
	for s.low < len(s.marks) && s.marks[s.low] != needed {
		s.low++
	}
	from := s.from + int32(s.low)
	// Only what the peer has stood by: a filter that does not fit then is its
	// own contradiction, and never our mistake.
	last := min(m.cf.tipHeight(), p.known.Height, p.agreedTo, from+p.batch-1)
	if last < from || s.low == len(s.marks) {
		return false
	}
	l := &lease{peer: p, from: from}
	for h := from; h <= last && s.marks[h-s.from] == needed; h++ {
		s.marks[h-s.from] = leased
		l.to = h
		l.missing++
	}
	l.stop, _ = m.tree.HashAt(l.to)
	l.deadline = m.in(filterTimeout)
	s.leases = append(s.leases, l)
	p.leases++
	m.send(p, &wire.MsgGetCFilters{FilterType: wire.GCSFilterRegular, StartHeight: uint32(l.from), StopHash: l.stop})
	return true
}

func (m *Machine) filterReceived(p *peerState, in FilterReceived) {
	tip, best, ok := m.tree.Find(in.Block)
	if m.disputeFilter(p, in) || !ok || !best {
		return
	}
	s := &m.scan
	i := s.leaseOf(p, tip.Height)
	if i < 0 || s.marks[tip.Height-s.from] != leased {
		return
	}
	if !m.fitsHeader(tip.Height, in.FilterHash) {
		m.drop(p, ReasonBadFilter)
		return
	}
	m.do(SaveFilter{Height: tip.Height, Block: in.Block, Data: in.Data})
	deadline := m.in(filterTimeout)
	for _, l := range s.leases {
		if l.peer == p {
			l.deadline = deadline // it is working, in whatever order
		}
	}
	s.hold(tip.Height)
	s.advance()
	m.tellFilters(false)
}

// hold notes that a height needs no filter any more, and ends the lease that
// waited for nothing else.
func (s *filterDownload) hold(height int32) {
	i := int(height - s.from)
	if i < 0 || i >= len(s.marks) {
		return
	}
	was := s.marks[i]
	s.marks[i] = held
	if was != held {
		s.held++
	}
	if was != leased {
		return
	}
	for j, l := range s.leases {
		if height < l.from || l.to < height {
			continue
		}
		if l.missing--; l.missing == 0 {
			s.leases = append(s.leases[:j], s.leases[j+1:]...)
			l.peer.leases--
			l.peer.cooled = 0
			l.peer.batch = min(2*l.peer.batch, filtersPerMsg)
		}
		return
	}
}

func (s *filterDownload) leaseOf(p *peerState, height int32) int {
	for i, l := range s.leases {
		if l.peer == p && l.from <= height && height <= l.to {
			return i
		}
	}
	return -1
}

// expireLeases takes filters away from peers that deliver none.
func (m *Machine) expireLeases() {
	for _, p := range m.ready() {
		for _, l := range m.scan.leases {
			if l.peer == p && m.dueAt(l.deadline) {
				p.batch = max(p.batch/2, firstLease/5)
				m.cool(p)
				m.releaseLeases(p)
				break
			}
		}
	}
}

// cool leaves a peer alone for a while, longer each time. One that is of no use
// for long gives its place to another.
func (m *Machine) cool(p *peerState) {
	p.coolUntil = m.now.Add(min(coolMin<<min(p.cooled, 16), coolMax))
	p.cooled++
	if p.cooled > maxCooled && !p.info.Pinned {
		m.drop(p, ReasonSlow)
	}
}

func (m *Machine) releaseLeases(p *peerState) {
	s := &m.scan
	keep := s.leases[:0]
	for _, l := range s.leases {
		if l.peer != p {
			keep = append(keep, l)
			continue
		}
		for h := l.from; h <= l.to; h++ {
			if i := int(h - s.from); i < len(s.marks) && s.marks[i] == leased {
				s.marks[i] = needed
			}
		}
	}
	s.leases = keep
	p.leases = 0
	s.low = s.run
}

// filterLost asks again for a filter that the disk no longer has.
func (m *Machine) filterLost(height int32, block chainhash.Hash) {
	s := &m.scan
	i := int(height - s.from)
	hash, ok := m.tree.HashAt(height)
	if s.from < 0 || i < 0 || i >= len(s.marks) || !ok || hash != block || s.marks[i] != held || m.cf.direct[height] {
		return
	}
	s.marks[i] = lost
	s.held--
	s.lost = append(s.lost, height)
	s.run, s.told = min(s.run, i), min(s.told, i)
}

// revive asks again for filters that were lost. A height inside a running lease
// waits for its end, so that leases never overlap.
func (s *filterDownload) revive() {
	s.lost = slices.DeleteFunc(s.lost, func(height int32) bool {
		i := int(height - s.from)
		if i < 0 || i >= len(s.marks) || s.marks[i] != lost {
			return true
		}
		if slices.ContainsFunc(s.leases, func(l *lease) bool { return l.from <= height && height <= l.to }) {
			return false
		}
		s.marks[i] = needed
		s.low = min(s.low, i)
		return true
	})
}
