package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// CaptionedBox is a small box with a caption above a text in the monospaced
// face, for pictures made of boxes.
type CaptionedBox struct {
	widget.BaseWidget
	Named
	tone          Tone
	caption, text *Text
}

// Box returns a captioned box.
func Box(tone Tone, caption, text string) *CaptionedBox {
	b := &CaptionedBox{tone: tone, caption: Label(Small, Muted, caption).Centre().Shortened(), text: NewText(Mono, text).Centre().Shortened()}
	b.caption.size, b.text.size = 11.5, 12
	b.ExtendBaseWidget(b)
	return b
}

// Called names the box for tests.
func (b *CaptionedBox) Called(id string) *CaptionedBox { b.ID = id; return b }

// Set changes tone and words.
func (b *CaptionedBox) Set(tone Tone, caption, text string) {
	b.caption.Set(caption)
	b.text.Set(text)
	if b.tone != tone {
		b.tone = tone
		b.Refresh()
	}
}

// Text is caption and text.
func (b *CaptionedBox) Text() string { return b.caption.Text() + "\n" + b.text.Text() }

// CreateRenderer implements fyne.Widget.
func (b *CaptionedBox) CreateRenderer() fyne.WidgetRenderer {
	panel := NewPanel("", "", 8)
	words := Inset(6, 12, 6, 12, Column(1, b.caption, b.text))
	d := &drawing{objects: []fyne.CanvasObject{panel, words}}
	d.min = func() fyne.Size {
		w := max(b.caption.Whole().Width, b.text.Whole().Width)
		return fyne.NewSize(w+26, words.MinSize().Height)
	}
	d.layout = func(size fyne.Size) {
		panel.Resize(size)
		words.Resize(size)
	}
	d.refresh = func() {
		line := ColorLine
		if b.tone != Plain && b.tone != Muted {
			line = b.tone.color()
		}
		panel.Set(b.tone.ground(), line, 1)
	}
	d.refresh()
	return d
}

// Dot is a small disc in a tone, before words that say the same.
type Dot struct {
	widget.BaseWidget
	panel *Panel
}

// NewDot returns a disc.
func NewDot(tone Tone) *Dot {
	d := &Dot{panel: NewPanel(tone.color(), "", 4)}
	d.ExtendBaseWidget(d)
	return d
}

// SetTone changes the disc's colour.
func (d *Dot) SetTone(tone Tone) { d.panel.Set(tone.color(), "", 1) }

// CreateRenderer implements fyne.Widget.
func (d *Dot) CreateRenderer() fyne.WidgetRenderer {
	return &drawing{
		objects: []fyne.CanvasObject{d.panel},
		min:     func() fyne.Size { return fyne.NewSquareSize(8) },
		layout:  func(size fyne.Size) { place(d.panel, 0, (size.Height-8)/2, 8, 8) },
	}
}

// Tile is an icon on a small rounded ground, at the head of a row.
type Tile struct {
	widget.BaseWidget
	icon *Icon
}

// NewTile returns a tile.
func NewTile(icon fyne.Resource, tone Tone) *Tile {
	t := &Tile{icon: NewIcon(icon, tone, 16)}
	t.ExtendBaseWidget(t)
	return t
}

// Set changes icon and tone.
func (t *Tile) Set(icon fyne.Resource, tone Tone) { t.icon.Set(icon, tone) }

// CreateRenderer implements fyne.Widget.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	const side = 30
	panel := NewPanel(ColorField, "", 8)
	d := &drawing{objects: []fyne.CanvasObject{panel, t.icon}}
	d.min = func() fyne.Size { return fyne.NewSquareSize(side) }
	d.layout = func(size fyne.Size) {
		x, y := (size.Width-side)/2, (size.Height-side)/2
		place(panel, x, y, side, side)
		place(t.icon, x+7, y+7, 16, 16)
	}
	return d
}
