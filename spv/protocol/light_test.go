package protocol_test

import (
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// lightSim is a machine whose person has a node that is asked about blocks, and
// counts what is asked of others about filters.
func lightSim(w world, seed uint64, keep int32, peers ...*spvtest.Peer) (s *spvtest.Sim, asked *int) {
	s = spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: keep, Peers: peers, Pinned: true, OwnNode: "own"})
	asked = new(int)
	s.Watch = func(o protocol.Output) {
		if send, ok := o.(protocol.Send); ok {
			switch send.Msg.(type) {
			case *wire.MsgGetCFilters, *wire.MsgGetCFHeaders, *wire.MsgGetCFCheckpt:
				*asked++
			}
		}
	}
	return s, asked
}

// allLight tells whether the own node is to be asked about all blocks from a
// height on, and none below.
func allLight(s *spvtest.Sim, from int32, b spvtest.Branch) bool {
	p := s.Machine().Progress()
	for h := from; h <= b.Tip().Height; h++ {
		if !s.Machine().AskOwn(h) {
			return false
		}
	}
	return p.FiltersTip.Hash == b.Tip().Hash && p.FiltersFrom <= from && p.Stages.Filters.Complete() && p.Stages.FilterHeaders.Complete()
}

// TestLightAsksForNoFilters: while the own node serves, nobody is asked for
// filters, through reorgs and wider wishes.
func TestLightAsksForNoFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(71, 300, true)
	a, c := &spvtest.Peer{Name: "a", Chain: w.b}, &spvtest.Peer{Name: "c", Chain: w.b}
	s, asked := lightSim(w, 71, 100, a, c)
	require.True(t, s.RunUntil(time.Minute, func() bool { return allLight(s, 100, w.b) }))
	require.False(t, s.Machine().AskOwn(99))
	b := w.b
	for _, depth := range []int32{0, 3, 0, 40} {
		b = w.g.Mine(b.To(b.Tip().Height-depth), int(depth)+1)
		s.Grow(b, a, c)
		require.True(t, s.RunUntil(time.Minute, func() bool { return allLight(s, 100, b) }))
	}
	s.Input(protocol.KeepFilters{From: 20})
	require.True(t, allLight(s, 20, b))
	s.Run(time.Hour)
	require.Zero(t, *asked)
	h := s.Machine().Health(s.Now())
	require.NotContains(t, []protocol.Condition{protocol.HealthUnfiltered, protocol.HealthNodeBypassed}, h.Condition)
	require.True(t, s.Machine().Progress().Light)
	s.Check(t)
}

// TestLightGivesWay: without the own node filters are fetched, of what has not
// served; when it is back it is asked again, but for what is here by then.
func TestLightGivesWay(t *testing.T) {
	t.Parallel()
	w := newWorld(72, 300, true)
	a, c := &spvtest.Peer{Name: "a", Chain: w.b}, &spvtest.Peer{Name: "c", Chain: w.b}
	s, asked := lightSim(w, 72, 100, a, c)
	require.True(t, s.RunUntil(time.Minute, func() bool { return allLight(s, 100, w.b) }))
	s.Input(protocol.FiltersUsed{Through: 250})
	s.Input(protocol.OwnNode{})
	require.Equal(t, 1, warnings(s, protocol.WarnLightNode))
	p := s.Machine().Progress()
	require.EqualValues(t, 251, p.FiltersFrom)
	require.EqualValues(t, 250, p.FiltersTip.Height)
	require.False(t, p.Light)
	require.True(t, s.RunUntil(time.Minute, converged(s, w.b.Tip())))
	require.NotZero(t, *asked)
	require.True(t, s.Disk().Sound(251, 300))
	require.False(t, s.Disk().Sound(250, 250), "what has served is not fetched")
	s.Run(10 * time.Minute)
	require.Equal(t, protocol.HealthNodeBypassed, s.Machine().Health(s.Now()).Condition)
	require.False(t, s.Machine().AskOwn(280))
	require.Empty(t, reverted(s), "nothing was false")

	s.Input(protocol.OwnNode{Serves: true})
	b := w.g.Mine(w.b, 2)
	s.Grow(b, a, c)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == b.Tip().Hash }))
	for h, want := range map[int32]bool{99: false, 100: true, 250: true, 251: false, 300: false, 301: true, 302: true} {
		require.Equal(t, want, s.Machine().AskOwn(h), "%d", h)
	}
	requireHeld(t, s)
	// Who looks for more gets filters from there on, without the node.
	s.Input(protocol.OwnNode{})
	s.Input(protocol.FiltersUsed{Through: 149})
	require.True(t, s.RunUntil(time.Minute, converged(s, b.Tip())))
	require.True(t, s.Disk().Sound(150, 302))
	s.Check(t)
}

// TestLightLie: what a node has told of that gave a false proof is searched again
// by filters.
func TestLightLie(t *testing.T) {
	t.Parallel()
	w := newWorld(73, 200, true)
	a, c := &spvtest.Peer{Name: "a", Chain: w.b}, &spvtest.Peer{Name: "c", Chain: w.b}
	s, _ := lightSim(w, 73, 50, a, c)
	require.True(t, s.RunUntil(time.Minute, func() bool { return allLight(s, 50, w.b) }))
	s.Input(protocol.FiltersUsed{Through: 200})
	s.Input(protocol.OwnNode{Lied: true})
	requireHeld(t, s)
	require.Equal(t, []int32{50}, reverted(s))
	requireConverged(t, s, w.b, 50, time.Minute)
	s.Check(t)
}

func reverted(s *spvtest.Sim) (heights []int32) {
	for _, e := range s.Events {
		if r, ok := e.(protocol.FiltersReverted); ok {
			heights = append(heights, r.Height)
		}
	}
	return heights
}
