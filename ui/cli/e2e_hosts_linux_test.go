//go:build e2e

package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestE2EHosts puts wallet and nodes on hosts of their own, in distinct parts of
// a network: what is counted, and who is let in, depends on them.
func TestE2EHosts(t *testing.T) {
	t.Parallel()
	hosts, err := e2etest.NewHosts(t, "10.9.0.1", "10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "10.5.0.1", "10.6.0.1")
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("no networks of one's own here: %v", err)
	}
	require.NoError(t, err)
	var nodes []*e2etest.Node
	var addrs []string
	for _, h := range hosts[1:5] {
		opts := e2etest.NodeOptions{Host: h, Addr: net.JoinHostPort(h.IP, "18444"), V2: len(nodes)%2 == 0}
		if len(nodes) > 0 {
			opts.Follow = nodes[:1]
		}
		nodes = append(nodes, e2etest.StartNode(t, bins, opts))
		addrs = append(addrs, nodes[len(nodes)-1].Addr)
	}
	home := e2etest.NewHome(t, bins)
	account := e2etest.NewAccount(t, create(t, home))
	faucet := e2etest.NewFaucet(t, nodes[0], 4)
	nodes[0].MineAll([][]*wire.MsgTx{{faucet.Pay(coin, account.External(0))}}, nil)
	for _, n := range nodes[1:] {
		n.AwaitTip(nodes[0])
	}
	home = home.With(addrs...)
	home.Host = hosts[0]
	here := net.JoinHostPort(hosts[0].IP, "18444")
	running := home.Start("--listen", here, "daemon")
	running.Await("ready", func(e e2etest.Event) bool { return e.Event == "ready" })
	watch := home.Start("watch")
	watch.AwaitSynced(nodes[0])
	type health struct{ Condition, Outbound, Inbound, Groups, Encrypted any }
	look := func() health {
		t.Helper()
		var status struct{ Health health }
		home.Get(&status, "status")
		return status.Health
	}
	e2etest.Eventually(t, "all nodes to be met", func() bool { return look().Groups == 4.0 })
	require.Equal(t, health{"good", 4.0, 0.0, 4.0, 2.0}, look())

	// Others come; three from one host are too many. No btcd is among them: it
	// leaves whoever serves no blocks.
	guest, asker := e2etest.AskFrom(t, hosts[5], "", here), e2etest.AskFrom(t, hosts[5], "", here)
	// A handshake is over for the guest a moment sooner than for the host.
	e2etest.Eventually(t, "both guests to be let in", func() bool { return look().Inbound == 2.0 })
	e2etest.AskFrom(t, hosts[5], "", here).Refused()
	require.Equal(t, 2.0, look().Inbound)

	// What two parts of the network tell of is told on.
	strange := nodes[0].Submit(faucet.Pay(coin/4, faucet.Script))
	hears(t, asker, strange[:])
	// Ours comes back from the half that was not told.
	var sent e2etest.Sent
	home.Get(&sent, "send", e2etest.AddressOf(t, faucet.Script), "0.25")
	watch.Await("propagated", func(e e2etest.Event) bool {
		return e.Event == "propagated" && e.TxID == sent.TxID && strings.Contains(e.Line, `"groups":2`)
	})
	ours := txID(t, sent.TxID)
	hears(t, asker, ours[:])

	// Whoever owns one part of the network pushes out nobody but his own.
	var ips []string
	for i := range 20 {
		ips = append(ips, fmt.Sprintf("10.6.1.%d", i+1))
	}
	require.NoError(t, hosts[6].Add(ips...))
	for _, ip := range ips {
		e2etest.AskFrom(t, hosts[6], ip, here)
	}
	e2etest.Eventually(t, "as many as there is room for", func() bool { return look().Inbound == 16.0 })
	for _, a := range []*e2etest.Asker{guest, asker} {
		a.Say(&wire.MsgPing{Nonce: 7})
		a.Hear("pong")
	}
	require.Equal(t, 4.0, look().Outbound)
	watch.Interrupt()
	running.Interrupt()
}

// hears waits until a transaction is announced to the asker.
func hears(t *testing.T, asker *e2etest.Asker, txid []byte) {
	t.Helper()
	for !bytes.Contains(asker.Hear("inv"), txid) {
	}
}
