package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// lease is a range of filters asked of one peer in one message. Its tail may be
// handed on to a faster peer: the first one goes on delivering it, for a request
// cannot be taken back, but nobody waits for that.
type lease struct {
	peer     *peerState
	from, to int32
	stop     chainhash.Hash
	end      int32    // last height not handed on; no two leases share a height up to here
	missing  int      // of from..end, not held yet
	owed     int      // of from..to, not delivered yet
	got      []uint64 // a bit for each height, set when it is delivered
}

// deliver notes that the peer has sent a filter, false if it has before.
func (l *lease) deliver(height int32) bool {
	i := height - l.from
	if l.got[i/64]>>(i%64)&1 != 0 {
		return false
	}
	l.got[i/64] |= 1 << (i % 64)
	l.owed--
	return true
}

// shorten forgets what lies above a height.
func (l *lease) shorten(height int32) {
	if l.to <= height {
		return
	}
	n := max(0, int(height-l.from)+1)
	l.to, l.owed = height, n
	for i := range n {
		if l.got[i/64]>>(i%64)&1 != 0 {
			l.owed--
		}
	}
}

// leaseOf is the peer's lease of a height, nil if there is none.
func (p *peerState) leaseOf(height int32) *lease {
	for _, l := range p.leases {
		if l.from <= height && height <= l.to {
			return l
		}
	}
	return nil
}

func (p *peerState) loseLease(l *lease) {
	p.leases = slices.DeleteFunc(p.leases, func(o *lease) bool { return o == l })
}

// end ends a lease. What it leaves behind is needed again.
func (s *filterDownload) end(l *lease) {
	s.leases = slices.DeleteFunc(s.leases, func(o *lease) bool { return o == l })
	l.peer.loseLease(l)
	if l.missing == 0 {
		return
	}
	for h := max(l.from, s.from); h <= l.end && int(h-s.from) < len(s.marks); h++ {
		if i := int(h - s.from); s.marks[i] == leased {
			s.marks[i] = needed
			s.low = min(s.low, i)
		}
	}
}

// grant leases the first missing range to p, false if there is none it can
// serve.
func (m *Machine) grant(p *peerState) bool {
	s := &m.scan
	s.skip()
	if s.low == len(s.marks) {
		return false
	}
	from := s.from + int32(s.low)
	// Only what the peer has stood by: a filter that does not fit then is its
	// own contradiction, and never our mistake.
	last := min(m.cf.tipHeight(), p.known.Height, p.agreedTo)
	if last = min(last, from+m.leaseSize(p, last-from+1)-1); last < from {
		return false
	}
	to := from
	for to < last && s.marks[to+1-s.from] == needed {
		to++
	}
	m.ask(p, from, to)
	return true
}

// ask leases a range to p. Heights of it that another has leased must have been
// handed on.
func (m *Machine) ask(p *peerState, from, to int32) {
	s := &m.scan
	n := int(to-from) + 1
	stop, _ := m.tree.HashAt(to)
	l := &lease{peer: p, from: from, to: to, stop: stop, end: to, owed: n, got: make([]uint64, (n+63)/64)}
	s.claim(l)
	if len(p.leases) == 0 {
		p.pace.begin(m.now)
	}
	p.filterBy = m.in(filterTimeout)
	s.leases = append(s.leases, l)
	p.leases = append(p.leases, l)
	m.askFilters(p, from, stop)
}

// claim marks what is missing within a lease as its own.
func (s *filterDownload) claim(l *lease) {
	l.missing = 0
	for h := max(l.from, s.from); h <= l.end; h++ {
		if i := h - s.from; s.marks[i] == needed || s.marks[i] == leased {
			s.marks[i] = leased
			l.missing++
		}
	}
}

func (m *Machine) askFilters(p *peerState, from int32, stop chainhash.Hash) {
	m.send(p, &wire.MsgGetCFilters{FilterType: wire.GCSFilterRegular, StartHeight: uint32(from), StopHash: stop})
}

