package send

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// fees is the choice of the fee.
type fees struct {
	c             *compose
	usual, custom *tile
	rate          *kit.Entry
	field         *kit.Field
	wrong         *hint
	own           bool // the person names the rate
	box           *fyne.Container
}

func newFees(c *compose) *fees {
	f := &fees{c: c, rate: kit.NewEntry("send.fee.rate", "2"), wrong: newHint("send.fee.problem")}
	f.usual = newTile("send.fee.usual", "Usual", "2 sat/vB, or more if peers ask for more", func() { f.choose(false) })
	f.custom = newTile("send.fee.custom", "Custom", "your own rate", func() { f.choose(true) })
	f.rate.OnChanged = func(string) { c.changed() }
	f.rate.OnSubmitted = func(string) { c.submit() }
	f.rate.ActionItem = kit.Inset(0, 12, 0, 6, kit.Middle(kit.Label(kit.Body, kit.Muted, "sat/vB")))
	f.field = kit.NewField("Fee rate", f.rate)
	f.field.Hide()
	f.box = kit.Column(kit.Gap-2,
		kit.Label(kit.Small, kit.Muted, "Network fee"),
		kit.Shares(kit.Gap+2, []float32{1.6, 1}, f.usual, f.custom), f.field.Container, f.wrong.box)
	f.mark()
	return f
}

func (f *fees) choose(own bool) {
	if f.own == own {
		return
	}
	f.own = own
	f.mark()
	f.c.changed()
	if own {
		f.c.s.focus(f.rate)
	}
}

func (f *fees) mark() {
	f.usual.choose(!f.own)
	f.custom.choose(f.own)
	if f.own {
		f.field.Show()
	} else {
		f.field.Hide()
	}
	f.box.Refresh()
}

func (f *fees) show(k present.SendCheck) {
	if f.wrong.set(bad(k.FeeProblem)) {
		f.box.Refresh()
	}
}

// tile is one choice of several: a name and a line below it.
type tile struct {
	widget.BaseWidget
	kit.Named
	ground      *kit.Panel
	name, below *kit.Text
	tapped      func()
	chosen, lit bool
}

func newTile(id, name, below string, tapped func()) *tile {
	t := &tile{Named: kit.Named{ID: id}, tapped: tapped, ground: kit.NewPanel(kit.ColorField, kit.ColorLine, kit.FieldRadius),
		name: kit.NewText(kit.Strong, name), below: kit.Label(kit.Small, kit.Muted, below).Shortened()}
	t.ExtendBaseWidget(t)
	return t
}

func (t *tile) choose(on bool) {
	t.chosen = on
	tone := kit.Plain
	if on {
		tone = kit.Accent
	}
	t.name.SetTone(tone)
	t.outline()
}

func (t *tile) outline() {
	switch {
	case t.lit:
		t.ground.Set(kit.ColorField, theme.ColorNameForeground, 2)
	case t.chosen:
		t.ground.Set(kit.ColorField, theme.ColorNamePrimary, 2)
	default:
		t.ground.Set(kit.ColorField, kit.ColorLine, 1)
	}
}

// CreateRenderer implements fyne.Widget.
func (t *tile) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(t.ground, kit.Inset(10, 14, 10, 14, kit.Column(2, t.name, t.below))))
}

// Tapped implements fyne.Tappable.
func (t *tile) Tapped(*fyne.PointEvent) { t.tapped() }

// FocusGained implements fyne.Focusable.
func (t *tile) FocusGained() { t.lit = true; t.outline() }

// FocusLost implements fyne.Focusable.
func (t *tile) FocusLost() { t.lit = false; t.outline() }

// TypedRune implements fyne.Focusable.
func (t *tile) TypedRune(rune) {}

// TypedKey lets the keyboard choose.
func (t *tile) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.tapped()
	}
}

// AccessibilityLabel is what a screen reader says.
func (t *tile) AccessibilityLabel() string { return t.name.Text() + ": " + t.below.Text() }
