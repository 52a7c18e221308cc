package protocol_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// spending makes a transaction that spends an output.
func spending(of chainhash.Hash, n byte) *wire.MsgTx {
	tx := someTx(n)
	tx.TxIn[0].PreviousOutPoint = wire.OutPoint{Hash: of}
	tx.TxOut[0].Value += int64(n)
	return tx
}

// sizeOf is in virtual bytes.
func sizeOf(tx *wire.MsgTx) int64 {
	return int64(3*tx.SerializeSizeStripped()+tx.SerializeSize()+3) / 4
}

func floors(list ...int64) func(int, *spvtest.Peer) {
	return func(i int, p *spvtest.Peer) { p.Gossips, p.FeeFloor = true, list[i] }
}

func lastStall(s *spvtest.Sim, txid chainhash.Hash) (last protocol.TxStalled) {
	for _, e := range events[protocol.TxStalled](s) {
		if e.TxID == txid {
			last = e
		}
	}
	return last
}

// TestFeeFloors: only who takes so little is told.
func TestFeeFloors(t *testing.T) {
	t.Parallel()
	s, _, _ := company(t, 31, 4, floors(1000, 5000, 1000, 1<<50))
	tx := someTx(1)
	s.SubmitPaying(tx, 2*sizeOf(tx))
	s.Run(time.Minute)
	require.Equal(t, []string{"p0", "p2"}, s.Told(tx.TxHash()))
	require.Len(t, events[protocol.TxAcknowledged](s), 2)
	s.Check(t)
}

// TestSwallowed: what nobody passes on within an hour is told to everybody.
func TestSwallowed(t *testing.T) {
	t.Parallel()
	s, _, _ := company(t, 38, 4, func(_ int, p *spvtest.Peer) { p.Gossips = false })
	tx := someTx(3)
	s.Submit(tx)
	s.Run(55 * time.Minute)
	require.NotEmpty(t, events[protocol.TxAcknowledged](s))
	require.Len(t, s.Told(tx.TxHash()), 3, "one is left to be listened to")
	s.Run(10 * time.Minute)
	require.Len(t, s.Told(tx.TxHash()), 4)
	s.Check(t)
}

// TestBelowAllFloors: nobody is told, that is said, and it ends when somebody
// comes down.
func TestBelowAllFloors(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 32, 3, floors(5000, 4000, 3000))
	tx := someTx(2)
	txid := tx.TxHash()
	s.SubmitPaying(tx, 2*sizeOf(tx))
	s.Run(time.Minute)
	require.Empty(t, s.Told(txid))
	require.Equal(t, []protocol.TxStalled{{TxID: txid, Why: protocol.StallFee, Floor: 3000}}, events[protocol.TxStalled](s))
	travel, ok := s.Machine().Travel(txid)
	require.True(t, ok)
	require.Equal(t, protocol.Travel{Listeners: 3, Stall: protocol.StallFee, Floor: 3000}, travel)

	for _, fee := range []int64{-1, 1000} { // the first is nonsense
		s.Say(peers[1], func(id protocol.PeerID) protocol.Input {
			return protocol.MessageReceived{Peer: id, Msg: wire.NewMsgFeeFilter(fee)}
		})
		s.Run(10 * time.Second)
		require.Len(t, s.Told(txid), int(max(fee, 0)/1000))
	}
	require.Equal(t, protocol.StallNone, lastStall(s, txid).Why)
	s.Check(t)
}

// TestParentAndChild: a parent that pays too little goes in with a child that
// pays for both, and is announced to nobody.
func TestParentAndChild(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 33, 3, floors(2000, 2000, 2000))
	parent := someTx(3)
	child := spending(parent.TxHash(), 4)
	s.SubmitPaying(parent, sizeOf(parent)/2)
	s.Run(30 * time.Second)
	require.Empty(t, s.Told(parent.TxHash()))
	poor := spending(parent.TxHash(), 5)
	s.SubmitPaying(poor, 2*sizeOf(poor)) // enough for itself alone
	s.Run(30 * time.Second)
	require.Empty(t, s.Told(poor.TxHash()))
	require.Equal(t, protocol.StallFee, lastStall(s, poor.TxHash()).Why)
	s.Withdraw(poor.TxHash())

	s.SubmitPaying(child, 2*(sizeOf(parent)+sizeOf(child)))
	s.Run(time.Minute)
	require.Empty(t, s.Told(parent.TxHash()))
	require.Len(t, s.Told(child.TxHash()), 2)
	for _, p := range peers {
		require.True(t, p.Has(parent.TxHash()) && p.Has(child.TxHash()), p.Name)
	}
	for _, tx := range []*wire.MsgTx{parent, child} {
		travel, _ := s.Machine().Travel(tx.TxHash())
		require.True(t, travel.Propagated)
		require.Equal(t, protocol.StallNone, travel.Stall)
	}
	s.Check(t)
}

