package protocol_test

import (
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// TestTrimmedFilters: what has served may go, and does not come back by itself;
// who looks for more gets it all.
func TestTrimmedFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(35, 900, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	s := w.sim(35, 100, a)
	var dropped []int32
	lowest := int32(1000)
	s.Watch = func(out protocol.Output) {
		if d, ok := out.(protocol.DropFilters); ok {
			dropped = append(dropped, d.Below)
		}
		if from, _, ok := filtersAsked(w.g, out); ok {
			lowest = min(lowest, from)
		}
	}
	requireConverged(t, s, w.b, 100, time.Minute)
	s.Input(protocol.TrimFilters{Below: 500})
	require.Empty(t, dropped, "nothing has served yet")
	s.Input(protocol.FiltersUsed{Through: 700})
	before := s.Machine().Progress().Stages
	s.Input(protocol.TrimFilters{Below: 500})
	require.Equal(t, []int32{500}, dropped)
	require.Equal(t, int32(500), s.Machine().Progress().FiltersFrom)
	requireHeld(t, s)
	require.Equal(t, before, s.Machine().Progress().Stages, "what has served counts as done")
	requireConverged(t, s, w.b, 500, time.Minute)

	s.Input(protocol.TrimFilters{Below: 900})
	require.Equal(t, []int32{500, 701}, dropped, "no more than has served")

	// The same wish again, and after a restart.
	lowest = 1000
	s.Keep(100)
	requireConverged(t, s, w.b, 701, time.Minute)
	require.Equal(t, int32(701), s.Machine().Progress().FiltersFrom)
	s.Restart()
	requireConverged(t, s, w.b, 701, time.Minute)
	require.Equal(t, int32(701), s.Machine().Progress().FiltersFrom)
	require.Equal(t, int32(1000), lowest, "nothing is fetched")

	// Somebody has seen less.
	s.Input(protocol.FiltersUsed{Through: 299})
	require.Equal(t, int32(300), s.Machine().Progress().FiltersFrom)
	requireConverged(t, s, w.b, 300, time.Minute)
	require.Equal(t, int32(300), lowest)
	requireQuiet(t, s)
}

// TestTrimWhileFetching: room is made for what is still coming.
func TestTrimWhileFetching(t *testing.T) {
	t.Parallel()
	w := newWorld(36, 3000, true)
	s := w.sim(36, 1, pacedPeers(w.b, 100, 30, 60)...)
	var step func()
	step = func() {
		if tip := s.Machine().Progress().FiltersTip.Height; tip < w.b.Tip().Height {
			s.Input(protocol.FiltersUsed{Through: tip})
			s.Input(protocol.TrimFilters{Below: tip - 50})
			requireHeld(t, s)
			s.After(700*time.Millisecond, step)
		}
	}
	s.After(time.Second, step)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
	p := s.Machine().Progress()
	require.Greater(t, p.FiltersFrom, int32(1000))
	require.Equal(t, int32(3000), p.Stages.Filters.Done)
	require.True(t, p.Stages.Filters.Complete())
	requireTrueFilters(t, s, w.b, p.FiltersFrom)
	s.Check(t)
}
