package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thistle/app"

	"github.com/stretchr/testify/require"
)

var usual = app.Settings{Theme: "system", Unit: "BTC", LockAfter: 10 * time.Minute}

func TestSettingsKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	s, err := app.LoadSettings(dir, "signet")
	require.NoError(t, err)
	require.Equal(t, usual, s)
	require.NoDirExists(t, dir)
	for _, want := range []app.Settings{
		{Theme: "dark", Unit: "sat", LockAfter: 0, Hide: true, Wallet: "Savings"},
		{Theme: "light", Unit: "mBTC", LockAfter: time.Minute},
		{Theme: "light", Unit: "BTC", Data: app.Data{FilterLimit: 5e9, FullBlocks: -1, Audit: true}},
		{Theme: "light", Unit: "BTC", Data: app.Data{FullBlocks: app.MaxFullBlocks}},
		{Theme: "light", Unit: "BTC", Peering: app.Peering{
			Connect: []string{"a:1"}, Preferred: []string{"b:2", "c:3"}, NoDNS: true, Proxy: "127.0.0.1:9050", OnionOnly: true,
			Listen: "127.0.0.1:8333", LowData: true, NoV2: true, Bloom: "d:4", Unknown: true,
		}},
		usual,
	} {
		require.NoError(t, app.SaveSettings(dir, "signet", want))
		got, err := app.LoadSettings(dir, "signet")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left")
	info, err := entries[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// Whatever the file holds, there are settings to go on with; what cannot be read
// is told.
func TestSettingsDamaged(t *testing.T) {
	t.Parallel()
	for content, c := range map[string]struct {
		want app.Settings
		bad  bool
	}{
		"":                               {usual, true},
		"{":                              {usual, true},
		"[]":                             {usual, true},
		`{"version": 2, "theme":"dark"}`: {usual, true},
		`{"theme": 5}`:                   {usual, true},
		strings.Repeat(" ", 70_000):      {usual, true},
		"{}":                             {usual, false},
		`{"theme":"pink","unit":"XBT","lock_after_seconds":-1,"wallet":"../x","later":[1]}`: {usual, false},
		`{"lock_after_seconds":99999999999,"hide":true}`:                                    {app.Settings{Theme: "system", Unit: "BTC", LockAfter: 10 * time.Minute, Hide: true}, false},
		`{"network_data":{"filter_limit_bytes":-1,"full_blocks":-2}}`:                       {usual, false},
		`{"network_data":{"filter_limit_bytes":2000000000000000000,"full_blocks":100001}}`:  {usual, false},
		`{"lock_after_seconds":0,"theme":"dark"}`:                                           {app.Settings{Theme: "dark", Unit: "BTC"}, false},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "settings.json"), []byte(content), 0o600))
		got, err := app.LoadSettings(dir, "signet")
		require.Equal(t, c.bad, err != nil, "%.40s: %v", content, err)
		c.want.Peering.Unknown = c.bad
		require.Equal(t, c.want, got, "%.40s", content)
		require.NoError(t, app.SaveSettings(dir, "signet", got), "and they can be saved")
		again, err := app.LoadSettings(dir, "signet")
		require.NoError(t, err)
		require.Equal(t, got, again, "though not so that a proxy is forgotten")
	}
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "settings.json"), 0o700))
	_, err := app.LoadSettings(dir, "signet")
	require.Error(t, err)
	require.Error(t, app.SaveSettings(dir, "signet", usual))
	left, err := filepath.Glob(filepath.Join(dir, ".settings-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// A link to a disk that is not there says something, and nobody knows what.
func TestSettingsElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(dir, "away"), filepath.Join(dir, "settings.json")))
	s, err := app.LoadSettings(dir, "mainnet")
	require.Error(t, err)
	require.True(t, s.Peering.Unknown)
	require.Equal(t, app.KindPeering, app.KindOf(app.CheckPeering(s.Peering)))
}
