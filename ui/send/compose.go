package send

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// compose is the first step: the form and what it would cost.
type compose struct {
	s       *Screen
	rows    []*recipient // at least one
	label   *kit.Entry
	fees    *fees
	list    *fyne.Container
	form    *fyne.Container
	content *fyne.Container
	scroll  *container.Scroll

	gets, fee, total, left *figure
	rate                   *kit.Paragraph
	unit                   *kit.Text
	warnings               *hint
	notice                 *hint // stays until the person changes something
	problem, wait          *hint
	summary                *fyne.Container
	next                   *kit.Button

	asked    int  // number of the last question
	answered bool // by check
	check    present.SendCheck
	filling  bool // the screen writes, not the person
	working  bool // the review is being made
}

func newCompose(s *Screen) *compose {
	c := &compose{s: s, label: kit.NewEntry("send.label", "For yourself"), list: kit.Column(kit.Space)}
	c.label.OnChanged = func(string) { c.changed() }
	c.label.OnSubmitted = func(string) { c.submit() }
	c.fees = newFees(c)
	add := kit.Link("send.add", "Add another recipient", c.add).WithIcon(kit.IconPlus)
	c.notice, c.problem, c.wait = newHint("send.notice"), newHint("send.problem"), newHint("send.wait")
	c.form = kit.Column(kit.Space, c.notice.box, c.list, container.NewHBox(add), c.fees.box)
	c.rows = []*recipient{newRecipient(c)}
	c.arrange()

	c.unit, c.rate = kit.Label(kit.Small, kit.Muted, ""), kit.NewParagraph(kit.Small, kit.Muted, "").Called("send.rate")
	c.gets, c.fee = newFigure("send.gets", getters(1), false), newFigure("send.cost", "Network fee", false)
	c.total, c.left = newFigure("send.total", "Total", true), newFigure("send.left", "Left in wallet", false)
	c.warnings = newHint("send.warning")
	c.next = kit.Primary("send.review", "Review payment", nil, c.submit)
	c.summary = kit.Column(12,
		container.NewBorder(nil, nil, kit.NewText(kit.Heading, "Summary"), kit.Middle(c.unit)),
		c.gets.box, kit.Column(2, c.fee.box, c.rate), kit.Rule(), c.total.box, c.left.box, c.warnings.box)
	foot := kit.Column(kit.Gap, c.problem.box, c.wait.box, c.next)
	c.content, c.scroll = twoCards(c.form, container.NewBorder(nil, foot, nil, nil, container.NewVScroll(c.summary)))
	return c
}

// arrange puts the recipients below each other and the label beside the first.
func (c *compose) arrange() {
	c.list.Objects = nil
	for i, r := range c.rows {
		r.name(i, len(c.rows) == 1)
		r.beside.Objects = nil
		if i == 0 {
			r.beside.Objects = []fyne.CanvasObject{kit.NewField("Label", c.label)}
		} else {
			c.list.Add(kit.Rule())
		}
		c.list.Add(r.box)
		r.box.Refresh()
	}
	c.list.Refresh()
	if c.gets != nil {
		c.gets.name.Set(getters(len(c.rows)))
		c.gets.box.Refresh()
	}
}

func (c *compose) add() {
	r := newRecipient(c)
	r.setUnit(c.s.state.Unit)
	c.rows = append(c.rows, r)
	c.arrange()
	c.changed()
	c.scroll.ScrollToBottom()
	c.s.focus(r.to)
}

func (c *compose) drop(r *recipient) {
	if len(c.rows) == 1 {
		return
	}
	for i := range c.rows {
		if c.rows[i] == r {
			c.rows = append(c.rows[:i:i], c.rows[i+1:]...)
			break
		}
	}
	c.arrange()
	c.changed()
}

// clear empties the form.
func (c *compose) clear() { c.fill(present.SendForm{Recipients: make([]present.SendRecipientForm, 1)}) }

// fill replaces what is in the form.
func (c *compose) fill(form present.SendForm) {
	c.quietly(func() {
		c.rows = nil
		for _, to := range form.Recipients {
			r := newRecipient(c)
			r.setUnit(c.s.state.Unit)
			r.to.SetText(to.To)
			r.amount.SetText(to.Amount)
			r.setMax(to.Max)
			c.rows = append(c.rows, r)
		}
		c.label.SetText(form.Label)
		c.fees.rate.SetText(form.FeeRate)
	})
	c.fees.own = form.Custom
	c.fees.mark()
	c.arrange()
	c.changed()
}

