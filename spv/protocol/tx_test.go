package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func someTx(n byte) *wire.MsgTx {
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: chainhash.HashH([]byte{n}), Index: 1}, nil, wire.TxWitness{{n}, {2}}))
	tx.AddTxOut(wire.NewTxOut(1000, []byte{0x51}))
	return tx
}

// company is a sim with n honest peers, headers current.
func company(t *testing.T, seed uint64, n int, change func(i int, p *spvtest.Peer)) (*spvtest.Sim, []*spvtest.Peer, world) {
	t.Helper()
	w := newWorld(seed, 20, true)
	var peers []*spvtest.Peer
	for i := range n {
		p := &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: w.b, Gossips: true}
		if change != nil {
			change(i, p)
		}
		peers = append(peers, p)
	}
	s := w.sim(seed, 1, peers...)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().HeadersCurrent }))
	return s, peers, w
}

// events of one type that were told.
func events[E protocol.Event](s *spvtest.Sim) []E {
	var list []E
	for _, e := range s.Events {
		if e, ok := e.(E); ok {
			list = append(list, e)
		}
	}
	return list
}

// invs counts the announcements of ours from now on.
func invs(s *spvtest.Sim) *int {
	n := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "inv" {
			n++
		}
	}
	return &n
}

func TestBroadcastToHalf(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 7; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s, peers, _ := company(t, uint64(n), n, nil)
			tx := someTx(1)
			txid := tx.TxHash()
			sent := invs(s)
			s.Submit(tx)
			s.Submit(tx) // twice is once
			s.Run(time.Minute)
			told := s.Told(txid)
			require.Len(t, told, (n+1)/2)
			require.Equal(t, (n+1)/2, *sent)
			acked := map[string]bool{}
			for _, e := range events[protocol.TxAcknowledged](s) {
				require.Equal(t, txid, e.TxID)
				require.Contains(t, told, e.Peer.Addr)
				require.False(t, acked[e.Peer.Addr], "acknowledged once by each")
				acked[e.Peer.Addr] = true
			}
			require.NotEmpty(t, acked)
			echoed := map[string]bool{}
			for _, e := range events[protocol.TxEchoed](s) {
				require.NotContains(t, told, e.Peer.Addr)
				require.False(t, echoed[e.Peer.Addr])
				echoed[e.Peer.Addr] = true
			}
			require.Len(t, echoed, n/2, "everybody else has it by now")
			require.Empty(t, events[protocol.TxSeen](s), "ours is not news")
			for _, p := range peers {
				require.True(t, p.Has(txid))
			}
			s.Check(t)
		})
	}
}

func TestNoEchoFromThoseWhoWereTold(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 1, 2, func(_ int, p *spvtest.Peer) { p.Gossips, p.EchoesBack = false, true })
	tx := someTx(2)
	s.Submit(tx)
	s.Run(10 * time.Second)
	told := s.Told(tx.TxHash())
	require.Len(t, told, 1)
	require.Len(t, events[protocol.TxAcknowledged](s), 1)
	require.Empty(t, events[protocol.TxEchoed](s))
	// It comes back on another connection and announces it again.
	for _, p := range peers {
		if p.Name == told[0] {
			s.Kick(p)
			s.Run(10 * time.Second)
			require.True(t, s.Connected(p))
			s.Announce(p, tx)
			s.Run(time.Second)
		}
	}
	require.Empty(t, events[protocol.TxEchoed](s))
	s.Check(t)
}

// TestAcknowledgedOnlyAfterFetch: an announcement that nobody follows up proves
// nothing, nor does a pong to another ping.
func TestAcknowledgedOnlyAfterFetch(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 3, 1, func(_ int, p *spvtest.Peer) { p.NoFetch = true })
	tx := someTx(3)
	txid := tx.TxHash()
	s.Submit(tx)
	s.Run(10 * time.Minute) // pings go to and fro
	require.Empty(t, events[protocol.TxAcknowledged](s))
	get := wire.NewMsgGetData()
	_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &txid))
	s.Say(peers[0], func(id protocol.PeerID) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: get} })
	s.Run(50 * time.Millisecond) // it is sent, the pong not yet back
	require.Empty(t, events[protocol.TxAcknowledged](s))
	s.Run(time.Second)
	require.Len(t, events[protocol.TxAcknowledged](s), 1)
	s.Check(t)
}

