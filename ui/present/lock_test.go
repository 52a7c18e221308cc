package present_test

import (
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestLockOf(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	wallets := []app.WalletInfo{
		{Name: "a", CreatedAt: made}, {Name: "b", Problem: app.KindDamaged}, {Name: "c", CreatedAt: made}, {Name: "d", CreatedAt: made},
	}
	for last, want := range map[string][]string{
		"":     {"a", "c", "d"},
		"d":    {"d", "a", "c"},
		"b":    {"a", "c", "d"},
		"gone": {"a", "c", "d"},
	} {
		l := present.LockOf(present.Snapshot{Network: "mainnet"}, wallets, last)
		require.Equal(t, want, l.Wallets, last)
		require.Equal(t, []string{`"b" cannot be opened. A file of this wallet is damaged; a backup or the recovery words bring it back.`}, l.Damaged)
		require.Empty(t, l.Network)
	}
	l := present.LockOf(present.Snapshot{Network: "signet"}, nil, "")
	require.Empty(t, l.Wallets)
	require.Empty(t, l.Damaged)
	require.Contains(t, l.Network, "signet")
}

func TestLockFoot(t *testing.T) {
	t.Parallel()
	known := app.Progress{
		Running: true, Peers: 3, Height: 850_123, Target: 850_123, Base: 800_000, Current: true, FiltersFrom: 810_000, FilterHeaders: 850_123, Filters: 850_123,
	}
	for name, c := range map[string]struct {
		change func(*app.Progress)
		stages func(*app.Stages) // afterwards
		want   string
		tone   present.Tone
	}{
		"not running": {func(p *app.Progress) { p.Running = false }, nil, "The peer is not running.", present.Muted},
		"no peers":    {func(p *app.Progress) { p.Peers = 0 }, nil, "Looking for peers.", present.Muted},
		"headers": {func(p *app.Progress) { p.Peers, p.Height, p.Current = 1, 810_500, false }, nil,
			"Fetching headers: 10 500 of 50 124, with 1 peer.", present.Muted},
		"headers with a forecast": {func(p *app.Progress) { p.Height, p.Current = 810_500, false },
			func(st *app.Stages) { moving(&st.Headers, 100, 5*time.Minute) },
			"Fetching headers: 10 500 of 50 124, about 5 min left.", present.Muted},
		"headers by a wrong clock": {func(p *app.Progress) { p.Height, p.Current = 810_500, false },
			func(st *app.Stages) { stuck(&st.Headers, app.WhyClock, 0, 0) },
			"To this computer's clock, which says 22 Nov 2026 12:00, the newest blocks are from the future. If it is wrong, set it: Thistle then goes on.", present.Warn},
		"asking": {func(p *app.Progress) { p.Current = false }, nil, "Asking for news after block 850 123, with 3 peers.", present.Muted},
		"filter headers": {func(p *app.Progress) { p.FilterHeaders, p.Filters = 850_122, 850_122 }, nil,
			"Fetching filter headers: 40 123 of 40 124, with 3 peers.", present.Muted},
		"filters": {func(p *app.Progress) { p.Filters = 830_000 }, nil, "Fetching filters: 20 000 of 40 124, with 3 peers.", present.Muted},
		"nobody serves filters": {func(p *app.Progress) { p.Filters = 830_000 },
			func(st *app.Stages) { stuck(&st.Filters, app.WhyNoFilterPeers, 0, 0) },
			"None of the connected peers serves filters, and without these no payment can be found. Thistle looks for one that does.", present.Warn},
		"nobody serves filters, which blocks stand in for": {func(p *app.Progress) { p.Filters = 830_000 },
			func(st *app.Stages) { stuck(&st.Filters, app.WhyFullBlocks, 0, 0) },
			"Up to date at block 850 123, with 3 peers, of which none serves filters.", present.Good},
		"no filters wanted": {func(p *app.Progress) { p.FilterHeaders, p.Filters, p.FiltersFrom = -1, -1, -1 }, nil,
			"Up to date at block 850 123, with 3 peers.", present.Good},
		"up to date": {func(*app.Progress) {}, nil, "Up to date at block 850 123, with 3 peers.", present.Good},
		"no news": {func(p *app.Progress) { p.TipTime = noon.Add(-3 * time.Hour) }, nil,
			"The newest block that any peer knows, 850 123, is from 3 h ago.", present.Warn},
		"news an hour ago": {func(p *app.Progress) { p.TipTime = noon.Add(-time.Hour) }, nil,
			"Up to date at block 850 123, with 3 peers.", present.Good},
	} {
		p := known
		c.change(&p)
		p.Stages = stagesAt(p)
		if c.stages != nil {
			c.stages(&p.Stages)
		}
		foot := present.LockOf(present.Snapshot{Now: noon, Network: "mainnet", Progress: p}, nil, "").Foot
		foot.Words = strings.ReplaceAll(foot.Words, "\u202f", " ")
		require.Equal(t, present.Text{Words: c.want, Tone: c.tone}, foot, name)
	}
}
