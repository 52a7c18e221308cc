package protocol_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// crowd is so many honest peers, each in a part of the network of its own; one in
// filters of them serves filters.
func crowd(w world, n, filters int) []*spvtest.Peer {
	var peers []*spvtest.Peer
	for i := range n {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, NoFilters: i%filters != 0})
	}
	return peers
}

// free is a machine that finds its peers by itself.
func (w world) free(seed uint64, peers ...*spvtest.Peer) *spvtest.Sim {
	return spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: peers})
}

// purposes counts connections by what they are for.
func purposes(s *spvtest.Sim) map[protocol.Purpose]int {
	count := make(map[protocol.Purpose]int)
	for _, p := range s.Machine().Peers() {
		count[p.Purpose]++
	}
	return count
}

// TestRoles: each role has its places, whoever comes first.
func TestRoles(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 30, true)
		s := w.free(seed, crowd(w, 30, 3)...)
		full := func() bool {
			count := purposes(s)
			return count[protocol.ForAll] == protocol.RelayPeers && count[protocol.ForBlocks] == protocol.FilterPeers+protocol.BlockPeers &&
				s.Machine().Health(s.Now()).FilterPeers >= protocol.FilterPeers
		}
		require.True(t, s.RunUntil(5*time.Minute, full), "%v", purposes(s))
		requireConverged(t, s, w.b, 1, time.Minute)

		// A transaction of ours needs somebody to be told and somebody to listen to.
		s.Submit(wire.NewMsgTx(2))
		require.True(t, s.RunUntil(5*time.Minute, func() bool { return purposes(s)[protocol.ForAll] == 4 }))
		s.Withdraw(wire.NewMsgTx(2).TxHash())
		require.True(t, s.RunUntil(5*time.Minute, full))
		s.Check(t)
	})
}

// TestFilterPeersOfAnotherChain: where all that are kept for filters know less
// than somebody else here, that one gives the filters.
func TestFilterPeersOfAnotherChain(t *testing.T) {
	t.Parallel()
	w := newWorld(36, 30, true)
	late := w.b.To(20)
	var peers []*spvtest.Peer
	for i := range 5 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: late})
	}
	ahead := &spvtest.Peer{Name: "10.99.0.1:8333", Chain: w.b, Refuses: true}
	s := w.free(36, append(peers, ahead)...)
	requireConverged(t, s, late, 1, 5*time.Minute)
	require.True(t, s.RunUntil(5*time.Minute, func() bool { return len(s.Machine().Peers()) == 5 }))
	ahead.Refuses = false
	require.True(t, s.RunUntil(6*time.Minute, func() bool { return s.Connected(ahead) }))
	requireConverged(t, s, w.b, 1, time.Minute)
	for _, p := range s.Machine().Peers() {
		require.True(t, p.Addr != ahead.Name || p.Purpose == protocol.ForAll)
	}
	s.Check(t)
}

// TestStandIns: where hardly anybody serves filters, others take the places, until
// somebody comes who does.
func TestStandIns(t *testing.T) {
	t.Parallel()
	w := newWorld(35, 30, true)
	peers := crowd(w, 20, 100)
	peers[0].Refuses = true
	s := w.free(35, peers...)
	require.True(t, s.RunUntil(5*time.Minute, func() bool { return len(s.Machine().Peers()) == protocol.DefaultPeers }))
	require.Equal(t, protocol.HealthUnfiltered, s.Machine().Health(s.Now().Add(time.Minute)).Condition)
	peers[0].Refuses = false
	for i := range 3 {
		s.AddPeer(&spvtest.Peer{Name: fmt.Sprintf("10.99.%d.1:8333", i), Chain: w.b})
	}
	require.True(t, s.RunUntil(30*time.Minute, func() bool { return s.Machine().Health(s.Now()).FilterPeers >= protocol.FilterPeers }))
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(time.Minute)
	require.Len(t, s.Machine().Peers(), protocol.DefaultPeers)
}

// TestFilterPlacesTaken: whoever sits in the places for filters, and knows none of
// those that are wanted, does not keep others from giving them.
func TestFilterPlacesTaken(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 60, true)
		s := w.free(seed, crowd(world{b: w.g.Mine(w.b.To(30), 5)}, 3, 1)...)
		require.True(t, s.RunUntil(time.Minute, func() bool { return len(s.Machine().Peers()) == 3 }))
		s.Run(time.Minute)
		for i := range 3 {
			s.AddPeer(&spvtest.Peer{Name: fmt.Sprintf("10.99.%d.1:8333", i), Chain: w.b})
		}
		requireConverged(t, s, w.b, 1, 3*time.Minute)
	})
}

// TestRotation: at rest filter peers change one by one, the new one first, so that
// three who hold together do not stay.
func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(36, 20, true)
	s := w.free(36, crowd(w, 40, 1)...)
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(2 * time.Minute)
	seen := make(map[string]bool)
	for range 12 * 60 {
		s.Run(time.Minute)
		infos := s.Machine().Peers()
		require.GreaterOrEqual(t, len(infos), protocol.DefaultPeers)
		for _, p := range infos {
			if p.Purpose == protocol.ForBlocks {
				seen[p.Addr] = true
			}
		}
	}
	require.Greater(t, len(seen), 12, "about one in forty minutes")
	require.Less(t, len(seen), 36, "and no more")
	s.Check(t)
}

