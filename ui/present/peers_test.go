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
	const (
		headers       = "proof of work checked: 16 103, 100"
		filterHeaders = "agreed by 5 peers: 41 902, 100"
		filters       = "matched on this computer: 41 902 since 3 Feb 2026, 100"
	)
	for name, c := range map[string]struct {
		change                          func(*present.Snapshot)
		stages                          func(*app.Stages) // afterwards
		headers, filterHeaders, filters string            // title's end, count, per cent
		line                            string
		tone                            present.Tone
	}{
		"in sync": {
			func(*present.Snapshot) {}, nil, headers, filterHeaders, filters,
			"Up to date with block 925 318, found 4 min ago.", present.Good,
		},
		"one filter peer": {
			func(s *present.Snapshot) { s.Progress.FilterPeers = 1 }, nil,
			headers, "from one peer: 41 902, 100", filters, "Up to date", present.Good,
		},
		"only one has been compared": {
			func(s *present.Snapshot) { s.Progress.Agreed = 1 }, nil,
			headers, "compared between 6 peers: 41 902, 100", filters, "Up to date", present.Good,
		},
		"no news": {
			func(s *present.Snapshot) { s.Progress.TipTime = s.Now.Add(-5 * time.Hour) }, nil, headers, filterHeaders, filters,
			"The newest block that any peer knows, 925 318, is from 5 h ago.", present.Warn,
		},
		"searched, but not done": {
			func(s *present.Snapshot) { s.Status.Final = false }, nil, headers, filterHeaders, filters,
			"Searching for payments of yours.", present.Accent,
		},
		"all headers are checked meanwhile": {
			func(s *present.Snapshot) { s.Audit = true }, nil,
			"all are checked, down to the first: 16 100 / 925 319, 1", filterHeaders, filters,
			"found 4 min ago. In the background all older headers are checked: 1 % done.", present.Good,
		},
		"not running": {
			func(s *present.Snapshot) { s.Progress.Running, s.Progress.Peers, s.Progress.FilterPeers = false, 0, 0 }, nil,
			"proof of work checked: 16 103 so far, 0", "no peer serves them now: 41 902, 100", filters,
			"Nothing is fetched: Thistle is not running as a peer.", present.Bad,
		},
		"alone": {
			func(s *present.Snapshot) {
				s.Progress.Peers, s.Progress.FilterPeers, s.Progress.Target, s.Progress.Current = 0, 0, 0, false
			}, nil,
			"proof of work checked: 16 103 so far, 0", "no peer serves them now: 41 902, 100", filters,
			"Looking for peers. Until one answers nothing new can be known; what is known is as of 22 Nov 2026 08:15.", present.Warn,
		},
		"first start": {
			func(s *present.Snapshot) {
				s.Wallet, s.Status = "", app.Status{}
				s.Progress = app.Progress{Running: true, Height: -1, Target: -1, FiltersFrom: -1, FilterHeaders: -1, Filters: -1}
			}, nil,
			"proof of work checked: none yet, 0", "no peer serves them now: none yet, 0", "kept for your wallets: none yet, 0",
			"Looking for peers. Until one answers nothing new can be known.", present.Warn,
		},
		"headers": {
			func(s *present.Snapshot) {
				s.Progress.Height, s.Progress.Current, s.Progress.FiltersFrom = 917_267, false, -1
				s.Status.BirthdayHeight, s.Status.Coverage, s.Status.Final = nil, nil, false
			}, func(st *app.Stages) { moving(&st.Headers, 12_345, 3*time.Minute) },
			"12 000 a second · about 3 min left: 8 000 / 16 103, 50", "compared between 6 peers: none yet, 0", "matched on this computer: none yet, 0",
			"Fetching headers and checking their proof of work: 8 000 to go.", present.Accent,
		},
		"older headers": {
			func(s *present.Snapshot) {
				s.Progress.FilterHeaders, s.Progress.Filters = -1, -1
				s.Status.Coverage, s.Status.Final = nil, false
			}, func(st *app.Stages) { st.Headers = app.Stage{Done: 16_103, Total: 41_903} },
			"proof of work checked: 16 100 / 41 903, 38", "compared between 6 peers: 0 / 41 902, 0", "matched on this computer: 0 / 41 902, 0",
			"Fetching older headers, for a wallet that is older than what is here: 25 800 to go.", present.Accent,
		},
		"unconfirmed tip": {
			func(s *present.Snapshot) { s.Progress.Current = false }, nil, headers, filterHeaders, filters,
			"Waiting for the peers to confirm that there is nothing newer than block 925 318.", present.Accent,
		},
		"nobody answers": {
			func(s *present.Snapshot) { s.Progress.Current = false },
			func(st *app.Stages) { stuck(&st.Headers, app.WhyNoAnswer, 0, 0) }, headers, filterHeaders, filters,
			"The peers were asked for headers and have not answered yet. Thistle goes on asking, and looks for others.", present.Warn,
		},
		"a wrong clock": {
			func(s *present.Snapshot) { s.Progress.Height, s.Progress.Current = 925_000, false },
			func(st *app.Stages) { stuck(&st.Headers, app.WhyClock, 0, 0) },
			"is this clock right?: 15 785 / 16 103, 98", filterHeaders, "matched on this computer: 41 584 since 3 Feb 2026, 100",
			"To this computer's clock, which says 22 Nov 2026 08:19, the newest blocks are from the future. If it is wrong, set it: Thistle then goes on.", present.Warn,
		},
		"nobody serves filters": {
			func(s *present.Snapshot) {
				s.Progress.FilterPeers, s.Progress.FilterHeaders, s.Progress.Filters = 0, 925_300, 925_300
				s.Status.Coverage[0].To, s.Status.Final = 925_300, false
			}, func(st *app.Stages) {
				stuck(&st.FilterHeaders, app.WhyNoFilterPeers, 0, 0)
				stuck(&st.Filters, app.WhyNoFilterPeers, 0, 0)
			},
			headers, "no peer serves them: 41 884 / 41 902, 99", "no peer serves them: 41 884 / 41 902, 99",
			"None of the connected peers serves filters, and without these no payment can be found. Thistle looks for one that does.", present.Warn,
		},
		"blocks in place of filters": {
			func(s *present.Snapshot) {
				s.Progress.FilterPeers, s.Progress.Filters = 0, 925_300
				s.Status.Unapplied, s.Status.Final = 18, false
			}, func(st *app.Stages) { stuck(&st.Filters, app.WhyFullBlocks, 0, 0) },
			headers, "no peer serves them now: 41 902, 100", "blocks are read instead: 41 884 / 41 902, 99",
			"Fetching 18 blocks, as no peer serves filters.", present.Accent,
		},
		"blocks were read in place of filters": {
			func(s *present.Snapshot) { s.Progress.FilterPeers, s.Progress.Filters = 0, 925_300 }, func(st *app.Stages) { stuck(&st.Filters, app.WhyFullBlocks, 0, 0) },
			headers, "no peer serves them now: 41 902, 100", "blocks are read instead: 41 884 / 41 902, 99",
			"Up to date with block 925 318, found 4 min ago. No peer serves filters, so Thistle reads the blocks themselves. That finds the same payments, with more to download.", present.Good,
		},
		"filter headers": {
			func(s *present.Snapshot) {
				s.Progress.FilterHeaders, s.Progress.Filters, s.Status.Coverage = 920_000, 919_000, nil
			}, nil,
			headers, "compared between 6 peers: 36 500 / 41 902, 87", "matched on this computer: 35 500 / 41 902, 84",
			"Fetching filter headers and comparing what the peers say: 5 300 to go.", present.Accent,
		},
		"filter headers in dispute": {
			func(s *present.Snapshot) { s.Progress.FilterHeaders = 925_317 },
			func(st *app.Stages) { stuck(&st.FilterHeaders, app.WhyDispute, 925_318, 1) },
			headers, "peers disagree at 925 318: 41 901 / 41 902, 99", filters,
			"Peers disagree about the filter of block 925 318. The block itself will tell who is right: it is being fetched (1 peer tried).", present.Warn,
		},
		"filters": {
			func(s *present.Snapshot) {
				s.Progress.Filters = 925_317
				s.Status.Coverage = []app.Range{{From: 883_417, To: 904_367}}
			}, func(st *app.Stages) { moving(&st.Filters, 1240, 25*time.Second) },
			headers, filterHeaders, "1 200 a second · less than a minute left: 41 901 / 41 902, 99",
			"Fetching the filters of 1 block.", present.Accent,
		},
		"filters here, not matched": {
			func(s *present.Snapshot) {
				s.Status.Final = false
				s.Status.Coverage = []app.Range{{From: 883_417, To: 904_367}, {From: 890_000, To: 904_368}, {From: 925_318, To: 930_000}}
			}, nil,
			headers, filterHeaders, "matched on this computer: 20 900 / 41 902, 50",
			"Searching 20 949 blocks for payments of yours.", present.Accent,
		},
		"no wallet": {
			func(s *present.Snapshot) { s.Wallet, s.Status, s.Progress.Filters = "", app.Status{}, 904_367 }, nil,
			headers, filterHeaders, "kept for your wallets: 20 900 / 41 902, 50",
			"Fetching the filters of 20 951 blocks.", present.Accent,
		},
		"searching": {
			func(s *present.Snapshot) { s.Status.Final, s.Status.Coverage[0].From = false, 883_420 }, nil,
			headers, filterHeaders, "matched on this computer: 41 899 / 41 902, 99",
			"Searching 3 blocks for payments of yours.", present.Accent,
		},
		"reading": {
			func(s *present.Snapshot) { s.Status.Final, s.Status.Unapplied = false, 2 }, nil, headers, filterHeaders, filters,
			"Fetching 2 blocks with payments of yours in them.", present.Accent,
		},
		"a block that does not come": {
			func(s *present.Snapshot) { s.Status.Final, s.Status.Unapplied = false, 2 },
			func(st *app.Stages) { stuck(&st.Blocks, app.WhyBlock, 900_001, 3) }, headers, filterHeaders, filters,
			"Waiting for block 900 001 (3 peers tried). Thistle goes on asking until one sends it.", present.Warn,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inSync()
			c.change(&s)
			s.Progress.Stages = stagesAt(s.Progress)
			if c.stages != nil {
				c.stages(&s.Progress.Stages)
			}
			o := present.PeersOf(s)
			require.Equal(t, c.headers, told(o.Headers))
			require.Equal(t, c.filterHeaders, told(o.FilterHeaders))
			require.Equal(t, c.filters, told(o.Filters))
			require.Contains(t, strings.ReplaceAll(o.Line.Words, "\u202f", " "), c.line)
			require.Equal(t, c.tone, o.Line.Tone)
		})
	}
}