// TestReminded: a lone peer that missed what was announced right after its
// handshake, as btcd can, gets the transaction within seconds nevertheless.
func TestReminded(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 3, 1, func(_ int, p *spvtest.Peer) { p.NoFetch = true })
	tx := someTx(4)
	sent := invs(s)
	s.Submit(tx)
	s.Run(time.Second)
	require.Equal(t, 1, *sent)
	peers[0].NoFetch = false
	s.Run(10 * time.Second)
	require.Equal(t, 2, *sent)
	require.Len(t, events[protocol.TxAcknowledged](s), 1)
	s.Run(5 * time.Minute)
	require.Equal(t, 2, *sent, "who has fetched it is not reminded")
	s.Check(t)
}

// TestServesNothingElse: what is not ours, or was not announced to that peer,
// is not served.
func TestServesNothingElse(t *testing.T) {
	t.Parallel()
	s, peers, w := company(t, 4, 2, nil)
	tx := someTx(4)
	txid, other := tx.TxHash(), someTx(5).TxHash()
	s.Submit(tx)
	require.Empty(t, s.Told(txid), "nothing has arrived yet")
	s.Run(50 * time.Millisecond)
	told := s.Told(txid)
	require.Len(t, told, 1)
	sent := map[string]int{}
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "tx" {
			for _, info := range s.Machine().Peers() {
				if info.ID == send.Peer {
					sent[info.Addr]++
				}
			}
		}
	}
	get := wire.NewMsgGetData()
	_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &txid))
	_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeTx, &other))
	_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessBlock, &w.b[3].Hash))
	for _, p := range peers {
		s.Say(p, func(id protocol.PeerID) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: get} })
	}
	s.Run(time.Second)
	require.Len(t, sent, 1)
	require.Positive(t, sent[told[0]])
	s.Check(t)
}

func TestRebroadcast(t *testing.T) {
	t.Parallel()
	s, peers, w := company(t, 5, 4, func(_ int, p *spvtest.Peer) { p.NoFetch = true })
	tx := someTx(6)
	sent := invs(s)
	s.Submit(tx)
	s.Run(time.Second)
	require.Equal(t, 2, *sent)
	// Nobody asks for it: they are reminded after 10 and 30 seconds, and one more
	// is told.
	s.Run(time.Minute)
	require.Equal(t, 2+2*2+1, *sent)
	// All three are reminded four times and no more. A block: they are told again.
	b := w.g.Mine(w.b, 1)
	s.Grow(b, peers...)
	s.Run(8 * time.Minute)
	all := 7 + 4*3 + 3
	require.Equal(t, all, *sent)
	// By the clock: every 10 to 30 minutes.
	s.Run(50 * time.Minute)
	require.GreaterOrEqual(t, *sent, all+3*1)
	require.LessOrEqual(t, *sent, all+3*5)
	require.Len(t, s.Told(tx.TxHash()), 3, "the same ones: the others are listened to")
	// Still nobody takes it: nothing is gained by listening.
	s.Run(4 * time.Hour)
	require.Greater(t, len(s.Told(tx.TxHash())), 3)
	before := *sent
	s.Withdraw(tx.TxHash())
	s.Grow(w.g.Mine(b, 1), peers...)
	s.Run(2 * time.Hour)
	require.Equal(t, before, *sent)
	s.Check(t)
}

// While it rests, nobody is told: neither whom it was announced to, nor who comes.
// Afterwards it is announced to the same peers.
func TestRest(t *testing.T) {
	t.Parallel()
	s, peers, w := company(t, 9, 4, nil)
	tx := someTx(9)
	s.Submit(tx)
	s.Run(10 * time.Second)
	told := s.Told(tx.TxHash())
	require.Len(t, told, 2)
	s.Input(protocol.RestTx{TxID: tx.TxHash()})
	s.Input(protocol.RestTx{TxID: chainhash.Hash{1}})
	sent := invs(s)
	b := w.g.Mine(w.b, 1)
	s.Grow(b, peers...)
	for _, p := range peers {
		if p.Name == told[0] {
			s.Kick(p)
		}
	}
	s.Run(2 * time.Hour)
	require.Zero(t, *sent)
	s.Input(protocol.SubmitTx{Tx: tx})
	s.Run(time.Second)
	require.Equal(t, 2, *sent, "again, and somebody in the place of who left")
	s.Grow(w.g.Mine(b, 1), peers...)
	s.Run(time.Minute)
	require.Equal(t, 4, *sent)
	s.Check(t)
}