// leaseSize is how many filters to ask of a peer at a time: what it delivers in
// leaseTime. Where little is left it is shared evenly, so that all end together.
func (m *Machine) leaseSize(p *peerState, left int32) int32 {
	n := int32(firstLease)
	if rate := p.pace.estimate(m.now); rate > 0 {
		n = int32(min(rate*leaseTime.Seconds(), filtersPerMsg))
	}
	sharing := int32(0)
	for _, q := range m.peers {
		if m.givesFilters(q) && !m.now.Before(q.coolUntil) {
			sharing++
		}
	}
	n = min(n, left/(leasesPerPeer*max(sharing, 1)))
	return max(n, minLease)
}

// steal lets a peer that has nothing to do take over the tail of the lease that
// would end last, so much that both are done at the same time.
func (m *Machine) steal(p *peerState) {
	victim, behind, eta := m.lastToEnd(p)
	if victim == nil {
		return
	}
	m.wakeAt(m.now.Add(time.Second)) // who falls silent is noticed by time alone
	theirs := victim.peer.pace.estimate(m.now)
	ours := p.pace.rate
	if ours == 0 {
		ours = theirs
	}
	n := victim.missing
	if theirs > 0 {
		n = min(n, int(float64(behind+n)*ours/(ours+theirs))+1)
	}
	if eta < stealFrom || theirs > 0 && time.Duration(float64(n)/ours*float64(time.Second)) > eta*3/4 {
		return
	}
	from, to := victim.end, victim.end
	for taken := 0; from > max(victim.from, m.scan.from); from-- {
		if m.scan.marks[from-m.scan.from] == leased {
			if taken++; taken == n {
				break
			}
		}
	}
	victim.end = from - 1
	victim.missing -= n
	m.ask(p, from, to)
}

// lastToEnd is the lease of another peer, among those that p could serve, that
// would end last, what the other owes before it, and how long it takes.
func (m *Machine) lastToEnd(p *peerState) (last *lease, behind int, eta time.Duration) {
	able := min(p.known.Height, p.agreedTo)
	for _, q := range m.peers {
		if q == p {
			continue
		}
		owed := 0
		for _, l := range q.leases {
			if l.missing > 0 && l.end <= able {
				if t := q.pace.timeFor(m.now, owed+l.missing); last == nil || t > eta {
					last, behind, eta = l, owed, t
				}
			}
			owed += l.owed
		}
	}
	return last, behind, eta
}

// pace is how fast a peer delivers filters.
type pace struct {
	rate  float64   // per second, 0 while unknown
	since time.Time // begin of the count under way
	got   int       // filters since then
	last  time.Time // when the last came, or was asked for
}

func (t *pace) begin(now time.Time) { t.since, t.last, t.got = now, now, 0 }

func (t *pace) count(now time.Time) {
	t.got++
	t.last = now
	if now.Sub(t.since) >= paceWindow {
		t.take(now)
	}
}

// take makes the count part of the rate.
func (t *pace) take(now time.Time) {
	sample := float64(t.got) / now.Sub(t.since).Seconds()
	if t.rate > 0 {
		sample = (sample + t.rate) / 2
	}
	t.rate, t.since, t.got = sample, now, 0
}

// rest ends a lease; idle means that nothing more is owed. A count over less
// than a moment tells of the line's delay, not of its width.
func (t *pace) rest(now time.Time, idle bool) {
	if span := now.Sub(t.since); idle && t.got > 0 && (t.rate == 0 && span > 0 || span >= paceWindow/4) {
		t.take(now)
	}
}

// estimate is the rate by what is known now; 0 while nothing is. A peer that has
// fallen silent grows slower by the second.
func (t *pace) estimate(now time.Time) float64 {
	span := now.Sub(t.since).Seconds()
	switch {
	case t.rate == 0 && t.got == 0 || span <= 0:
		return t.rate
	case t.rate == 0:
		return float64(t.got) / span
	case span > paceWindow.Seconds():
		return min(t.rate, float64(t.got+1)/span)
	}
	return t.rate
}

// timeFor is how long the peer takes for so many filters. Of one that has not
// delivered any yet it is known only how long it has been silent.
func (t *pace) timeFor(now time.Time, n int) time.Duration {
	silent := now.Sub(t.last)
	rate := t.estimate(now)
	if rate == 0 {
		return silent
	}
	return max(silent, time.Duration(float64(n)/rate*float64(time.Second)))
}
