package present_test

import (
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

func some() []app.HistoryEntry {
	return []app.HistoryEntry{
		{TxID: chainhash.Hash{31: 0xa1}, State: app.StatePending, Amount: 2_500_000, Label: "Invoice 1043", Time: noon, Address: somebody},
		{TxID: chainhash.Hash{31: 0xb2}, State: app.StateConfirmed, Confirmations: 2, Amount: -6_101_240, Outgoing: true, Label: "Rent, November", Time: noon},
		{TxID: chainhash.Hash{31: 0xc3}, State: app.StateConfirmed, Confirmations: 900, Amount: 123_450_000_000, Time: noon.AddDate(-1, 0, 0)},
		{TxID: chainhash.Hash{31: 0xd4}, State: app.StateAbandoned, Amount: -5, Outgoing: true, Time: noon.AddDate(0, 0, -1)},
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		filter present.Filter
		want   string
	}{
		{present.Filter{}, "abcd"},
		{present.Filter{Text: "  "}, "abcd"},
		{present.Filter{Show: present.ShowReceived}, "ac"},
		{present.Filter{Show: present.ShowSent}, "bd"},
		{present.Filter{Show: present.ShowUnconfirmed}, "a"},
		{present.Filter{Text: "rent"}, "b"},
		{present.Filter{Text: "NOVEMBER"}, "b"},
		{present.Filter{Text: "received"}, "c"},
		{present.Filter{Text: "W508 d6qe"}, "a"},
		{present.Filter{Text: "0.061"}, "b"},
		{present.Filter{Text: "1 234.5"}, "c"},
		{present.Filter{Text: "1234.500 000 00"}, "c"},
		{present.Filter{Text: narrow("+1 234.5")}, "c"},
		{present.Filter{Text: "-0.06101240"}, "b"},
		{present.Filter{Text: "+0.06101240"}, ""},
		{present.Filter{Text: "−"}, ""},
		{present.Filter{Text: "d4000000"}, "d"},
		{present.Filter{Text: "D4000000"}, "d"},
		{present.Filter{Text: "1043"}, "a"},
		{present.Filter{Show: present.ShowSent, Text: "1043"}, ""},
		{present.Filter{Text: "nowhere"}, ""},
	} {
		h := present.HistoryOf(known(some()...), c.filter)
		var got string
		for i := range h.Len() {
			got += h.Row(i).TxID[:1]
		}
		require.Equal(t, c.want, got, "%+v", c.filter)
		require.Equal(t, 4, h.All())
	}
}

// TestEveryUnitIsSearched: amounts are found as they are shown.
func TestEveryUnitIsSearched(t *testing.T) {
	t.Parallel()
	for _, u := range present.Units() {
		for _, e := range some() {
			s := known(some()...)
			s.Prefs.Unit = u
			h := present.HistoryOf(s, present.Filter{Text: signed(e.Amount, u)})
			require.GreaterOrEqual(t, h.Find(e.TxID.String()), 0, "%v in %v", e.Amount, u)
		}
	}
}

func TestHiddenAmountsAreNotSearched(t *testing.T) {
	t.Parallel()
	s := known(some()...)
	s.Prefs.Hide = true
	require.Zero(t, present.HistoryOf(s, present.Filter{Text: "0.061"}).Len(), "or guessing would tell them")
}

func TestShowsHaveNames(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range present.Shows() {
		names = append(names, s.String())
	}
	require.Equal(t, []string{"All types", "Received", "Sent", "Unconfirmed"}, names)
	require.Equal(t, "All types", present.Show(-1).String())
}

func TestRowsByNumberAndByID(t *testing.T) {
	t.Parallel()
	entries := some()
	h := present.HistoryOf(known(entries...), present.Filter{Show: present.ShowSent})
	require.Equal(t, "BTC", h.Unit)
	require.Equal(t, []int{-1, 0, -1, 1, -1, -1}, []int{
		h.Find(entries[0].TxID.String()), h.Find(entries[1].TxID.String()), h.Find(entries[2].TxID.String()),
		h.Find(entries[3].TxID.String()), h.Find(""), h.Find("not an id"),
	})
	require.Equal(t, "Yesterday", h.Row(1).Date)
	require.Equal(t, "22 Nov 2025", h.With(present.Filter{}).Row(2).Date)
	for _, i := range []int{-1, 2, 1 << 30} {
		require.Zero(t, h.Row(i), "a list asks for rows that are gone")
	}
	require.Zero(t, present.HistoryState{}.Len())
}

func TestNothingYet(t *testing.T) {
	t.Parallel()
	s := known()
	require.Equal(t, "No payments yet. Share an address to receive your first.", present.HistoryOf(s, present.Filter{Text: "x"}).Empty)
	s.Balance.Final = false
	require.Contains(t, present.HistoryOf(s, present.Filter{}).Empty, "found so far")
	require.Empty(t, present.HistoryOf(known(some()...), present.Filter{Text: "nowhere"}).Empty)
}

func TestWidest(t *testing.T) {
	t.Parallel()
	h := present.HistoryOf(known(some()...), present.Filter{Text: "nowhere"})
	require.Equal(t, narrow("+1 234.500 000 00"), h.Widest())
	require.Equal(t, narrow("−0.061 012 40"), present.HistoryOf(known(some()[1]), present.Filter{}).Widest())
}

func TestFollowing(t *testing.T) {
	t.Parallel()
	last := present.HistoryOf(known(some()...), present.Filter{Text: "rent"})
	for _, c := range []struct {
		name   string
		change func(*present.Snapshot)
		want   int
	}{
		{"nothing", func(*present.Snapshot) {}, 1},
		{"a confirmation", func(s *present.Snapshot) { s.History[1].Confirmations++ }, 1},
		{"a label", func(s *present.Snapshot) { s.History[1].Label = "Hosting" }, 0},
		{"another with that label", func(s *present.Snapshot) { s.History[3].Label = "Parents" }, 2},
		{"a payment", func(s *present.Snapshot) {
			s.History = append([]app.HistoryEntry{{TxID: chainhash.Hash{9}, Label: "rent"}}, s.History...)
		}, 2},
	} {
		s := known(some()...)
		c.change(&s)
		now := present.HistoryOf(s, present.Filter{}).Following(last)
		require.Equal(t, c.want, now.Len(), c.name)
	}
	s := known(some()...)
	s.History[1].Confirmations = 3
	require.Equal(t, "3 of 6", present.HistoryOf(s, present.Filter{}).Following(last).Row(0).State.Words, "rows are the new ones")
}

func TestMoved(t *testing.T) {
	t.Parallel()
	entries := some()
	last := present.HistoryOf(known(entries...), present.Filter{Text: "nothing that is there"})
	moved := func(i int, change func(*present.Snapshot)) bool {
		s := known(some()...)
		change(&s)
		return present.HistoryOf(s, present.Filter{}).Moved(last, entries[i].TxID.String())
	}
	nothing := func(s *present.Snapshot) { s.Now = s.Now.Add(time.Hour) }
	require.True(t, moved(0, nothing), "an unconfirmed payment may have travelled")
	require.False(t, moved(1, nothing))
	require.True(t, moved(1, func(s *present.Snapshot) { s.History[1].Confirmations++ }))
	require.True(t, moved(1, func(s *present.Snapshot) { s.History[1].Label = "" }))
	require.True(t, moved(1, func(s *present.Snapshot) { s.Prefs.Hide = true }))
	require.True(t, moved(1, func(s *present.Snapshot) { s.History = nil }))
	require.False(t, last.Moved(last, "unknown"))
}

// BenchmarkHistory: an update of a long history that is being searched.
func BenchmarkHistory(b *testing.B) {
	entries := make([]app.HistoryEntry, 100_000)
	for i := range entries {
		entries[i] = app.HistoryEntry{TxID: chainhash.Hash{byte(i), byte(i >> 8), byte(i >> 16)}, Label: "Rent", Time: noon}
	}
	s := known(entries...)
	for _, c := range []struct {
		name   string
		filter present.Filter
	}{{"all", present.Filter{}}, {"label", present.Filter{Text: "rent"}}, {"amount", present.Filter{Text: "0.025"}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				present.HistoryOf(s, c.filter)
			}
		})
		last := present.HistoryOf(s, c.filter)
		b.Run(c.name+" again", func(b *testing.B) {
			for b.Loop() {
				present.HistoryOf(s, present.Filter{}).Following(last)
			}
		})
	}
}