func TestBroadcastWhenPeersAreReplaced(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 6, 4, func(_ int, p *spvtest.Peer) { p.Gossips = false })
	tx := someTx(7)
	s.Submit(tx)
	s.Run(10 * time.Second)
	told := s.Told(tx.TxHash())
	require.Len(t, told, 2)
	for _, p := range peers {
		if p.Name == told[0] || p.Name == told[1] {
			p.Refuses = true
			s.Kick(p)
		}
	}
	s.Run(10 * time.Second)
	require.Len(t, s.Told(tx.TxHash()), 3, "one of the two left")
	s.Check(t)
	// A crash forgets whom we told; the program submits again.
	s.Restart()
	s.Run(time.Minute)
	require.GreaterOrEqual(t, len(events[protocol.TxAcknowledged](s)), 3)
	s.Check(t)
}

func TestSubmittedBeforeAnybodyIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(7, 20, true)
	p := &spvtest.Peer{Name: "p", Chain: w.b, Refuses: true}
	s := w.sim(7, 1, p)
	s.Submit(someTx(8))
	s.Run(time.Minute)
	p.Refuses = false
	require.True(t, s.RunUntil(time.Minute, func() bool { return len(events[protocol.TxAcknowledged](s)) == 1 }))
	s.Check(t)
}

func TestRelayFetchesOnce(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 8, 4, nil)
	gets := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok {
			if msg, ok := send.Msg.(*wire.MsgGetData); ok {
				gets += len(msg.InvList)
			}
		}
	}
	txs := []*wire.MsgTx{someTx(1), someTx(2), someTx(3)}
	for _, p := range peers {
		for _, tx := range txs {
			p.Give(tx)
		}
		s.Announce(p, txs...)
		s.Run(20 * time.Millisecond)
	}
	s.Run(time.Second)
	require.Equal(t, 3, gets)
	require.Len(t, events[protocol.TxSeen](s), 3)
	s.Announce(peers[2], txs...)
	s.Run(time.Second)
	require.Equal(t, 3, gets, "seen is seen")
	s.Check(t)
}

func TestRelayFallsBack(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(s *spvtest.Sim, p *spvtest.Peer){
		"notfound":   func(*spvtest.Sim, *spvtest.Peer) {},
		"silence":    func(_ *spvtest.Sim, p *spvtest.Peer) { p.StallAfter = 1 },
		"disconnect": func(s *spvtest.Sim, p *spvtest.Peer) { s.Kick(p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, peers, _ := company(t, 9, 3, nil)
			tx := someTx(4)
			s.Announce(peers[0], tx) // has it no more
			if name == "silence" {
				first(s, peers[0])
			}
			s.Run(31 * time.Millisecond)
			for _, p := range peers[1:] {
				p.Give(tx)
				s.Announce(p, tx)
			}
			if name == "disconnect" {
				s.Run(31 * time.Millisecond)
				first(s, peers[0])
			}
			require.True(t, s.RunUntil(70*time.Second, func() bool { return len(events[protocol.TxSeen](s)) == 1 }))
			require.NotEqual(t, "p0", events[protocol.TxSeen](s)[0].Peer.Addr)
			s.Run(2 * time.Minute)
			require.Len(t, events[protocol.TxSeen](s), 1)
			s.Check(t)
		})
	}
}

// TestRelayFlood: a peer that announces more than it is asked for costs no more
// than its share.
func TestRelayFlood(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 10, 2, nil)
	var flood []*wire.MsgTx
	for i := range 250 {
		tx := someTx(byte(i))
		tx.LockTime = uint32(i)
		flood = append(flood, tx)
	}
	asked := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok {
			if msg, ok := send.Msg.(*wire.MsgGetData); ok {
				asked += len(msg.InvList)
			}
		}
	}
	peers[0].StallAfter = 1
	s.Announce(peers[0], flood...)
	s.Run(time.Second)
	require.Equal(t, 100, asked)
	tx := someTx(255)
	peers[1].Give(tx)
	s.Announce(peers[1], tx)
	s.Run(time.Second)
	require.Len(t, events[protocol.TxSeen](s), 1)
	// Unasked transactions and blocks are nobody's news.
	s.Say(peers[0], func(id protocol.PeerID) protocol.Input { return protocol.TxReceived{Peer: id, Tx: someTx(77)} })
	s.Run(time.Second)
	require.Len(t, events[protocol.TxSeen](s), 1)
	s.Check(t)
}
