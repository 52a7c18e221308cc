package history

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// detail is all that is known of the chosen payment.
type detail struct {
	s     *Screen
	drawn *present.Payment // nil until the details are there

	label    *kit.Entry
	saved    string // the label as the wallet has it
	state    *kit.Chip
	amount   *kit.Amount
	problem  *kit.Paragraph
	explain  *kit.Paragraph
	winner   *kit.LinkButton
	delivery *kit.Paragraph
	txid     *kit.Address
	fee      *kit.Paragraph
	mined    *kit.Paragraph
	when     *kit.Paragraph
	facts    *facts
	id       *facts // below the proof: it is seldom read
	paid     *fyne.Container
	lines    []present.PaymentLine // in paid
	proof    *picture
	export   *kit.Button
	raw      *kit.Button
	said     *kit.Text // what came of a button
	hint     fyne.CanvasObject
	body     *fyne.Container // in the scroll
	scroll   *container.Scroll
	whole    *fyne.Container
	box      *fyne.Container
}

func newDetail(s *Screen) *detail {
	d := &detail{s: s, paid: kit.Column(kit.Gap), proof: newPicture()}
	d.label = kit.NewEntry("history.label", "")
	d.label.OnSubmitted = func(string) { d.keepLabel() }
	d.label.Left = d.keepLabel
	d.state = kit.NewChip("history.state")
	d.amount = kit.NewAmount("history.amount", kit.Huge).Fitting()
	d.problem = kit.NewParagraph(kit.Small, kit.Bad, "").Called("history.problem")
	d.explain = kit.NewParagraph(kit.Small, kit.Muted, "").Called("history.explain")
	d.winner = kit.Link("history.winner", "Show the other payment", func() {
		if d.drawn != nil {
			s.Select(d.drawn.Winner)
		}
	})
	d.delivery = kit.NewParagraph(kit.Small, kit.Muted, "").Called("history.delivery")
	d.buildFacts()
	d.export = kit.Secondary("history.export", "Export proof…", kit.IconExport, func() { s.a.ExportProof(s.chosen) })
	d.raw = kit.Secondary("history.raw", "Copy raw", nil, func() { d.copy(d.drawn.Raw, "The raw transaction") })
	d.said = kit.Label(kit.Small, kit.Muted, "").Called("history.said").Shortened()

	head := container.New(&beside{}, d.label, d.state)
	d.body = kit.Column(kit.Gap, head, d.amount, d.problem, d.explain, kit.Row(0, d.winner), d.delivery, d.facts.box, d.paid, d.proof.box, d.id.box)
	d.scroll = container.NewVScroll(kit.Inset(0, 14, 8, 0, d.body))
	d.said.Hide()
	foot := kit.Column(4, d.said, kit.Row(kit.Gap, d.export, d.raw))
	d.whole = container.NewBorder(nil, kit.Inset(kit.Gap, 0, 0, 0, foot), nil, nil, d.scroll)
	d.hint = kit.Middle(kit.Label(kit.Body, kit.Muted, "Choose a payment to see what is known of it.").Centre().Shortened())
	d.whole.Hide()
	d.box = container.NewStack(kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.CardRadius),
		kit.Inset(16, 6, 12, kit.Edge, container.NewStack(d.whole, d.hint)))
	return d
}

func (d *detail) buildFacts() {
	d.txid = kit.NewAddress("history.txid")
	d.fee = kit.NewParagraph(kit.Small, kit.Plain, "").Called("history.fee")
	d.mined = kit.NewParagraph(kit.Small, kit.Plain, "").Called("history.mined")
	d.when = kit.NewParagraph(kit.Small, kit.Plain, "").Called("history.when")
	copied := kit.IconButton("history.txid.copy", kit.IconCopy, "Copy the transaction id", func() { d.copy(d.s.chosen, "The transaction id") })
	d.facts, d.id = newFacts(), newFacts()
	d.id.add("Transaction", container.NewBorder(nil, nil, nil, container.NewVBox(copied), d.txid))
	d.facts.add("Fee", d.fee)
	d.facts.add("Mined in", d.mined)
	d.facts.add("Since", d.when)
}

// begin empties the details for a payment just chosen. What its row says is
// known already.
func (d *detail) begin() {
	d.drawn = nil
	show(d.whole, true)
	show(d.hint, false)
	row := d.s.shown.Row(d.s.shown.Find(d.s.chosen))
	d.name("", row.Title)
	d.state.Set(kit.Tone(row.State.Tone), row.State.Words)
	d.amount.Set(row.Amount.Words, d.s.shown.Unit, kit.Tone(row.Amount.Tone))
	d.txid.Set(d.s.chosen)
	d.say(kit.Plain, "")
	d.words(&present.Payment{}, "")
	d.pay(nil)
	d.proof.set(nil, "")
	d.label.Disable()
	d.export.SetEnabled(false)
	d.raw.SetEnabled(false)
	d.scroll.ScrollToTop()
	d.body.Refresh()
}

