//go:build e2e

package cli_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"

	"thistle/spv"
	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

// TestE2EDNS finds nodes by the names of a seed, with a name server that answers
// as those do, also with more than fits into a packet. All nodes of a network
// have one port there, so each has an address of its own.
func TestE2EDNS(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	a.Mine(300, nil)
	_, port, err := net.SplitHostPort(a.Addr)
	require.NoError(t, err)
	addrs := []string{a.Addr}
	for _, host := range []string{"127.1.0.1", "127.2.0.1"} {
		addr := net.JoinHostPort(host, port)
		e2etest.StartNode(t, bins, e2etest.NodeOptions{Addr: addr, V2: true, Follow: []*e2etest.Node{a}})
		addrs = append(addrs, addr)
	}
	plain, encrypting := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.1.0.1")
	names := e2etest.NewDNS(t, map[string][]netip.Addr{
		"seed.example":      {plain},
		"x9.seed.example":   slices.Repeat([]netip.Addr{netip.MustParseAddr("127.2.0.1"), netip.IPv4Unspecified()}, 60),
		"x849.seed.example": {encrypting},
		"x49.seed.example":  {},
	})
	network := *e2etest.Net
	network.DefaultPort = port
	network.DNSSeeds = []chaincfg.DNSSeed{{Host: "seed.example", HasFiltering: true}, {Host: "gone.example"}}
	meet := func(cfg spv.Config, met func(*spv.Client) bool) {
		t.Helper()
		cfg.Params, cfg.Dir, cfg.Resolver = &spv.Params{Net: &network}, t.TempDir(), names.Resolver()
		c, err := spv.Open(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		defer func() {
			cancel()
			require.NoError(t, <-ended)
			require.NoError(t, c.Close())
		}()
		e2etest.Eventually(t, "the nodes to be met", func() bool { return met(c) })
	}

	// Without it nobody is asked.
	dead := e2etest.ClosedAddr(t)
	for _, cfg := range []spv.Config{{NoDNS: true, FixedSeeds: addrs[:1]}, {Proxy: e2etest.NewSocks(t, nil).Addr, FixedSeeds: addrs[:1]}} {
		meet(cfg, func(c *spv.Client) bool { return c.Tip().Hash == a.TipHash() })
	}
	meet(spv.Config{Connect: []string{dead, addrs[1]}}, func(c *spv.Client) bool { return c.Tip().Hash == a.TipHash() })
	require.Empty(t, names.Asked())

	meet(spv.Config{}, func(c *spv.Client) bool {
		met := make([]string, 0, len(addrs))
		for _, p := range c.Status().Peers {
			met = append(met, p.Addr)
		}
		slices.Sort(met)
		return c.Tip().Hash == a.TipHash() && slices.Equal(met, addrs)
	})
	asked := names.Asked()
	for _, prefix := range []string{"", "x9.", "x49.", "x809.", "x849."} {
		require.NotZero(t, asked["udp "+prefix+"seed.example"], prefix)
		require.NotZero(t, asked["udp "+prefix+"gone.example"], prefix)
	}
	require.NotZero(t, asked["tcp x9.seed.example"], "what did not fit")
}