// TestParentsFirst: a child is announced to those who know its parent.
func TestParentsFirst(t *testing.T) {
	t.Parallel()
	s, _, _ := company(t, 34, 6, func(_ int, p *spvtest.Peer) { p.Gossips = false })
	parent := someTx(6)
	child := spending(parent.TxHash(), 7)
	s.Submit(parent)
	s.Submit(child)
	s.Run(30 * time.Second)
	require.Len(t, s.Told(parent.TxHash()), 3)
	require.Equal(t, s.Told(parent.TxHash()), s.Told(child.TxHash()))
	require.Len(t, events[protocol.TxAcknowledged](s), 6)
	s.Check(t)
}

// TestPropagated needs two parts of the network, or all that are listened to.
func TestPropagated(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		addrs  []string
		groups int
	}{
		"many parts": {[]string{"10.1.0.1:8333", "10.2.0.1:8333", "10.3.0.1:8333", "10.4.0.1:8333"}, 2},
		"one part":   {[]string{"10.1.0.1:8333", "10.1.0.2:8333", "10.1.0.3:8333", "10.1.0.4:8333"}, 1},
		"one peer":   {[]string{"10.1.0.1:8333", "10.2.0.1:8333"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := company(t, 35, len(tc.addrs), func(i int, p *spvtest.Peer) { p.Name, p.Gossips = tc.addrs[i], true })
			tx := someTx(8)
			s.Submit(tx)
			s.Run(2 * time.Minute)
			require.Equal(t, []protocol.TxPropagated{{TxID: tx.TxHash(), Groups: tc.groups}}, events[protocol.TxPropagated](s))
			echoes := events[protocol.TxEchoed](s)
			require.Equal(t, tc.groups, echoes[len(echoes)-1].Groups)
			require.Empty(t, events[protocol.TxStalled](s))
			s.Check(t)
		})
	}
}

// TestStalled: what nobody asks for, or nobody passes on, is said to be so, and
// one more peer is told.
func TestStalled(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(p *spvtest.Peer)
		why    protocol.Stall
		told   int
	}{
		"nobody asks":     {func(p *spvtest.Peer) { p.NoFetch = true }, protocol.StallUnasked, 3},
		"nobody tells":    {func(*spvtest.Peer) {}, protocol.StallSilent, 3},
		"nobody is there": {func(p *spvtest.Peer) { p.BlocksOnly = true }, protocol.StallNobody, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, peers, _ := company(t, 36, 4, func(_ int, p *spvtest.Peer) { tc.change(p); p.Gossips = false })
			tx := someTx(9)
			txid := tx.TxHash()
			s.Submit(tx)
			s.Run(59 * time.Second)
			require.Empty(t, events[protocol.TxStalled](s))
			s.Run(2 * time.Second)
			require.Equal(t, []protocol.TxStalled{{TxID: txid, Why: tc.why}}, events[protocol.TxStalled](s))
			require.Len(t, s.Told(txid), tc.told)
			s.Run(8 * time.Minute)
			require.Len(t, events[protocol.TxStalled](s), 1)
			require.Len(t, s.Told(txid), tc.told)
			// It has travelled after all.
			for _, p := range peers {
				if !slices.Contains(s.Told(txid), p.Name) {
					p.Give(tx)
					s.Announce(p, tx)
				}
			}
			s.Run(time.Second)
			require.Equal(t, protocol.StallNone, lastStall(s, txid).Why)
			require.Len(t, events[protocol.TxPropagated](s), 1)
			s.Check(t)
		})
	}
}

// TestToldOneKeepsItToItself: whoever is told first and does nothing with it holds
// nothing up for long.
func TestToldOneKeepsItToItself(t *testing.T) {
	t.Parallel()
	for name, evil := range map[string]func(p *spvtest.Peer){
		"asks for nothing": func(p *spvtest.Peer) { p.NoFetch = true },
		"tells nobody":     func(p *spvtest.Peer) { p.Gossips = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, peers, _ := company(t, 37, 5, func(i int, p *spvtest.Peer) { p.Gossips = true })
			tx := someTx(10)
			txid := tx.TxHash()
			s.Submit(tx)
			for s.Run(time.Millisecond); len(s.Told(txid)) == 0; s.Run(time.Millisecond) {
				continue
			}
			for _, p := range peers {
				if slices.Contains(s.Told(txid), p.Name) {
					evil(p)
				}
			}
			s.Run(2 * time.Minute)
			require.Len(t, events[protocol.TxPropagated](s), 1)
			s.Check(t)
		})
	}
}

