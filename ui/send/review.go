package send

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// review is the second step: the payment as it would be sent, and the password.
type review struct {
	s        *Screen
	what     *fyne.Container // rebuilt for every payment
	figures  *fyne.Container
	password *kit.Entry
	wrong    *hint
	confirm  *kit.Button
	back     *kit.Button
	content  *fyne.Container
	scroll   *container.Scroll
	shown    *present.Review
	busy     bool // being signed
}

func newReview(s *Screen) *review {
	r := &review{s: s, what: kit.Column(kit.Space), figures: kit.Column(12), password: kit.NewPassword("send.password", ""), wrong: newHint("send.password.problem")}
	r.password.OnChanged = func(text string) {
		if text != "" && r.wrong.set(present.Text{}) {
			r.content.Refresh()
		}
		r.draw()
	}
	r.password.OnSubmitted = func(string) { r.send() }
	r.confirm = kit.Primary("send.confirm", "Send", nil, r.send)
	r.back = kit.Secondary("send.back", "Back", nil, r.leave)
	foot := kit.Column(kit.Gap, kit.NewField("Password, to sign", r.password), r.wrong.box, r.confirm, r.back)
	r.content, r.scroll = twoCards(r.what, container.NewBorder(nil, foot, nil, nil, container.NewVScroll(r.figures)))
	return r
}

// open shows a payment and goes to this step.
func (r *review) open(p *present.Review) {
	r.shown = p
	r.password.SetText("")
	r.wrong.set(present.Text{})
	r.what.Objects = describe(p)
	r.what.Refresh()
	r.figures.Objects = figures(p)
	r.figures.Refresh()
	r.scroll.ScrollToTop()
	r.draw()
	r.s.enter(reviewing)
	r.s.focus(r.password)
}

// describe is all that a person must look at before signing.
func describe(p *present.Review) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, text := range p.Warnings {
		out = append(out, kit.Banner(kit.Warn, kit.IconWarning, text))
	}
	out = append(out, payees(p, "Pay")...)
	if p.Label != "" {
		out = append(out, kit.Rule(), kit.Column(4, kit.Label(kit.Small, kit.Muted, "Label"), kit.NewParagraph(kit.Body, kit.Plain, p.Label)))
	}
	return append(out, kit.NewParagraph(kit.Small, kit.Muted, "A payment cannot be called back: compare the address once more, to its end."))
}

// payees is who gets how much; the verb stands before.
func payees(p *present.Review, verb string) (out []fyne.CanvasObject) {
	for i, to := range p.Recipients {
		if i > 0 {
			out = append(out, kit.Rule())
		}
		note := newHint("send.review.note." + strconv.Itoa(i+1))
		note.set(to.Note)
		amount := kit.Row(6, kit.NewText(kit.Heading, to.Amount), kit.Middle(kit.Label(kit.Small, kit.Muted, p.Unit)))
		out = append(out, kit.Column(6, kit.Label(kit.Small, kit.Muted, verb), amount,
			kit.Label(kit.Small, kit.Muted, "to"), addressOf(i, to.Address), note.box))
	}
	return out
}

func addressOf(i int, text string) *kit.Address {
	a := kit.NewAddress("send.review.address." + strconv.Itoa(i+1)).Large()
	a.Set(text)
	return a
}

// figures is what it costs.
func figures(p *present.Review) []fyne.CanvasObject {
	line := func(id, name, amount string, strong bool) fyne.CanvasObject {
		f := newFigure(id, name, strong)
		f.set(amount)
		return f.box
	}
	out := []fyne.CanvasObject{
		container.NewBorder(nil, nil, kit.NewText(kit.Heading, "Summary"), kit.Middle(kit.Label(kit.Small, kit.Muted, p.Unit))),
		line("send.review.gets", getters(len(p.Recipients)), p.Gets, false),
		kit.Column(2, line("send.review.fee", "Network fee", p.Fee, false), kit.NewParagraph(kit.Small, kit.Muted, p.Rate).Called("send.review.rate")),
		kit.Rule(),
		line("send.review.total", "Total", p.Total, true),
		line("send.review.left", "Left in wallet", p.Left, false),
	}
	if p.Change != "" {
		out = append(out, line("send.review.change", "of it back to you", p.Change, false))
	}
	return out
}

func (r *review) draw() {
	text := "Send"
	switch {
	case r.busy:
		text = "Signing…"
	case r.shown != nil:
		text = r.shown.Confirm
	}
	if r.confirm.Text != text {
		r.confirm.SetText(text)
	}
	r.confirm.SetEnabled(!r.busy && r.shown != nil && r.password.Text != "")
	r.back.SetEnabled(!r.busy)
	if r.busy && !r.password.Disabled() {
		r.password.Disable()
	} else if !r.busy && r.password.Disabled() {
		r.password.Enable()
	}
}

// send signs and sends, once.
func (r *review) send() {
	if r.busy || r.shown == nil || r.password.Text == "" {
		return
	}
	r.busy = true
	password := r.password.Take()
	r.draw()
	r.s.a.Confirm(password, r.ended)
}

func (r *review) ended(f present.SendFailure) {
	r.busy = false
	switch {
	case f.Words == "":
		r.s.sent.open(r.shown)
		r.shown = nil
	case f.Again:
		r.shown = nil
		r.s.a.Discard()
		r.s.compose.back(f.Words)
	default:
		r.wrong.set(bad(f.Words))
		r.content.Refresh()
	}
	r.draw()
	if r.shown != nil {
		r.s.focus(r.password)
	}
}

// leave goes back to the form, which is as it was.
func (r *review) leave() {
	if r.busy {
		return
	}
	clear(r.password.Take())
	r.shown = nil
	r.s.a.Discard()
	r.s.compose.back("")
	r.s.Shown()
}

func lines(list []string) string { return strings.Join(list, "\n") }
