//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestE2EOwnNode: a wallet asks its own btcd by Bloom filters, and receives, spends
// and finds both again without a compact filter; nobody else hears what it looks
// for.
func TestE2EOwnNode(t *testing.T) {
	t.Parallel()
	own := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	other := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{own}})
	faucet := e2etest.NewFaucet(t, own, 5)
	po, pa := e2etest.NewProxy(t, own.Addr), e2etest.NewProxy(t, other.Addr)
	home := e2etest.NewHome(t, bins, pa.Addr)
	light := []string{"--bloom", po.Addr}
	words := create(t, home)
	pay := func(amount int64) {
		address := home.Receive().Address
		own.MineAll([][]*wire.MsgTx{{faucet.Pay(amount, e2etest.ScriptOf(t, address))}}, nil)
		own.Mine(3, nil)
		other.AwaitTip(own)
	}
	sync := func(h *e2etest.Home) e2etest.Balance {
		var synced e2etest.Synced
		h.Get(&synced, append(light, "sync")...)
		require.Equal(t, own.TipHash().String(), synced.Hash)
		balance := h.Balance()
		require.True(t, balance.Final)
		return balance
	}
	pay(coin)
	require.EqualValues(t, coin, sync(home).Confirmed)
	pay(coin / 2)
	require.EqualValues(t, 3*coin/2, sync(home).Confirmed)

	var sent e2etest.Sent
	home.Get(&sent, append(light, "send", e2etest.AddressOf(t, faucet.Script), "1.2")...)
	other.AwaitInPool(txID(t, sent.TxID))
	own.AwaitInPool(txID(t, sent.TxID))
	own.MinePool()
	other.AwaitTip(own)
	left := 3*coin/2 - sent.Amount - sent.Fee
	require.Equal(t, left, sync(home).Confirmed)
	require.Equal(t, "confirmed", home.History()[0].State)

	again := e2etest.NewHome(t, bins, pa.Addr)
	restore(t, again, words)
	require.Equal(t, left, sync(again).Confirmed, "what was spent is found to be")

	said, _ := po.Said()
	require.NotZero(t, commands(said)["filterload"])
	for _, p := range []*e2etest.Proxy{po, pa} {
		said, _ := p.Said()
		heard := commands(said)
		for _, never := range []string{"getcfilters", "getcfheaders", "getcfcheckpt"} {
			require.Zero(t, heard[never], never)
		}
	}
	said, _ = pa.Said()
	require.Zero(t, commands(said)["filterload"])
}

// commands counts messages.
func commands(said []e2etest.Message) map[string]int {
	counts := make(map[string]int)
	for _, m := range said {
		counts[m.Command]++
	}
	return counts
}
