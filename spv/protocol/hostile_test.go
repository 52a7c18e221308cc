package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestAlwaysNews: a peer that announces another block whenever it is asked, and
// has none, is not waited for for ever.
func TestAlwaysNews(t *testing.T) {
	t.Parallel()
	w := newWorld(90, 150, true)
	n := byte(0)
	bluff := func(s *spvtest.Sim, p *spvtest.Peer, _ []chain.Header) []chain.Header {
		inv := wire.NewMsgInv()
		n++
		hash := chainhash.HashH([]byte{n})
		_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, &hash))
		s.Say(p, func(id protocol.PeerID) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: inv} })
		if n%2 == 0 {
			return []chain.Header{}
		}
		h := 1 + int32(n)%150
		return w.b.Headers(h, h) // higher each time, and nothing new
	}
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Headers: bluff}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b}
	s := w.sim(90, 1, liar, honest)
	requireConverged(t, s, w.b, 1, 20*time.Second)
	require.Zero(t, honest.Banned())
	b := w.g.Mine(w.b, 1)
	s.Grow(b, honest)
	requireConverged(t, s, b, 1, 20*time.Second)
}

// TestRevertedAndThere: where a height is to be read by its block from now on,
// its filters and those after it are told to be there still.
func TestRevertedAndThere(t *testing.T) {
	t.Parallel()
	w := newWorld(91, 120, false)
	few := spvtest.From(110, spvtest.OmitSpent)
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(few)}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
	s := w.sim(91, 1, liar, honest)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
	honest.Refuses = false
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Directs() > 0 && s.Machine().Progress().Agreed == 2 }))
	told := int32(0)
	for _, e := range s.Events {
		switch e := e.(type) {
		case protocol.FiltersAdvanced:
			told = e.Tip.Height
		case protocol.FiltersReverted:
			told = min(told, e.Height-1)
		}
	}
	require.Equal(t, s.Machine().Progress().FiltersTip.Height, told)
}

// TestBlocksThatNobodyGives: they take no room from those that can be had.
func TestBlocksThatNobodyGives(t *testing.T) {
	t.Parallel()
	w := newWorld(92, 60, true)
	silent := func(b *spvtest.Block) *wire.MsgBlock {
		if b.Height > 50 {
			return nil
		}
		return b.Msg
	}
	var peers []*spvtest.Peer
	for i := range 3 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: w.b, Blocks: silent})
	}
	s := w.sim(92, 0, peers...)
	s.Run(time.Minute)
	for h := int32(51); h <= 56; h++ {
		s.Want(w.b[h].Hash)
	}
	s.Run(10 * time.Minute)
	s.Want(w.b[10].Hash)
	s.Run(2 * time.Minute)
	require.Len(t, s.Arrived, 1)
}

// TestTwoSitOnWhatAllWaitFor: peers that answer about all old headers but those
// that are to be put below first hold nobody up for long.
func TestTwoSitOnWhatAllWaitFor(t *testing.T) {
	t.Parallel()
	w := short()
	sit := func(s *spvtest.Sim, _ *spvtest.Peer, hs []chain.Header) []chain.Header {
		if hs[len(hs)-1].Hash == w.b[s.Machine().Progress().Base-1].Hash {
			return nil
		}
		return hs
	}
	s := w.sim(93, 1, &spvtest.Peer{Name: "sits", Chain: w.b, Ranges: sit}, &spvtest.Peer{Name: "sits too", Chain: w.b, Ranges: sit},
		w.peer("honest", 30*time.Millisecond))
	requireLowered(t, s, -1, 20*time.Second)
}

// TestMissedFilterOfAnotherChain: who looked for the filter of a block that is no
// longer ours hears where filters are, not only with the next block.
func TestMissedFilterOfAnotherChain(t *testing.T) {
	t.Parallel()
	w := newWorld(95, 50, true)
	s := w.sim(95, 1, &spvtest.Peer{Name: "a", Chain: w.b})
	requireConverged(t, s, w.b, 1, time.Minute)
	for _, lost := range []protocol.FilterLost{{Height: 20, Block: w.b[21].Hash}, {Height: 60, Block: w.b[21].Hash}} {
		told := len(s.Events)
		s.Input(lost)
		require.Len(t, s.Events, told+1)
		require.Equal(t, protocol.FiltersAdvanced{From: 1, Tip: chain.Tip{Height: 50, Hash: w.b.Tip().Hash}}, s.Events[len(s.Events)-1])
	}
}

// TestWiderAndAlone: a wish for older filters does not end the patience with
// filter peers that are gone for a moment.
func TestWiderAndAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(96, 100, true)
	filters := &spvtest.Peer{Name: "filters", Chain: w.b}
	s := w.sim(96, 50, filters, &spvtest.Peer{Name: "plain", Chain: w.b, NoFilters: true})
	requireConverged(t, s, w.b, 50, time.Minute)
	filters.Refuses = true
	s.Kick(filters)
	s.Run(5 * time.Second)
	s.Keep(10)
	s.Run(time.Second)
	require.False(t, s.Machine().ReadWhole(60))
	s.Run(time.Minute)
	require.True(t, s.Machine().ReadWhole(60))
}

// TestLateNews: a peer that tells of each block when others have given it already
// bluffs not.
func TestLateNews(t *testing.T) {
	t.Parallel()
	w := newWorld(97, 60, true)
	quick := &spvtest.Peer{Name: "quick", Chain: w.b, Latency: 5 * time.Millisecond}
	late := &spvtest.Peer{Name: "late", Chain: w.b, Latency: 100 * time.Millisecond, Invs: true}
	s := w.sim(97, 1, quick, late)
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Watch = func(out protocol.Output) {
		if d, ok := out.(protocol.Disconnect); ok {
			t.Errorf("left %d: %v", d.Peer, d.Reason)
		}
	}
	b := w.b
	for range 60 {
		b = w.g.Mine(b, 1)
		s.Grow(b, late)
		s.Run(95 * time.Millisecond)
		s.Grow(b, quick)
		s.Run(10 * time.Millisecond)
	}
	requireConverged(t, s, b, 1, time.Minute)
}

// TestLateFiltersCount: filters that come more slowly than is waited for come all
// the same, and are kept.
func TestLateFiltersCount(t *testing.T) {
	t.Parallel()
	w := newWorld(98, 60, true)
	slow := &spvtest.Peer{Name: "slow", Chain: w.b, Slow: 8 * time.Second}
	s := w.sim(98, 1, slow)
	require.True(t, s.RunUntil(20*time.Minute, converged(s, w.b.Tip())), "%+v", s.Machine().Progress())
	require.Zero(t, slow.Banned())
	requireTrueFilters(t, s, w.b, 1)
}
