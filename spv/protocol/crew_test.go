package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// TestCrew: much work is done by more peers, of which the slow ones are replaced;
// at rest there are as few as before.
func TestCrew(t *testing.T) {
	t.Parallel()
	w := newWorld(33, 9000, true)
	run := func(t *testing.T, seed uint64) {
		t.Parallel()
		var peers []*spvtest.Peer
		for i := range 20 {
			p := &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Slow: 100 * time.Millisecond, NoFilters: i%10 == 9}
			if i%2 == 0 {
				p.Slow = 5 * time.Second
			}
			peers = append(peers, p)
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: peers})
		replaced, up, most, begun := 0, 0, 0, s.Now()
		s.Watch = func(out protocol.Output) {
			if left, ok := out.(protocol.Disconnect); ok && left.Reason == protocol.ReasonSlow {
				replaced++
			}
			up += comeOrGone(out)
			most = max(most, up)
		}
		require.True(t, s.RunUntil(time.Hour, func() bool {
			return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash
		}))
		require.Equal(t, protocol.BulkPeers+protocol.RelayPeers+protocol.BlockPeers, most)
		require.GreaterOrEqual(t, replaced, 2)
		// Eight quick ones would take 112 seconds.
		require.Less(t, s.Now().Sub(begun), 4*time.Minute)
		requireConverged(t, s, w.b, 1, time.Minute)
		require.True(t, s.RunUntil(2*time.Minute, func() bool { return len(s.Machine().Peers()) == protocol.DefaultPeers }))
		requireQuiet(t, s)
		require.Len(t, s.Machine().Peers(), protocol.DefaultPeers)
	}
	t.Run("few slow", func(t *testing.T) { run(t, 42) })
	t.Run("most slow", func(t *testing.T) { run(t, 37) })
}

// comeOrGone is 1 for news of a peer that has come, -1 of one that is gone.
func comeOrGone(out protocol.Output) int {
	if e, ok := out.(protocol.Emit); ok {
		switch e.Event.(type) {
		case protocol.PeerUp:
			return 1
		case protocol.PeerDown:
			return -1
		}
	}
	return 0
}

// TestNamedNumberOfPeers: a number that somebody has named is kept to.
func TestNamedNumberOfPeers(t *testing.T) {
	t.Parallel()
	w := newWorld(34, 4000, true)
	var peers []*spvtest.Peer
	for i := range 9 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b})
	}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 34, Keep: 1, Peers: peers, Slots: 3})
	up := 0
	s.Watch = func(out protocol.Output) {
		up += comeOrGone(out)
		require.LessOrEqual(t, up, 3)
	}
	requireConverged(t, s, w.b, 1, time.Minute)
	require.Equal(t, 3, up)
}
