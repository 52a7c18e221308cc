package present

import (
	"slices"
	"strings"

	"thistle/app"
)

// ReceiveShown is the address that is offered to others.
type ReceiveShown struct {
	Address, URI, Path string
	Link               string // URI for the eye, without the middle of the address
	Label, Amount      string // the amount as typed, in the person's unit
	Note               Text
	Warning            string // empty if there is nothing to mind
	// Paid: the next payment should go to another address.
	Paid bool
}

// ReceiveRow is an address handed out before.
type ReceiveRow struct {
	Address, Short string // whole; its ends
	Label          string
	State          Text
	Received       string // without its unit, "—" for nothing
}

// ReceiveState is what the screen shows.
type ReceiveState struct {
	Unit  Unit
	Shown *ReceiveShown // nil until an address is there
	Rows  []ReceiveRow  // newest first
}

// ReceiveOf is the state of the screen that offers an address. Label and amount
// are those of shown, which is the newer word; what came to it is the
// snapshot's.
func ReceiveOf(s Snapshot, shown app.Address) ReceiveState {
	state := ReceiveState{Unit: s.Prefs.Unit, Rows: make([]ReceiveRow, 0, len(s.Addresses))}
	for _, a := range slices.Backward(s.Addresses) {
		state.Rows = append(state.Rows, receiveRow(a, s.Prefs))
		if a.Address == shown.Address {
			shown.Used, shown.Arriving = shown.Used || a.Used, a.Arriving
			shown.BeyondGap = shown.BeyondGap || a.BeyondGap
		}
	}
	if shown.Address != "" {
		state.Shown = receiveShown(shown, s.Prefs.Unit)
	}
	return state
}

func receiveShown(a app.Address, u Unit) *ReceiveShown {
	r := &ReceiveShown{
		Address: a.Address, URI: a.URI, Path: a.Path, Label: Plain(a.Label),
		Link: strings.Replace(a.URI, a.Address, shortAddress(a.Address), 1),
	}
	if a.Amount > 0 {
		r.Amount = TypedMoney(a.Amount, u)
	}
	switch {
	case a.Arriving:
		r.Note, r.Paid = Text{"A payment to this address is arriving.", Good}, true
	case a.Used:
		r.Note, r.Paid = Text{"This address has been paid. A new one for each payment keeps others from linking them.", Warn}, true
	default:
		r.Note = Text{"A fresh address. It is yours alone and changes once it has been paid.", Muted}
	}
	if a.BeyondGap && !a.Used {
		r.Warning = "More than 20 addresses before this one wait for a payment. A wallet restored from the recovery words may not look this far: better share one of the earlier ones."
	}
	return r
}

func receiveRow(a app.Address, prefs Prefs) ReceiveRow {
	r := ReceiveRow{Address: a.Address, Short: shortAddress(a.Address), Label: Plain(a.Label), Received: "—"}
	switch {
	case a.Arriving:
		r.State = Text{"Arriving", Warn}
	case a.Used:
		r.State = Text{"Used", Muted}
	default:
		r.State = Text{"Waiting", Muted}
	}
	if a.Received > 0 {
		r.Received, _ = Money(a.Received, prefs)
	}
	return r
}
