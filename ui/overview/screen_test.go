package overview_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/overview"
	"thistle/ui/present"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// stage is a screen in a window, with a diary of what it asked for.
type stage struct {
	*overview.Screen
	c     fyne.Canvas
	asked []string
}

func open(t *testing.T, width, height float32) *stage {
	t.Helper()
	kittest.App(t, kit.Light)
	s := &stage{}
	note := func(what string) func() { return func() { s.asked = append(s.asked, what) } }
	s.Screen = overview.New(kit.Host{}, overview.Actions{
		Send: note("send"), Receive: note("receive"), History: note("history"),
		Open: func(id string) { s.asked = append(s.asked, "open "+id) },
		Hide: func(on bool) { s.asked = append(s.asked, map[bool]string{true: "hide", false: "show"}[on]) },
		Span: func(span present.Span) { s.asked = append(s.asked, span.String()) },
	})
	s.c = kittest.Sized(t, s.Content(), width, height).Canvas()
	return s
}

func snapshot(payments int) present.Snapshot {
	s := present.Snapshot{
		Now: noon, Progress: app.Progress{Height: 9, TipTime: noon, Current: true},
		Balance: app.Balance{Height: 9, Final: true, Total: 84_231_760, Spendable: 81_731_760},
	}
	for i := range payments {
		s.History = append(s.History, app.HistoryEntry{
			TxID: chainhash.Hash{byte(i), 1}, Time: noon.AddDate(0, 0, -20*i), Amount: 2_500_000, Balance: units.Amount(100 - i),
			State: app.StateConfirmed, Confirmations: 9, Proved: true,
		})
	}
	return s
}

func TestButtons(t *testing.T) {
	s := open(t, 976, 712)
	s.Update(present.OverviewOf(snapshot(2), present.Year))
	for _, id := range []string{"overview.receive", "overview.send", "overview.history", "overview.hide", "overview.span.0"} {
		kittest.Tap(t, s.c, id)
	}
	require.Equal(t, []string{"receive", "send", "history", "hide", "1M"}, s.asked)
	hidden := snapshot(2)
	hidden.Prefs.Hide = true
	s.Update(present.OverviewOf(hidden, present.Month))
	kittest.Tap(t, s.c, "overview.hide")
	require.Equal(t, "show", s.asked[len(s.asked)-1])
	require.NotContains(t, kittest.Words(t, s.c), "817")
}

func TestBalance(t *testing.T) {
	s := open(t, 976, 712)
	sn := snapshot(1)
	s.Update(present.OverviewOf(sn, present.Year))
	require.Equal(t, "0.842 317 60 BTC", plain(kittest.Text(t, s.c, "overview.balance")))
	for _, id := range []string{"overview.arriving", "overview.returning", "overview.immature", "overview.asof"} {
		require.False(t, kittest.Has(t, s.c, id), "%s though there is none", id)
	}
	sn.Balance.UntrustedPending, sn.Balance.TrustedPending, sn.Balance.Immature, sn.Progress.Current = 1, 2, 3, false
	s.Update(present.OverviewOf(sn, present.Year))
	require.Equal(t, "+0.000 000 01 arriving", plain(kittest.Text(t, s.c, "overview.arriving")))
	require.Equal(t, "0.000 000 02 coming back to you", plain(kittest.Text(t, s.c, "overview.returning")))
	require.Contains(t, kittest.Text(t, s.c, "overview.immature"), "newly mined")
	require.Equal(t, "as of 22 Nov 2026 12:00", kittest.Text(t, s.c, "overview.asof"))
	s.Update(present.OverviewOf(snapshot(1), present.Year))
	require.False(t, kittest.Has(t, s.c, "overview.arriving"), "it has arrived")
}

func plain(s string) string { return strings.ReplaceAll(s, "\u202f", " ") }

