package settings

import (
	"fyne.io/fyne/v2"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// look is the card of what the window looks like.
type look struct {
	card  *fyne.Container
	theme *kit.Segments
	unit  *kit.Segments
	hide  *kit.Check
	quiet bool // draw is at work: nobody has chosen anything
}

func newLook(s *Screen) *look {
	l := &look{}
	l.theme = kit.NewSegments("settings.theme", present.Themes(), func(i int) {
		s.change(func(to *present.Settings) { to.Theme = present.Theme(i) })
	})
	var units []string
	for _, u := range present.Units() {
		units = append(units, u.String())
	}
	l.unit = kit.NewSegments("settings.unit", units, func(i int) {
		s.change(func(to *present.Settings) { to.Unit = present.Units()[i] })
	})
	l.hide = kit.NewCheck("settings.hide", "Show amounts as dots", func(on bool) {
		if !l.quiet {
			s.change(func(to *present.Settings) { to.Hide = on })
		}
	})
	l.card = card("Appearance",
		kit.NewField("Colours", kit.Row(0, l.theme)), kit.NewField("Amounts in", kit.Row(0, l.unit)), kit.Row(0, l.hide))
	return l
}

func (l *look) draw(to present.Settings) {
	l.theme.SetCurrent(int(to.Theme))
	for i, u := range present.Units() {
		if u == to.Unit {
			l.unit.SetCurrent(i)
		}
	}
	if l.hide.Checked != to.Hide {
		l.quiet = true
		l.hide.SetChecked(to.Hide)
		l.quiet = false
	}
}
