package spv_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"

	"github.com/stretchr/testify/require"
)

// noResolver fails a test in which a name is looked up.
type noResolver struct{ t *testing.T }

func (r noResolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	r.t.Errorf("%s was looked up", host)
	return nil, errors.New("no")
}

// With a proxy nothing leaves this computer but to it, dead as it may be, and no
// name is looked up.
func TestNothingPassesTheProxy(t *testing.T) {
	t.Parallel()
	for _, connect := range [][]string{nil, {"192.0.2.1:18444", "node.example:18444"}} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var dialled []string
			cfg := config(t, t.TempDir())
			cfg.NoDNS, cfg.Resolver, cfg.Proxy = false, noResolver{t}, "localhost:9050"
			cfg.Connect, cfg.FixedSeeds = connect, []string{"192.0.2.2:18444"}
			cfg.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
				mu.Lock()
				dialled = append(dialled, addr)
				mu.Unlock()
				return nil, errors.New("connection refused")
			}
			c, err := spv.Open(cfg)
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			require.NoError(t, c.Run(ctx))
			require.NoError(t, c.Close())
			slices.Sort(dialled)
			dialled = slices.Compact(dialled)
			if connect != nil {
				require.NotEmpty(t, dialled)
			}
			require.Subset(t, []string{"127.0.0.1:9050"}, dialled)
		})
	}
}

// Settings under which more would be seen than is meant to be open nothing.
func TestProxyThatIsNone(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*spv.Config){
		func(c *spv.Config) { c.Proxy = "tor.example:9050" },
		func(c *spv.Config) { c.Proxy = "127.0.0.1" },
		func(c *spv.Config) { c.OnionOnly = true },
	} {
		cfg := config(t, t.TempDir())
		change(&cfg)
		_, err := spv.Open(cfg)
		require.Error(t, err)
	}
}
