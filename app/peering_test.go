package app_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

const (
	tor   = "127.0.0.1:9050"
	onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333"
)

// TestPeeringRefused: what cannot be used, or would show what is to be hidden, is
// refused before anybody is connected to.
func TestPeeringRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    app.Peering
		want string // part of what is said, empty if it is fine
	}{
		"usual":                      {app.Peering{}, ""},
		"a node":                     {app.Peering{Connect: []string{"node.example:8333", "1.2.3.4:8333", "[2001:db8::1]:8333"}}, ""},
		"through Tor":                {app.Peering{Proxy: tor, OnionOnly: true, Connect: []string{onion}, Listen: "127.0.0.1:8334"}, ""},
		"listening":                  {app.Peering{Listen: ":8333"}, ""},
		"listening on all":           {app.Peering{Listen: "0.0.0.0:8333"}, ""},
		"no port":                    {app.Peering{Connect: []string{"node.example"}}, "HOST:PORT"},
		"bare IPv6":                  {app.Peering{Preferred: []string{"2001:db8::1:8333"}}, "HOST:PORT"},
		"two in one":                 {app.Peering{Preferred: []string{"a:1,b:2"}}, "HOST:PORT"},
		"not a number":               {app.Peering{Bloom: "node:port"}, "HOST:PORT"},
		"too many":                   {app.Peering{Preferred: slices.Repeat([]string{"a:1"}, 65)}, "no more than 64"},
		"short onion":                {app.Peering{Proxy: tor, Connect: []string{"expyuzz4wqqyqhjn.onion:8333"}}, "HOST:PORT"},
		"onion without a proxy":      {app.Peering{Connect: []string{onion}}, "through a proxy alone"},
		"only onion without a proxy": {app.Peering{OnionOnly: true}, "through a proxy alone"},
		"only onion, and others":     {app.Peering{OnionOnly: true, Proxy: tor, Preferred: []string{"a:1"}}, "only those"},
		"no proxy":                   {app.Peering{Proxy: "socks5://127.0.0.1:9050"}, "no SOCKS5 proxy"},
		"proxy by name":              {app.Peering{Proxy: "tor.example:9050"}, "IP address"},
		"proxy with a password":      {app.Peering{Proxy: "me:secret@127.0.0.1:9050"}, "name or password"},
		"listening by name":          {app.Peering{Listen: "example.com:8333"}, "nowhere to listen"},
		"listening nowhere":          {app.Peering{Listen: "8333"}, "nowhere to listen"},
		"listening beside a proxy":   {app.Peering{Proxy: tor, Listen: "0.0.0.0:8333"}, "would show it"},
		"unknown":                    {app.Peering{Unknown: true}, "not known whether to go through a proxy"},
	} {
		err := app.CheckPeering(c.p)
		if c.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.Equal(t, app.KindPeering, app.KindOf(err), name)
		require.ErrorContains(t, err, c.want, name)
	}
}

// TestNobodyBeforeSettingsAreKnown: a file of settings that cannot be read may
// have named a proxy.
func TestNobodyBeforeSettingsAreKnown(t *testing.T) {
	t.Parallel()
	env := newEnv(t, "127.0.0.1:1")
	require.NoError(t, os.WriteFile(filepath.Join(env.DataDir, "settings.json"), []byte(`{"peering":{"proxy":9050}}`), 0o600))
	s, err := app.LoadSettings(env.DataDir, env.Network)
	require.Error(t, err)
	env.Peering.Unknown = s.Peering.Unknown
	session, err := app.Begin(env)
	require.NoError(t, err)
	require.Equal(t, app.KindPeering, app.KindOf(session.Run(t.Context())))
	require.NoError(t, session.End())
	require.Equal(t, app.KindPeering, app.KindOf(newWallet(t, env).Run(t.Context())))
}

