package sandbox_test

import (
	"testing"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/sandbox"
)

func TestLinkedNodesFollowEachOther(t *testing.T) {
	t.Parallel()
	c := network(t, 3)
	height, _ := c[0].Tip()
	require.EqualValues(t, 200, height)

	for i, n := range c {
		_, err := n.Mine(1+i*7, nil)
		require.NoError(t, err)
		_, tip := n.Tip()
		for _, other := range c {
			require.NoError(t, other.Await(t.Context(), func() bool { _, h := other.Tip(); return h == tip }))
		}
	}
	height, _ = c[0].Tip()
	require.EqualValues(t, 200+1+8+15, height)
}

func TestPayIsRelayedAndConfirmedElsewhere(t *testing.T) {
	t.Parallel()
	c := network(t, 2)
	for _, payer := range c {
		txid, err := payer.Pay(script(2), 250_000)
		require.NoError(t, err)
		other := c[0]
		if payer == c[0] {
			other = c[1]
		}
		require.NoError(t, other.Await(t.Context(), func() bool { return len(other.Mempool()) == 1 }))
		require.Equal(t, []chainhash.Hash{txid}, other.Mempool())
		_, err = other.Mine(1, nil)
		require.NoError(t, err)
		require.NoError(t, payer.Await(t.Context(), func() bool { return len(payer.Mempool()) == 0 }))
		require.NoError(t, c.Synced(t.Context()))
		tip, _ := payer.Tip()
		require.Equal(t, tip, confirmedAt(t, payer, txid))
	}
}

// A transaction goes to everybody but its sender.
func TestRelaysReceivedTransactionsButNotBack(t *testing.T) {
	t.Parallel()
	net2 := network(t, 2)
	tx := unsent(t, net2[0])
	require.NoError(t, net2.Synced(t.Context()))
	sender, listener := dial(t, net2[0].Addr(), false), dial(t, net2[1].Addr(), false)
	deaf := dial(t, net2[1].Addr(), true)

	txid := tx.TxHash()
	inv := wire.NewMsgInv()
	require.NoError(t, inv.AddInvVect(wire.NewInvVect(wire.InvTypeTx, &txid)))
	sender.send(inv)
	asked := expect[*wire.MsgGetData](sender).InvList
	require.Equal(t, txid, asked[0].Hash)
	require.Equal(t, wire.InvTypeWitnessTx, asked[0].Type)
	sender.send(tx)
	listener.awaitInv(txid)

	// What trickles out after this one would have trickled with it.
	other, err := net2[0].Pay(script(9), 1e5)
	require.NoError(t, err)
	sender.awaitInv(other)
	require.NotContains(t, invs(sender.seen), txid)
	require.NoError(t, net2[1].Await(t.Context(), func() bool { return len(net2[1].Mempool()) == 2 }))
	listener.awaitInv(other)
	deaf.sync()
	require.Empty(t, invs(deaf.seen))
}

// unsent makes a valid transaction that no node has: the one that made it was
// not listened to, and is gone.
func unsent(t *testing.T, n *sandbox.Node) *wire.MsgTx {
	t.Helper()
	lone := start(t, sandbox.Options{Connect: []string{n.Addr()}})
	_, tip := n.Tip()
	require.NoError(t, lone.Await(t.Context(), func() bool { _, h := lone.Tip(); return h == tip }))
	_, err := n.Mine(1, lone.FaucetScript())
	require.NoError(t, err)
	hashes, err := n.Mine(100, nil)
	require.NoError(t, err)
	require.NoError(t, lone.Await(t.Context(), func() bool { _, h := lone.Tip(); return h == hashes[99] }))
	n.Mute(wire.CmdInv)
	defer n.Unmute(wire.CmdInv)
	txid, err := lone.Pay(script(8), 777_777)
	require.NoError(t, err)
	tx, err := lone.Tx(txid)
	require.NoError(t, err)
	require.NoError(t, lone.Close())
	require.Empty(t, n.Mempool())
	return tx
}

