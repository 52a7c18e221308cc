package present

import (
	"cmp"
	"strings"
	"unicode"

	"thistle/app"
	"thistle/app/units"
)

// SendRecipientForm is a recipient as typed, the amount in the person's unit.
type SendRecipientForm struct {
	To, Amount string
	Max        bool // all that is left, whatever Amount says
}

// SendForm is a payment as typed.
type SendForm struct {
	Recipients []SendRecipientForm
	Label      string
	// FeeRate is in sat/vB, empty for the usual one unless Custom is set.
	FeeRate string
	Custom  bool
}

// LinkFill is what a link says, for the fields of its recipient. Empty parts
// leave what was typed.
type LinkFill struct{ To, Amount, Label string }

// RecipientCheck is what there is to say of one recipient.
type RecipientCheck struct {
	ToProblem, AmountProblem string
	// Good: the address is one that can be paid.
	Good bool
	// Note stands below the address; Tail, if there is one, ends it: the last
	// characters in groups, for comparing.
	Note Text
	Tail string
	// Fill: a link stood in the field; its parts belong into the fields, and then
	// the form is looked at again.
	Fill *LinkFill
	// Max is what "all that is left" comes to.
	Max string
}

// SendCheck is what there is to say of a payment while it is typed. A field that
// is still empty is no problem, but keeps the check from being Ready.
type SendCheck struct {
	Recipients          []RecipientCheck // as many as in the form
	FeeProblem, Problem string           // of the fee; of no field
	Ready               bool             // can be reviewed
	// Amounts without their unit, empty while unknown.
	Gets, Fee, Total, Left string
	Rate                   string // "2 sat/vB · 0.4 % of the amount"
	Warnings               []string
}

// SendDesk is what CheckSend asks of the wallet.
type SendDesk struct {
	Link  func(text string) (*app.Link, error) // app.ParseLink
	Check func(app.SendParams) error           // app.CheckSend
	Draft func(app.SendParams) (*app.Draft, error)
}

// ToSendParams reads a form, its amounts in u. The check names what cannot be
// read; addresses and links are passed on as they are.
func ToSendParams(form SendForm, u Unit) (app.SendParams, SendCheck) {
	p := app.SendParams{Label: strings.TrimSpace(form.Label)}
	c := SendCheck{Recipients: make([]RecipientCheck, len(form.Recipients)), Ready: len(form.Recipients) > 0}
	everything := false
	for i, r := range form.Recipients {
		to := app.Recipient{Address: payee(r.To)}
		rc := &c.Recipients[i]
		switch {
		case r.Max && everything:
			rc.AmountProblem = "Only one recipient can get all that is left."
		case r.Max:
			to.Amount, everything = app.MaxWord, true
		case strings.TrimSpace(r.Amount) != "":
			to.Amount, rc.AmountProblem = typedBTC(r.Amount, u)
		}
		if to.Address == "" || to.Amount == "" {
			c.Ready = false
		}
		p.Recipients = append(p.Recipients, to)
	}
	p.FeeRate = strings.TrimSpace(form.FeeRate)
	switch _, err := units.ParseFeeRate(p.FeeRate); {
	case p.FeeRate == "":
		c.Ready = c.Ready && !form.Custom
	case err != nil:
		c.FeeProblem = Sentence(&app.Error{Kind: app.KindFeeRate, Detail: err.Error()})
		c.Ready = false
	}
	return p, c
}

// payee is what was typed, without the spaces that groups of characters are
// parted by on screens and on paper. A link is left as it is.
func payee(text string) string {
	if isLink(text) {
		return strings.TrimSpace(text)
	}
	return strings.Join(strings.FieldsFunc(text, unicode.IsSpace), "")
}

func isLink(text string) bool { return strings.Contains(text, ":") }

func typedBTC(text string, u Unit) (btc, problem string) {
	a, err := ParseMoney(text, u)
	switch {
	case err != nil:
		return "", Sentence(err)
	case a == 0:
		return "", "An amount must be more than zero."
	}
	return ToBTC(a), ""
}

// CheckSend looks at a form with the wallet's help.
func CheckSend(form SendForm, prefs Prefs, desk SendDesk) SendCheck {
	p, c := ToSendParams(form, prefs.Unit)
	seen := map[string]bool{}
	for i := range c.Recipients {
		rc, r := &c.Recipients[i], p.Recipients[i]
		if r.Address == "" {
			continue
		}
		link, err := desk.Link(r.Address)
		switch {
		case err != nil:
			rc.ToProblem = Sentence(err)
		case isLink(r.Address):
			rc.Fill = &LinkFill{To: link.Address, Label: linkLabel(link)}
			if link.Amount > 0 {
				rc.Fill.Amount = TypedMoney(link.Amount, prefs.Unit)
			}
			c.Ready = false
		default:
			rc.Good, rc.Note.Words = true, AddressKind(r.Address)
			rc.Note.Tone = Muted
			rc.checkAlone(r, desk)
			if seen[r.Address] && rc.ToProblem == "" {
				rc.Note = Text{rc.Note.Words + " · the same address as above", Warn}
			}
			seen[r.Address] = true
		}
		c.Ready = c.Ready && rc.ToProblem == "" && rc.AmountProblem == ""
	}
	if c.Ready {
		d, err := desk.Draft(p)
		if err != nil {
			c.blame(err, prefs)
		} else {
			c.fill(form, d, prefs)
		}
	}
	return c
}

