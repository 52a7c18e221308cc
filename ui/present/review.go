package present

import (
	"slices"

	"thistle/app"
)

// ReviewRecipient is one who is to be paid.
type ReviewRecipient struct {
	Address string // whole
	Amount  string // without its unit
	Note    Text
}

// Review is a payment as it would be sent. Amounts are without their unit.
type Review struct {
	Recipients             []ReviewRecipient
	Label, Unit            string
	Gets, Fee, Total, Left string
	Change                 string // back to the person, empty if nothing is
	Rate                   string // "2 sat/vB · 0.4 % of the amount"
	Warnings               []string
	Confirm                string // on the button: "Send 0.061 012 40 BTC"
}

// ReviewOf says a draft.
func ReviewOf(d *app.Draft, prefs Prefs) Review {
	r := Review{
		Label: Plain(d.Label), Unit: prefs.Unit.String(), Rate: rateOf(d),
		Gets: Digits(d.Amount, prefs.Unit), Fee: Digits(d.Fee, prefs.Unit), Total: Digits(d.Total, prefs.Unit),
		// What is sent is never hidden; what one owns may be.
		Confirm: "Send " + Sum(d.Total, Prefs{Unit: prefs.Unit}),
	}
	r.Left, _ = Money(d.Left, prefs)
	if d.Change > 0 {
		r.Change, _ = Money(d.Change, prefs)
	}
	for _, w := range d.Warnings {
		r.Warnings = append(r.Warnings, w.Text)
	}
	seen := map[string]bool{}
	for _, to := range d.Recipients {
		note, tail := payeeNote(AddressKind(to.Address), to)
		if tail != "" {
			note.Words = AddressKind(to.Address) + " · never paid before from this wallet"
		}
		const twice = "One address is paid twice in this payment."
		if seen[to.Address] && !slices.Contains(r.Warnings, twice) {
			r.Warnings = append(r.Warnings, twice)
		}
		seen[to.Address] = true
		r.Recipients = append(r.Recipients, ReviewRecipient{Address: to.Address, Amount: Digits(to.Amount, prefs.Unit), Note: note})
	}
	return r
}

// SendFailure is why a payment was not sent; without words it was.
type SendFailure struct {
	Words string
	// Again: what was reviewed no longer holds, and must be worked out again.
	Again bool
}

// SendFailureOf says how sending a draft ended. With a result the payment is
// signed and kept, whatever became of it afterwards.
func SendFailureOf(res *app.SendResult, err error, prefs Prefs) SendFailure {
	if err == nil || res != nil {
		return SendFailure{}
	}
	f := SendFailure{Words: Refusal(err, prefs)}
	switch app.KindOf(err) {
	case app.KindStale, app.KindInsufficient, app.KindAmount, app.KindDust, app.KindFeeRate, app.KindAbsurdFee:
		f.Again = true
	}
	return f
}
