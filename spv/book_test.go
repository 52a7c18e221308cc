package spv_test

import (
	"context"
	"net/netip"
	"path/filepath"
	"testing"

	"thistle/spv"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

// listener is a name server that knows nothing, and tells that it was asked.
type listener chan string

func (l listener) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	select {
	case l <- host:
	case <-ctx.Done():
	}
	return nil, nil
}

// What one run learned serves the next: whom to connect to, and whom not.
func TestBookOutlivesTheRun(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), node(t)
	cfg := config(t, dir)
	cfg.Peers, cfg.FixedSeeds = 1, []string{n.Addr()}
	up := func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		peer := await(ctx, t, sub, func(spv.PeerUp) bool { return true })
		require.Equal(t, n.Addr(), peer.Peer.Addr)
		require.False(t, peer.Peer.Pinned)
	}
	run(t, cfg, func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		up(ctx, c, sub)
		c.BanPeer("8.8.8.8", 0)
		c.BanPeer("9.9.9.9:8333", 0)
		c.UnbanPeer("9.9.9.9")
		c.AddPeer("127.0.0.1:1")
		await(ctx, t, sub, func(e spv.PeerFailed) bool { return e.Addr == "127.0.0.1:1" })
	})
	require.FileExists(t, filepath.Join(dir, "peers.db"))
	cfg.FixedSeeds = nil
	run(t, cfg, func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		up(ctx, c, sub)
		bans := c.Bans()
		require.Len(t, bans, 1)
		require.Equal(t, "8.8.8.8", bans[0].Key)
		c.BanPeer(n.Addr(), 0)
		await(ctx, t, sub, func(e spv.PeerDown) bool { return e.Peer.Addr == n.Addr() })
	})
}

// Past a proxy nothing is asked of name servers, whatever else is lacking.
func TestNoNameServerBesideAProxy(t *testing.T) {
	t.Parallel()
	for _, proxy := range []string{"", "127.0.0.1:1"} {
		resolver := make(listener, 10)
		cfg := config(t, t.TempDir())
		cfg.NoDNS, cfg.Resolver, cfg.Proxy, cfg.FixedSeeds = false, resolver, proxy, []string{"127.0.0.1:1"}
		net := *cfg.Params.Net
		net.DNSSeeds = append(net.DNSSeeds, chaincfg.DNSSeed{Host: "seed.example"})
		params := *cfg.Params
		params.Net = &net
		cfg.Params = &params
		run(t, cfg, func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
			if proxy != "" {
				await(ctx, t, sub, func(spv.PeerFailed) bool { return true })
				require.Empty(t, resolver)
				return
			}
			select {
			case host := <-resolver:
				require.Contains(t, host, "seed.example")
			case <-ctx.Done():
				require.Fail(t, "nobody was asked")
			}
		})
	}
}
