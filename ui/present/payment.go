package present

import (
	"fmt"

	"thistle/app"
)

// firm is the number of confirmations from which on a payment counts as
// confirmed without further words.
const firm = 6

// State says what has become of a transaction.
func State(e app.HistoryEntry) string {
	incoming := e.Amount > 0
	switch e.State {
	case app.StatePending:
		if e.Contested {
			return "Spent twice · unconfirmed"
		}
		if incoming {
			return "Arriving · unconfirmed"
		}
		return "Leaving · unconfirmed"
	case app.StateConfirmed:
		if e.Confirmations < firm {
			return fmt.Sprintf("%d of %d confirmations", e.Confirmations, firm)
		}
		return "Confirmed"
	case app.StateReplaced:
		if e.ReplacedBy != nil {
			return "Replaced by " + e.ReplacedBy.String()
		}
		return "Replaced"
	case app.StateConflicted:
		if incoming {
			return "Reversed by the sender"
		}
		return "Displaced by another payment"
	case app.StateAbandoned:
		return "Given up"
	}
	return string(e.State)
}

// Delivery says how far a payment has travelled.
func Delivery(r *app.SendResult) string {
	if len(r.Stalled) > 0 && r.State != app.Echoed {
		return StallWords(r.Stalled) + "; it is kept, and offered again"
	}
	switch r.State {
	case app.Queued:
		return "Not sent yet; it is kept, and offered again whenever the wallet is connected"
	case app.Acknowledged:
		return "Fetched by " + Count(len(r.Acknowledged), "peer", "peers") + "; not yet heard of from others"
	case app.Echoed:
		return "Sent — seen by " + Count(len(r.Acknowledged)+r.Echoed, "peer", "peers")
	}
	return "Not sent: this was a trial"
}
