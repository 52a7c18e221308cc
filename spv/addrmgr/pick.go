package addrmgr

import (
	"math/bits"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Networks is a set of networks.
type Networks uint8

// In is the set of some networks.
func In(networks ...Network) Networks {
	var set Networks
	for _, n := range networks {
		set |= 1 << n
	}
	return set
}

// Has tells whether a network is in the set.
func (s Networks) Has(n Network) bool { return s&(1<<n) != 0 }

// Need is what an address is looked for.
type Need struct {
	Services wire.ServiceFlag // all of these, as far as is known
	Networks Networks         // in one of these
	// Untried asks for an address of which it is to be found out whether it is
	// alive: one that was never tried, or one that is in another's way.
	Untried bool
	// Skip refuses addresses; nil refuses none.
	Skip func(Addr) bool
}

const (
	// restAfter is how long an address is hardly ever picked again.
	restAfter = 10 * time.Minute
	// slowRate in filters per minute, and slowReply, are what makes a peer one of
	// the slow.
	slowRate  = 60
	slowReply = 2 * time.Second
)

// Pick chooses an address at random, ok if there is any. As often as not it is a
// new one. The dice choose a bucket first, and then an address in it, so that
// who fills few buckets is seldom chosen, however many addresses it has; one
// that has failed often is chosen less.
func (m *Manager) Pick(now time.Time, n Need) (a Addr, ok bool) {
	m.settle(now)
	if n.Untried {
		if a, ok := m.pickInTheWay(now, n); ok {
			return a, true
		}
		return m.pickFrom(now, n, m.fresh[:])
	}
	first, second := m.fresh[:], m.tried[:]
	if m.rand.IntN(2) == 0 {
		first, second = second, first
	}
	if a, ok := m.pickFrom(now, n, first); ok {
		return a, true
	}
	return m.pickFrom(now, n, second)
}

func (m *Manager) pickFrom(now time.Time, n Need, table []bucket) (Addr, bool) {
	start := m.rand.IntN(len(table))
	step := m.rand.IntN(len(table)/2)*2 + 1 // visits all: the length is a power of two
	var unlikely *entry
	for i := range table {
		e := m.pickIn(now, n, &table[(start+i*step)&(len(table)-1)])
		switch {
		case e == nil:
		case m.rand.Float64() < e.chance(now):
			return e.Addr, true
		case unlikely == nil || e.chance(now) > unlikely.chance(now):
			unlikely = e
		}
	}
	if unlikely == nil {
		return Addr{}, false
	}
	return unlikely.Addr, true
}

// pickIn chooses one of those in a bucket that meet the need.
func (m *Manager) pickIn(now time.Time, n Need, b *bucket) *entry {
	if b.used == 0 {
		return nil // most are: the dice would cost more than all else
	}
	start := m.rand.IntN(bucketSize)
	for used := bits.RotateLeft32(b.used, -start); used != 0; used &= used - 1 {
		if e := b.at[(start+bits.TrailingZeros32(used))%bucketSize]; m.meets(now, e, n) {
			return e
		}
	}
	return nil
}

func (m *Manager) meets(now time.Time, e *entry, n Need) bool {
	return n.Networks.Has(e.Addr.net) && e.Services&n.Services == n.Services && (n.Skip == nil || !n.Skip(e.Addr)) && !m.Banned(now, e.Addr)
}

// Any tells whether there is an address that meets a need.
func (m *Manager) Any(now time.Time, n Need) bool {
	for _, e := range m.byAddr {
		if m.meets(now, e, n) {
			return true
		}
	}
	return false
}

// pickInTheWay chooses a tried address whose place another one waits for.
func (m *Manager) pickInTheWay(now time.Time, n Need) (Addr, bool) {
	if len(m.rivals) == 0 {
		return Addr{}, false
	}
	r := &m.rivals[m.rand.IntN(len(m.rivals))]
	old := m.inTheWay(r.addr)
	if old == nil || !m.meets(now, old, n) {
		return Addr{}, false
	}
	r.since = now
	return old.Addr, true
}

// chance is how likely an address is to be taken when its turn has come.
func (e *entry) chance(now time.Time) float64 {
	c := 1.0
	if now.Sub(e.Attempt) < restAfter {
		c = 0.01
	}
	for range min(e.Failures, 8) {
		c *= 0.66
	}
	if e.Latency > slowReply || e.Rate > 0 && e.Rate < slowRate {
		c /= 2
	}
	return c
}
