package present_test

import (
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestSyncing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*present.Snapshot)
		stages func(*app.Stages)
		want   string
	}{
		"not running": {func(s *present.Snapshot) { s.Progress = app.Progress{Height: -1} }, nil, "Connecting"},
		"no peers":    {func(s *present.Snapshot) { s.Progress.Peers = 0 }, nil, "Looking for peers"},
		"headers": {func(s *present.Snapshot) { s.Progress.Height, s.Progress.Current = 250, false },
			func(st *app.Stages) { moving(&st.Headers, 1240, 2*time.Minute) },
			"Fetching headers 25 % · 1 200 headers a second · about 2 min left · 9 peers · 6 with filters"},
		"asking": {func(s *present.Snapshot) { s.Progress.Current = false }, nil,
			"Asking for news · last block 4 min ago · 9 peers · 6 with filters"},
		"filter headers": {func(s *present.Snapshot) { s.Progress.FilterHeaders, s.Progress.Filters = 900, 900 },
			func(st *app.Stages) { stuck(&st.FilterHeaders, app.WhyDispute, 901, 1) },
			"Comparing filters 50 % · peers disagree at 901 · 9 peers · 6 with filters"},
		"filters": {func(s *present.Snapshot) { s.Progress.Filters = 900 },
			func(st *app.Stages) { moving(&st.Filters, 0.5, time.Minute) },
			"Fetching filters 50 % · 30 filters a minute · about 1 min left · 9 peers · 6 with filters"},
		"filters at a standstill": {func(s *present.Snapshot) { s.Progress.Filters = 900 },
			func(st *app.Stages) { stuck(&st.Filters, app.WhyNoAnswer, 0, 0) },
			"Fetching filters 50 % · asked, no answer yet · 9 peers · 6 with filters"},
		"searching": {func(s *present.Snapshot) { s.Status.Final, s.Status.Coverage = false, nil }, nil,
			"Searching 0 % · for payments in 201 blocks · 9 peers · 6 with filters"},
		"blocks": {func(s *present.Snapshot) { s.Status.Unapplied = 3 },
			func(st *app.Stages) { st.Blocks = app.Stage{Done: 1, Total: 4, Rate: 2} },
			"Reading blocks · 2 blocks a second · 3 blocks with payments left · 9 peers · 6 with filters"},
		"in sync": {func(*present.Snapshot) {}, nil, "In sync block 1 000 · last block 4 min ago · 9 peers · 6 with filters"},
	} {
		s := snapshotInSync()
		c.change(&s)
		s.Progress.Stages = stagesAt(s.Progress)
		if c.stages != nil {
			c.stages(&s.Progress.Stages)
		}
		require.Equal(t, c.want, present.Syncing(s), name)
	}
}

// Figures are told no finer than they can be known.
func TestHowFastAndHowLong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate float64
		left time.Duration
		want string
	}{
		{0, 0, "proof of work checked"},
		{0.001, 0, "proof of work checked"},
		{0.12, 0, "7 a minute"},
		{0.96, 0, "1 a second"},
		{9.6, 0, "10 a second"},
		{87.4, 59 * time.Second, "87 a second · less than a minute left"},
		{1240, 95 * time.Second, "1 200 a second · about 2 min left"},
		{143_210, 33 * time.Minute, "140 000 a second · about 35 min left"},
		{1, 61 * time.Minute, "1 a second · about 1 h left"},
		{1, 127 * time.Minute, "1 a second · about 2 h 10 min left"},
		{1, 10*time.Hour + 40*time.Minute, "1 a second · about 11 h left"},
		{1, 100 * time.Hour, "1 a second · about 4 days left"},
		{1e300, 0, "2 147 483 647 a second"},
	} {
		s := inSync()
		s.Progress.Current = false
		s.Progress.Stages.Headers = app.Stage{Done: 1, Total: 100, Rate: c.rate, Left: c.left}
		require.Equal(t, c.want+": 1 / 100, 1", told(present.PeersOf(s).Headers))
	}
}

func TestUnderWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*present.Snapshot)
		want   bool
	}{
		"at rest":             {func(*present.Snapshot) {}, false},
		"asking":              {func(s *present.Snapshot) { s.Progress.Current = false }, true},
		"older headers":       {func(s *present.Snapshot) { s.Progress.Stages.Headers.Total++ }, true},
		"comparing filters":   {func(s *present.Snapshot) { s.Progress.Stages.FilterHeaders.Total++ }, true},
		"fetching filters":    {func(s *present.Snapshot) { s.Progress.Stages.Filters.Total++ }, true},
		"read instead":        {func(s *present.Snapshot) { s.Progress.Stages.Filters = app.Stage{Total: 9, Why: app.WhyFullBlocks} }, false},
		"fetching blocks":     {func(s *present.Snapshot) { s.Progress.Stages.Blocks.Total++ }, true},
		"searching":           {func(s *present.Snapshot) { s.Status.Final = false }, true},
		"reading blocks":      {func(s *present.Snapshot) { s.Status.Unapplied = 1 }, true},
		"nobody is there":     {func(s *present.Snapshot) { s.Progress.Peers, s.Progress.Current = 0, false }, false},
		"nobody, but filters": {func(s *present.Snapshot) { s.Progress.Peers, s.Status.Final = 0, false }, true},
		"no wallet":           {func(s *present.Snapshot) { s.Wallet, s.Status = "", app.Status{} }, false},
		"not running":         {func(s *present.Snapshot) { s.Progress, s.Status.Final = app.Progress{}, false }, false},
	} {
		s := snapshotInSync()
		s.Progress.Stages = stagesAt(s.Progress)
		c.change(&s)
		require.Equal(t, c.want, present.UnderWay(s), name)
	}
}
