package present_test

import (
	"errors"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// snapshotInSync is a wallet that knows all there is to know.
func snapshotInSync() present.Snapshot {
	now := time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)
	birthday := int32(800)
	return present.Snapshot{
		Now: now, Network: "mainnet", Wallet: "Savings",
		Progress: app.Progress{
			Running: true, Peers: 9, FilterPeers: 6, Height: 1000, TipTime: now.Add(-4 * time.Minute), Target: 1000, Base: 0,
			Current: true, FiltersFrom: 800, FilterHeaders: 1000, Filters: 1000,
		},
		Status: app.Status{Height: 1000, BirthdayHeight: &birthday, Coverage: []app.Range{{From: 800, To: 1000}}, Final: true},
	}
}

func TestRailTellsTheTruth(t *testing.T) {
	t.Parallel()
	type foot struct {
		tone                    present.Tone
		doing, far, peers, note string
	}
	for name, c := range map[string]struct {
		change func(*present.Snapshot)
		want   foot
	}{
		"in sync": {func(*present.Snapshot) {}, foot{present.Good, "In sync", "block 1 000", "9 peers · 6 with filters", "last block 4 min ago"}},
		"all serve filters": {func(s *present.Snapshot) { s.Progress.FilterPeers = 9 },
			foot{present.Good, "In sync", "block 1 000", "9 peers", "last block 4 min ago"}},
		"no block for long": {func(s *present.Snapshot) { s.Progress.TipTime = s.Now.Add(-3 * time.Hour) },
			foot{present.Warn, "No news", "block 1 000", "9 peers · 6 with filters", "last block 3 h ago"}},
		"no block for long where nobody mines": {func(s *present.Snapshot) {
			s.Network = "regtest"
			s.Progress.TipTime = s.Now.Add(-3 * time.Hour)
		}, foot{present.Good, "In sync", "block 1 000", "9 peers · 6 with filters", "last block 3 h ago"}},
		"not running": {func(s *present.Snapshot) { s.Progress.Running, s.Progress.Peers = false, 0 },
			foot{present.Bad, "Not running", "", "no peers connected", "last block 4 min ago"}},
		"nobody to connect to": {func(s *present.Snapshot) {
			s.Progress.Running, s.Progress.Peers, s.Stopped = false, 0, &app.Error{Kind: app.KindNoPeers}
		}, foot{present.Bad, "Not running", "", "no peers connected", "no peers to connect to"}},
		"disk full": {func(s *present.Snapshot) {
			s.Progress.Running, s.Progress.Peers, s.Stopped = false, 0, &app.Error{Kind: app.KindDiskFull}
		}, foot{present.Bad, "Not running", "", "no peers connected", "the disk is full"}},
		"something else": {func(s *present.Snapshot) {
			s.Progress.Running, s.Progress.Peers, s.Stopped = false, 0, errors.New("no idea")
		}, foot{present.Bad, "Not running", "", "no peers connected", "something went wrong"}},
		"nothing known": {func(s *present.Snapshot) {
			s.Progress = app.Progress{Running: true, Height: -1, FiltersFrom: -1, FilterHeaders: -1, Filters: -1}
		}, foot{present.Warn, "Looking for peers", "", "no peers connected", "nothing is known yet"}},
		"no peers": {func(s *present.Snapshot) { s.Progress.Peers, s.Progress.FilterPeers, s.Progress.Current = 0, 0, false },
			foot{present.Warn, "Looking for peers", "", "no peers connected", "last block 4 min ago"}},
		"headers": {func(s *present.Snapshot) {
			s.Progress.Current, s.Progress.Height = false, 250
		}, foot{present.Accent, "Fetching headers", "25\u202f%", "9 peers · 6 with filters", "block 250 of 1 000"}},
		"headers with a forecast": {func(s *present.Snapshot) {
			s.Progress.Current, s.Progress.Height, s.Left = false, 250, 3*time.Minute+10*time.Second
		}, foot{present.Accent, "Fetching headers", "25\u202f%", "9 peers · 6 with filters", "about 3 min left"}},
		"asking": {func(s *present.Snapshot) { s.Progress.Current = false },
			foot{present.Accent, "Asking for news", "", "9 peers · 6 with filters", "last block 4 min ago"}},
		"filter headers": {func(s *present.Snapshot) { s.Progress.FilterHeaders = 999 },
			foot{present.Accent, "Comparing filters", "99\u202f%", "9 peers · 6 with filters", ""}},
		"filters": {func(s *present.Snapshot) { s.Progress.Filters, s.Left = 900, 30*time.Second },
			foot{present.Accent, "Fetching filters", "50\u202f%", "9 peers · 6 with filters", "less than a minute left"}},
		"nobody serves filters": {func(s *present.Snapshot) { s.Progress.Filters, s.Progress.FilterPeers = 900, 0 },
			foot{present.Warn, "Waiting for filters", "", "9 peers", "no peer serves them"}},
		"blocks": {func(s *present.Snapshot) { s.Status.Unapplied = 2 },
			foot{present.Accent, "Reading blocks", "", "9 peers · 6 with filters", "2 blocks with payments left"}},
		"searching": {func(s *present.Snapshot) {
			s.Status.Final, s.Status.Coverage = false, []app.Range{{From: 800, To: 900}}
		}, foot{present.Accent, "Searching", "50\u202f%", "9 peers · 6 with filters", "for payments in 201 blocks"}},
		"without a wallet": {func(s *present.Snapshot) { s.Wallet, s.Status = "", app.Status{} },
			foot{present.Good, "In sync", "block 1 000", "9 peers · 6 with filters", "last block 4 min ago"}},
	} {
		s := snapshotInSync()
		c.change(&s)
		r := present.RailOf(s)
		require.Equal(t, c.want, foot{r.Tone, r.Doing, r.Far, r.Peers, r.Note}, name)
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	nobody := &app.Error{Op: "look for peers", Kind: app.KindNoPeers, Detail: "regtest has no public peers, so name one to connect to"}
	require.Equal(t, "No peers to connect to: regtest has no public peers, so name one to connect to (--connect, when Thistle is started).", present.Stopped(nobody))
	full := &app.Error{Op: "run peer", Kind: app.KindDiskFull}
	require.Equal(t, present.Sentence(full), present.Stopped(full))
	l := present.LockOf(present.Snapshot{Network: "regtest", Stopped: nobody}, nil, "")
	require.Equal(t, present.Text{Words: present.Stopped(nobody), Tone: present.Warn}, l.Foot)
}

func TestRailNamesTheNetwork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		network    string
		demo       bool
		line, mark string
	}{
		{"mainnet", false, "Bitcoin · Native SegWit", ""},
		{"testnet4", false, "Testnet 4 · Native SegWit", "Testnet 4"},
		{"signet", false, "Signet · Native SegWit", "Signet"},
		{"regtest", false, "Regtest · Native SegWit", "Regtest"},
		{"regtest", true, "Practice network", "Practice"},
	} {
		s := snapshotInSync()
		s.Network, s.Demo = c.network, c.demo
		r := present.RailOf(s)
		require.Equal(t, []string{"Savings", c.line, c.mark}, []string{r.Wallet, r.Network, r.Mark})
	}
}
