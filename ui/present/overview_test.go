package present_test

import (
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

func TestOverviewBalance(t *testing.T) {
	t.Parallel()
	s := known()
	s.Balance = app.Balance{Height: 9, Final: true, Total: 84_231_760, Spendable: 81_731_760}
	o := present.OverviewOf(s, present.Year)
	require.Equal(t, present.OverviewState{
		Total: narrow("0.842 317 60"), Unit: "BTC", Spendable: narrow("0.817 317 60"), Span: present.Year,
		Empty: "No payments yet. Share an address to receive your first.",
	}, o, "what there is nothing of is not mentioned")

	s.Balance.UntrustedPending, s.Balance.TrustedPending, s.Balance.Immature = 2_500_000, 7, 8
	o = present.OverviewOf(s, present.Month)
	require.Equal(t, narrow("+0.025 000 00")+" arriving", o.Arriving)
	require.Equal(t, narrow("0.000 000 07")+" coming back to you", o.Returning)
	require.Equal(t, narrow("0.000 000 08")+" newly mined, not spendable yet", o.Immature)

	s.Prefs = present.Prefs{Unit: present.UnitSat, Hide: true}
	s.History = []app.HistoryEntry{{State: app.StatePending, Amount: -2_500_000, Outgoing: true, Fee: fee(77), Address: somebody, Balance: 5, Time: noon}}
	o = present.OverviewOf(s, present.Month)
	require.True(t, o.Hidden)
	require.Empty(t, o.Empty)
	for _, words := range []string{o.Total, o.Spendable, o.Arriving, o.Returning, o.Immature, o.Rows[0].Amount.Words, o.Rows[0].Note} {
		require.Contains(t, words, present.Hidden)
		require.NotRegexp(t, "[1-9]{2}", words[max(0, len(words)-6):])
	}
	require.Equal(t, "sat", o.Unit)
}

// TestBalancesSayHowMuchTheyKnow: a balance that may be wrong never stands alone.
func TestBalancesSayHowMuchTheyKnow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*present.Snapshot)
		want   string
	}{
		{"up to date", func(*present.Snapshot) {}, ""},
		{"behind", func(s *present.Snapshot) { s.Progress.Current = false }, "as of 22 Nov 2026 11:56"},
		{"searching", func(s *present.Snapshot) { s.Balance.Final = false }, "found so far"},
		{"both", func(s *present.Snapshot) { s.Progress.Current, s.Balance.Final = false, false }, "as of 22 Nov 2026 11:56 · found so far"},
		{"no time", func(s *present.Snapshot) { s.Progress.Current, s.Progress.TipTime = false, time.Time{} }, "as of block 925 318"},
		{"no headers", func(s *present.Snapshot) { s.Progress.Height = -1 }, "nothing is known yet"},
		{"nothing scanned", func(s *present.Snapshot) { s.Balance.Height = -1 }, "nothing is known yet"},
	} {
		s := known()
		c.change(&s)
		o := present.OverviewOf(s, present.Year)
		require.Equal(t, c.want, o.AsOf, c.name)
		require.Equal(t, c.want != "", strings.Contains(o.Empty, "found so far"), "what was not found may still be there")
	}
}

func TestRecentActivity(t *testing.T) {
	t.Parallel()
	deep := app.HistoryEntry{State: app.StateConfirmed, Confirmations: 9, Time: noon.AddDate(0, 0, -10), Address: somebody, Proved: true}
	young := deep
	young.Confirmations, young.Time = 2, noon
	for _, c := range []struct {
		name   string
		entry  app.HistoryEntry
		change func(*app.HistoryEntry)
		want   string
	}{
		{"arriving", young, func(e *app.HistoryEntry) { e.Amount = 1; e.State = app.StatePending }, "bc1qw50…f3t4 · Today"},
		{"leaving", young, func(e *app.HistoryEntry) { e.Amount, e.Outgoing, e.Fee = -2000, true, fee(1240) }, "to bc1qw50…f3t4 · fee 0.000 012 40"},
		{"leaving, fee unknown", young, func(e *app.HistoryEntry) { e.Amount, e.Outgoing = -2000, true }, "to bc1qw50…f3t4"},
		{"moved", young, func(e *app.HistoryEntry) { e.Amount, e.Outgoing, e.Fee = -1240, true, fee(1240) }, "Today · fee 0.000 012 40"},
		{"long ago", deep, func(e *app.HistoryEntry) { e.Amount = 1 }, "12 Nov · proof verified"},
		{"long ago, without proof", deep, func(e *app.HistoryEntry) { e.Amount, e.Proved = -1, false }, "12 Nov"},
		{"nobody named", young, func(e *app.HistoryEntry) { e.Amount, e.Address = 1, "" }, "Today"},
	} {
		c.change(&c.entry)
		require.Equal(t, narrow2(c.want), present.OverviewOf(known(c.entry), present.Year).Rows[0].Note, c.name)
	}
	many := make([]app.HistoryEntry, 50)
	for i := range many {
		many[i] = app.HistoryEntry{TxID: chainhash.Hash{byte(i)}, Time: noon, State: app.StatePending}
	}
	rows := present.OverviewOf(known(many...), present.Year).Rows
	require.Len(t, rows, 6)
	require.Equal(t, many[0].TxID.String(), rows[0].TxID, "the newest is first")
}

