package protocol_test

import (
	"fmt"
	"maps"
	"sync/atomic"
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
	const blocks, quickPace = 9000, 10 // filters a second
	const all = protocol.BulkPeers + protocol.RelayPeers + protocol.BlockPeers
	w := newWorld(33, blocks, true)
	var spared atomic.Int32 // runs where the dice have saved all slow ones
	t.Cleanup(func() { require.LessOrEqual(t, int(spared.Load()), *moreSeeds/20) })
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		seed += 26 // of the first four, the last has one quick peer among slow ones
		fast := []int{7, 6, 2, 8}[seed%4]
		var peers []*spvtest.Peer
		for i := range 21 {
			p := &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Slow: time.Second / quickPace, Refuses: i > all+1}
			if i >= fast && !p.Refuses {
				p.Slow = 5 * time.Second
			}
			peers = append(peers, p)
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: peers})
		replaced, up, most, begun := 0, 0, 0, s.Now()
		quick := make(map[string]bool) // of the first that give filters
		s.Watch = func(out protocol.Output) {
			if left, ok := out.(protocol.Disconnect); ok && left.Reason == protocol.ReasonSlow {
				replaced++
			}
			if _, _, ok := filtersAsked(w.g, out); ok && s.Now().Before(begun.Add(30*time.Second)) {
				from := s.Peer(out.(protocol.Send).Peer)
				quick[from.Name] = from.Slow < time.Second
			}
			up += comeOrGone(out)
			most = max(most, up)
		}
		require.True(t, s.RunUntil(30*time.Second, func() bool { return up == all }))
		s.Run(begun.Add(30 * time.Second).Sub(s.Now()))
		for _, p := range peers {
			p.Refuses = false
		}
		if maps.DeleteFunc(quick, func(_ string, is bool) bool { return !is }); len(quick) == 0 {
			return // they have other places, or none: nobody is far behind
		}
		require.True(t, s.RunUntil(time.Hour, func() bool {
			return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash
		}))
		require.Equal(t, all, most)
		alone, took := blocks*time.Second/time.Duration(quickPace*len(quick)), s.Now().Sub(begun)
		switch {
		case len(quick) >= protocol.BulkPeers/2: // there is little to gain
			require.Less(t, took, alone*11/10)
		case replaced > 0:
			require.Less(t, took, alone)
		default:
			spared.Add(1)
		}
		requireConverged(t, s, w.b, 1, time.Minute)
		require.True(t, s.RunUntil(2*time.Minute, func() bool { return len(s.Machine().Peers()) == protocol.DefaultPeers }))
		requireQuiet(t, s)
		require.Len(t, s.Machine().Peers(), protocol.DefaultPeers)
	})
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
