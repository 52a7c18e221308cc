package protocol_test

import (
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
		return []chain.Header{}
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
