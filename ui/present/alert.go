package present

import (
	"time"

	"thistle/app"
)

// Alert is what somebody should know at once of a payment, and what to do.
type Alert struct {
	TxID  string
	Words string
	Grave bool // coins may be lost
}

// AlertOf is what an event says of that. about is false if it says nothing; no
// Words mean that what was told of the payment has passed.
func AlertOf(event app.Event) (a Alert, about bool) {
	switch e := event.(type) {
	case app.DoubleSpend:
		return Alert{e.TxID.String(), twice(e), true}, true
	case app.Stalled:
		a = Alert{TxID: e.TxID.String()}
		if len(e.Why) > 0 {
			a.Words = "A payment of yours is p" + StallWords(e.Why)[1:] + ". It is kept, and offered again."
		}
		return a, true
	case app.Propagated:
		return Alert{TxID: e.TxID.String()}, true
	case app.TxConfirmed:
		return Alert{TxID: e.TxID.String(), Grave: true}, true
	case app.TxChanged:
		if e.State == app.StateReplaced || e.State == app.StateAbandoned {
			return Alert{TxID: e.TxID.String(), Grave: e.State == app.StateAbandoned}, true
		}
	}
	return Alert{}, false
}

// AlertFrom is what a history says of that: the newest payment whose coins are
// being spent twice, since it may have been told before the wallet was closed.
func AlertFrom(history []app.HistoryEntry) (a Alert) {
	var newest time.Time
	for _, e := range history {
		if e.Contested && (a.Words == "" || e.Time.After(newest)) {
			a, newest = Alert{e.TxID.String(), Contest(e), true}, e.Time
		}
	}
	return a
}

// Contest says that a payment's coins are being spent twice.
func Contest(e app.HistoryEntry) string { return twice(app.DoubleSpend{Ours: e.Outgoing}) }

// Ends says that a, which has no words, ends what was told before: what is grave
// only by what is.
func (a Alert) Ends(before Alert) bool {
	return a.Words == "" && a.TxID == before.TxID && (a.Grave || !before.Grave)
}

// twice says that coins are spent twice. Only who has the keys can spend coins of
// ours.
func twice(e app.DoubleSpend) string {
	const stolen = " If you did not make both, somebody else has your recovery words: move what is left to a new wallet."
	switch {
	case e.Ours && e.Confirmed:
		return "A payment of yours is void: another one, which is in a block, spent the same coins." + stolen
	case e.Ours:
		return "Two payments spend the same coins of yours, and only one of them can get into a block." + stolen
	case e.Confirmed:
		return "A payment to you will not arrive: its coins were spent by another one, which is in a block. Ask the sender to pay again."
	}
	return "The coins of a payment to you are being spent a second time, so it may never arrive. Do not rely on it before it is in a block."
}