// draw shows the details, or why they are not there.
func (d *detail) draw(p *present.Payment, problem string) {
	if p == nil {
		d.problem.Set(problem)
		show(d.problem, problem != "")
		d.body.Refresh()
		return
	}
	d.drawn = p
	d.name(p.Label, p.Title)
	d.label.Enable()
	if p.State.Tone == present.Muted {
		d.state.SetQuiet(nil, kit.Muted, p.State.Words)
	} else {
		d.state.Set(kit.Tone(p.State.Tone), p.State.Words)
	}
	d.amount.Set(p.Amount.Words, p.Unit, kit.Tone(p.Amount.Tone))
	d.words(p, problem)
	d.pay(p.Recipients)
	d.proof.set(p.Proof, p.NoProof)
	d.export.SetEnabled(p.Proof != nil)
	d.raw.SetEnabled(p.Raw != "")
	d.body.Refresh()
}

// name shows the label, unless the person is about to change it.
func (d *detail) name(label, title string) {
	dirty := d.drawn != nil && d.label.Text != d.saved && d.label.Text != label
	if !dirty {
		d.saved = label
		if d.label.Text != label {
			d.label.SetText(label)
		}
	}
	switch {
	case title == "": // its row is not there
		title = "Write a label"
	case label == "":
		title += " — write a label"
	}
	if d.label.PlaceHolder != title {
		d.label.SetPlaceHolder(title)
	}
}

// keepLabel gives the payment the label that was typed.
func (d *detail) keepLabel() {
	if d.drawn == nil || d.label.Text == d.saved {
		return
	}
	txid, before, text := d.s.chosen, d.saved, d.label.Text
	d.saved = text
	d.s.a.Label(txid, text, func(problem string) {
		if problem == "" || d.s.chosen != txid {
			return
		}
		d.saved = before // so that it can be tried again
		d.problem.Set(problem)
		show(d.problem, true)
		d.body.Refresh()
	})
}

// words shows what is said of a payment; what is not said takes no room.
func (d *detail) words(p *present.Payment, problem string) {
	d.problem.Set(problem)
	show(d.problem, problem != "")
	for _, t := range []struct {
		paragraph *kit.Paragraph
		text      present.Text
	}{{d.explain, p.Explain}, {d.delivery, p.Delivery}} {
		t.paragraph.SetTone(kit.Tone(t.text.Tone))
		t.paragraph.Set(t.text.Words)
		show(t.paragraph, t.text.Words != "")
	}
	show(d.winner, p.Winner != "")
	for _, t := range []struct {
		text  *kit.Paragraph
		words string
	}{{d.fee, p.Fee}, {d.mined, p.Mined}, {d.when, p.When}} {
		t.text.Set(t.words)
		d.facts.show(t.text, t.words != "")
	}
}

// pay lists the recipients.
func (d *detail) pay(lines []present.PaymentLine) {
	if equal(lines, d.lines) {
		return
	}
	d.lines = lines
	d.paid.RemoveAll()
	for _, l := range lines {
		d.paid.Add(recipient(l))
	}
	d.paid.Refresh()
}

func equal(a, b []present.PaymentLine) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// recipient is one who is paid, on a ground of its own.
func recipient(l present.PaymentLine) fyne.CanvasObject {
	tone := kit.Plain
	if l.Change {
		tone = kit.Muted
	}
	top := container.NewBorder(nil, nil, nil, kit.Label(kit.Small, tone, l.Amount), kit.Label(kit.Small, kit.Muted, l.Note).Shortened())
	var address fyne.CanvasObject = kit.Label(kit.Small, kit.Muted, "no address stands for this output").Shortened()
	if l.Address != "" {
		a := kit.NewAddress("")
		a.Set(l.Address)
		address = a
	}
	return container.NewStack(kit.NewPanel(kit.ColorField, "", kit.FieldRadius), kit.Inset(8, 12, 8, 12, kit.Column(4, top, address)))
}

// copy puts text on the clipboard and says what came of it.
func (d *detail) copy(text, what string) {
	if d.s.a.Copy(text) {
		d.say(kit.Good, what+" is on the clipboard.")
		return
	}
	d.say(kit.Bad, "The clipboard holds something else: do not paste it.")
}

func (d *detail) say(tone kit.Tone, words string) {
	d.said.SetTone(tone)
	d.said.Set(words)
	show(d.said, words != "")
	d.whole.Refresh()
}
