package present

import (
	"fmt"
	"strings"

	"thistle/app"
)

// Way is which way a payment went.
type Way int

// The ways.
const (
	In Way = iota
	Out
	Self // to ourselves: only the fee left the wallet
)

func wayOf(e *app.HistoryEntry) Way {
	switch {
	case e.Outgoing && e.Fee != nil && e.Amount == -*e.Fee:
		return Self
	case e.Outgoing || e.Amount < 0:
		return Out
	}
	return In
}

// titleOf names a payment: its label, or the plainest words for it. That money
// went, came or moved is said once a block holds the payment.
func titleOf(e *app.HistoryEntry) string {
	if strings.TrimSpace(e.Label) != "" {
		return Plain(e.Label)
	}
	done := e.State == app.StateConfirmed
	switch way := wayOf(e); {
	case way == Self && done:
		return "Moved to yourself"
	case way == Self:
		return "Move to yourself"
	case way == Out && done:
		return "Sent"
	case way == Out:
		return "Outgoing"
	case done:
		return "Received"
	}
	return "Incoming"
}

// settled says that a payment has as many confirmations as anybody asks for.
func settled(e *app.HistoryEntry) bool {
	return e.State == app.StateConfirmed && e.Confirmations >= firm
}

// dead says that a payment has not happened and will not.
func dead(s app.TxState) bool {
	return s == app.StateReplaced || s == app.StateConflicted || s == app.StateAbandoned
}

// standing is State with a tone, and with a winner's id cut short.
func standing(e *app.HistoryEntry) Text {
	switch e.State {
	case app.StatePending:
		if e.Contested {
			return Text{State(*e), Bad}
		}
		if wayOf(e) == Self {
			return Text{"Unconfirmed", Warn} // nothing but the fee leaves
		}
		return Text{State(*e), Warn}
	case app.StateConfirmed:
		if settled(e) {
			return Text{State(*e), Muted}
		}
		return Text{State(*e), Accent}
	case app.StateReplaced:
		if e.ReplacedBy != nil {
			return Text{"Replaced by " + Short(e.ReplacedBy.String()), Bad}
		}
		return Text{State(*e), Bad}
	case app.StateConflicted:
		return Text{State(*e), Bad}
	}
	return Text{State(*e), Muted}
}

// brief is standing for a narrow column.
func brief(e *app.HistoryEntry) Text {
	t := standing(e)
	switch e.State {
	case app.StatePending:
		t.Words = "Unconfirmed"
		if e.Contested {
			t.Words = "Spent twice"
		}
	case app.StateConfirmed:
		if !settled(e) {
			t.Words = fmt.Sprintf("%d of %d", e.Confirmations, firm)
		}
	case app.StateReplaced:
		t.Words = "Replaced"
	case app.StateConflicted:
		t.Words = "Displaced"
		if wayOf(e) == In {
			t.Words = "Reversed"
		}
	}
	return t
}

// netOf is a payment's amount with its sign. What did not happen is muted.
func netOf(e *app.HistoryEntry, p Prefs) Text {
	digits, _ := SignedMoney(e.Amount, p)
	switch {
	case dead(e.State):
		return Text{digits, Muted}
	case e.Amount > 0:
		return Text{digits, Good}
	}
	return Text{digits, Neutral}
}

// Short is a hash or an address whose middle is left out, where nobody has to
// compare it: "7d1f…c09e".
func Short(s string) string {
	const ends = 4
	if len(s) <= 2*ends+1 {
		return s
	}
	return s[:ends] + "…" + s[len(s)-ends:]
}

// shortAddress keeps more of the beginning, which says what kind it is:
// "bc1q8c6…x2pm".
func shortAddress(s string) string {
	const head, tail = 7, 4
	if len(s) <= head+tail+1 {
		return s
	}
	return s[:head] + "…" + s[len(s)-tail:]
}