// told is a bar in words: title's end, count, per cent.
func told(b present.Bar) string {
	_, end, _ := strings.Cut(b.Title, " — ")
	return strings.ReplaceAll(fmt.Sprintf("%s: %s, %d", end, b.Count, int(b.Done*100)), "\u202f", " ")
}

func TestBarOfBlocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		st   app.Stage
		want string
		tone present.Tone
	}{
		{app.Stage{}, "those that the filters name: none yet, 0", present.Accent},
		{app.Stage{Done: 3, Total: 7}, "those that the filters name: 3 / 7, 42", present.Accent},
		{app.Stage{Done: 3, Total: 7, Rate: 0.1}, "6 a minute: 3 / 7, 42", present.Accent},
		{app.Stage{Done: 7, Total: 7, Rate: 0.1}, "those that the filters name: 7, 100", present.Accent},
		{app.Stage{Done: 3, Total: 7, Rate: 1, Why: app.WhyBlock, Height: 900_001, Tried: 1}, "waiting for block 900 001 (1 peer tried): 3 / 7, 42", present.Warn},
		{app.Stage{Done: 3, Total: 7, Why: app.WhyBlock, Height: 900_001}, "waiting for block 900 001: 3 / 7, 42", present.Warn},
		{app.Stage{Done: 3, Total: 7, Why: app.WhyNoPeers}, "no peer answers: 3 / 7, 42", present.Warn},
	} {
		s := inSync()
		s.Progress.Stages.Blocks = c.st
		b := present.PeersOf(s).Blocks
		require.Equal(t, c.want, told(b))
		require.Equal(t, c.tone, b.Tone, c.want)
	}
}

