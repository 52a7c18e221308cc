package present_test

import (
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
	for _, c := range []struct {
		p    app.Progress
		want string
		tone present.Tone
	}{
		{app.Progress{Height: -1}, "The peer is not running.", present.Muted},
		{app.Progress{Running: true, Height: -1}, "Looking for peers.", present.Muted},
		{app.Progress{Running: true, Peers: 1, Height: -1, Target: 900_000}, "The peer goes on syncing: block 0 of about 900 000, with 1 peer.", present.Muted},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Target: 850_123}, "The peer goes on syncing: block 850 123, with 3 peers.", present.Muted},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Current: true, FilterHeaders: 850_122, Filters: 850_122}, "Fetching filters: all blocks up to 850 123 are known, with 3 peers.", present.Muted},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Current: true, FilterHeaders: 850_123, Filters: 800_000, FiltersFrom: 700_000}, "Fetching filters: all blocks up to 850 123 are known, with 3 peers.", present.Muted},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Current: true, FilterHeaders: -1, Filters: -1, FiltersFrom: -1}, "Up to date at block 850 123, with 3 peers.", present.Good},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Current: true, FilterHeaders: 850_123, Filters: 850_123}, "Up to date at block 850 123, with 3 peers.", present.Good},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Current: true, FilterHeaders: 850_123, Filters: 850_123, TipTime: noon.Add(-3 * time.Hour)}, "The newest block that any peer knows, 850 123, is from 3 h ago.", present.Warn},
		{app.Progress{Running: true, Peers: 3, Height: 850_123, Current: true, FilterHeaders: 850_123, Filters: 850_123, TipTime: noon.Add(-time.Hour)}, "Up to date at block 850 123, with 3 peers.", present.Good},
	} {
		foot := present.LockOf(present.Snapshot{Now: noon, Network: "mainnet", Progress: c.p}, nil, "").Foot
		require.Equal(t, present.Text{Words: c.want, Tone: c.tone}, foot)
	}
}
