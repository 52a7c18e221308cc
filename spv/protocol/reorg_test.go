package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// TestReorgWhileAway: the chain that is on disk was replaced while nobody was
// connected: a stale tip, months, and what lies below the first filter wanted.
func TestReorgWhileAway(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{1, 2, 11, 100, 2500, 4100} {
		t.Run(fmt.Sprint(depth), func(t *testing.T) {
			t.Parallel()
			w := newWorld(uint64(depth), 4500, true)
			const keep = 2200
			fork := w.g.Mine(w.b.To(int32(4500-depth)), depth+3)
			a, c := &spvtest.Peer{Name: "a", Chain: w.b}, &spvtest.Peer{Name: "c", Chain: w.b, Latency: 200 * time.Millisecond}
			s := w.sim(uint64(depth), keep, a, c)
			requireConverged(t, s, w.b, keep, time.Minute)
			a.Refuses, c.Refuses = true, true
			s.Kick(a)
			s.Kick(c)
			s.Run(time.Minute)
			s.Grow(fork, a, c) // nobody hears of it
			s.Restart()
			a.Refuses, c.Refuses = false, false
			from := min(keep, int32(4500-depth)+1)
			ok := s.RunUntil(5*time.Minute, func() bool {
				return s.Machine().Progress().FiltersFrom <= from && converged(s, fork.Tip())()
			})
			s.Check(t)
			require.True(t, ok, "%+v", s.Machine().Progress())
			requireTrueFilters(t, s, fork, from)
			require.Zero(t, a.Banned())
			requireQuiet(t, s)
		})
	}
}

// TestReorgAtAnyMoment: a fork of more than one message of headers comes at every
// stage of a first sync, from headers to filters and blocks.
func TestReorgAtAnyMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(61, 4400, true)
	fork := w.g.Mine(w.b.To(1500), 3100)
	for moment := range 14 {
		t.Run(fmt.Sprint(moment), func(t *testing.T) {
			t.Parallel()
			a := &spvtest.Peer{Name: "a", Chain: w.b, Latency: 40 * time.Millisecond}
			c := &spvtest.Peer{Name: "c", Chain: w.b, Latency: 90 * time.Millisecond, Invs: true}
			s := w.sim(uint64(moment), 1000, a, c)
			s.Want(w.b[1200].Hash)
			s.Want(w.b[4000].Hash)
			s.Run(time.Duration(moment) * 150 * time.Millisecond)
			s.Grow(fork, a)
			s.After(time.Duration(moment%3)*700*time.Millisecond, func() { s.Grow(fork, c) })
			s.Want(fork[4000].Hash)
			ok := s.RunUntil(5*time.Minute, converged(s, fork.Tip()))
			s.Check(t)
			require.True(t, ok, "%+v", s.Machine().Progress())
			requireTrueFilters(t, s, fork, 1000)
			require.True(t, s.RunUntil(5*time.Minute, func() bool { return s.Arrived[fork[4000].Hash] != nil && s.Arrived[w.b[1200].Hash] != nil }))
			require.Zero(t, a.Banned())
			require.Zero(t, c.Banned())
			s.Check(t)
		})
	}
}