// TestNodesOfOneNetwork: peers are named for one network, how to hide holds on
// all.
func TestNodesOfOneNetwork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hidden := usual
	hidden.Peering = app.Peering{Proxy: tor, Connect: []string{onion}, Listen: "127.0.0.1:1"}
	require.NoError(t, app.SaveSettings(dir, "mainnet", usual, hidden))
	s, err := app.LoadSettings(dir, "signet")
	require.NoError(t, err)
	require.Equal(t, app.Peering{Proxy: tor}, s.Peering)
	was := s
	s.Peering.Preferred = []string{"a:1"}
	require.NoError(t, app.SaveSettings(dir, "signet", was, s))
	s, err = app.LoadSettings(dir, "mainnet")
	require.NoError(t, err)
	require.Equal(t, hidden.Peering, s.Peering)
	s.Peering = app.Peering{}
	require.NoError(t, app.SaveSettings(dir, "mainnet", hidden, s))
	raw, err := os.ReadFile(filepath.Join(dir, "settings.json"))
	require.NoError(t, err)
	require.False(t, strings.Contains(string(raw), "mainnet"), "nothing is left of it")
}

// TestSessionTakesOtherPeers: the peer begins anew with other peers, and ends
// when it is told to hide in a way that cannot be.
func TestSessionTakesOtherPeers(t *testing.T) {
	t.Parallel()
	one, two := lone(t, sandbox.Options{}), lone(t, sandbox.Options{})
	env := newEnv(t, one.Addr())
	s, err := app.Begin(env)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.End()) })
	ran := make(chan error, 1)
	go func() { ran <- s.Run(t.Context()) }()
	connected := func(addr string) func() bool {
		return func() bool { list := s.Peers(); return len(list) == 1 && list[0].Addr == addr }
	}
	eventually(t, connected(one.Addr()))
	s.SetPeering(app.Peering{Connect: []string{two.Addr()}, NoDNS: true})
	eventually(t, connected(two.Addr()))
	s.SetPeering(app.Peering{Connect: []string{two.Addr()}, NoDNS: true, OnionOnly: true})
	require.Equal(t, app.KindPeering, app.KindOf(<-ran))
	require.Empty(t, s.Peers())
	s.SetPeering(env.Peering)
	go func() { ran <- s.Run(t.Context()) }()
	eventually(t, connected(one.Addr()))
}

// TestSessionTakesMorePeers: for one more peer, or one less, nobody else is left.
func TestSessionTakesMorePeers(t *testing.T) {
	t.Parallel()
	one, two := lone(t, sandbox.Options{}), lone(t, sandbox.Options{})
	env := newEnv(t)
	env.Peering.Preferred = []string{one.Addr()}
	s := session(t, env)
	eventually(t, func() bool { return len(s.Peers()) == 1 })
	first := s.Peers()[0].Since
	more := app.Peering{Preferred: []string{one.Addr(), two.Addr()}, NoDNS: true}
	s.SetPeering(more)
	eventually(t, func() bool { return len(s.Peers()) == 2 })
	require.Equal(t, more, s.Peering())
	require.True(t, slices.ContainsFunc(s.Peers(), func(p app.Peer) bool { return p.Addr == one.Addr() && p.Since.Equal(first) }))
	second := sinceOf(s, two.Addr())
	s.SetPeering(app.Peering{Preferred: []string{two.Addr()}, NoDNS: true})
	named := func() (addrs []string) {
		for _, p := range s.Peers() {
			if p.Named {
				addrs = append(addrs, p.Addr)
			}
		}
		return addrs
	}
	eventually(t, func() bool { return slices.Equal(named(), []string{two.Addr()}) && len(s.Peers()) == 1 })
	require.Equal(t, second, sinceOf(s, two.Addr()), "it was not left")
}

// sinceOf is since when a peer is connected.
func sinceOf(s *app.Session, addr string) time.Time {
	for _, p := range s.Peers() {
		if p.Addr == addr {
			return p.Since
		}
	}
	return time.Time{}
}

// TestProxyIsNotBypassed: with a proxy that does not answer there is nobody, be
// the peer ever so near; without one it is reached.
func TestProxyIsNotBypassed(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	env.Peering.Proxy = "127.0.0.1:1"
	s := session(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := s.Meet(ctx)
	require.Equal(t, app.KindNoPeers, app.KindOf(err))
	s.SetPeering(app.Peering{Connect: env.Peering.Connect, NoDNS: true})
	eventually(t, func() bool { return len(s.Peers()) == 1 })
}
