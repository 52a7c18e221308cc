package present

import (
	"strings"

	"thistle/app"
)

// recent is how many payments the overview lists.
const recent = 6

// OverviewState is the first screen of an open wallet.
type OverviewState struct {
	Total, Unit string
	Hidden      bool
	// AsOf says what the balance does not know yet. Empty means all is known.
	AsOf      string
	Spendable string
	// Arriving is what others have sent and no block holds yet, with its words;
	// the next two are on their way for other reasons. Empty if there is none.
	Arriving, Returning, Immature string

	Span  Span
	Chart []Step // see Step; none without payments

	Rows  []ActivityRow // newest first
	Empty string        // said in their place if there are none
}

// ActivityRow is one payment of the overview.
type ActivityRow struct {
	TxID   string
	Way    Way
	Title  string
	Note   string // second line
	State  Text
	Quiet  bool // the state is settled and wants no attention
	Proved bool // a proof is kept
	Amount Text
}

// OverviewOf makes the overview.
func OverviewOf(s Snapshot, span Span) OverviewState {
	o := OverviewState{Hidden: s.Prefs.Hide, AsOf: asOf(s), Span: span}
	b := s.Balance
	o.Total, o.Unit = Money(b.Total, s.Prefs)
	o.Spendable, _ = Money(b.Spendable, s.Prefs)
	if b.UntrustedPending > 0 {
		digits, _ := SignedMoney(b.UntrustedPending, s.Prefs)
		o.Arriving = digits + " arriving"
	}
	if b.TrustedPending > 0 {
		digits, _ := Money(b.TrustedPending, s.Prefs)
		o.Returning = digits + " coming back to you"
	}
	if b.Immature > 0 {
		digits, _ := Money(b.Immature, s.Prefs)
		o.Immature = digits + " newly mined, not spendable yet"
	}
	o.Chart = chartOf(s.History, span, s.Now)
	for i := range s.History[:min(recent, len(s.History))] {
		o.Rows = append(o.Rows, activityOf(&s.History[i], s))
	}
	if len(o.Rows) == 0 {
		o.Empty = nothingYet(o.AsOf)
	}
	return o
}

// nothingYet teaches what to do when there are no payments.
func nothingYet(asOf string) string {
	if asOf != "" {
		return "No payments found so far. You can share an address already."
	}
	return "No payments yet. Share an address to receive your first."
}

// asOf says how far a balance can be relied upon while the wallet is behind.
func asOf(s Snapshot) string {
	p := s.Progress
	if p.Height < 0 || s.Balance.Height < 0 {
		return "nothing is known yet"
	}
	var parts []string
	switch {
	case p.Current:
	case p.TipTime.IsZero():
		parts = append(parts, "as of block "+Height(s.Balance.Height))
	default:
		parts = append(parts, "as of "+Moment(p.TipTime, s.Now))
	}
	if !s.Balance.Final {
		parts = append(parts, "found so far")
	}
	return strings.Join(parts, " · ")
}

func activityOf(e *app.HistoryEntry, s Snapshot) ActivityRow {
	return ActivityRow{
		TxID: e.TxID.String(), Way: wayOf(e), Title: titleOf(e), Note: noteOf(e, s),
		State: standing(e), Quiet: settled(e), Proved: e.Proved, Amount: netOf(e, s.Prefs),
	}
}

// noteOf is a payment's second line: whom it is with while that matters, when it
// was and that it is proved once it is settled.
func noteOf(e *app.HistoryEntry, s Snapshot) string {
	var parts []string
	way := wayOf(e)
	if !settled(e) && e.Address != "" && way != Self {
		address := shortAddress(e.Address)
		if way == Out {
			address = "to " + address
		}
		parts = append(parts, address)
	}
	if settled(e) || way == In || len(parts) == 0 {
		parts = append(parts, Day(e.Time, s.Now))
	}
	switch {
	case settled(e) && e.Proved:
		parts = append(parts, "proof verified")
	case !settled(e) && way != In && e.Fee != nil:
		digits, _ := Money(*e.Fee, s.Prefs)
		parts = append(parts, "fee "+digits)
	}
	return strings.Join(parts, " · ")
}
