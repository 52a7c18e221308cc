package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Role is what a text is on the page: it decides size, weight and face.
type Role int

// The roles.
const (
	Body       Role = iota
	Title           // of a page
	Heading         // of a card
	Strong          // Body that stands out
	Small           // beside something else
	Mono            // addresses, hashes
	MonoStrong      // their ends
	Figure          // an amount in a list
	Huge            // the balance
)

// Tone is what a text means. Colour never says it alone: the words do too.
type Tone int

// The tones. present has the first six in the same order.
const (
	Plain Tone = iota
	Muted
	Accent
	Good
	Warn
	Bad
	Off      // cannot be used now
	OnAccent // on a ground of the accent's colour
)

func (t Tone) color() fyne.ThemeColorName {
	return [...]fyne.ThemeColorName{
		Plain: theme.ColorNameForeground, Muted: ColorMuted, Accent: theme.ColorNamePrimary, Good: ColorReceived,
		Warn: theme.ColorNameWarning, Bad: theme.ColorNameError, Off: theme.ColorNameDisabled, OnAccent: theme.ColorNameForegroundOnPrimary,
	}[t]
}

func (t Tone) ground() fyne.ThemeColorName {
	return [...]fyne.ThemeColorName{
		Plain: ColorField, Muted: ColorField, Accent: ColorAccentGround, Good: ColorGoodGround,
		Warn: ColorWarningGround, Bad: ColorErrorGround, Off: ColorField, OnAccent: theme.ColorNamePrimary,
	}[t]
}

func (r Role) size() float32 {
	return [...]float32{Body: 14, Title: 21, Heading: 15, Strong: 14, Small: 12.5, Mono: 13, MonoStrong: 13, Figure: 14, Huge: 38}[r]
}

func (r Role) style() fyne.TextStyle {
	switch r {
	case Title, Heading, Strong, Figure, Huge:
		return fyne.TextStyle{Bold: true}
	case Mono:
		return fyne.TextStyle{Monospace: true}
	case MonoStrong:
		return fyne.TextStyle{Monospace: true, Bold: true}
	}
	return fyne.TextStyle{}
}

// Text is a line of text that follows the theme. A line that does not fit ends
// in "…" if Shorten is set.
type Text struct {
	widget.BaseWidget
	Named
	text    string
	role    Role
	size    float32 // instead of the role's
	tone    Tone
	align   fyne.TextAlign
	shorten bool
}

// NewText returns a line in the plain tone.
func NewText(r Role, text string) *Text {
	t := &Text{text: text, role: r, size: r.size()}
	t.ExtendBaseWidget(t)
	return t
}

// Label is NewText in a tone.
func Label(r Role, tone Tone, text string) *Text {
	t := NewText(r, text)
	t.tone = tone
	return t
}

// Right aligns the text to the right.
func (t *Text) Right() *Text { t.align = fyne.TextAlignTrailing; return t }

// Centre aligns the text to the middle.
func (t *Text) Centre() *Text { t.align = fyne.TextAlignCenter; return t }

// Shortened lets the text be narrower than it needs.
func (t *Text) Shortened() *Text { t.shorten = true; return t }

// Called names the text for tests.
func (t *Text) Called(id string) *Text { t.ID = id; return t }

// Set changes the words.
func (t *Text) Set(text string) {
	if t.text != text {
		t.text = text
		t.Refresh()
	}
}

// SetTone changes the tone.
func (t *Text) SetTone(tone Tone) {
	if t.tone != tone {
		t.tone = tone
		t.Refresh()
	}
}

// Text is the words, whole even if they are shown shortened.
func (t *Text) Text() string { return t.text }

// AccessibilityLabel is what a screen reader says.
func (t *Text) AccessibilityLabel() string { return t.text }

// AccessibilityRole implements fyne.Accessible.
func (t *Text) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t: t, line: canvas.NewText("", nil), again: canvas.NewText("", nil)}
	r.apply()
	return r
}

// The monospaced face has no bold: what should be strong is drawn twice, a bit
// apart.
const boldOffset = 0.6

type textRenderer struct {
	t           *Text
	line, again *canvas.Text
}

func (r *textRenderer) apply() {
	r.line.Text, r.line.TextSize, r.line.TextStyle = r.t.text, r.t.size, r.t.role.style()
	r.line.Color, r.line.Alignment = colorOf(r.t.tone.color()), r.t.align
	if r.t.shorten && r.t.Size().Width > 0 {
		r.line.Text = shorten(r.t.text, r.t.Size().Width, r.line.TextSize, r.line.TextStyle)
	}
	r.again.Hidden = r.t.role != MonoStrong
	r.again.Text, r.again.TextSize, r.again.TextStyle = r.line.Text, r.line.TextSize, r.line.TextStyle
	r.again.Color, r.again.Alignment = r.line.Color, r.line.Alignment
}

func (r *textRenderer) Destroy()                     {}
func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.line, r.again} }

func (r *textRenderer) Refresh() {
	r.apply()
	r.line.Refresh()
	r.again.Refresh()
}

func (r *textRenderer) Layout(size fyne.Size) {
	r.apply()
	r.line.Resize(size)
	place(r.again, boldOffset, 0, size.Width, size.Height)
}

func (r *textRenderer) MinSize() fyne.Size {
	m := r.t.Whole()
	if r.t.shorten {
		m.Width = min(m.Width, 24)
	}
	return m
}

// Whole is the size of the text where nothing of it is shortened.
func (t *Text) Whole() fyne.Size { return fyne.MeasureText(t.text, t.size, t.role.style()) }

// shorten cuts the end of a text so that it fits.
func shorten(text string, width, size float32, style fyne.TextStyle) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, style).Width <= width }
	if fits(text) {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high { // the longest beginning that fits with its dots
		mid := (low + high + 1) / 2
		if fits(string(runes[:mid]) + "…") {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return string(runes[:low]) + "…"
}
