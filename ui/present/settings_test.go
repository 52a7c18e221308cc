package present_test

import (
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestSettingsAreKeptAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, a := range []app.Settings{
		{Theme: "system", Unit: "BTC", LockAfter: 10 * time.Minute},
		{Theme: "light", Unit: "sat", Hide: true, Wallet: "Savings"},
		{Theme: "dark", Unit: "mBTC", LockAfter: 7 * time.Hour},
		{Theme: "dark", Unit: "mBTC", Data: app.Data{FilterLimit: 5e9, FullBlocks: -1, Audit: true}},
		{Theme: "dark", Unit: "mBTC", Data: app.Data{FullBlocks: 144}},
		{Theme: "dark", Unit: "mBTC", Peering: app.Peering{Proxy: "127.0.0.1:9050", OnionOnly: true, Preferred: []string{"a:1"}, Unknown: true}},
	} {
		require.Equal(t, a, present.SettingsFrom(a).App())
	}
	require.Equal(t, app.Settings{Theme: "system", Unit: "BTC"}, present.SettingsFrom(app.Settings{Theme: "pink", Unit: "euro", LockAfter: -1}).App())
	require.Equal(t, int32(288), present.SettingsFrom(app.Settings{}).Data.FullBlocks)
	require.Equal(t, "system", present.Settings{Theme: 9}.App().Theme)
	require.Len(t, present.Themes(), 3)
	require.Equal(t, present.Prefs{Unit: present.UnitSat, Hide: true}, present.Settings{Unit: present.UnitSat, Hide: true}.Prefs())
}

func TestLockTimes(t *testing.T) {
	t.Parallel()
	require.Len(t, present.LockTimes(0), 5)
	require.Len(t, present.LockTimes(time.Minute), 5)
	odd := present.LockTimes(2 * time.Hour)
	require.Len(t, odd, 6)
	require.Equal(t, present.LockTime{After: 2 * time.Hour, Words: "2 h"}, odd[0])
	require.Empty(t, present.LockWarning(time.Hour))
	require.Contains(t, present.LockWarning(0), "Sending still asks for the password")
}

func TestSettingsOf(t *testing.T) {
	t.Parallel()
	s := inSync()
	s.Wallet, s.BackedUp = "Sav\x1bings", true
	s.Status.Fingerprint = [4]byte{0x73, 0xc5, 0xda, 0x0a}
	s.Status.Descriptors = []string{"wpkh(a)", "wpkh(b)"}
	o := present.SettingsOf(s, present.Settings{Hide: true}, present.About{Version: "0.2.0", DataDir: "/data\u202e"})
	require.True(t, o.Open())
	require.Equal(t, "Sav?ings", o.Wallet)
	require.Equal(t, "Bitcoin · Native SegWit", o.Network)
	require.Equal(t, "73c5da0a", o.Fingerprint)
	require.Equal(t, narrow("3 Feb 2026, block 883 417"), strings.ReplaceAll(o.Birthday, " ", "\u202f"))
	require.Equal(t, present.Good, o.Backup.Tone)
	require.Len(t, o.Descriptors, 2)
	require.Equal(t, []string{"0.2.0", "/data?"}, []string{o.Version, o.DataDir})
	require.True(t, o.Settings.Hide)

	s.BackedUp = false
	require.Equal(t, present.Text{Words: "Not checked yet", Tone: present.Warn}, present.SettingsOf(s, present.Settings{}, present.About{}).Backup)
	closed := present.SettingsOf(present.Snapshot{}, present.Settings{}, present.About{})
	require.False(t, closed.Open())
	require.Equal(t, "development version", closed.Version)
}

func TestNewPassword(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, password, repeat, want string }{
		{"a", "b", "b", ""},
		{"", "b", "b", "Type the password the wallet has now."},
		{"a", "", "", "Choose a password first."},
		{"a", "b", "", "Type the password a second time."},
		{"a", "b", "c", "The two passwords differ."},
		{"a", "a", "a", "The new password is the old one."},
	} {
		require.Equal(t, c.want, present.NewPasswordProblem([]byte(c.old), []byte(c.password), []byte(c.repeat)))
	}
}

func TestWordCheck(t *testing.T) {
	t.Parallel()
	words := []byte("one two three four five six seven eight nine ten eleven twelve")
	throws := []int{11, 3, 3, 0}
	c := present.NewWordCheck(words, func(n int) int {
		require.Equal(t, 12, n)
		defer func() { throws = throws[1:] }()
		return throws[0]
	})
	clear(words)
	require.Equal(t, []int{1, 4, 12}, c.Asked())
	say := func(answers ...string) string {
		var list [][]byte
		for _, a := range answers {
			list = append(list, []byte(a))
		}
		return c.Check(list)
	}
	require.Empty(t, say("one", " FOUR ", "twelve"))
	require.Equal(t, "Word 4 is not right. Look at your paper again.", say("one", "for", "twelve"))
	require.Equal(t, "Words 1 and 12 are not right. Look at your paper again.", say("", "four", "twelv"))
	require.Equal(t, "Words 1, 4 and 12 are not right. Look at your paper again.", say())
	c.Wipe()
	require.Empty(t, c.Asked())
	require.Empty(t, present.NewWordCheck(nil, func(int) int { return 0 }).Asked())
}

// TestSettingsOfListening: who lets others in is told there whether they can come.
func TestSettingsOfListening(t *testing.T) {
	t.Parallel()
	of := func(l app.Listening) present.Text {
		return present.SettingsOf(present.Snapshot{Listening: l}, present.Settings{}, present.About{}).Listening
	}
	require.Equal(t, present.Text{}, of(app.Listening{}))
	require.Equal(t, present.Text{Words: "Others can connect at 0.0.0.0:8333.", Tone: present.Good}, of(app.Listening{Addr: "0.0.0.0:8333"}))
	require.Equal(t, present.Text{Words: "Others cannot connect: another program has that port.", Tone: present.Warn}, of(app.Listening{Problem: "another program has that port"}))
}
