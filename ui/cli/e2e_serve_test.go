//go:build e2e

package cli_test

import (
	"strings"
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestE2EServe lets others ask a wallet that listens: it answers with the bytes
// that btcd answers with, and a second wallet syncs from it alone.
func TestE2EServe(t *testing.T) {
	t.Parallel()
	node := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	node.Mine(2100, nil)
	home := e2etest.NewHome(t, bins, node.Addr)
	create(t, home)
	addr := e2etest.ClosedAddr(t)
	watch := home.Start("--listen", addr, "watch")
	watch.AwaitSynced(node)

	at := func(height int64) chainhash.Hash {
		hash, err := node.RPC.GetBlockHash(height)
		require.NoError(t, err)
		return *hash
	}
	from := func(heights ...int64) *wire.MsgGetHeaders {
		msg := &wire.MsgGetHeaders{ProtocolVersion: 70016}
		for _, h := range heights {
			hash := at(h)
			msg.BlockLocatorHashes = append(msg.BlockLocatorHashes, &hash)
		}
		return msg
	}
	part := from(10)
	part.HashStop = at(20)
	btcd, ours := e2etest.Ask(t, node.Addr), e2etest.Ask(t, addr)
	require.Zero(t, ours.Version.Services&(wire.SFNodeNetwork|wire.SFNodeNetworkLimited|wire.SFNodeBloom))
	for i, question := range []*wire.MsgGetHeaders{
		from(0), from(2000, 1000), from(1500, 0), from(2099), from(2100), part, {ProtocolVersion: 70016, HashStop: at(77)},
	} {
		btcd.Say(question)
		ours.Say(question)
		require.Equal(t, btcd.Hear("headers"), ours.Hear("headers"), "question %d", i)
	}

	// Blocks, for the filters that name one of its scripts by chance, it would
	// have from elsewhere.
	second := e2etest.NewHome(t, bins, addr)
	create(t, second)
	follow := second.Start("watch")
	follow.Await("all filters", func(e e2etest.Event) bool {
		return strings.Contains(e.Line, `"stage":"filters","done":2100,"total":2100`)
	})
	tip := node.Mine(1, nil)[0].String()
	follow.Await("the new block", func(e e2etest.Event) bool { return e.Event == "headers" && e.Hash == tip })
	follow.Interrupt()
	watch.Interrupt()
}

// TestE2ESecond brings a wallet up to date between a daemon that listens, the
// only one with filters, and a node without: headers and filters are the one's
// to give, blocks the other's.
func TestE2ESecond(t *testing.T) {
	t.Parallel()
	bare := e2etest.StartNode(t, bins, e2etest.NodeOptions{NoFilters: true})
	second := e2etest.NewHome(t, bins)
	payer := &payer{node: bare, faucet: e2etest.NewFaucet(t, bare, 2), account: e2etest.NewAccount(t, create(t, second))}
	payer.pay(1200, 100)
	full := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{bare}})
	home := e2etest.NewHome(t, bins, full.Addr)
	create(t, home)
	addr := e2etest.ClosedAddr(t)
	first := home.Start("--listen", addr, "daemon")
	first.Await("ready", func(e e2etest.Event) bool { return e.Event == "ready" })
	require.Equal(t, bare.TipHash().String(), home.Sync().Hash)
	full.Kill()

	second = second.With(addr, bare.Addr)
	require.Equal(t, bare.TipHash().String(), second.Sync().Hash)
	requireHistory(t, second, payer.want)
	var status struct {
		Health struct{ Served uint64 }
	}
	home.Get(&status, "status")
	require.Greater(t, status.Health.Served, uint64(20*bare.Height()), "headers and filters")
	var peers []struct {
		Addr     string
		Services []string
	}
	second.Get(&peers, "peers")
	services := make(map[string][]string)
	for _, p := range peers {
		services[p.Addr] = p.Services
	}
	require.Equal(t, map[string][]string{
		addr:      {"WITNESS", "COMPACT_FILTERS", "P2P_V2"},
		bare.Addr: {"NETWORK", "BLOOM", "WITNESS", "NETWORK_LIMITED"},
	}, services)
	first.Interrupt()
}
