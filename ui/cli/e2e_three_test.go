//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// TestE2EThree keeps a wallet among three nodes that differ: one has no filters,
// one is restarted with an empty chain in mid-sync, one comes late and encrypts.
func TestE2EThree(t *testing.T) {
	t.Parallel()
	bare := e2etest.StartNode(t, bins, e2etest.NodeOptions{NoFilters: true})
	home := e2etest.NewHome(t, bins)
	payer := &payer{node: bare, faucet: e2etest.NewFaucet(t, bare, 5), account: e2etest.NewAccount(t, create(t, home))}
	payer.pay(2500, 100)
	shaky := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{bare}})
	way := e2etest.NewProxy(t, shaky.Addr)
	filters := 0
	way.OnAnswer(func(command string) {
		if command != "cfilter" {
			return
		}
		if filters++; filters == 100 {
			shaky.Strike()
		}
	})
	late := e2etest.ClosedAddr(t)
	running := home.With(bare.Addr, way.Addr, late).Start("daemon")
	running.Await("ready", func(e e2etest.Event) bool { return e.Event == "ready" })
	watch := home.Start("watch")
	e2etest.Eventually(t, "the crash in mid-sync", shaky.Ended)
	able := e2etest.StartNode(t, bins, e2etest.NodeOptions{V2: true, Addr: late, Follow: []*e2etest.Node{bare}})
	shaky.Restart()
	watch.AwaitSynced(bare)
	requireHistory(t, home, payer.want)

	type line struct {
		Transport string
		Filters   bool
	}
	want := map[string]line{bare.Addr: {"v1", false}, way.Addr: {"v1", true}, able.Addr: {"v2", true}}
	e2etest.Eventually(t, "all three to be back", func() bool {
		var peers []struct {
			Addr string
			line
		}
		home.Get(&peers, "peers")
		got := make(map[string]line)
		for _, p := range peers {
			got[p.Addr] = p.line
		}
		return len(got) == len(want) && got[bare.Addr] == want[bare.Addr] && got[way.Addr] == want[way.Addr] && got[able.Addr] == want[able.Addr]
	})
	var status struct {
		Health struct {
			Outbound, Encrypted, Agreed int
			FilterPeers                 int `json:"filter_peers"`
		}
	}
	home.Get(&status, "status")
	require.Equal(t, 3, status.Health.Outbound)
	require.Equal(t, 1, status.Health.Encrypted)
	require.Equal(t, 2, status.Health.FilterPeers)

	// Received from the one without filters, spent to all.
	before := home.Balance().Confirmed
	able.AwaitTip(bare)
	shaky.AwaitTip(bare)
	paid := bare.Submit(payer.faucet.Pay(coin, e2etest.ScriptOf(t, home.Receive().Address)))
	watch.AwaitTx("tx_seen", paid.String())
	bare.MinePool()
	watch.AwaitAll("the block", e2etest.Confirmed(paid), e2etest.SyncedTo(bare))
	require.Equal(t, before+coin, home.Balance().Confirmed)
	var sent e2etest.Sent
	home.Get(&sent, "send", e2etest.AddressOf(t, payer.faucet.Script), "0.5")
	for _, n := range []*e2etest.Node{bare, shaky, able} {
		n.AwaitInPool(txID(t, sent.TxID))
	}
	bare.MinePool()
	watch.AwaitAll("the block", e2etest.Confirmed(txID(t, sent.TxID)), e2etest.SyncedTo(bare))
	require.Equal(t, before+coin-sent.Amount-sent.Fee, home.Balance().Total)
	watch.Interrupt()
	running.Interrupt()
}