// narrow2 makes the groups of the one amount in a note narrow.
func narrow2(s string) string {
	const wide = "0.000 012 40"
	if n := len(s) - len(wide); n >= 0 && s[n:] == wide {
		return s[:n] + narrow(wide)
	}
	return s
}

func at(days float64, balance units.Amount) app.HistoryEntry {
	return app.HistoryEntry{Time: noon.Add(-time.Duration(days * 24 * float64(time.Hour))), Balance: balance, State: app.StateConfirmed}
}

func TestChart(t *testing.T) {
	t.Parallel()
	dead := at(10, 0)
	dead.State = app.StateReplaced
	for _, c := range []struct {
		name    string
		history []app.HistoryEntry // newest first
		want    []present.Step
	}{
		{"nothing", nil, nil},
		{"nothing that lives", []app.HistoryEntry{dead}, nil},
		{"one, before the span", []app.HistoryEntry{at(100, 7)}, []present.Step{{X: 0, Y: 1}}},
		{"one, within", []app.HistoryEntry{at(15.5, 7)}, []present.Step{{0, 0}, {0.5, 1}}},
		{"one, now", []app.HistoryEntry{at(0, 7)}, []present.Step{{0, 0}, {1, 1}}},
		{"one, from the future", []app.HistoryEntry{at(-3, 7)}, []present.Step{{0, 0}, {1, 1}}},
		{"emptied", []app.HistoryEntry{at(15.5, 0), at(100, 0)}, []present.Step{{0, 0}}},
		{"up and down", []app.HistoryEntry{at(7.75, 4), dead, at(15.5, 8), at(99, 2)}, []present.Step{{0, 0.25}, {0.5, 1}, {0.75, 0.5}}},
		{"equal balances", []app.HistoryEntry{at(7.75, 8), at(15.5, 8)}, []present.Step{{0, 0}, {0.5, 1}}},
		{"at one time", []app.HistoryEntry{at(15.5, 8), at(15.5, 4)}, []present.Step{{0, 0}, {0.5, 1}}},
		{"clocks disagree", []app.HistoryEntry{at(23.25, 8), at(15.5, 4)}, []present.Step{{0, 0}, {0.5, 1}}},
		{"a spending found before what it spends", []app.HistoryEntry{at(7.75, 2), at(15.5, -2)}, []present.Step{{0, 0.5}, {0.5, 0}, {0.75, 1}}},
	} {
		got := present.OverviewOf(known(c.history...), present.Month).Chart
		require.Len(t, got, len(c.want), c.name)
		for i := range got { // October has 31 days
			require.InDelta(t, c.want[i].X, got[i].X, 5e-4, c.name)
			require.InDelta(t, c.want[i].Y, got[i].Y, 1e-9, c.name)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	var names []string
	s := known(at(200, 4), at(2000, 2))
	var starts []float64
	for _, span := range present.Spans() {
		names = append(names, span.String())
		o := present.OverviewOf(s, span)
		require.Equal(t, span, o.Span)
		starts = append(starts, o.Chart[0].Y)
	}
	require.Equal(t, []string{"1M", "6M", "1Y", "All"}, names)
	require.Equal(t, []float64{1, 1, 0.5, 0}, starts)
	all := present.OverviewOf(s, present.Ever).Chart
	require.Len(t, all, 3)
	require.InDelta(t, 0.04, all[1].X, 0.01, "the first step does not stick to the edge")
	require.Equal(t, "All", present.Span(77).String())

	young := present.OverviewOf(known(at(15.0/86400, 4)), present.Ever).Chart
	require.InDelta(t, 0.75, young[1].X, 1e-3, "at least a minute is shown")
}

// TestChartsRest: while nothing happens there is nothing to draw.
func TestChartsRest(t *testing.T) {
	t.Parallel()
	s := known(at(7.75, 4), at(15.5, 8), at(99, 2))
	before := present.OverviewOf(s, present.Year)
	s.Now = s.Now.Add(time.Minute)
	require.Equal(t, before, present.OverviewOf(s, present.Year))
}

// TestLongChart: no more than can be seen, and no peak lost.
func TestLongChart(t *testing.T) {
	t.Parallel()
	history := make([]app.HistoryEntry, 10_000)
	for i := range history {
		history[i] = at(float64(i)/10, units.Amount(1000+i%7))
	}
	history[5_000].Balance = 9_000
	history[0].Balance = 4_500
	chart := present.OverviewOf(known(history...), present.Ever).Chart
	require.LessOrEqual(t, len(chart), 500)
	require.Greater(t, len(chart), 400)
	var high float64
	for i, s := range chart {
		high = max(high, s.Y)
		require.True(t, s.X >= 0 && s.X <= 1 && s.Y >= 0 && s.Y <= 1)
		require.True(t, i == 0 || s.X >= chart[i-1].X, "time runs forward")
	}
	require.EqualValues(t, 1, high, "the peak is there")
	require.InDelta(t, 0.5, chart[len(chart)-1].Y, 1e-9, "it ends at the newest balance")
}

func BenchmarkOverview(b *testing.B) {
	history := make([]app.HistoryEntry, 10_000)
	for i := range history {
		history[i] = at(float64(i)/10, units.Amount(1000+i%7))
	}
	s := known(history...)
	for b.Loop() {
		present.OverviewOf(s, present.Ever)
	}
}
