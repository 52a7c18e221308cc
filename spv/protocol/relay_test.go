package protocol_test

import (
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestByEitherHash: some peers name transactions by their hash with witness, some
// without. One is told once, and counted for all who announce it.
func TestByEitherHash(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 50, 4, func(i int, p *spvtest.Peer) { p.WTxID, p.Gossips = i%2 == 0, true })
	asked := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "getdata" {
			asked++
		}
	}
	tx := someTx(1)
	for i, p := range peers {
		p.Give(tx)
		s.Announce(p, tx)
		if i > 0 { // the first two at once, under two names
			s.Run(time.Second)
		}
	}
	require.LessOrEqual(t, asked, 2)
	seen := events[protocol.TxSeen](s)
	require.Len(t, seen, 1)
	require.Equal(t, 4, s.Machine().Heard(tx.TxHash()))
	heard := events[protocol.TxHeard](s)
	require.NotEmpty(t, heard)
	require.Equal(t, protocol.TxHeard{TxID: tx.TxHash(), Groups: 4}, heard[len(heard)-1])

	ours := someTx(2)
	s.Submit(ours)
	s.Run(time.Minute)
	require.Len(t, s.Told(ours.TxHash()), 2)
	require.Len(t, events[protocol.TxAcknowledged](s), 2)
	require.Len(t, events[protocol.TxEchoed](s), 2)
	s.Check(t)
}

// TestAnotherWitness: a false witness does not hide the transaction from us.
func TestAnotherWitness(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 51, 2, func(_ int, p *spvtest.Peer) { p.WTxID = true })
	tx := someTx(3)
	false1 := tx.Copy()
	false1.TxIn[0].Witness = wire.TxWitness{{9}}
	peers[0].Give(false1)
	s.Announce(peers[0], false1)
	s.Run(time.Second)
	peers[1].Give(tx)
	s.Announce(peers[1], tx)
	s.Run(time.Second)
	seen := events[protocol.TxSeen](s)
	require.Len(t, seen, 2)
	require.Equal(t, tx.WitnessHash(), seen[1].Tx.WitnessHash())
	require.Empty(t, seen[1].Rivals)
	s.Check(t)
}

// TestGroupsHeard: many peers in one part of the network are one.
func TestGroupsHeard(t *testing.T) {
	t.Parallel()
	addrs := []string{"10.1.0.1:8333", "10.1.0.2:8333", "10.2.0.1:8333", "10.1.7.7:8333"}
	s, peers, _ := company(t, 52, 4, func(i int, p *spvtest.Peer) { p.Name = addrs[i] })
	tx := someTx(4)
	for _, p := range peers {
		p.Give(tx)
		s.Announce(p, tx)
		s.Run(time.Second)
		s.Announce(p, tx) // twice is once
		s.Run(time.Second)
	}
	require.Equal(t, 1, events[protocol.TxSeen](s)[0].Groups)
	require.Equal(t, []protocol.TxHeard{{TxID: tx.TxHash(), Groups: 2}}, events[protocol.TxHeard](s))
	s.Check(t)
}

// TestRivals: what spends the same as another is told to do so, whichever comes
// later; so is what competes with ours.
func TestRivals(t *testing.T) {
	t.Parallel()
	s, peers, _ := company(t, 53, 2, nil)
	first, ours := someTx(5), someTx(6)
	s.Submit(ours)
	rival := func(of ...*wire.MsgTx) *wire.MsgTx {
		tx := someTx(7)
		tx.TxIn = nil
		tx.TxOut[0].Value++
		for i := range of {
			tx.AddTxIn(wire.NewTxIn(&of[i].TxIn[0].PreviousOutPoint, nil, nil))
		}
		return tx
	}
	both, again := rival(first, ours), rival(ours)
	for _, tx := range []*wire.MsgTx{first, both, again} {
		peers[0].Give(tx)
		s.Announce(peers[0], tx)
		s.Run(time.Second)
	}
	seen := events[protocol.TxSeen](s)
	require.Len(t, seen, 3)
	require.Empty(t, seen[0].Rivals)
	require.Equal(t, []chainhash.Hash{first.TxHash(), ours.TxHash()}, seen[1].Rivals)
	require.Equal(t, []chainhash.Hash{both.TxHash()}, seen[2].Rivals)
	s.Check(t)
}

// TestOursAreFetchedLikeOthers: who announces many transactions does not see by
// what is not asked for which of them is ours, nor after it has confirmed.
func TestOursAreFetchedLikeOthers(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, func(c *protocol.Config) { c.Serve = false })
	told, spy, late := h.outbound("1.1.0.1:1"), h.outbound("2.2.0.1:1"), h.outbound("3.3.0.1:1")
	ours, foreign := foreignTx(1, 10), foreignTx(2, 10)
	outs := h.step(protocol.SubmitTx{Tx: ours})
	if len(sent[*wire.MsgInv](outs, told)) == 0 {
		told, spy = spy, told
	}
	if len(sent[*wire.MsgInv](outs, spy)) > 0 {
		spy, late = late, spy
	}
	require.Empty(t, sent[*wire.MsgGetData](h.says(told, txInv(ours)), told), "it knows that we have it")
	both := &wire.MsgInv{InvList: append(txInv(ours).InvList, txInv(foreign).InvList...)}
	gets := sent[*wire.MsgGetData](h.says(spy, both), spy)
	require.Len(t, gets, 1)
	require.Len(t, gets[0].InvList, 2)
	for _, tx := range []*wire.MsgTx{ours, foreign} {
		seen := 0
		for _, out := range h.step(protocol.TxReceived{Peer: spy, Tx: tx}) {
			if e, ok := out.(protocol.Emit); ok {
				if _, ok := e.Event.(protocol.TxSeen); ok {
					seen++
				}
			}
		}
		require.Equal(t, tx == foreign, seen == 1, "ours is no news")
	}
	require.Empty(t, sent[*wire.MsgGetData](h.says(late, both), late), "once is enough")
	require.Empty(t, sent[*wire.MsgTx](h.says(spy, fetch(both)), spy))

	confirmed := foreignTx(3, 10)
	h.step(protocol.SubmitTx{Tx: confirmed})
	h.step(protocol.WithdrawTx{TxID: confirmed.TxHash()})
	require.Len(t, sent[*wire.MsgGetData](h.says(late, txInv(confirmed)), late), 1)
}
