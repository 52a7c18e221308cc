package present_test

import (
	"errors"
	"strings"
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

// stagesAt are the stages of a running peer that is as far as its heights say,
// with nothing moving and nothing stuck.
func stagesAt(p app.Progress) (st app.Stages) {
	if !p.Running {
		return st
	}
	goal := max(p.Target, p.Height)
	st.Peers = app.Stage{Done: int32(p.Peers), Total: 8}
	st.Headers = app.Stage{Done: p.Height - p.Base + 1, Total: goal - p.Base + 1}
	if p.FiltersFrom >= 0 {
		total := goal - p.FiltersFrom + 1
		st.FilterHeaders = app.Stage{Done: max(p.FilterHeaders-p.FiltersFrom+1, 0), Total: total}
		st.Filters = app.Stage{Done: max(p.Filters-p.FiltersFrom+1, 0), Total: total}
	}
	return st
}

// stuck says why a stage does not go on, and moving how fast it does.
func stuck(st *app.Stage, why app.Why, height int32, tried int) {
	st.Why, st.Height, st.Tried = why, height, tried
}

func moving(st *app.Stage, rate float64, left time.Duration) { st.Rate, st.Left = rate, left }

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
		}, foot{present.Accent, "Fetching headers", "25 %", "9 peers · 6 with filters", "251 of 1 001"}},
		"headers with a rate": {func(s *present.Snapshot) {
			s.Progress.Current, s.Progress.Height = false, 250
			s.Progress.Stages = stagesAt(s.Progress)
			moving(&s.Progress.Stages.Headers, 88, 0)
		}, foot{present.Accent, "Fetching headers", "25 %", "9 peers · 6 with filters", "88 a second"}},
		"headers with a forecast": {func(s *present.Snapshot) {
			s.Progress.Current, s.Progress.Height = false, 250
			s.Progress.Stages = stagesAt(s.Progress)
			moving(&s.Progress.Stages.Headers, 4, 3*time.Minute+10*time.Second)
		}, foot{present.Accent, "Fetching headers", "25 %", "9 peers · 6 with filters", "about 3 min left"}},
		"headers by a wrong clock": {func(s *present.Snapshot) {
			s.Progress.Current, s.Progress.Height = false, 250
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.Headers, app.WhyClock, 0, 0)
		}, foot{present.Warn, "Fetching headers", "25 %", "9 peers · 6 with filters", "is this clock right?"}},
		"asking": {func(s *present.Snapshot) { s.Progress.Current = false },
			foot{present.Accent, "Asking for news", "", "9 peers · 6 with filters", "last block 4 min ago"}},
		"asking in vain": {func(s *present.Snapshot) {
			s.Progress.Current = false
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.Headers, app.WhyNoAnswer, 0, 0)
		}, foot{present.Warn, "Asking for news", "", "9 peers · 6 with filters", "asked, no answer yet"}},
		"older headers": {func(s *present.Snapshot) {
			s.Status.Final, s.Progress.FilterHeaders, s.Progress.Filters = false, -1, -1
			s.Progress.Stages = stagesAt(s.Progress)
			s.Progress.Stages.Headers = app.Stage{Done: 500, Total: 1000}
		}, foot{present.Accent, "Fetching headers", "50 %", "9 peers · 6 with filters", "500 of 1 000"}},
		"all headers are checked meanwhile": {func(s *present.Snapshot) { s.Progress.Base, s.Audit = 501, true },
			foot{present.Good, "In sync", "block 1 000", "9 peers · 6 with filters", "checking old headers · 49 %"}},
		"all headers have been checked": {func(s *present.Snapshot) { s.Audit = true },
			foot{present.Good, "In sync", "block 1 000", "9 peers · 6 with filters", "last block 4 min ago"}},
		"filter headers": {func(s *present.Snapshot) { s.Progress.FilterHeaders = 999 },
			foot{present.Accent, "Comparing filters", "99 %", "9 peers · 6 with filters", ""}},
		"filter headers in dispute": {func(s *present.Snapshot) {
			s.Progress.FilterHeaders = 999
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.FilterHeaders, app.WhyDispute, 1000, 2)
		}, foot{present.Warn, "Comparing filters", "99 %", "9 peers · 6 with filters", "peers disagree at 1 000"}},
		"filters": {func(s *present.Snapshot) {
			s.Progress.Filters = 900
			s.Progress.Stages = stagesAt(s.Progress)
			moving(&s.Progress.Stages.Filters, 4, 30*time.Second)
		}, foot{present.Accent, "Fetching filters", "50 %", "9 peers · 6 with filters", "less than a minute left"}},
		"nobody serves filters": {func(s *present.Snapshot) {
			s.Progress.Filters, s.Progress.FilterPeers = 900, 0
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.Filters, app.WhyNoFilterPeers, 0, 0)
		}, foot{present.Warn, "Waiting for filters", "", "9 peers", "no peer serves them"}},
		"nobody serves filters, so blocks are read": {func(s *present.Snapshot) {
			s.Progress.Filters, s.Progress.FilterPeers, s.Status.Unapplied = 900, 0, 7
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.Filters, app.WhyFullBlocks, 0, 0)
		}, foot{present.Accent, "Reading whole blocks", "", "9 peers", "7 blocks left, for want of filters"}},
		"blocks were read instead": {func(s *present.Snapshot) {
			s.Progress.Filters, s.Progress.FilterHeaders, s.Progress.FilterPeers = 900, 900, 0
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.FilterHeaders, app.WhyFullBlocks, 0, 0)
			stuck(&s.Progress.Stages.Filters, app.WhyFullBlocks, 0, 0)
		}, foot{present.Good, "In sync", "block 1 000", "9 peers", "no peer serves filters"}},
		"blocks": {func(s *present.Snapshot) { s.Status.Unapplied = 2 },
			foot{present.Accent, "Reading blocks", "", "9 peers · 6 with filters", "2 blocks with payments left"}},
		"a block that does not come": {func(s *present.Snapshot) {
			s.Status.Unapplied = 2
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.Blocks, app.WhyBlock, 812, 3)
		}, foot{present.Warn, "Waiting for block 812", "", "9 peers · 6 with filters", "3 peers tried"}},
		"blocks of which nobody knows": {func(s *present.Snapshot) {
			s.Status.Unapplied = 2
			s.Progress.Stages = stagesAt(s.Progress)
			stuck(&s.Progress.Stages.Blocks, app.WhyNoPeers, 0, 0)
		}, foot{present.Warn, "Reading blocks", "", "9 peers · 6 with filters", "no peer answers"}},
		"searching": {func(s *present.Snapshot) {
			s.Status.Final, s.Status.Coverage = false, []app.Range{{From: 800, To: 900}}
		}, foot{present.Accent, "Searching", "50 %", "9 peers · 6 with filters", "for payments in 201 blocks"}},
		"without a wallet": {func(s *present.Snapshot) { s.Wallet, s.Status = "", app.Status{} },
			foot{present.Good, "In sync", "block 1 000", "9 peers · 6 with filters", "last block 4 min ago"}},
	} {
		s := snapshotInSync()
		c.change(&s)
		if s.Progress.Stages == (app.Stages{}) {
			s.Progress.Stages = stagesAt(s.Progress)
		}
		r := present.RailOf(s)
		plain := func(s string) string { return strings.ReplaceAll(s, "\u202f", " ") }
		require.Equal(t, c.want, foot{r.Tone, plain(r.Doing), plain(r.Far), r.Peers, plain(r.Note)}, name)
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	nobody := &app.Error{Op: "look for peers", Kind: app.KindNoPeers, Detail: "regtest has no public peers, so name one to connect to"}
	require.Equal(t, "No peers to connect to: regtest has no public peers, so name one to connect to (the screen of peers has a button for that).", present.Stopped(nobody))
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