// TestFilterServersSpared: who serves us filters is told only if there are too few
// others.
func TestFilterServersSpared(t *testing.T) {
	t.Parallel()
	for plain, told := range []int{3, 2, 2, 3} {
		t.Run(fmt.Sprint(plain), func(t *testing.T) {
			t.Parallel()
			s, peers, _ := company(t, uint64(40+plain), 6, func(i int, p *spvtest.Peer) { p.NoFilters = i < plain })
			tx := someTx(11)
			s.Submit(tx)
			s.Run(30 * time.Second)
			require.Len(t, s.Told(tx.TxHash()), told)
			for _, p := range peers[:min(plain, told)] {
				require.Contains(t, s.Told(tx.TxHash()), p.Name)
			}
			s.Check(t)
		})
	}
}

// TestFetchedTooOften: an announcement is not a licence to have it sent for ever.
func TestFetchedTooOften(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 44, 1, func(_ int, p *spvtest.Peer) { p.NoFetch = true })
	tx := someTx(12)
	txid := tx.TxHash()
	s.Submit(tx)
	s.Run(time.Second)
	sent := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "tx" {
			sent++
		}
	}
	get := wire.NewMsgGetData()
	for range 50 {
		_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &txid))
	}
	s.Say(peers[0], func(id protocol.PeerID) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: get} })
	s.Run(time.Second)
	require.Equal(t, 2, sent)
	s.Check(t)
}

// TestLowData: nothing is fetched, ours is announced all the same, and that nobody
// tells of it means nothing.
func TestLowData(t *testing.T) {
	t.Parallel()
	w := newWorld(45, 20, true)
	peers := []*spvtest.Peer{{Name: "a", Chain: w.b, Gossips: true}, {Name: "b", Chain: w.b}}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 45, Peers: peers, Pinned: true, LowData: true})
	s.Run(time.Minute)
	theirs := someTx(13)
	txid := theirs.TxHash()
	inv := wire.NewMsgInv()
	_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeTx, &txid))
	s.Say(peers[0], func(id protocol.PeerID) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: inv} })
	s.Submit(someTx(14))
	s.Run(5 * time.Minute)
	require.Empty(t, events[protocol.TxSeen](s))
	require.Len(t, events[protocol.TxAcknowledged](s), 1)
	require.Empty(t, events[protocol.TxStalled](s))
	s.Check(t)
}

// TestFalseFloors: peers that name floors nobody else has do not keep a payment
// for ever, whoever comes to know of it in the end.
func TestFalseFloors(t *testing.T) {
	t.Parallel()
	for name, private := range map[string]bool{"announced": false, "handed over": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(37, 20, true)
			peers := crowd(w, 40, 1)
			for _, p := range peers {
				p.Gossips = true
			}
			s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 37, Keep: 1, Peers: peers, Private: private})
			requireConverged(t, s, w.b, 1, time.Minute)
			first, tx := someTx(1), someTx(2)
			s.SubmitPaying(first, 5*sizeOf(first))
			require.True(t, s.RunUntil(10*time.Minute, func() bool { return purposes(s)[protocol.ForAll] == 4 }))
			s.Run(time.Minute)
			for _, info := range s.Machine().Peers() {
				i := slices.IndexFunc(peers, func(p *spvtest.Peer) bool { return p.Name == info.Addr })
				peers[i].FeeFloor = 900_000
				s.Say(peers[i], func(id protocol.PeerID) protocol.Input {
					return protocol.MessageReceived{Peer: id, Msg: wire.NewMsgFeeFilter(900_000)}
				})
			}
			s.Run(time.Second)
			s.SubmitPaying(tx, 5*sizeOf(tx))
			s.Run(time.Minute)
			require.Equal(t, protocol.StallFee, lastStall(s, tx.TxHash()).Why)
			require.True(t, s.RunUntil(50*time.Minute, func() bool { travel, _ := s.Machine().Travel(tx.TxHash()); return travel.Propagated }))
			s.Check(t)
		})
	}
}