func TestSubmitTxAppliesTheRules(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	var refused mempool.RuleError
	_, err := n.Pay(script(1), 100)
	require.ErrorAs(t, err, &refused, "dust")
	_, err = n.Pay([]byte{0x51, 0x52, 0x53}, 1e6)
	require.ErrorAs(t, err, &refused, "not standard")
	_, err = n.Pay(script(1), 0)
	require.Error(t, err)
	_, err = n.Pay(script(1), 21e14)
	require.ErrorIs(t, err, sandbox.ErrNoFunds)
	require.Empty(t, n.Mempool())

	txid, err := n.Pay(script(1), 1e6)
	require.NoError(t, err)
	tx, err := n.Tx(txid)
	require.NoError(t, err)
	require.ErrorAs(t, n.SubmitTx(tx), &refused, "have it already")
	tx.TxOut[0].Value++
	require.Error(t, n.SubmitTx(tx), "signature and double spend")
	require.Equal(t, []chainhash.Hash{txid}, n.Mempool())
}

// A child that comes before its parent makes the node ask for the parent.
func TestAsksForParents(t *testing.T) {
	t.Parallel()
	source := start(t, sandbox.Options{})
	sink := start(t, sandbox.Options{Connect: []string{source.Addr()}})
	_, tip := source.Tip()
	require.NoError(t, sink.Await(t.Context(), func() bool { _, h := sink.Tip(); return h == tip }))
	sink.Mute(wire.CmdInv)

	// All mature coins in one payment to the faucet itself, then its child.
	parent, err := source.Pay(source.FaucetScript(), 101*50e8-1e6)
	require.NoError(t, err)
	child, err := source.Pay(script(3), 1e6)
	require.NoError(t, err)
	tx, err := source.Tx(child)
	require.NoError(t, err)
	require.Equal(t, parent, tx.TxIn[0].PreviousOutPoint.Hash)

	c := dial(t, sink.Addr(), false)
	c.send(tx)
	asked := expect[*wire.MsgGetData](c).InvList
	require.Equal(t, parent, asked[0].Hash)
	ptx, err := source.Tx(parent)
	require.NoError(t, err)
	c.send(ptx)
	require.NoError(t, sink.Await(t.Context(), func() bool { return len(sink.Mempool()) == 2 }))
}

func TestAnnouncesBlocksByInvOrHeaders(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	_, tip := n.Tip()
	plain, modern := dial(t, n.Addr(), false), dial(t, n.Addr(), false)
	modern.send(wire.NewMsgSendHeaders())
	require.Empty(t, modern.headers(tip)) // so the node knows that we have its tip

	hashes, err := n.Mine(2, nil)
	require.NoError(t, err)
	require.Equal(t, hashes, invs([]wire.Message{expect[*wire.MsgInv](plain)}))
	got := expect[*wire.MsgHeaders](modern).Headers
	require.Len(t, got, 2)
	require.Equal(t, hashes[1], got[1].BlockHash())

	// A branch is announced from its fork on.
	require.NoError(t, n.Reorg(2, 3))
	got = expect[*wire.MsgHeaders](modern).Headers
	require.Len(t, got, 3)
	require.Equal(t, tip, got[0].PrevBlock)
	require.Len(t, expect[*wire.MsgInv](plain).InvList, 3)

	// Many at once: the last says it all.
	hashes, err = n.Mine(9, nil)
	require.NoError(t, err)
	for _, c := range []*client{plain, modern} {
		require.Equal(t, hashes[8:], invs([]wire.Message{expect[*wire.MsgInv](c)}))
	}
	// And whoever has not fetched those headers gets no headers that hang in
	// the air.
	hashes, err = n.Mine(1, nil)
	require.NoError(t, err)
	require.Equal(t, hashes, invs([]wire.Message{expect[*wire.MsgInv](modern)}))
}

func TestHonoursFeeFilter(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	c := dial(t, n.Addr(), false)
	var floors []int64
	for _, m := range c.seen {
		if f, ok := m.(*wire.MsgFeeFilter); ok {
			floors = append(floors, f.MinFee)
		}
	}
	require.Equal(t, []int64{1000}, floors, "the node tells its own")
	c.send(wire.NewMsgFeeFilter(20_000))
	c.sync()
	cheap, err := n.Pay(script(1), 1e5)
	require.NoError(t, err)
	dear, err := n.Replace(cheap)
	require.NoError(t, err)
	require.Equal(t, []chainhash.Hash{dear}, n.Mempool())
	c.awaitInv(dear)
	require.NotContains(t, invs(c.seen), cheap)
}
