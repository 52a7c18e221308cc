package present_test

import (
	"testing"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestPeerAddr(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"": "", " node.example ": "node.example:8333", "1.2.3.4": "1.2.3.4:8333", "1.2.3.4:18444": "1.2.3.4:18444",
		"2001:db8::1": "[2001:db8::1]:8333", "[2001:db8::1]": "[2001:db8::1]:8333", "[2001:db8::1]:9": "[2001:db8::1]:9",
	} {
		require.Equal(t, want, present.PeerAddr(typed, "mainnet"), typed)
	}
	require.Equal(t, []string{"a:18444", "b:1", "c:18444"}, present.PeerAddrs(" a, b:1\nc;", "regtest"))
	require.Empty(t, present.PeerAddrs(" ", "regtest"))
}

func TestPeeringWords(t *testing.T) {
	t.Parallel()
	require.Empty(t, present.PeeringProblem(app.Peering{}))
	require.Equal(t, `"tor" is no SOCKS5 proxy: write HOST:PORT.`, present.PeeringProblem(app.Peering{Proxy: "tor"}))
	chosen := present.Settings{Peering: app.Peering{LowData: true}}
	say := func(s present.Snapshot) string { return present.SettingsOf(s, chosen, present.About{}).Overruled }
	require.Empty(t, say(present.Snapshot{Peering: chosen.Peering}))
	require.Contains(t, say(present.Snapshot{Peering: app.Peering{Proxy: "a:1"}}), "command line")
	require.Contains(t, say(present.Snapshot{Demo: true}), "practice network")
}
