package protocol

import (
	"slices"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// filterMark is the state of one block's filter.
type filterMark uint8

const (
	needed filterMark = iota
	leased            // within a lease
	held
	lost  // to be asked for again when no lease spans it
	whole // nobody serves it: the block is to be read
	asked // not wanted: the person's own node is asked about the block
)

// filterDownload fetches the filters that are not on disk.
type filterDownload struct {
	from   int32        // first height wanted, -1 if none
	marks  []filterMark // from height `from` to the tip
	run    int          // marks[:run] are all held, or something else serves
	have   int          // marks[:have] are all held
	low    int          // none of marks[:low] is needed
	leases []*lease     // in the order they were granted
	told   int          // run when FiltersAdvanced was last emitted
	lost   []int32      // heights marked so
	held   int32        // how many are held
	alone  time.Time    // when somebody last served filters
	whole  bool         // there may be marks that say so
	waits  time.Time    // since when none that is here for filters could be asked
}

// extend grows the marks up to the tip.
func (s *filterDownload) extend(m *Machine) {
	if s.from < 0 {
		return
	}
	tip, judged := m.tree.Tip().Height, m.cf.tipHeight()
	s.marks = slices.Grow(s.marks, max(0, int(tip-s.from)+1-len(s.marks)))
	for h := s.from + int32(len(s.marks)); h <= tip; h++ {
		mark := needed
		if h <= judged && m.keeps(h) {
			mark = held
			s.held++
		}
		s.marks = append(s.marks, mark)
	}
	s.advance()
}

// keeps tells whether the filter of a height, of which the header is agreed, is
// on disk or will never be. Old hashes are read from disk: none is asked for in
// vain.
func (m *Machine) keeps(height int32) bool {
	if m.cf.direct[height] {
		return true
	}
	hash, ok := m.tree.HashAt(height)
	return ok && m.cfg.Filters.Held(height, hash)
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
	s.run, s.have, s.told = min(s.run, n), min(s.have, n), min(s.told, n)
	for _, l := range slices.Clone(s.leases) {
		if l.to <= height {
			continue
		}
		// What was asked for is on its way all the same, as far as it is of
		// this chain.
		l.end = min(l.end, height)
		if stop, _ := m.tree.HashAt(l.to); stop != l.stop {
			l.shorten(height)
		}
		s.claim(l)
		if l.owed == 0 {
			s.end(l)
		}
	}
	s.low = min(s.low, n)
}

func (s *filterDownload) advance() {
	for s.have < len(s.marks) && s.marks[s.have] == held {
		s.have++
	}
	s.run = max(s.run, s.have)
	for s.run < len(s.marks) && (s.marks[s.run] == held || s.marks[s.run] == whole || s.marks[s.run] == asked) {
		s.run++
	}
}

// startFilters widens the range of heights whose filters are kept.
func (m *Machine) startFilters(from int32) {
	from = max(from, m.tree.Base().Height+1, 1)
	if m.scan.from >= 0 && from >= m.scan.from {
		return
	}
	m.need.floor = min(m.need.floor, from)
	leases := m.scan.leases
	m.scan = filterDownload{from: from, alone: m.scan.alone}
	m.cf.start(m, from)
	m.scan.extend(m)
	m.scan.resume(leases, m.cf.tipHeight())
	m.tellFilters(true)
}

// resume takes over leases granted before the range of heights was widened.
// Without their filter headers they are of no use.
func (s *filterDownload) resume(leases []*lease, judged int32) {
	for _, l := range leases {
		if l.to > judged {
			l.peer.loseLease(l)
			continue
		}
		s.leases = append(s.leases, l)
		s.claim(l)
	}
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

// driveFilters has missing filters fetched by all filter peers.
func (m *Machine) driveFilters() {
	s := &m.scan
	if m.light.on {
		m.driveLight()
		return
	}
	m.driveWhole()
	if s.from < 0 {
		return
	}
	m.expireLeases()
	s.revive()
	s.skip()
	if s.low == len(s.marks) && len(s.leases) == 0 || m.headersFirst() {
		s.waits = time.Time{}
		return
	}
	if s.waits.IsZero() {
		s.waits = m.now
	}
	if !s.stalled(m.now) {
		m.wakeAt(s.waits.Add(filterTimeout))
	}
	for _, p := range m.peers {
		if !m.givesFilters(p) || len(p.leases) == leasesPerPeer || !m.due(p.coolUntil) {
			continue
		}
		for len(p.leases) < leasesPerPeer && m.grant(p) {
			continue
		}
		if len(p.leases) == 0 {
			m.steal(p)
		}
	}
	if slices.ContainsFunc(s.leases, func(l *lease) bool { return l.peer.isForFilters() }) {
		s.waits = m.now
	}
}

// stalled tells whether none of those who are here for filters can be asked for
// any, perhaps because they stand by others than were agreed on.
func (s *filterDownload) stalled(now time.Time) bool {
	return !s.waits.IsZero() && !now.Before(s.waits.Add(filterTimeout))
}

// skip moves low to the first height that is needed.
func (s *filterDownload) skip() {
	for s.low < len(s.marks) && s.marks[s.low] != needed {
		s.low++
	}
}

func (m *Machine) filterReceived(p *peerState, in FilterReceived) {
	p.gaveFilters = true
	tip, best, ok := m.tree.Find(in.Block)
	if m.disputeFilter(p, in) || !ok || !best {
		return
	}
	s := &m.scan
	l := p.leaseOf(tip.Height)
	p.merit.filterAt = m.now
	if l == nil {
		m.lateFilter(p, tip.Height, in)
		return
	}
	if !l.deliver(tip.Height) {
		return
	}
	p.pace.count(m.now)
	m.useful(p)
	p.filterBy = m.in(filterTimeout) // it is working, in whatever order
	if s.wants(tip.Height) {
		m.judgeFilter(p, tip.Height, in)
	}
	if l.owed == 0 && !p.leaving {
		s.end(l)
		p.cooled = 0
		p.pace.rest(m.now, len(p.leases) == 0)
	}
}

// lateFilter keeps a filter that comes after its lease was taken away: on a slow
// line there may be no others.
func (m *Machine) lateFilter(p *peerState, height int32, in FilterReceived) {
	if m.scan.wants(height) && m.fitsHeader(height, in.FilterHash) && p.agreedTo >= height {
		m.keepFilter(height, in.Block, in.Data)
	}
}

// wants tells whether the filter of a height is missing.
func (s *filterDownload) wants(height int32) bool {
	i := int(height - s.from)
	return i >= 0 && i < len(s.marks) && (s.marks[i] == needed || s.marks[i] == leased)
}

// keepFilter saves a filter that fits our filter headers.
func (m *Machine) keepFilter(height int32, block chainhash.Hash, data []byte) {
	m.do(SaveFilter{Height: height, Block: block, Data: data})
	m.maybeCheck(height, block, data)
	m.scan.hold(height)
	m.scan.advance()
	m.tellFilters(false)
}

// hold notes that a height needs no filter any more.
func (s *filterDownload) hold(height int32) {
	i := int(height - s.from)
	if i < 0 || i >= len(s.marks) || s.marks[i] == held {
		return
	}
	if s.marks[i] == leased {
		for _, l := range s.leases {
			if l.from <= height && height <= l.end {
				l.missing--
				break
			}
		}
	}
	s.marks[i] = held
	s.held++
}

// tryDoubtful has peers asked again that may serve filters though they were silent.
// Until they answer they do not count as serving any.
func (m *Machine) tryDoubtful() {
	for _, p := range m.peers {
		if p.refusedFilters && p.info.Pinned && m.due(p.coolUntil) {
			p.refusedFilters, p.doubtful = false, true
		}
	}
}

// hopeful tells whether filters may be expected of a peer.
func (m *Machine) hopeful(p *peerState) bool {
	return p.servesFilters() && !m.mute(p) && !p.doubted()
}

// doubted tells of a peer that claims no filters, was asked in vain, and is asked
// once more.
func (p *peerState) doubted() bool {
	return p.doubtful && !p.gaveFilters && !p.info.ServesFilters()
}

// expireLeases takes filters away from peers that deliver none.
func (m *Machine) expireLeases() {
	for _, p := range m.peers {
		if !p.leaving && len(p.leases) > 0 && m.dueAt(p.filterBy) {
			p.pace.rate /= 2
			m.cool(p)
			m.releaseLeases(p)
		}
	}
}

// cool leaves a peer alone for a while, longer each time. One that is of no use
// for long gives its place to another.
func (m *Machine) cool(p *peerState) {
	most := coolMax
	if p.info.Pinned {
		most = coolPinned // there may be nobody else
	}
	p.coolUntil = m.now.Add(min(coolMin<<min(p.cooled, 16), most))
	p.cooled++
	p.refusedFilters = !p.gaveFilters
	if p.cooled > maxCooled && !p.info.Pinned {
		m.drop(p, ReasonSlow)
	}
}

func (m *Machine) releaseLeases(p *peerState) {
	for _, l := range slices.Clone(p.leases) {
		m.scan.end(l)
	}
}

// filterLost asks again for a filter that the disk no longer has. Who missed one
// of a block that is none of ours, or no filter, is told where filters are.
func (m *Machine) filterLost(height int32, block chainhash.Hash) {
	s := &m.scan
	i := int(height - s.from)
	hash, ok := m.tree.HashAt(height)
	if s.from < 0 || i < 0 || i >= len(s.marks) || !ok || hash != block || s.marks[i] != held || m.cf.direct[height] {
		m.tellFilters(true)
		return
	}
	s.marks[i] = lost
	s.held--
	s.lost = append(s.lost, height)
	s.run, s.have, s.told = min(s.run, i), min(s.have, i), min(s.told, i)
}

// revive asks again for filters that were lost. A height inside a running lease
// waits for its end, so that leases never overlap.
func (s *filterDownload) revive() {
	s.lost = slices.DeleteFunc(s.lost, func(height int32) bool {
		i := int(height - s.from)
		if i < 0 || i >= len(s.marks) || s.marks[i] != lost {
			return true
		}
		if slices.ContainsFunc(s.leases, func(l *lease) bool { return l.from <= height && height <= l.end }) {
			return false
		}
		s.marks[i] = needed
		s.low = min(s.low, i)
		return true
	})
}
