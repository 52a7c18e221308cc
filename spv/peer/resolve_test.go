package peer_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// book is a resolver that answers from a table and remembers what was asked.
type book struct {
	mu      sync.Mutex
	answers map[string][]netip.Addr
	asked   []string
}

func (b *book) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, network+" "+host)
	ips, ok := b.answers[host]
	if !ok {
		return nil, errors.New("no such host")
	}
	return ips, nil
}

func ips(s ...string) (out []netip.Addr) {
	for _, one := range s {
		out = append(out, netip.MustParseAddr(one))
	}
	return out
}

func withSeeds(params chaincfg.Params, hosts ...string) *chaincfg.Params {
	params.DNSSeeds = nil
	for _, h := range hosts {
		params.DNSSeeds = append(params.DNSSeeds, chaincfg.DNSSeed{Host: h})
	}
	return &params
}

// all are the addresses of all answers.
func all(answers []protocol.SeedAnswer) (addrs []string) {
	for _, a := range answers {
		addrs = append(addrs, a.Addrs...)
	}
	return addrs
}

func TestResolve(t *testing.T) {
	t.Parallel()
	b := &book{answers: map[string][]netip.Addr{
		"seed.one":      ips("1.2.3.4", "5.6.7.8", "1.2.3.4"),
		"x49.seed.one":  ips("5.6.7.8", "2a00::1", "::ffff:9.9.9.9"),
		"x849.seed.one": ips("5.5.5.5"),
		"x809.seed.one": ips("5.5.5.5"),
		"x9.seed.one":   ips("6.6.6.6"),
		"x49.seed.two":  ips("1.1.1.1"),
	}}
	params := withSeeds(chaincfg.MainNetParams, "seed.one", "seed.two", "8.8.4.4", "2a01:7c8:d005:390::5")
	got := peer.Resolve(t.Context(), b, params)
	for _, a := range got {
		slices.Sort(a.Addrs)
	}
	const full = wire.SFNodeNetwork | wire.SFNodeWitness
	require.Equal(t, []protocol.SeedAnswer{
		{Seed: "seed.one", Services: full | wire.SFNodeCF | wire.SFNodeP2PV2, Addrs: []string{"5.5.5.5:8333"}},
		{Seed: "seed.one", Services: full | wire.SFNodeCF, Addrs: []string{"5.6.7.8:8333", "9.9.9.9:8333", "[2a00::1]:8333"}},
		{Seed: "seed.one", Services: full, Addrs: []string{"6.6.6.6:8333"}},
		{Seed: "seed.one", Addrs: []string{"1.2.3.4:8333"}},
		{Seed: "seed.two", Services: full | wire.SFNodeCF, Addrs: []string{"1.1.1.1:8333"}},
		{Seed: "8.8.4.4", Addrs: []string{"8.8.4.4:8333"}},
		{Seed: "2a01:7c8:d005:390::5", Addrs: []string{"[2a01:7c8:d005:390::5]:8333"}},
	}, got)
	slices.Sort(b.asked)
	require.Equal(t, []string{
		"ip seed.one", "ip seed.two", "ip x49.seed.one", "ip x49.seed.two", "ip x809.seed.one", "ip x809.seed.two",
		"ip x849.seed.one", "ip x849.seed.two", "ip x9.seed.one", "ip x9.seed.two",
	}, b.asked)
}

func TestResolveDropsUnroutable(t *testing.T) {
	t.Parallel()
	bad := ips(
		"0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.1.1", "172.16.0.1",
		"192.0.0.9", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7",
		"224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "64:ff9b::102:304", "100::1",
		"2001:10::1", "2001:2f:ffff::1", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1",
	)
	good := ips("100.63.255.255", "100.128.0.1", "172.32.0.1", "192.167.255.255", "198.20.0.1", "223.255.255.254", "2001:30::1", "2a00::1")
	b := &book{answers: map[string][]netip.Addr{"seed": append(slices.Clone(bad), good...)}}
	require.Len(t, all(peer.Resolve(t.Context(), b, withSeeds(chaincfg.MainNetParams, "seed"))), len(good))

	// On regtest the peers are here, though not at every address that leads here.
	got := all(peer.Resolve(t.Context(), b, withSeeds(chaincfg.RegressionNetParams, "seed")))
	require.Len(t, got, len(good)+len(bad)-2)
	require.NotContains(t, got, "0.0.0.0:18444")
	require.NotContains(t, got, "[::]:18444")
	require.Contains(t, got, "127.0.0.1:18444")
}

func TestResolveKeepsFewPerSeed(t *testing.T) {
	t.Parallel()
	var many []netip.Addr
	for i := range 10_000 {
		many = append(many, netip.AddrFrom4([4]byte{20, 1, byte(i >> 8), byte(i)}))
	}
	b := &book{answers: map[string][]netip.Addr{"evil": many, "good": ips("9.9.9.9")}}
	params := withSeeds(chaincfg.MainNetParams, "evil", "good")
	one, two := all(peer.Resolve(t.Context(), b, params)), all(peer.Resolve(t.Context(), b, params))
	for _, got := range [][]string{one, two} {
		require.Len(t, got, 257)
		require.Contains(t, got, "9.9.9.9:8333")
	}
	require.NotEqual(t, one, two, "random choice and order")
	require.Equal(t, netip.MustParseAddr("20.1.0.0"), many[0], "the resolver's answer is not touched")
}

func TestResolveNothing(t *testing.T) {
	t.Parallel()
	require.Empty(t, peer.Resolve(t.Context(), &book{}, &chaincfg.MainNetParams))
	require.Empty(t, peer.Resolve(t.Context(), &book{}, &chaincfg.RegressionNetParams))
	params := chaincfg.MainNetParams
	params.DefaultPort = "x"
	require.Empty(t, peer.Resolve(t.Context(), &book{}, &params))
}

// hanging is a resolver whose network is gone.
type hanging struct{}

func (hanging) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	if strings.HasPrefix(host, "x49.") {
		return ips("9.9.9.9"), nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// dead is one that never answers.
type dead struct{}

func (dead) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestResolveTimesOut(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		began := time.Now()
		require.Equal(t, []string{"9.9.9.9:8333"}, all(peer.Resolve(t.Context(), hanging{}, withSeeds(chaincfg.MainNetParams, "one", "two"))))
		require.Equal(t, 2*time.Second, time.Since(began), "the others had their chance")
		require.Empty(t, peer.Resolve(t.Context(), hanging{}, withSeeds(chaincfg.MainNetParams)))
		began = time.Now()
		require.Empty(t, peer.Resolve(t.Context(), dead{}, withSeeds(chaincfg.MainNetParams, "one", "two")))
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}