// quietly lets the screen write into fields.
func (c *compose) quietly(f func()) {
	was := c.filling
	c.filling = true
	f()
	c.filling = was
}

// setUnit rewrites what was typed when the unit changes.
func (c *compose) setUnit(from, to present.Unit) {
	c.unit.Set(to.String())
	for _, r := range c.rows {
		r.setUnit(to)
		if from != to && r.amount.Text != "" {
			r.fill(r.amount, present.Retyped(r.amount.Text, from, to))
		}
	}
}

func (c *compose) read() present.SendForm {
	f := present.SendForm{Label: c.label.Text, Custom: c.fees.own}
	if c.fees.own {
		f.FeeRate = c.fees.rate.Text
	}
	for _, r := range c.rows {
		f.Recipients = append(f.Recipients, r.form())
	}
	return f
}

// blank: there is nothing to look at.
func (c *compose) blank() bool {
	for _, r := range c.rows {
		if !r.blank() {
			return false
		}
	}
	return true
}

// changed follows every change by the person.
func (c *compose) changed() {
	if c.filling {
		return
	}
	if c.notice.set(present.Text{}) {
		c.form.Refresh()
	}
	c.ask()
}

// ask has the form looked at. Answers to earlier questions no longer count.
func (c *compose) ask() {
	c.asked++
	c.answered = false
	if c.blank() {
		c.show(present.SendCheck{Recipients: make([]present.RecipientCheck, len(c.rows))})
		return
	}
	c.draw()
	n := c.asked
	c.s.a.Check(c.read(), func(k present.SendCheck) {
		if n == c.asked {
			c.show(k)
		}
	})
}

// show draws the answer to the last question.
func (c *compose) show(k present.SendCheck) {
	c.answered, c.check = true, k
	filled := false
	for i, r := range c.rows {
		if i < len(k.Recipients) {
			r.show(k.Recipients[i])
			filled = r.take(k.Recipients[i].Fill) || filled
		}
	}
	if filled {
		c.ask()
		return
	}
	c.fees.show(k)
	c.gets.set(k.Gets)
	c.fee.set(k.Fee)
	c.total.set(k.Total)
	c.left.set(k.Left)
	c.rate.Set(k.Rate)
	c.warnings.set(present.Text{Words: lines(k.Warnings), Tone: present.Warn})
	c.problem.set(bad(k.Problem))
	c.form.Refresh()
	c.summary.Refresh()
	c.draw()
}

// draw brings the button and the sentence above it up to date.
func (c *compose) draw() {
	if c.wait.set(present.Text{Words: c.s.state.Wait, Tone: present.Warn}) {
		c.content.Refresh()
	}
	c.next.SetEnabled(c.ready())
}

func (c *compose) ready() bool {
	return c.answered && c.check.Ready && c.s.state.Wait == "" && !c.working
}

// submit asks for the review.
func (c *compose) submit() {
	if !c.ready() {
		return
	}
	c.work(true)
	form := c.read()
	c.s.a.Review(form, func(r *present.Review, problem string) {
		c.work(false)
		switch {
		case !sameForm(form, c.read()): // about what the fields no longer say
			c.s.a.Discard()
		case r == nil:
			c.problem.set(bad(problem))
			c.content.Refresh()
		default:
			c.problem.set(present.Text{})
			c.s.review.open(r)
		}
	})
}

func sameForm(a, b present.SendForm) bool {
	return a.Label == b.Label && a.FeeRate == b.FeeRate && a.Custom == b.Custom && slices.Equal(a.Recipients, b.Recipients)
}

func (c *compose) work(on bool) {
	c.working = on
	text := "Review payment"
	if on {
		text = "Choosing coins…"
	}
	if c.next.Text != text {
		c.next.SetText(text)
	}
	c.draw()
}

// back returns from the review, with a sentence on why or none.
func (c *compose) back(why string) {
	c.s.enter(composing)
	c.notice.set(present.Text{Words: why, Tone: present.Warn})
	c.form.Refresh()
	c.ask()
}
