//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// TestE2EProxy lets a wallet live behind a proxy that takes notes, then behind
// one of somebody else's making, and then behind one that is gone.
func TestE2EProxy(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{V2: true})
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	faucet := e2etest.NewFaucet(t, a, 3)
	onion, named := e2etest.OnionAddr('a', 18444), "peer.example.invalid:18444"
	socks := e2etest.NewSocks(t, map[string]string{onion: a.Addr, named: b.Addr})
	home := e2etest.NewHome(t, bins)
	account := e2etest.NewAccount(t, create(t, home))
	home = home.With(onion, named, b.Addr)
	a.AwaitInPool(a.Submit(faucet.Pay(coin, account.External(0))))
	a.MinePool()
	b.AwaitTip(a)

	watch := home.Start("--proxy", socks.Addr, "watch")
	sockets := watch.Sockets()
	watch.AwaitSynced(a)
	paid := a.Submit(faucet.Pay(coin/2, account.External(1)))
	watch.AwaitTx("tx_seen", paid.String())
	requireOnly(t, sockets(), "tcp to "+socks.Addr)
	watch.Interrupt()
	require.Subset(t, requireIsolated(t, socks), []string{onion + " by name", named + " by name", b.Addr})

	send := home.Start("--proxy", socks.Addr, "send", e2etest.AddressOf(t, faucet.Script), "0.25")
	sockets = send.Sockets()
	e2etest.Eventually(t, "both payments at the node", func() bool { return a.PoolSize() == 2 })
	requireOnly(t, sockets(), "tcp to "+socks.Addr)
	send.Kill()
	requireIsolated(t, socks)
	b.AwaitInPool(paid)
	a.MinePool()
	b.AwaitTip(a)

	foreign := e2etest.StartMicrosocks(t)
	home = home.With(a.Addr, b.Addr)
	watch = home.Start("--proxy", foreign, "watch")
	sockets = watch.Sockets()
	watch.AwaitSynced(a)
	requireOnly(t, sockets(), "tcp to "+foreign)
	watch.Interrupt()
	require.Len(t, home.History(), 3)

	// One who is gone is not gone round, be it for names of seeds.
	socks.Close()
	for _, more := range [][]string{nil, {"--onion-only"}, {"--network", "mainnet"}} {
		home := home.With()
		switch {
		case more == nil:
			home = home.With(a.Addr, named)
		case more[0] == "--onion-only":
			home = home.With(onion)
		}
		lost := home.Start(append(more, "--proxy", socks.Addr, "peers", "--wait", "2s")...)
		sockets := lost.Sockets()
		require.Equal(t, 3, lost.Wait())
		for _, s := range sockets() {
			require.Equal(t, "tcp to "+socks.Addr, s)
		}
	}
}

// requireOnly: these sockets were there, and no others.
func requireOnly(t *testing.T, sockets []string, want string) {
	t.Helper()
	require.Equal(t, []string{want}, sockets)
}

// requireIsolated: every connection had a name and a password of its own. It
// lists where they went.
func requireIsolated(t *testing.T, socks *e2etest.Socks) []string {
	t.Helper()
	used := make(map[string]bool)
	var targets []string
	for _, ask := range socks.Asked() {
		require.NotEmpty(t, ask.User)
		require.NotEmpty(t, ask.Password)
		require.False(t, used[ask.User] || used[ask.Password], "used before: %v", ask)
		used[ask.User], used[ask.Password] = true, true
		target := ask.Target
		if ask.Name {
			target += " by name"
		}
		targets = append(targets, target)
	}
	return targets
}
