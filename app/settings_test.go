package app_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"thistle/app"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
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
		require.NoError(t, app.SaveSettings(dir, "signet", s, want))
		got, err := app.LoadSettings(dir, "signet")
		require.NoError(t, err)
		require.Equal(t, want, got)
		s = want
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is left but the lock")
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
		require.NoError(t, app.SaveSettings(dir, "signet", got, got), "and they can be saved")
		again, err := app.LoadSettings(dir, "signet")
		require.NoError(t, err)
		require.Equal(t, got, again, "though not so that a proxy is forgotten")
	}
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "settings.json"), 0o700))
	_, err := app.LoadSettings(dir, "signet")
	require.Error(t, err)
	require.Error(t, app.SaveSettings(dir, "signet", usual, usual))
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

// Two windows, on two networks, change settings at the same time: nothing that
// one has changed is lost to the other, whatever it is.
func TestSettingsOfTwoWindows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var fields []func(*app.Settings) reflect.Value
	for _, part := range []func(*app.Settings) reflect.Value{
		func(s *app.Settings) reflect.Value { return reflect.ValueOf(s).Elem() },
		func(s *app.Settings) reflect.Value { return reflect.ValueOf(&s.Data).Elem() },
		func(s *app.Settings) reflect.Value { return reflect.ValueOf(&s.Peering).Elem() },
	} {
		for i := range part(new(app.Settings)).NumField() {
			if part(new(app.Settings)).Field(i).Kind() != reflect.Struct {
				fields = append(fields, func(s *app.Settings) reflect.Value { return part(s).Field(i) })
			}
		}
	}
	require.Len(t, fields, 18)
	want := app.Settings{
		Theme: "dark", Unit: "sat", LockAfter: time.Minute, Hide: true, Wallet: "Savings",
		Data: app.Data{FilterLimit: 5e9, FullBlocks: -1, Audit: true},
		Peering: app.Peering{
			Connect: []string{"a:1"}, Preferred: []string{"b:2"}, NoDNS: true, Proxy: "127.0.0.1:9050", OnionOnly: true,
			Listen: "127.0.0.1:8333", LowData: true, NoV2: true, Bloom: "d:4", Unknown: true,
		},
	}
	networks := []string{"signet", "mainnet"}
	got := make([]app.Settings, len(networks))
	var group errgroup.Group
	for w := range networks {
		group.Go(func() error {
			is := usual
			for i := w; i < len(fields); i += 2 {
				was := is
				fields[i](&is).Set(fields[i](&want))
				if err := app.SaveSettings(dir, networks[w], was, is); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	for w := range networks {
		var err error
		got[w], err = app.LoadSettings(dir, networks[w])
		require.NoError(t, err)
	}
	for i, field := range fields {
		require.Equal(t, field(&want).Interface(), field(&got[i%2]).Interface(), "field %d", i)
	}
	require.Equal(t, "127.0.0.1:9050", got[0].Peering.Proxy)
	require.Equal(t, "127.0.0.1:9050", got[1].Peering.Proxy, "who hides on one network hides on all")
	require.NotEqual(t, got[0].Peering, got[1].Peering, "peers are named for one")
}
