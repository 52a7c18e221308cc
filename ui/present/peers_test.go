package present_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

var peersNow = time.Date(2026, 11, 22, 8, 19, 0, 0, time.UTC)

func birthdayAt(h int32) *int32 { return &h }

// inSync is a wallet that knows everything up to block 925 318.
func inSync() present.Snapshot {
	return present.Snapshot{
		Now: peersNow, Network: "mainnet", Wallet: "Savings",
		Progress: app.Progress{
			Running: true, Peers: 9, FilterPeers: 6, Agreed: 5, Height: 925_318, Target: 925_318, TipTime: peersNow.Add(-4 * time.Minute),
			Base: 909_216, Current: true, FiltersFrom: 883_417, FilterHeaders: 925_318, Filters: 925_318,
		},
		Status: app.Status{
			Birthday: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC), BirthdayHeight: birthdayAt(883_417), Final: true,
			Coverage: []app.Range{{From: 883_417, To: 925_318}},
		},
	}
}

func TestPeersTellTheTruthOfSync(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change                          func(*present.Snapshot)
		headers, filterHeaders, filters string // title's end, count, per cent
		line                            string
		tone                            present.Tone
	}{
		"in sync": {
			func(*present.Snapshot) {},
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Up to date with block 925 318, found 4 min ago.", present.Good,
		},
		"one filter peer": {
			func(s *present.Snapshot) { s.Progress.FilterPeers = 1 },
			"925 318 / 925 318, 100", "from one peer: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Up to date", present.Good,
		},
		"only one has been compared": {
			func(s *present.Snapshot) { s.Progress.Agreed = 1 },
			"925 318 / 925 318, 100", "being compared between 6 peers: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Up to date", present.Good,
		},
		"no news": {
			func(s *present.Snapshot) { s.Progress.TipTime = s.Now.Add(-5 * time.Hour) },
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"The newest block that any peer knows, 925 318, is from 5 h ago.", present.Warn,
		},
		"searched, but not done": {
			func(s *present.Snapshot) { s.Status.Final = false },
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Searching for payments of yours.", present.Accent,
		},
		"not running": {
			func(s *present.Snapshot) { s.Progress.Running, s.Progress.Peers, s.Progress.FilterPeers = false, 0, 0 },
			"925 318 so far, 0", "no peer serves them: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Nothing is fetched: Thistle is not running as a peer.", present.Bad,
		},
		"alone": {
			func(s *present.Snapshot) {
				s.Progress.Peers, s.Progress.FilterPeers, s.Progress.Target, s.Progress.Current = 0, 0, 0, false
			},
			"925 318 so far, 0", "no peer serves them: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Looking for peers. Until one answers nothing new can be known; what is known is as of 22 Nov 2026 08:15.", present.Warn,
		},
		"first start": {
			func(s *present.Snapshot) {
				s.Wallet, s.Status = "", app.Status{}
				s.Progress = app.Progress{Running: true, Height: -1, FiltersFrom: -1, FilterHeaders: -1, Filters: -1}
			},
			"none yet, 0", "no peer serves them: none yet, 0", "kept for your wallets: none yet, 0",
			"Looking for peers. Until one answers nothing new can be known.", present.Warn,
		},
		"headers": {
			func(s *present.Snapshot) {
				s.Progress.Height, s.Progress.Current, s.Progress.FilterHeaders, s.Progress.Filters = 917_267, false, -1, -1
				s.Status.BirthdayHeight, s.Status.Coverage, s.Status.Final = nil, nil, false
			},
			"917 200 / 925 318, 50", "being compared between 6 peers: none yet, 0", "matched on this computer: none yet, 0",
			"Fetching headers and checking their proof of work: 8 000 to go.", present.Accent,
		},
		"unconfirmed tip": {
			func(s *present.Snapshot) { s.Progress.Current = false },
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Waiting for the peers to confirm that there is nothing newer than block 925 318.", present.Accent,
		},
		"nobody serves filters": {
			func(s *present.Snapshot) {
				s.Progress.FilterPeers, s.Progress.FilterHeaders, s.Progress.Filters = 0, 925_300, 925_300
				s.Status.Coverage[0].To, s.Status.Final = 925_300, false
			},
			"925 318 / 925 318, 100", "no peer serves them: 925 300 / 925 318, 99", "matched on this computer: 41 884 / 41 902, 99",
			"None of the connected peers serves filters, and without these no payment can be found. Thistle looks for one that does.", present.Warn,
		},
		"filter headers": {
			func(s *present.Snapshot) {
				s.Progress.FilterHeaders, s.Progress.Filters, s.Status.Coverage = 920_000, 919_000, nil
			},
			"925 318 / 925 318, 100", "being compared between 6 peers: 920 000 / 925 318, 66", "matched on this computer: 0 / 41 902, 0",
			"Fetching filter headers and comparing what the peers say: 5 300 to go.", present.Accent,
		},
		"filters": {
			func(s *present.Snapshot) {
				s.Progress.Filters = 925_317
				s.Status.Coverage = []app.Range{{From: 883_417, To: 904_367}, {From: 890_000, To: 904_368}, {From: 925_318, To: 930_000}}
			},
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 20 900 / 41 902, 50",
			"Fetching the filters of 1 block.", present.Accent,
		},
		"no wallet": {
			func(s *present.Snapshot) { s.Wallet, s.Status, s.Progress.Filters = "", app.Status{}, 904_367 },
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "kept for your wallets: 20 900 / 41 902, 50",
			"Fetching the filters of 20 951 blocks.", present.Accent,
		},
		"searching": {
			func(s *present.Snapshot) { s.Status.Final, s.Status.Coverage[0].From = false, 883_420 },
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 41 899 / 41 902, 99",
			"Searching 3 blocks for payments of yours.", present.Accent,
		},
		"reading": {
			func(s *present.Snapshot) { s.Status.Final, s.Status.Unapplied = false, 2 },
			"925 318 / 925 318, 100", "agreed by 5 peers: 925 318 / 925 318, 100", "matched on this computer: 41 902 since 3 Feb 2026, 100",
			"Fetching 2 blocks with payments of yours in them.", present.Accent,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inSync()
			c.change(&s)
			o := present.PeersOf(s)
			say := func(b present.Bar) string {
				_, end, _ := strings.Cut(b.Title, " — ")
				return strings.ReplaceAll(fmt.Sprintf("%s: %s, %d", end, b.Count, int(b.Done*100)), "\u202f", " ")
			}
			require.Equal(t, "proof of work checked: "+c.headers, say(o.Headers))
			require.Equal(t, c.filterHeaders, say(o.FilterHeaders))
			require.Equal(t, c.filters, say(o.Filters))
			require.Contains(t, strings.ReplaceAll(o.Line.Words, "\u202f", " "), c.line)
			require.Equal(t, c.tone, o.Line.Tone)
		})
	}
}

