//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// entry is the entry of history about a transaction.
func entry(t *testing.T, history []e2etest.Payment, txid string) e2etest.Payment {
	t.Helper()
	for _, e := range history {
		if e.TxID == txid {
			return e
		}
	}
	require.FailNow(t, "not in the history", txid)
	return e2etest.Payment{}
}

// TestE2ETwins lets two copies of one wallet spend, in two folders.
func TestE2ETwins(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	faucet := e2etest.NewFaucet(t, a, 5)
	one := e2etest.NewHome(t, bins, a.Addr, b.Addr)
	words := create(t, one)
	account := e2etest.NewAccount(t, words)
	two := e2etest.NewHome(t, bins, a.Addr, b.Addr)
	restore(t, two, words)
	funds := faucet.Pay(coin, account.External(0))
	a.MineAll([][]*wire.MsgTx{{funds}}, nil)
	b.AwaitTip(a)

	watch := one.Start("watch")
	watch.AwaitSynced(a)
	var sent e2etest.Sent
	to := e2etest.AddressOf(t, faucet.Script)
	two.Get(&sent, "send", to, "0.3")
	require.Equal(t, "echoed", sent.State)
	require.Equal(t, -sent.Amount-sent.Fee, watch.AwaitTx("tx_seen", sent.TxID).Amount)
	watch.Interrupt()
	left := coin - sent.Amount - sent.Fee
	balance := one.Balance()
	require.Equal(t, left, balance.Total)
	require.Zero(t, balance.Confirmed)

	// Meanwhile a third copy spends the same coin for a higher fee.
	watch = one.Start("watch")
	watch.AwaitSynced(a)
	winner := account.SpendExternal(0, funds, 0, faucet.Script, coin/2, 50_000, 7)
	left = coin/2 - 50_000
	a.Submit(winner)
	won, lost := winner.TxHash(), txID(t, sent.TxID)
	watch.AwaitAll("the replacement", e2etest.Seen(won, left-coin), e2etest.Changed(lost, "replaced"))
	a.MinePool()
	b.AwaitTip(a)
	watch.AwaitAll("the block", e2etest.Confirmed(won), e2etest.SyncedTo(a))
	watch.Interrupt()
	two.Sync() // it never heard of the winner before
	for _, home := range []*e2etest.Home{one, two} {
		balance := home.Balance()
		require.Equal(t, left, balance.Confirmed)
		require.Equal(t, left, balance.Total)
		history := home.History()
		require.Len(t, history, 3)
		require.Equal(t, "confirmed", entry(t, history, won.String()).State)
		require.Contains(t, []string{"replaced", "conflicted"}, entry(t, history, sent.TxID).State)
		require.Equal(t, left, history[0].Balance)
	}
}

// TestE2EDoubleSpend takes payments back before they confirm, in the open and
// behind the wallet's back.
func TestE2EDoubleSpend(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	faucet := e2etest.NewFaucet(t, a, 6)
	home := e2etest.NewHome(t, bins, a.Addr)
	account := e2etest.NewAccount(t, create(t, home))
	watch := home.Start("watch")
	watch.AwaitSynced(a)
	see := func(amount int64, index uint32) *wire.MsgTx {
		tx := faucet.Pay(amount, account.External(index))
		a.Submit(tx)
		watch.AwaitTx("tx_seen", tx.TxHash().String())
		return tx
	}

	// By a payment to us of another amount.
	lower := see(coin, 0)
	better := faucet.Replace(lower, coin/10, account.External(1))
	a.Submit(better)
	watch.AwaitAll("the replacement", e2etest.Seen(better.TxHash(), coin/10), e2etest.Changed(lower.TxHash(), "replaced"))
	// By one that does not pay us at all. Anybody could invent such a one, so it
	// is believed when a block that is read has it.
	stolen := see(coin, 2)
	theft := faucet.Replace(stolen, coin, faucet.Script)
	a.Submit(theft)
	// By one that pays us, and is first seen in a block.
	hidden := see(coin, 3)
	other := faucet.Replace(hidden, coin/20, account.External(4))
	a.MineAll([][]*wire.MsgTx{{better, theft, other}}, nil)
	watch.AwaitAll("the block", e2etest.Confirmed(better.TxHash()), e2etest.Confirmed(other.TxHash()),
		e2etest.Changed(stolen.TxHash(), "conflicted"), e2etest.Changed(hidden.TxHash(), "replaced", "conflicted"),
		e2etest.SyncedTo(a))
	watch.Interrupt()

	balance := home.Balance()
	require.EqualValues(t, coin/10+coin/20, balance.Confirmed)
	require.Equal(t, balance.Confirmed, balance.Total)
	history := home.History()
	for _, tx := range []*wire.MsgTx{lower, stolen, hidden} {
		require.Contains(t, []string{"replaced", "conflicted"}, entry(t, history, tx.TxHash().String()).State)
	}
	require.Equal(t, balance.Total, history[0].Balance)
}
