package send

import (
	"fyne.io/fyne/v2"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// The choices.
const (
	usual  = "usual"
	custom = "custom"
)

// fees is the choice of the fee.
type fees struct {
	c       *compose
	choices *kit.Choices
	rate    *kit.Entry
	field   *kit.Field
	wrong   *hint
	own     bool // the person names the rate
	box     *fyne.Container
}

func newFees(c *compose) *fees {
	f := &fees{c: c, rate: kit.NewEntry("send.fee.rate", "2"), wrong: newHint("send.fee.problem")}
	f.choices = kit.NewChoices("send.fee", f.cards(""), func(id string) { f.choose(id == custom) })
	f.rate.OnChanged = func(string) { c.changed() }
	f.rate.OnSubmitted = func(string) { c.submit() }
	f.rate.ActionItem = kit.Inset(0, 12, 0, 6, kit.Middle(kit.Label(kit.Body, kit.Muted, "sat/vB")))
	f.field = kit.NewField("Fee rate", f.rate)
	f.field.Hide()
	f.box = kit.Column(kit.Gap-2,
		kit.Label(kit.Small, kit.Muted, "Network fee"),
		f.choices, f.field, f.wrong.box)
	f.mark()
	return f
}

// cards are the choices; the chosen one knows what it costs.
func (f *fees) cards(fee string) []kit.Choice {
	cards := []kit.Choice{
		{ID: usual, Title: "Usual", Text: "2 sat/vB, or what peers ask at least"},
		{ID: custom, Title: "Custom", Text: "in sat/vB"},
	}
	if f.own {
		cards[1].Extra = fee
	} else {
		cards[0].Extra = fee
	}
	return cards
}

func (f *fees) choose(own bool) {
	if f.own == own {
		return
	}
	f.own = own
	f.mark()
	f.c.changed()
	if own {
		f.c.scroll.ScrollToBottom()
		f.c.s.focus(f.rate)
	}
}

func (f *fees) mark() {
	if f.own {
		f.choices.Select(custom)
		f.field.Show()
	} else {
		f.choices.Select(usual)
		f.field.Hide()
	}
	f.box.Refresh()
}

func (f *fees) show(k present.SendCheck) {
	f.choices.Set(f.cards(k.Fee))
	if f.wrong.set(bad(k.FeeProblem)) {
		f.box.Refresh()
	}
}