func TestBarsDoNotFlicker(t *testing.T) {
	t.Parallel()
	s := inSync()
	seen := map[present.Bar]bool{}
	s.Progress.Current = false
	for h := int32(909_216); h < 925_318-1000; h++ {
		s.Progress.Height = h
		seen[present.PeersOf(s).Headers] = true
	}
	require.Less(t, len(seen), 360)
	require.Less(t, len(seen)*40, 925_318-909_216)
}

func TestPeerRows(t *testing.T) {
	t.Parallel()
	s := inSync()
	s.Peers = []app.Peer{
		{
			Addr: "[2a01:4f8::2]:8333", UserAgent: "/evil:1.0\x1b[31m\u202e/", Services: []string{"NETWORK", "WITNESS"}, Since: peersNow.Add(-3 * time.Hour),
			Height: 925_317, StartHeight: 925_000, Latency: 133 * time.Millisecond, FeeFloor: 1000,
		},
		{Addr: "144.76.31.85:8333", UserAgent: "/Satoshi:29.0.0/", Filters: true, Since: peersNow.Add(-5 * time.Hour), StartHeight: 925_318, Latency: 200 * time.Microsecond, FeeFloor: 1500},
		{Addr: "10.0.0.9:18444", Services: []string{"NETWORK_LIMITED"}, Since: peersNow.Add(-3 * time.Hour), Height: -1, Latency: 12 * time.Second},
		{Addr: "kx7rqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbd.onion:8334"},
	}
	o := present.PeersOf(s)
	for i := range o.Rows {
		o.Rows[i].Height = strings.ReplaceAll(o.Rows[i].Height, "\u202f", " ")
	}
	require.Equal(t, []present.PeerRow{
		{
			Key:     "kx7rqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbd.onion:8334",
			Address: "kx7rqcbdkz…xqcbd.onion:8334", Software: "—", Serves: "—", Height: "—", Ping: "—", Since: "—", Floor: "—",
		},
		{
			Key: "144.76.31.85:8333", Address: "144.76.31.85", Software: "/Satoshi:29.0.0/", Serves: "Filters", Height: "925 318", Ping: "< 1 ms",
			Since: "5 h ago", Floor: "1.5 sat/vB",
		},
		{Key: "10.0.0.9:18444", Address: "10.0.0.9:18444", Software: "—", Serves: "New blocks", Height: "—", Ping: "12 s", Since: "3 h ago", Floor: "—"},
		{
			Key: "[2a01:4f8::2]:8333", Address: "2a01:4f8::2", Software: "/evil:1.0?[31m?/", Serves: "Blocks", Height: "925 317", Ping: "133 ms",
			Since: "3 h ago", Floor: "1 sat/vB",
		},
	}, o.Rows)
	require.Equal(t, "[2a01:4f8::2]:8333", s.Peers[0].Addr, "the snapshot is nobody's to change")
	require.Equal(t, []bool{false, true, false, false}, []bool{o.Star[0].Filters, o.Star[1].Filters, o.Star[2].Filters, o.Star[3].Filters})
	require.Empty(t, o.More+o.Empty)

	s.Network = "regtest"
	require.Equal(t, "[2a01:4f8::2]:8333", present.PeersOf(s).Rows[3].Address)
	require.Equal(t, "10.0.0.9", present.PeersOf(s).Rows[2].Address)
}

func TestManyPeersAndNone(t *testing.T) {
	t.Parallel()
	s := inSync()
	for i := range 15 {
		s.Peers = append(s.Peers, app.Peer{Addr: fmt.Sprintf("10.0.0.%d:8333", i)})
	}
	o := present.PeersOf(s)
	require.Len(t, o.Star, 12)
	require.Len(t, o.Rows, 15)
	require.Equal(t, "and 3 more", o.More)

	s.Peers = nil
	require.Contains(t, present.PeersOf(s).Empty, "offline")
	s.Demo = true
	require.Contains(t, present.PeersOf(s).Empty, "practice network")
	s.Progress.Running = false
	require.Contains(t, present.PeersOf(s).Empty, "not running")
}
