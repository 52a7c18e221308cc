package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Bar says how much of something is done.
type Bar struct {
	widget.BaseWidget
	Named
	fraction float64
	tone     Tone
}

// NewBar returns an empty bar.
func NewBar(id string) *Bar {
	b := &Bar{Named: Named{ID: id}, tone: Accent}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes the part that is done, from 0 to 1.
func (b *Bar) Set(fraction float64) {
	if f := share(fraction); b.fraction != f {
		b.fraction = f
		b.Refresh()
	}
}

// SetTone changes the colour of the part that is done.
func (b *Bar) SetTone(tone Tone) {
	if b.tone != tone {
		b.tone = tone
		b.Refresh()
	}
}

// Fraction is the part that is done.
func (b *Bar) Fraction() float64 { return b.fraction }

// CreateRenderer implements fyne.Widget.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	const height = 6
	ground, done := NewPanel(ColorLine, "", height/2), NewPanel(theme.ColorNamePrimary, "", height/2)
	d := &drawing{objects: []fyne.CanvasObject{ground, done}}
	d.min = func() fyne.Size { return fyne.NewSize(40, height) }
	d.layout = func(size fyne.Size) {
		y := (size.Height - height) / 2
		place(ground, 0, y, size.Width, height)
		w := size.Width * float32(b.fraction)
		if b.fraction > 0 {
			w = max(w, height) // whole ends
		}
		place(done, 0, y, w, height)
	}
	d.refresh = func() {
		done.Set(b.tone.color(), "", 1)
		setVisible(done, b.fraction > 0)
		d.layout(b.Size())
	}
	d.refresh()
	return d
}