// linkLabel is what a link calls the payment, on one line that can be read.
func linkLabel(l *app.Link) string {
	const most = 120
	label := Plain(strings.TrimSpace(cmp.Or(l.Label, l.Message)))
	if runes := []rune(label); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return label
}

// checkAlone finds what is wrong with one recipient whatever else is paid.
func (rc *RecipientCheck) checkAlone(r app.Recipient, desk SendDesk) {
	if r.Amount == "" {
		return
	}
	err := desk.Check(app.SendParams{Recipients: []app.Recipient{r}})
	switch {
	case err == nil:
	case app.KindOf(err) == app.KindAddress:
		rc.ToProblem, rc.Good = Sentence(err), false
	default:
		rc.AmountProblem = Sentence(err)
	}
}

// Refusal is Sentence for whoever has amounts hidden: it does not tell what there
// is to spend.
func Refusal(err error, prefs Prefs) string {
	if prefs.Hide && app.KindOf(err) == app.KindInsufficient {
		err = &app.Error{Kind: app.KindInsufficient}
	}
	return Sentence(err)
}

// blame puts a refusal of the whole payment beside the field it is about.
func (c *SendCheck) blame(err error, prefs Prefs) {
	c.Ready = false
	words := Refusal(err, prefs)
	switch app.KindOf(err) {
	case app.KindFeeRate, app.KindAbsurdFee:
		c.FeeProblem = words
		return
	case app.KindAmount, app.KindInsufficient, app.KindDust:
		if len(c.Recipients) == 1 {
			c.Recipients[0].AmountProblem = words
			return
		}
	}
	c.Problem = words
}

// fill adds what a draft tells.
func (c *SendCheck) fill(form SendForm, d *app.Draft, prefs Prefs) {
	c.Gets, c.Fee, c.Total = Digits(d.Amount, prefs.Unit), Digits(d.Fee, prefs.Unit), Digits(d.Total, prefs.Unit)
	c.Left, _ = Money(d.Left, prefs)
	c.Rate = rateOf(d)
	for _, w := range d.Warnings {
		c.Warnings = append(c.Warnings, w.Text)
	}
	for i := range c.Recipients {
		if i >= len(d.Recipients) {
			break
		}
		rc, r := &c.Recipients[i], d.Recipients[i]
		if form.Recipients[i].Max {
			rc.Max = TypedMoney(r.Amount, prefs.Unit)
		}
		if rc.Note.Tone != Warn {
			rc.Note, rc.Tail = payeeNote(rc.Note.Words, r)
		}
	}
}

// payeeNote says what the wallet knows of an address.
func payeeNote(kind string, r app.DraftRecipient) (note Text, tail string) {
	switch {
	case r.Ours:
		return Text{kind + " · an address of this wallet: the payment comes back to you", Warn}, ""
	case r.PaidBefore:
		return Text{kind + " · paid before from this wallet", Muted}, ""
	}
	return Text{kind + " · never paid before from this wallet — compare the last characters", Muted}, tailOf(r.Address)
}

// tailOf is the end of an address, in two groups of four.
func tailOf(address string) string {
	const most = 8
	return Address(address[max(len(address)-most, 0):])
}

// AddressKind is the kind of a right address, told by how it begins.
func AddressKind(address string) string {
	a := strings.ToLower(address)
	hrp, data, bech32 := strings.Cut(a, "1")
	if bech32 && (hrp == "bc" || hrp == "tb" || hrp == "bcrt") {
		const keyHash = 39 // version, 20 bytes and checksum
		switch {
		case strings.HasPrefix(data, "p"):
			return "Taproot"
		case len(data) == keyHash:
			return "Native SegWit"
		}
		return "Native SegWit script"
	}
	if a != "" && strings.Contains("32", a[:1]) {
		return "Script or nested SegWit"
	}
	return "Legacy"
}

// rateOf says how dear a payment is.
func rateOf(d *app.Draft) string {
	text := d.FeeRate.String()
	if p := Percent(d.Fee, d.Amount); p != "" {
		text += " · " + p + " of the amount"
	}
	return text
}