// However fast it goes, a bar and its words change in few steps.
func TestBarsDoNotFlicker(t *testing.T) {
	t.Parallel()
	s := inSync()
	seen := map[present.Bar]bool{}
	s.Progress.Current = false
	const total = 16_000
	for done := int32(0); done < total-1000; done++ {
		left := time.Duration(total-done) * time.Second / 1000
		s.Progress.Stages.Headers = app.Stage{Done: done, Total: total, Rate: 1000, Left: left}
		seen[present.PeersOf(s).Headers] = true
	}
	require.Less(t, len(seen), 350)
	figures := map[string]bool{}
	for rate := 1200.0; rate < 1300; rate++ {
		s.Progress.Stages.Headers = app.Stage{Done: 1, Total: total, Rate: rate}
		figures[present.PeersOf(s).Headers.Title] = true
	}
	require.Len(t, figures, 2)
}

func TestPeerRows(t *testing.T) {
	t.Parallel()
	s := inSync()
	s.Peers = []app.Peer{
		{
			Addr: "[2a01:4f8::2]:8333", UserAgent: "/evil:1.0\x1b[31m\u202e/", Services: []string{"NETWORK", "WITNESS"}, Since: peersNow.Add(-3 * time.Hour),
			Height: 925_317, StartHeight: 925_000, Latency: 133 * time.Millisecond, FeeFloor: 1000, Inbound: true,
		},
		{Addr: "144.76.31.85:8333", UserAgent: "/Satoshi:29.0.0/", Filters: true, Since: peersNow.Add(-5 * time.Hour), StartHeight: 925_318, Latency: 200 * time.Microsecond, FeeFloor: 1500, Transport: app.TransportEncrypted, Named: true, Received: 12_400_000, Sent: 214_000},
		{Addr: "10.0.0.9:18444", Services: []string{"NETWORK_LIMITED"}, Since: peersNow.Add(-3 * time.Hour), Height: -1, Latency: 12 * time.Second},
		{Addr: "kx7rqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbd.onion:8334"},
	}
	o := present.PeersOf(s)
	details := o.Rows[1].Details
	for i := range o.Rows {
		o.Rows[i].Details = nil
		o.Rows[i].Height = strings.ReplaceAll(o.Rows[i].Height, "\u202f", " ")
	}
	require.Equal(t, []present.PeerRow{
		{
			Key:     "kx7rqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbdkzyxqcbd.onion:8334",
			Address: "kx7rqcbdkz…xqcbd.onion:8334", Software: "—", Serves: "—", Height: "—", Ping: "—", Received: "0 B", Sent: "0 B", Line: "—",
		},
		{
			Key: "144.76.31.85:8333", Address: "144.76.31.85", Software: "/Satoshi:29.0.0/", Serves: "Filters", Height: "925 318", Ping: "< 1 ms",
			Received: "12.4 MB", Sent: "214 kB", Line: "encrypted", Named: true,
		},
		{Key: "10.0.0.9:18444", Address: "10.0.0.9:18444", Software: "—", Serves: "New blocks", Height: "—", Ping: "12 s", Received: "0 B", Sent: "0 B", Line: "—"},
		{
			Key: "[2a01:4f8::2]:8333", Address: "2a01:4f8::2", Software: "/evil:1.0?[31m?/", Serves: "came to you", Height: "925 317", Ping: "133 ms",
			Received: "0 B", Sent: "0 B", Line: "—",
		},
	}, o.Rows)
	require.Contains(t, details, present.Fact{Name: "Least fee", Value: present.Text{Words: "1.5 sat/vB"}})
	require.Contains(t, details, present.Fact{Name: "For", Value: present.Text{Words: "named by you"}})
	require.Contains(t, details, present.Fact{Name: "Connected", Value: present.Text{Words: "5 h ago"}})
	require.Equal(t, "[2a01:4f8::2]:8333", s.Peers[0].Addr, "the snapshot is nobody's to change")
	require.Equal(t, []bool{false, true, false, false}, []bool{o.Star[0].Filters, o.Star[1].Filters, o.Star[2].Filters, o.Star[3].Filters})
	require.Equal(t, []bool{false, false, false, true}, []bool{o.Star[0].Inbound, o.Star[1].Inbound, o.Star[2].Inbound, o.Star[3].Inbound})
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
