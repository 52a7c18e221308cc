package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Paragraph is text that wraps at the width it is given, and is as high as that
// takes. Like Text it has no room around it.
type Paragraph struct {
	widget.BaseWidget
	Named
	rich    *widget.RichText
	segment *widget.TextSegment
}

// NewParagraph returns wrapping text.
func NewParagraph(r Role, tone Tone, text string) *Paragraph {
	size := map[Role]fyne.ThemeSizeName{Title: theme.SizeNameHeadingText, Heading: theme.SizeNameSubHeadingText, Small: theme.SizeNameCaptionText}[r]
	if size == "" {
		size = theme.SizeNameText
	}
	p := &Paragraph{segment: &widget.TextSegment{Text: text, Style: widget.RichTextStyle{ColorName: tone.color(), SizeName: size, TextStyle: r.style()}}}
	p.rich = widget.NewRichText(p.segment)
	p.rich.Wrapping = fyne.TextWrapWord
	p.ExtendBaseWidget(p)
	return p
}

// Called names the paragraph for tests.
func (p *Paragraph) Called(id string) *Paragraph { p.ID = id; return p }

// Centre puts every line in the middle.
func (p *Paragraph) Centre() *Paragraph {
	p.segment.Style.Alignment = fyne.TextAlignCenter
	return p
}

// Set changes the words.
func (p *Paragraph) Set(text string) {
	if p.segment.Text != text {
		p.segment.Text = text
		p.Refresh()
	}
}

// SetTone changes the tone.
func (p *Paragraph) SetTone(tone Tone) {
	if p.segment.Style.ColorName != tone.color() {
		p.segment.Style.ColorName = tone.color()
		p.Refresh()
	}
}

// Text is the words.
func (p *Paragraph) Text() string { return p.segment.Text }

// AccessibilityLabel implements fyne.Accessible.
func (p *Paragraph) AccessibilityLabel() string { return p.segment.Text }

// AccessibilityRole implements fyne.Accessible.
func (p *Paragraph) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget. Fyne's own keeps room around its text,
// which is pushed over the edges here.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	inset := func() float32 { return theme.Size(theme.SizeNameInnerPadding) }
	d := &drawing{objects: []fyne.CanvasObject{p.rich}}
	d.min = func() fyne.Size {
		m := p.rich.MinSize().SubtractWidthHeight(2*inset(), 2*inset())
		return fyne.NewSize(max(m.Width, 0), max(m.Height, 0))
	}
	d.layout = func(size fyne.Size) {
		i := inset()
		place(p.rich, -i, -i, size.Width+2*i, size.Height+2*i)
	}
	return d
}