func TestRowsOpenThePayment(t *testing.T) {
	s := open(t, 976, 712)
	sn := snapshot(3)
	s.Update(present.OverviewOf(sn, present.Year))
	rows := kittest.Rows(t, s.c, "overview.row.")
	require.Equal(t, []string{"overview.row." + sn.History[0].TxID.String(), "overview.row." + sn.History[1].TxID.String(), "overview.row." + sn.History[2].TxID.String()}, rows)
	kittest.Tap(t, s.c, rows[1])
	kittest.Focus(t, s.c, rows[2])
	kittest.Key(t, s.c, fyne.KeyReturn)
	require.Equal(t, []string{"open " + sn.History[1].TxID.String(), "open " + sn.History[2].TxID.String()}, s.asked)
}

// TestRowsAreWhole: as many as fit, at any size.
func TestRowsAreWhole(t *testing.T) {
	for _, c := range []struct {
		height float32
		want   int
	}{{712, 5}, {900, 6}, {552, 3}} {
		s := open(t, 640, c.height)
		s.Update(present.OverviewOf(snapshot(40), present.Year))
		require.Len(t, kittest.Rows(t, s.c, "overview.row."), c.want, "%v high", c.height)
		require.Empty(t, kittest.IDs(t, s.c, "overview.empty"))
	}
}

func TestEmptyTeaches(t *testing.T) {
	s := open(t, 976, 712)
	s.Update(present.OverviewOf(snapshot(0), present.Year))
	require.Contains(t, kittest.Text(t, s.c, "overview.empty"), "Share an address")
	require.False(t, kittest.Has(t, s.c, "overview.history"))
	kittest.Tap(t, s.c, "overview.first")
	require.Equal(t, []string{"receive"}, s.asked)
	s.Update(present.OverviewOf(snapshot(1), present.Year))
	require.False(t, kittest.Has(t, s.c, "overview.first"))
	require.Len(t, kittest.Rows(t, s.c, "overview.row."), 1)
}

// TestUpdatesKeepTheFocus: they come often.
func TestUpdatesKeepTheFocus(t *testing.T) {
	s := open(t, 976, 712)
	s.Update(present.OverviewOf(snapshot(3), present.Year))
	kittest.Focus(t, s.c, "overview.send")
	s.Update(present.OverviewOf(snapshot(4), present.Ever))
	require.Equal(t, "overview.send", kittest.Focused(t, s.c))
}

// TestEverythingByKeyboard: Tab reaches all that can be pressed.
func TestEverythingByKeyboard(t *testing.T) {
	s := open(t, 976, 712)
	s.Update(present.OverviewOf(snapshot(2), present.Year))
	order := kittest.TabOrder(t, s.c)
	for _, id := range append([]string{"overview.receive", "overview.send", "overview.hide", "overview.span.3", "overview.history"}, kittest.Rows(t, s.c, "overview.row.")...) {
		require.Contains(t, order, id)
	}
}

// TestNoNewsIsNoWork: states come often, and most say what the last one said.
func TestNoNewsIsNoWork(t *testing.T) {
	s := open(t, 976, 712)
	state, again := present.OverviewOf(snapshot(60), present.Year), present.OverviewOf(snapshot(60), present.Year)
	s.Update(state)
	require.Zero(t, testing.AllocsPerRun(10, func() { s.Update(again) }))
}

// TestLargestSumsFit: all there will ever be, in each of its parts, on the least
// window.
func TestLargestSumsFit(t *testing.T) {
	s := open(t, 640, 552)
	snap := snapshot(3)
	const all = 2_099_999_997_690_000
	snap.Balance = app.Balance{Height: 9, Total: all, Spendable: all, UntrustedPending: all, TrustedPending: all, Immature: all}
	for i := range snap.History {
		snap.History[i].Amount = -all
	}
	s.Update(present.OverviewOf(snap, present.Year))
	require.LessOrEqual(t, s.Content().MinSize().Width, float32(640))
	require.LessOrEqual(t, s.Content().MinSize().Height, float32(552))
}
