//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// TestE2EDaemon is the life of a wallet that a daemon keeps, among two nodes.
func TestE2EDaemon(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	faucet := e2etest.NewFaucet(t, a, 3)
	b.AwaitTip(a)
	home := e2etest.NewHome(t, bins)
	running := home.With(a.Addr, b.Addr).Start("daemon")
	running.Await("ready", func(e e2etest.Event) bool { return e.Event == "ready" })

	created := home.Create()
	account := e2etest.NewAccount(t, created.Mnemonic)
	to := home.Receive()
	require.Equal(t, e2etest.AddressOf(t, account.External(0)), to.Address)
	watch := home.Start("watch")
	watch.AwaitSynced(a)
	paid := a.Submit(faucet.Pay(coin/2, account.External(0)))
	watch.AwaitTx("tx_seen", paid.String())
	require.EqualValues(t, coin/2, home.Balance().UntrustedPending, "asked while it is watched")
	b.AwaitInPool(paid)
	a.MinePool()
	require.Equal(t, a.TipHash().String(), home.Sync().Hash, "right after the block")
	require.EqualValues(t, coin/2, home.Balance().Confirmed)

	// Nobody pays again for connecting, or for the password of an open wallet.
	require.Less(t, home.Run("balance").User.Seconds(), 0.2)
	b.AwaitTip(a)
	var sent e2etest.Sent
	home.Get(&sent, "send", e2etest.AddressOf(t, faucet.Script), "0.1")
	watch.AwaitTx("delivered", sent.TxID)
	for _, n := range []*e2etest.Node{a, b} {
		n.AwaitInPool(txID(t, sent.TxID))
	}
	home.WithPassword("something else").Fail(4, "wrong_password", "send", to.Address, "0.1")
	a.MinePool()
	home.Sync()
	require.Equal(t, coin/2-sent.Amount-sent.Fee, home.Balance().Confirmed)
	watch.Interrupt()

	// Killed, it leaves nothing that others stumble over.
	home.Fail(1, "in_use", "daemon")
	running.Kill()
	require.Len(t, home.With(a.Addr).History(), 2)
	running = home.With(a.Addr).Start("daemon")
	running.Await("ready", func(e e2etest.Event) bool { return e.Event == "ready" })
	home.Sync()
	var stopped struct{ Stopped bool }
	home.Get(&stopped, "daemon", "stop")
	require.True(t, stopped.Stopped)
	require.Zero(t, running.Wait())
	require.Len(t, home.With(a.Addr).History(), 2)
	home.Fail(1, "no_daemon", "daemon", "stop")
}
