package receive

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// request is what the person adds to the address: amount, label, and the link
// that says all of it.
type request struct {
	s             *Screen
	amount, label *kit.Entry
	unit          *kit.Text
	wrong         *kit.Paragraph
	link          *kit.Text
	content       *fyne.Container
	filling       bool     // the screen writes, not the person
	asked         int      // number of the last Describe
	running       bool     // that has not been answered
	refused       bool     // what stands there now
	waiting       []func() // for what was typed to be taken over
	idle          []func() // for the answer, whatever it is
}

func newRequest(s *Screen) *request {
	r := &request{s: s, unit: kit.Label(kit.Body, kit.Muted, "")}
	r.amount = newEntry("receive.amount", "0", r.typed, func() { r.apply(nil) })
	r.label = newEntry("receive.label", "What is it for?", r.typed, func() { r.apply(nil) })
	r.amount.ActionItem = kit.Inset(0, 12, 0, 6, kit.Middle(r.unit))
	r.wrong = kit.NewParagraph(kit.Small, kit.Bad, "").Called("receive.problem")
	r.wrong.Hide()
	r.link = kit.Label(kit.Mono, kit.Muted, "").Shortened().Called("receive.link")
	r.content = kit.Column(10,
		kit.Shares(kit.Space, []float32{1, 1.4}, kit.NewField("Amount (optional)", r.amount), kit.NewField("Label (the payer sees it)", r.label)),
		r.wrong, container.NewBorder(nil, nil, kit.Inset(0, 6, 0, 0, kit.Label(kit.Small, kit.Muted, "Payment link")), nil, r.link))
	return r
}

// update draws the state; another says that the address is not the one of old.
func (r *request) update(old present.ReceiveState, another bool) {
	now := r.s.state
	r.unit.Set(now.Unit.String())
	shown := now.Shown
	if shown == nil {
		return
	}
	r.link.Set(shown.Link)
	switch {
	case another:
		r.asked++
		r.refused, r.waiting = false, nil
		r.settle()
		r.fill(r.amount, shown.Amount)
		r.fill(r.label, shown.Label)
		r.blame("")
		return
	case old.Unit != now.Unit:
		r.fill(r.amount, present.Retyped(r.amount.Text, old.Unit, now.Unit))
		r.amount.Refresh()
	}
	// A field that says what was known before takes over what is known now.
	if old.Shown != nil && r.amount.Text == old.Shown.Amount {
		r.fill(r.amount, shown.Amount)
	}
	if old.Shown != nil && r.label.Text == old.Shown.Label {
		r.fill(r.label, shown.Label)
	}
}

func (r *request) fill(e *kit.Entry, text string) {
	if e.Text != text {
		r.filling = true
		e.SetText(text)
		r.filling = false
	}
}

// typed follows every change by the person.
func (r *request) typed() {
	if r.filling {
		return
	}
	r.refused = false
	r.blame("")
	r.s.say(present.Text{})
}

// dirty: the fields say something else than the link.
func (r *request) dirty() bool {
	shown := r.s.state.Shown
	return shown != nil && (r.amount.Text != shown.Amount || r.label.Text != shown.Label)
}

// apply takes over what was typed, and does then if that went well.
func (r *request) apply(then func()) {
	switch {
	case r.s.state.Shown == nil || r.filling || r.s.moving:
		return
	case r.running:
		if then != nil {
			r.waiting = append(r.waiting, then)
		}
		return
	case r.refused:
		return
	case !r.dirty():
		if then != nil {
			then()
		}
		return
	}
	if then != nil {
		r.waiting = append(r.waiting, then)
	}
	r.asked++
	r.running = true
	n, amount, label := r.asked, r.amount.Text, r.label.Text
	r.s.a.Describe(label, amount, func(problem string) {
		if n == r.asked {
			r.answered(amount, label, problem)
		}
	})
}

// settled does something once no answer is awaited.
func (r *request) settled(f func()) {
	if r.running {
		r.idle = append(r.idle, f)
		return
	}
	f()
}

func (r *request) settle() {
	r.running = false
	idle := r.idle
	r.idle = nil
	for _, f := range idle {
		f()
	}
}

func (r *request) answered(amount, label, problem string) {
	defer func() {
		if !r.running { // nothing else was taken over meanwhile
			r.settle()
		}
	}()
	r.running = false
	waiting := r.waiting
	r.waiting = nil
	same := r.amount.Text == amount && r.label.Text == label
	if problem != "" {
		if same {
			r.refused = true
			r.blame(problem)
		}
		return
	}
	if shown := r.s.state.Shown; same && shown != nil { // "0.10" is now "0.1"
		r.fill(r.amount, shown.Amount)
		r.fill(r.label, shown.Label)
	}
	for _, then := range waiting {
		r.apply(then) // once more if something else was typed meanwhile
	}
}

func (r *request) blame(problem string) {
	if r.wrong.Text() == problem {
		return
	}
	r.wrong.Set(problem)
	if problem == "" {
		r.wrong.Hide()
	} else {
		r.wrong.Show()
	}
	r.content.Refresh()
}

func newEntry(id, placeholder string, changed, left func()) *kit.Entry {
	e := kit.NewEntry(id, placeholder)
	e.OnChanged = func(string) { changed() }
	e.OnSubmitted = func(string) { left() }
	e.Left = left
	return e
}
