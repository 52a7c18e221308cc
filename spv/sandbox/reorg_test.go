package sandbox_test

import (
	"testing"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/sandbox"
)

// buried is a network with a payment under two more blocks.
func buried(t *testing.T) (c sandbox.Cluster, txid chainhash.Hash, height int32) {
	t.Helper()
	c = network(t, 2)
	txid, err := c[0].Pay(script(4), 3e6)
	require.NoError(t, err)
	_, err = c[0].Mine(3, nil)
	require.NoError(t, err)
	require.NoError(t, c.Synced(t.Context()))
	height, _ = c[0].Tip()
	require.Equal(t, height-2, confirmedAt(t, c[0], txid))
	return c, txid, height - 2
}

func TestReorgReturnsAPaymentAndMineAddsItAgain(t *testing.T) {
	t.Parallel()
	c, txid, height := buried(t)
	_, old := c[0].Tip()
	require.NoError(t, c[0].Reorg(3, 4))
	tip, _ := c[0].Tip()
	require.Equal(t, height+3, tip)
	require.EqualValues(t, -1, confirmedAt(t, c[0], txid))
	require.Equal(t, []chainhash.Hash{txid}, c[0].Mempool())
	_, err := c[0].Block(old)
	require.NoError(t, err, "stale, and still to be had")

	require.NoError(t, c.Synced(t.Context()))
	require.NoError(t, c[1].Await(t.Context(), func() bool { return len(c[1].Mempool()) == 1 }))
	_, err = c[1].Mine(1, nil)
	require.NoError(t, err)
	require.NoError(t, c[0].Await(t.Context(), func() bool { return len(c[0].Mempool()) == 0 }))
	require.Equal(t, tip+1, confirmedAt(t, c[0], txid))
}

func TestReorgRemines(t *testing.T) {
	t.Parallel()
	c, txid, height := buried(t)
	before, err := c[0].HashAt(height)
	require.NoError(t, err)
	require.NoError(t, c[0].Reorg(3, 5, sandbox.Remine))
	require.Equal(t, height, confirmedAt(t, c[0], txid))
	after, err := c[0].HashAt(height)
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	require.Empty(t, c[0].Mempool())
	require.NoError(t, c.Synced(t.Context()))
	block, err := c[1].Block(after)
	require.NoError(t, err)
	requireSound(t, block)
}

func TestReorgForgets(t *testing.T) {
	t.Parallel()
	c, txid, _ := buried(t)
	tx := confirmedTx(t, c[0], txid)
	require.NoError(t, c[0].Reorg(3, 4, sandbox.Forget))
	require.Empty(t, c[0].Mempool())
	require.EqualValues(t, -1, confirmedAt(t, c[0], txid))
	require.NoError(t, c[0].SubmitTx(tx), "possible again")
}

func TestReorgConflicts(t *testing.T) {
	t.Parallel()
	c, txid, height := buried(t)
	tx := confirmedTx(t, c[0], txid)
	require.NoError(t, c[0].Reorg(3, 4, sandbox.Conflict))
	require.NoError(t, c.Synced(t.Context()))
	for _, n := range c {
		require.EqualValues(t, -1, confirmedAt(t, n, txid))
		require.NoError(t, n.Await(t.Context(), func() bool { return len(n.Mempool()) == 0 }))
		require.Error(t, n.SubmitTx(tx), "impossible for good")
	}
	hash, err := c[0].HashAt(height)
	require.NoError(t, err)
	block, err := c[0].Block(hash)
	require.NoError(t, err)
	require.Len(t, block.Transactions, 2)
	require.Equal(t, tx.TxIn[0].PreviousOutPoint, block.Transactions[1].TxIn[0].PreviousOutPoint)
}

func TestReorgAcrossChildrenAndYoungCoinbases(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{Premine: 110})
	// Eleven mature coins; the chain of three is confirmed in three blocks.
	var txids []chainhash.Hash
	for range 3 {
		txid, err := n.Pay(n.FaucetScript(), 11*50e8-1e6*int64(len(txids)+1))
		require.NoError(t, err)
		txids = append(txids, txid)
		_, err = n.Mine(1, nil)
		require.NoError(t, err)
	}
	// Coinbases 2 to 4 matured with the last three blocks. One is spent, and
	// cannot be in a chain that is three shorter.
	all, err := n.Pay(script(1), 13*50e8)
	require.NoError(t, err)
	require.NoError(t, n.Reorg(3, 4))
	require.ElementsMatch(t, append(txids, all), n.Mempool(), "mature again on the longer branch")
	_, err = n.Mine(1, nil)
	require.NoError(t, err)
	require.Empty(t, n.Mempool())

	_, tip := n.Tip()
	_, err = n.Pay(script(1), 1e5)
	require.NoError(t, err)
	require.NoError(t, n.Invalidate(tip))
	require.Subset(t, n.Mempool(), txids)
	require.NoError(t, n.Reconsider(tip))
	_, again := n.Tip()
	require.Equal(t, tip, again)
	require.Len(t, n.Mempool(), 1)
}

func TestReorgRefusesNonsense(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{Premine: 5})
	_, tip := n.Tip()
	for _, c := range [][2]int{{0, 1}, {-1, 2}, {3, 3}, {3, 2}, {6, 9}} {
		require.Error(t, n.Reorg(c[0], c[1]), "%v", c)
	}
	_, same := n.Tip()
	require.Equal(t, tip, same)
	require.NoError(t, n.Reorg(5, 6), "down to genesis")
}

// A node that was away finds the better branch when it returns.
func TestReorgWhileApart(t *testing.T) {
	t.Parallel()
	a := start(t, sandbox.Options{})
	b := start(t, sandbox.Options{Connect: []string{a.Addr()}})
	same := func() bool {
		_, x := a.Tip()
		_, y := b.Tip()
		return x == y
	}
	require.NoError(t, b.Await(t.Context(), same))
	b.Mute(sandbox.Everything)
	require.NoError(t, a.Reorg(50, 60))
	_, err := b.Mine(5, nil)
	require.NoError(t, err)
	require.False(t, same())
	b.Unmute()
	b.DropPeers()
	require.NoError(t, b.Await(t.Context(), same))
	height, _ := b.Tip()
	require.EqualValues(t, 210, height)
}
