package cli_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

// TestPeersAreNamed: peers that are added or made the only ones stay so, for
// their network, until they are forgotten.
func TestPeersAreNamed(t *testing.T) {
	t.Parallel()
	net := nodes(t, 2)
	one, two := net[0].Addr(), net[1].Addr()
	r := newRig(t)
	kept := func() app.Peering {
		s, err := app.LoadSettings(filepath.Join(r.dir, "data"), "regtest")
		require.NoError(t, err)
		return s.Peering
	}
	require.Contains(t, r.run("peers").errors, "no public peers")
	list := gives[[]cli.PeerItem](r, "peers", "--only", one)
	require.Len(t, list, 1)
	require.Equal(t, one, list[0].Addr)
	require.True(t, list[0].Named)
	require.False(t, list[0].Inbound)
	require.Positive(t, list[0].Received)
	require.Positive(t, list[0].Sent)
	require.Equal(t, []string{one}, kept().Connect)
	require.Equal(t, one, gives[[]cli.PeerItem](r, "peers")[0].Addr, "it is kept")

	for _, wrong := range [][]string{{"--add", "nowhere"}, {"--only", "any", "--only", one}, {"--forget", "any"}, {"--add", "x.onion:8333"}} {
		require.Equal(t, 2, r.run(append([]string{"peers"}, wrong...)...).code, wrong)
	}
	require.Equal(t, []string{one}, kept().Connect, "what is refused changes nothing")

	gives[[]cli.PeerItem](r, "peers", "--only", two, "--add", one)
	require.Equal(t, app.Peering{Connect: []string{two}, Preferred: []string{one}}, kept())
	text := r.says("peers", "--forget", one)
	require.Contains(t, text, "You see the network through one peer alone, as you chose.")
	require.Contains(t, text, "named by you")
	require.NotContains(t, text, "Others can")
	require.Contains(t, r.says("peers", "--listen", "127.0.0.1:0"), "Others can connect at 127.0.0.1:")
	require.Contains(t, r.says("peers", "--listen", two), "another program has that port")
	require.Equal(t, app.Peering{Connect: []string{two}}, kept())
	require.Contains(t, r.run("peers", "--only", "any").errors, "no public peers")
	require.Empty(t, kept().Connect)
}

// TestNobodyToAsk: where nobody can be found without being named, status and what
// connects say so and what to do, also once a book without anybody was saved.
func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.args = append(r.args, "--network", "signet")
	gives[cli.Created](r, "create")
	const add = `so name one to connect to: "thistle peers --add HOST:PORT" keeps it, --connect HOST:PORT uses it alone.`
	check := func() {
		for flags, why := range map[string]string{"": "DNS seeds are switched off", "--proxy=127.0.0.1:1": "through a proxy no DNS seeds are asked"} {
			args := []string{"--no-dns=" + strconv.FormatBool(flags == "")}
			if flags != "" {
				args = append(args, flags)
			}
			text := r.says(append(args, "status")...)
			require.Contains(t, text, "Not connected. There is no peer to ask: "+why)
			require.Contains(t, text, add)
			text = r.fails(3, "no_peers", append(args, "peers", "--wait", "1s")...)
			require.Contains(t, text, why)
			require.Contains(t, text, add)
			require.Contains(t, r.fails(3, "no_peers", append(args, "sync", "--timeout", "1s")...), why)
		}
	}
	check()
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "data", "signet", "peers.db"), nil, 0o600))
	text := r.fails(3, "no_peers", "peers", "--wait", "1s")
	require.Contains(t, text, "DNS seeds are switched off")
	require.Contains(t, text, add)
}

// TestPeersAreRefused: an address is refused with its neighbours, until it is
// allowed again.
func TestPeersAreRefused(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net[0].Addr())
	require.Empty(t, gives[[]cli.BanItem](r, "peers", "--banned"))
	require.Contains(t, r.says("peers", "--banned"), "Nobody is refused.")
	list := gives[[]cli.BanItem](r, "peers", "--ban", "1.2.3.4", "--ban", "[2001:470::5]:8333")
	require.Len(t, list, 2)
	require.Contains(t, r.run("peers", "--ban", "no where").errors, "no address of a peer")
	o := r.run("peers", "--unban", "9.9.9.9")
	require.Zero(t, o.code)
	require.Contains(t, o.errors, `"9.9.9.9" was not refused`)
	until, err := time.Parse(time.RFC3339, list[0].Until)
	require.NoError(t, err)
	require.InDelta(t, 24*time.Hour, time.Until(until), float64(time.Minute))
	require.Len(t, gives[[]cli.BanItem](r, "peers", "--banned"), 2, "they are remembered")
	list = gives[[]cli.BanItem](r, "peers", "--ban", "1.2.3.4", "--ban", "5.6.7.8", "--unban", "1.2.3.4")
	require.Contains(t, list[len(list)-1].Key, "5.6.7.8")
}

// TestConditions: programs get a word for each condition, and the documentation
// explains it.
func TestConditions(t *testing.T) {
	t.Parallel()
	text := newRig(t).says("help", "json")
	for c := app.HealthGood; c <= app.HealthOffline; c++ {
		require.Contains(t, text, "\n  "+cli.ConditionName(c)+" ", "%d", c)
	}
	require.Equal(t, "unknown", cli.ConditionName(app.HealthOffline+1), "all were gone through")
}

// TestHealthForPrograms: a wallet that is not connected has no health; one that
// watches tells of it.
func TestHealthForPrograms(t *testing.T) {
	t.Parallel()
	r := newRig(t, "127.0.0.1:1")
	gives[cli.Created](r, "create")
	require.Nil(t, gives[cli.Status](r, "status").Health)
	require.Contains(t, r.says("status"), "Not connected")
	h := cli.HealthOf(app.Health{Condition: app.HealthClock, ClockPeers: 3, ClockSkew: time.Minute, Odds: 0.5})
	require.Equal(t, "clock", h.Condition)
	require.Equal(t, int64(60), *h.ClockSkew)
	require.Contains(t, h.Message, "1 min behind")
}

// TestWatchTellsHealth: once the peers have answered the connection is good, and
// where others can connect is told.
func TestWatchTellsHealth(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net[0].Addr())
	gives[cli.Created](r, "create")
	w := r.watch("--json", "--listen", "127.0.0.1:0")
	line := value[cli.HealthLine](t, w.await(`"event":"health"`, `"condition":"good"`))
	require.Equal(t, 1, line.Health.Outbound)
	require.NotNil(t, line.Health.Listening)
	require.Contains(t, line.Health.Message, "as you chose")
	require.Zero(t, w.end())
}
