package present_test

import (
	"testing"
	"time"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func fee(a units.Amount) *units.Amount { return &a }

// known is a snapshot of a wallet that is up to date.
func known(history ...app.HistoryEntry) present.Snapshot {
	return present.Snapshot{
		Now: noon, History: history,
		Progress: app.Progress{Height: 925_318, TipTime: noon.Add(-4 * time.Minute), Current: true},
		Balance:  app.Balance{Height: 925_318, Final: true},
	}
}

const somebody = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"

// TestEveryStanding goes through all that can become of a payment, on the
// overview and in the history.
func TestEveryStanding(t *testing.T) {
	t.Parallel()
	winner := chainhash.Hash{0: 0xef, 31: 0xab}
	confirmed := func(n int32, a units.Amount) app.HistoryEntry {
		return app.HistoryEntry{State: app.StateConfirmed, Confirmations: n, Amount: a, Outgoing: a < 0, Proved: true}
	}
	for _, c := range []struct {
		name         string
		entry        app.HistoryEntry
		way          present.Way
		title        string
		state, brief present.Text
		amount       present.Text
		quiet        bool
	}{
		{"arriving", app.HistoryEntry{State: app.StatePending, Amount: 2_500_000}, present.In, "Incoming",
			present.Text{Words: "Arriving · unconfirmed", Tone: present.Warn}, present.Text{Words: "Unconfirmed", Tone: present.Warn},
			present.Text{Words: "+0.025 000 00", Tone: present.Good}, false},
		{"leaving", app.HistoryEntry{State: app.StatePending, Amount: -6_101_240, Outgoing: true, Fee: fee(1_240)}, present.Out, "Outgoing",
			present.Text{Words: "Leaving · unconfirmed", Tone: present.Warn}, present.Text{Words: "Unconfirmed", Tone: present.Warn},
			present.Text{Words: "−0.061 012 40", Tone: present.Neutral}, false},
		{"moved", app.HistoryEntry{State: app.StatePending, Amount: -1_240, Outgoing: true, Fee: fee(1_240)}, present.Self, "Move to yourself",
			present.Text{Words: "Unconfirmed", Tone: present.Warn}, present.Text{Words: "Unconfirmed", Tone: present.Warn},
			present.Text{Words: "−0.000 012 40", Tone: present.Neutral}, false},
		{"moved, in a block", app.HistoryEntry{State: app.StateConfirmed, Confirmations: 9, Amount: -1_240, Outgoing: true, Fee: fee(1_240)}, present.Self, "Moved to yourself",
			present.Text{Words: "Confirmed", Tone: present.Muted}, present.Text{Words: "Confirmed", Tone: present.Muted},
			present.Text{Words: "−0.000 012 40", Tone: present.Neutral}, true},
		{"a label of spaces", app.HistoryEntry{State: app.StateConfirmed, Confirmations: 9, Amount: 5, Label: " \t"}, present.In, "Received",
			present.Text{Words: "Confirmed", Tone: present.Muted}, present.Text{Words: "Confirmed", Tone: present.Muted},
			present.Text{Words: "+0.000 000 05", Tone: present.Good}, true},
		{"1 deep", confirmed(1, 5), present.In, "Received", present.Text{Words: "1 of 6 confirmations", Tone: present.Accent},
			present.Text{Words: "1 of 6", Tone: present.Accent}, present.Text{Words: "+0.000 000 05", Tone: present.Good}, false},
		{"5 deep", confirmed(5, -5), present.Out, "Sent", present.Text{Words: "5 of 6 confirmations", Tone: present.Accent},
			present.Text{Words: "5 of 6", Tone: present.Accent}, present.Text{Words: "−0.000 000 05", Tone: present.Neutral}, false},
		{"6 deep", confirmed(6, 5), present.In, "Received", present.Text{Words: "Confirmed", Tone: present.Muted},
			present.Text{Words: "Confirmed", Tone: present.Muted}, present.Text{Words: "+0.000 000 05", Tone: present.Good}, true},
		{"replaced", app.HistoryEntry{State: app.StateReplaced, Amount: 5, ReplacedBy: &winner}, present.In, "Incoming",
			present.Text{Words: "Replaced by ab00…00ef", Tone: present.Bad}, present.Text{Words: "Replaced", Tone: present.Bad},
			present.Text{Words: "+0.000 000 05", Tone: present.Muted}, false},
		{"replaced by who knows what", app.HistoryEntry{State: app.StateReplaced, Amount: 5}, present.In, "Incoming",
			present.Text{Words: "Replaced", Tone: present.Bad}, present.Text{Words: "Replaced", Tone: present.Bad},
			present.Text{Words: "+0.000 000 05", Tone: present.Muted}, false},
		{"reversed", app.HistoryEntry{State: app.StateConflicted, Amount: 5}, present.In, "Incoming",
			present.Text{Words: "Reversed by the sender", Tone: present.Bad}, present.Text{Words: "Reversed", Tone: present.Bad},
			present.Text{Words: "+0.000 000 05", Tone: present.Muted}, false},
		{"displaced", app.HistoryEntry{State: app.StateConflicted, Amount: -5, Outgoing: true}, present.Out, "Outgoing",
			present.Text{Words: "Displaced by another payment", Tone: present.Bad}, present.Text{Words: "Displaced", Tone: present.Bad},
			present.Text{Words: "−0.000 000 05", Tone: present.Muted}, false},
		{"given up", app.HistoryEntry{State: app.StateAbandoned, Amount: -5, Outgoing: true}, present.Out, "Outgoing",
			present.Text{Words: "Given up", Tone: present.Muted}, present.Text{Words: "Given up", Tone: present.Muted},
			present.Text{Words: "−0.000 000 05", Tone: present.Muted}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.entry.TxID, c.entry.Time = chainhash.Hash{1}, noon
			c.amount.Words = narrow(c.amount.Words)
			s := known(c.entry)
			row := present.OverviewOf(s, present.Year).Rows[0]
			require.Equal(t, []any{c.way, c.title, c.state, c.amount, c.quiet}, []any{row.Way, row.Title, row.State, row.Amount, row.Quiet})
			line := present.HistoryOf(s, present.Filter{}).Row(0)
			require.Equal(t, present.HistoryRow{
				TxID: c.entry.TxID.String(), Date: "Today", Title: c.title, State: c.brief, Quiet: c.quiet, Amount: c.amount,
			}, line)
		})
	}
}

func TestLabelsNameAPayment(t *testing.T) {
	t.Parallel()
	s := known(app.HistoryEntry{Label: "Rent,\u202e November", Amount: -1, Outgoing: true, State: app.StatePending})
	require.Equal(t, "Rent,? November", present.OverviewOf(s, present.Year).Rows[0].Title, "labels come from links too")
	require.Equal(t, "Rent,? November", present.HistoryOf(s, present.Filter{}).Row(0).Title)
}

func TestShort(t *testing.T) {
	t.Parallel()
	require.Equal(t, "7d1f…c09e", present.Short("7d1f000000c09e"))
	require.Equal(t, "7d1fec09e", present.Short("7d1fec09e"))
	require.Equal(t, "", present.Short(""))
}
