package protocol_test

import (
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// TestNobodyServesFilters: a few blocks are read themselves after a while, which
// is said; filters come as soon as somebody has them.
func TestNobodyServesFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(51, 400, true)
	plain := &spvtest.Peer{Name: "plain", Chain: w.b, NoFilters: true}
	server := &spvtest.Peer{Name: "server", Chain: w.b, Refuses: true}
	s := w.sim(51, 200, plain, server)
	s.Run(50 * time.Second)
	p := s.Machine().Progress()
	require.Equal(t, int32(199), p.FiltersTip.Height)
	require.Equal(t, protocol.WhyNoFilterPeers, p.Stages.Filters.Why)
	require.Equal(t, protocol.WhyNoFilterPeers, p.Stages.FilterHeaders.Why)
	require.False(t, s.Machine().ReadWhole(300))

	s.Run(20 * time.Second)
	p = s.Machine().Progress()
	require.Equal(t, w.b.Tip().Hash, p.FiltersTip.Hash)
	require.Equal(t, protocol.WhyFullBlocks, p.Stages.Filters.Why)
	require.Zero(t, p.Stages.Filters.Done)
	require.False(t, s.Machine().ReadWhole(199))
	require.True(t, s.Machine().ReadWhole(200) && s.Machine().ReadWhole(400))
	require.False(t, s.Machine().ReadWhole(401))

	// Block by block, through a reorg.
	b := w.b
	for range 3 {
		b = w.g.Mine(b.To(b.Tip().Height-1), 2)
		s.Grow(b, plain)
		s.Run(time.Second)
		require.Equal(t, b.Tip().Hash, s.Machine().Progress().FiltersTip.Hash)
		require.True(t, s.Machine().ReadWhole(b.Tip().Height))
		requireHeld(t, s)
	}

	server.Refuses = false
	s.Grow(b, server)
	require.True(t, s.RunUntil(2*time.Minute, func() bool { return s.Connected(server) }))
	requireConverged(t, s, b, 200, time.Minute)
	require.False(t, s.Machine().ReadWhole(300))
	require.Equal(t, protocol.WhyNone, s.Machine().Progress().Stages.Filters.Why)
	require.Equal(t, int32(204), s.Machine().Progress().Stages.Filters.Done)

	// Once they are here, only what is new is to be read.
	server.Refuses = true
	s.Kick(server)
	b = w.g.Mine(b, 2)
	s.Grow(b, plain)
	s.Run(2 * time.Minute)
	require.Equal(t, b.Tip().Hash, s.Machine().Progress().FiltersTip.Hash)
	require.False(t, s.Machine().ReadWhole(403))
	require.True(t, s.Machine().ReadWhole(404) && s.Machine().ReadWhole(405))
	requireHeld(t, s)
	s.Check(t)
}

// TestLateFilters: who claims no filters, and was silent while it fetched them
// itself, is asked again though no new block tells that it knows more. Until it
// answers it keeps nobody from doing without.
func TestLateFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(53, 400, true)
	plain := &spvtest.Peer{Name: "plain", Chain: w.b, NoFilters: true}
	like := &spvtest.Peer{Name: "like", Chain: w.b, Like: true, NoCF: true}
	s := w.sim(53, 200, plain, like)
	s.Run(12 * time.Second)
	require.Equal(t, protocol.WhyNoFilterPeers, s.Machine().Progress().Stages.Filters.Why)
	like.NoCF = false
	requireConverged(t, s, w.b, 200, 15*time.Second)

	like.NoCF = true
	s = w.sim(54, 200, plain, like)
	s.Run(2 * time.Minute)
	require.Equal(t, protocol.WhyFullBlocks, s.Machine().Progress().Stages.Filters.Why)
	require.Equal(t, 1, warnings(s, protocol.WarnNoFilterPeers))
	require.Zero(t, s.Machine().Progress().FilterPeers)
	like.NoCF = false
	requireConverged(t, s, w.b, 200, time.Minute)
	require.Equal(t, 1, s.Machine().Progress().FilterPeers)
}

// TestTooManyForFullBlocks: a long way is not gone by whole blocks, unless most
// of it has served already.
func TestTooManyForFullBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(52, 700, true)
	plain := &spvtest.Peer{Name: "plain", Chain: w.b, NoFilters: true}
	s := w.sim(52, 300, plain)
	s.Run(10 * time.Minute)
	p := s.Machine().Progress()
	require.Equal(t, int32(299), p.FiltersTip.Height)
	require.Equal(t, protocol.WhyNoFilterPeers, p.Stages.Filters.Why)
	s.Input(protocol.FiltersUsed{Through: 450})
	require.Equal(t, w.b.Tip().Hash, s.Machine().Progress().FiltersTip.Hash)
	s.Check(t)
}
