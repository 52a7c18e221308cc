package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// LinkButton is a button that looks like words.
type LinkButton struct {
	touch
	icon fyne.Resource
}

// Link is a button for what leads elsewhere, or is done seldom.
func Link(id, label string, fn func()) *LinkButton {
	l := &LinkButton{}
	l.ID, l.label, l.fn = id, label, fn
	l.ExtendBaseWidget(l)
	return l
}

// WithIcon puts a picture before the words.
func (l *LinkButton) WithIcon(icon fyne.Resource) *LinkButton { l.icon = icon; return l }

// SetLabel changes the words.
func (l *LinkButton) SetLabel(label string) {
	if l.label != label {
		l.label = label
		l.Refresh()
	}
}

// Text is the words.
func (l *LinkButton) Text() string { return l.label }

// CreateRenderer implements fyne.Widget.
func (l *LinkButton) CreateRenderer() fyne.WidgetRenderer {
	panel := NewPanel("", "", 6)
	words := Label(Strong, Accent, l.label).Shortened()
	words.size = 13
	icon := NewIcon(l.icon, Accent, 16)
	const edge = 4 // for the focus's line
	left := func() float32 {
		if l.icon == nil {
			return edge
		}
		return edge + 16 + 6
	}
	d := &drawing{objects: []fyne.CanvasObject{panel, icon, words}}
	d.min = func() fyne.Size {
		m := words.Whole()
		return fyne.NewSize(left()+m.Width+edge, m.Height+2*edge)
	}
	d.layout = func(size fyne.Size) {
		w := min(size.Width, d.min().Width)
		h := d.min().Height
		place(panel, 0, (size.Height-h)/2, w, h)
		place(icon, edge, (size.Height-16)/2, 16, 16)
		middle(words, left(), w-left()-edge+0.5, size.Height)
	}
	d.refresh = func() {
		tone := Accent
		if l.off {
			tone = Off
		}
		words.SetTone(tone)
		words.Set(l.label)
		icon.Set(l.icon, tone)
		l.ground(panel, "", "")
		d.layout(l.Size())
	}
	d.refresh()
	return d
}

// SquareButton is a button that is only a picture.
type SquareButton struct {
	touch
	icon   fyne.Resource
	framed bool
}

// IconButton is a small square with a picture; the label is its tool tip, and
// what a screen reader says.
func IconButton(id string, icon fyne.Resource, label string, fn func()) *SquareButton {
	s := &SquareButton{icon: icon}
	s.ID, s.label, s.fn = id, label, fn
	s.ExtendBaseWidget(s)
	s.SetToolTip(label)
	return s
}

// Framed gives the square a line, as secondary buttons have.
func (s *SquareButton) Framed() *SquareButton { s.framed = true; return s }

// Set changes picture and label.
func (s *SquareButton) Set(icon fyne.Resource, label string) {
	if s.icon != icon || s.label != label {
		s.icon, s.label = icon, label
		s.SetToolTip(label)
		s.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (s *SquareButton) CreateRenderer() fyne.WidgetRenderer {
	const side, inner = 30, 17
	panel := NewPanel("", "", 8)
	icon := NewIcon(s.icon, Accent, inner)
	d := &drawing{objects: []fyne.CanvasObject{panel, icon}}
	d.min = func() fyne.Size { return fyne.NewSquareSize(side) }
	d.layout = func(size fyne.Size) {
		place(panel, (size.Width-side)/2, (size.Height-side)/2, side, side)
		place(icon, (size.Width-inner)/2, (size.Height-inner)/2, inner, inner)
	}
	d.refresh = func() {
		tone := Accent
		if s.off {
			tone = Off
		}
		icon.Set(s.icon, tone)
		fill, line := fyne.ThemeColorName(""), fyne.ThemeColorName("")
		if s.framed {
			line = ColorLine
		}
		if s.hovered && s.framed {
			fill = theme.ColorNameHover
		}
		s.ground(panel, fill, line)
	}
	d.refresh()
	return d
}
