package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// tor is a sim whose transactions go over connections of their own, with 12 nodes
// of which four are peers.
func tor(t *testing.T, seed uint64, change func(i int, p *spvtest.Peer)) (*spvtest.Sim, []*spvtest.Peer, world) {
	t.Helper()
	w := newWorld(seed, 20, true)
	var peers []*spvtest.Peer
	for i := range 12 {
		p := &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Gossips: true}
		if change != nil {
			change(i, p)
		}
		peers = append(peers, p)
	}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Peers: peers, Slots: 4, Private: true})
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().HeadersCurrent && len(s.Machine().Peers()) == 4 }))
	return s, peers, w
}

// isPeer names those that are connected to for all else.
func isPeer(s *spvtest.Sim) map[string]bool {
	names := make(map[string]bool)
	for _, p := range s.Machine().Peers() {
		names[p.Addr] = true
	}
	return names
}

// TestOverConnectionsOfItsOwn: three nodes that are not our peers get it, over a
// connection each that is used for nothing else and ends then (the sim sees to
// that); our peers are only listened to.
func TestOverConnectionsOfItsOwn(t *testing.T) {
	t.Parallel()
	s, nodes, w := tor(t, 60, nil)
	peers := isPeer(s)
	tx := someTx(1)
	txid := tx.TxHash()
	s.Submit(tx)
	s.Run(time.Minute)
	require.Len(t, s.Told(txid), 3)
	for _, name := range s.Told(txid) {
		require.False(t, peers[name], "a peer was told")
	}
	require.Len(t, events[protocol.TxAcknowledged](s), 3)
	require.Len(t, events[protocol.TxEchoed](s), 4)
	require.Len(t, events[protocol.TxPropagated](s), 1)
	require.Equal(t, peers, isPeer(s))
	require.Len(t, events[protocol.PeerUp](s), 4)

	// By the clock one more each time; a block brings out none of what has
	// travelled.
	b := w.g.Mine(w.b, 1)
	s.Grow(b, nodes...)
	s.Run(5 * time.Minute)
	require.Len(t, s.Told(txid), 3)
	s.Run(time.Hour)
	require.Greater(t, len(s.Told(txid)), 3)
	for _, name := range s.Told(txid) {
		require.False(t, peers[name], "a peer was told")
	}
	s.Check(t)
}

// TestCouriersFail: others take their place, until three have been given it.
func TestCouriersFail(t *testing.T) {
	t.Parallel()
	s, peers, _ := tor(t, 61, nil)
	mine := isPeer(s)
	bad, btcd := 0, ""
	for _, p := range peers {
		if mine[p.Name] {
			continue
		}
		switch bad++; bad {
		case 1:
			p.Refuses = true
		case 2:
			p.Hangs = true
		case 3:
			p.NoFetch = true
		case 4:
			p.BlocksOnly = true
		case 5:
			p.StallAfter, p.HangUp = 1, 1
		case 6:
			p.BTCD, btcd = true, p.Name
		}
	}
	tx := someTx(2)
	s.Submit(tx)
	s.Run(5 * time.Minute)
	require.NotEmpty(t, events[protocol.TxAcknowledged](s)) // those left have it from others, perhaps
	require.Len(t, events[protocol.TxPropagated](s), 1)
	require.NotContains(t, s.Told(tx.TxHash()), btcd, "it takes no witness from who claims nothing")
	told := len(s.Told(tx.TxHash()))
	s.Run(4 * time.Minute)
	require.Len(t, s.Told(tx.TxHash()), told)
	s.Check(t)
}

// TestCourierCalledBack: what is withdrawn meanwhile is not handed over.
func TestCourierCalledBack(t *testing.T) {
	t.Parallel()
	s, _, _ := tor(t, 62, nil)
	tx := someTx(3)
	s.Submit(tx)
	s.Withdraw(tx.TxHash())
	s.Run(time.Minute)
	require.Empty(t, s.Told(tx.TxHash()))
	require.Len(t, s.Machine().Peers(), 4)
	s.Check(t)
}

// TestNobodyForCouriers: that nobody can be reached is said.
func TestNobodyForCouriers(t *testing.T) {
	t.Parallel()
	s, peers, _ := tor(t, 63, nil)
	mine := isPeer(s)
	for _, p := range peers {
		p.Refuses = !mine[p.Name]
	}
	tx := someTx(4)
	s.Submit(tx)
	s.Run(2 * time.Minute)
	require.Empty(t, s.Told(tx.TxHash()))
	require.Equal(t, protocol.StallNobody, lastStall(s, tx.TxHash()).Why)
	// In the end our peers are told as if there were no proxy.
	s.Run(2 * time.Minute)
	require.Len(t, s.Told(tx.TxHash()), 2)
	require.Len(t, events[protocol.TxPropagated](s), 1)
	s.Check(t)
}

// TestPackageByCourier: a parent that pays too little goes over the connection of
// its child.
func TestPackageByCourier(t *testing.T) {
	t.Parallel()
	s, _, _ := tor(t, 64, func(_ int, p *spvtest.Peer) { p.FeeFloor = 2000 })
	parent := someTx(5)
	child := spending(parent.TxHash(), 6)
	s.SubmitPaying(parent, sizeOf(parent)/2)
	s.SubmitPaying(child, 2*(sizeOf(parent)+sizeOf(child)))
	s.Run(2 * time.Minute)
	for _, id := range []protocol.TxPropagated{{TxID: parent.TxHash(), Groups: 2}, {TxID: child.TxHash(), Groups: 2}} {
		require.Contains(t, events[protocol.TxPropagated](s), id)
	}
	s.Check(t)
}