// TestRotationBesideOneThatComesAndGoes: a place that is often empty does not keep
// the others from being changed.
func TestRotationBesideOneThatComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(38, 20, true)
	peers := crowd(w, 40, 1)
	s := w.free(38, peers...)
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(2 * time.Minute)
	var loyal, others []*spvtest.Peer
	for _, info := range s.Machine().Peers() {
		i := slices.IndexFunc(peers, func(p *spvtest.Peer) bool { return p.Name == info.Addr })
		if info.Purpose == protocol.ForBlocks && len(loyal) < 2 {
			loyal = append(loyal, peers[i])
		}
	}
	for _, p := range peers {
		if !slices.Contains(loyal, p) {
			others = append(others, p)
		}
	}
	require.True(t, s.RunUntil(6*time.Hour, func() bool {
		for _, p := range others {
			if s.Connected(p) && s.Now().Minute()%15 == 0 {
				s.Kick(p)
			}
		}
		return !s.Connected(loyal[0]) || !s.Connected(loyal[1])
	}))
}

// TestFeelers: at rest an address that was never tried is felt for every two
// minutes, and left alone then.
func TestFeelers(t *testing.T) {
	t.Parallel()
	w := newWorld(37, 20, true)
	s := w.free(37, crowd(w, 40, 1)...)
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(2 * time.Minute)
	dialled := make(map[string]int)
	s.Watch = func(out protocol.Output) {
		if d, ok := out.(protocol.Dial); ok && d.Purpose == protocol.ForFeeling {
			dialled[d.Addr]++
		}
	}
	s.Run(20 * time.Minute)
	require.InDelta(t, 10, len(dialled), 1)
	for addr, n := range dialled {
		require.Equal(t, 1, n, addr)
	}
	require.Len(t, s.Machine().Peers(), protocol.DefaultPeers)
	s.Check(t)
}

// TestWithheldBlocks: where nobody here tells of a new block, others are asked
// before anyone is given up.
func TestWithheldBlocks(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 30, true)
		peers := crowd(w, 6, 1)
		s := w.free(seed, peers...)
		requireConverged(t, s, w.b, 1, time.Minute)
		s.Run(time.Minute)
		b := w.g.Mine(w.b, 1)
		for i := range 6 {
			s.AddPeer(&spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", 100+i), Chain: b})
		}
		least := protocol.DefaultPeers
		s.Watch = func(protocol.Output) { least = min(least, len(s.Machine().Peers())) }
		require.True(t, s.RunUntil(35*time.Minute, func() bool { return s.Machine().Progress().Tip.Hash == b.Tip().Hash }))
		require.GreaterOrEqual(t, least, protocol.DefaultPeers-1)
		s.Watch = nil
		s.Run(20 * time.Minute)
		require.LessOrEqual(t, len(s.Machine().Peers()), protocol.DefaultPeers+1, "a place may be changing hands")
		require.True(t, s.RunUntil(10*time.Minute, func() bool { return len(s.Machine().Peers()) == protocol.DefaultPeers }))
		s.Check(t)
	})
}

// TestPoliteAndUseless: who never shows to know a new block gives its place up,
// though it answers every ping.
func TestPoliteAndUseless(t *testing.T) {
	t.Parallel()
	w := newWorld(38, 30, true)
	peers := crowd(w, 12, 1)
	s := w.free(38, peers...)
	requireConverged(t, s, w.b, 1, time.Minute)
	i := slices.IndexFunc(peers, s.Connected)
	least := protocol.DefaultPeers
	s.Watch = func(protocol.Output) { least = min(least, len(s.Machine().Peers())) }
	b := w.b
	for range 8 {
		b = w.g.Mine(b, 1)
		for j, p := range peers {
			if j != i {
				s.Grow(b, p)
			}
		}
		s.Run(time.Minute)
	}
	require.False(t, s.Connected(peers[i]))
	require.Equal(t, protocol.DefaultPeers, least, "the new one comes first")
	require.Zero(t, peers[i].Banned())
	for _, p := range s.Machine().Peers() {
		require.Equal(t, b.Tip().Height, p.Height, p.Addr)
	}
	s.Check(t)
}

// TestWhoIsAskedForBlocks: not those who serve filters, as long as there are
// others.
func TestWhoIsAskedForBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(39, 60, true)
	s := w.free(39, crowd(w, 30, 2)...)
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(2 * time.Minute)
	filters := make(map[protocol.PeerID]bool)
	asked := make(map[protocol.PeerID]int)
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok {
			switch send.Msg.(type) {
			case *wire.MsgGetCFilters:
				filters[send.Peer] = true
			case *wire.MsgGetData:
				asked[send.Peer]++
			}
		}
	}
	b := w.b
	for i := range 20 {
		s.Want(w.b[i+1].Hash)
		if i%4 == 0 {
			b = w.g.Mine(b, 1)
			s.Grow(b, s.Peers()...)
		}
		s.Run(10 * time.Second)
	}
	require.Len(t, s.Arrived, 20)
	require.GreaterOrEqual(t, len(asked), 3)
	for id := range filters {
		require.Zero(t, asked[id], "%d", id)
	}
	s.Check(t)
}
