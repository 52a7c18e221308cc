package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Entry is a line to type into.
type Entry struct {
	widget.Entry
	Named
	dots   bool   // what is typed shows as dots
	secret bool   // it does not go to the clipboard
	escape func() // what Escape does
	// Left is called after the focus went elsewhere.
	Left func()
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	if e.Left != nil {
		e.Left()
	}
}

// NewEntry returns an empty line.
func NewEntry(id, placeholder string) *Entry {
	e := &Entry{Named: Named{ID: id}}
	e.ExtendBaseWidget(e)
	e.Wrapping = fyne.TextWrapOff
	e.Scroll = container.ScrollHorizontalOnly
	e.SetPlaceHolder(placeholder)
	return e
}

// NewMonoEntry returns an empty line in the monospaced face.
func NewMonoEntry(id, placeholder string) *Entry {
	e := NewEntry(id, placeholder)
	e.TextStyle = fyne.TextStyle{Monospace: true}
	return e
}

// NewPassword returns a line that shows dots.
func NewPassword(id, placeholder string) *Entry {
	e := NewEntry(id, placeholder)
	e.Password, e.dots, e.secret = true, true, true
	return e
}

// NewSecret returns a line that can be read, but not copied.
func NewSecret(id, placeholder string) *Entry {
	e := NewEntry(id, placeholder)
	e.secret = true
	return e
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape && e.escape != nil {
		e.escape()
		return
	}
	e.Entry.TypedKey(key)
}

// TypedShortcut implements fyne.Shortcutable. Secrets are not copied, not even
// those that were made readable.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutCopy, *fyne.ShortcutCut:
		if e.secret {
			return
		}
	}
	e.Entry.TypedShortcut(s)
}

// MinSize makes entries of all faces equally high.
func (e *Entry) MinSize() fyne.Size {
	m := e.Entry.MinSize()
	m.Height = max(m.Height, 42)
	return m
}

// Take returns what was typed as bytes, and empties the line: a string cannot be
// wiped, but nothing needs to point to it any longer. A password that was made
// readable is hidden again.
func (e *Entry) Take() []byte {
	text := []byte(e.Text)
	if e.dots {
		e.Password = true
	}
	e.SetText("")
	return text
}

// Select is a choice of one.
type Select struct {
	widget.Select
	Named
}

// NewSelect returns a choice with nothing chosen.
func NewSelect(id string, options []string, changed func(string)) *Select {
	s := &Select{Named: Named{ID: id}}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// Check is a choice of yes or no.
type Check struct {
	widget.Check
	Named
}

// NewCheck returns a choice that says no.
func NewCheck(id, label string, changed func(bool)) *Check {
	c := &Check{Named: Named{ID: id}}
	c.Text, c.OnChanged = label, changed
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements fyne.Widget. Fyne draws the empty box in the colour
// of the entries' border, which is too faint for something to press.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	r := &checkRenderer{c.Check.CreateRenderer()}
	r.strengthen()
	return r
}

type checkRenderer struct{ fyne.WidgetRenderer }

func (r *checkRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.strengthen()
}

func (r *checkRenderer) strengthen() {
	for _, o := range r.Objects() {
		img, ok := o.(*canvas.Image)
		if !ok {
			continue
		}
		if res, ok := img.Resource.(*theme.ThemedResource); ok && res.ColorName == theme.ColorNameInputBorder {
			res.ColorName = ColorMuted
			img.Refresh()
		}
	}
}

// Field puts a label above what is to be filled in, and a line below it for what
// is wrong with it.
type Field struct {
	widget.BaseWidget
	// Container is what the field is made of.
	Container *fyne.Container
	label     *Text
	hint      *Paragraph
}

// NewField returns a field without a hint.
func NewField(label string, input fyne.CanvasObject) *Field {
	f := &Field{label: Label(Small, Muted, label).Shortened(), hint: NewParagraph(Small, Muted, "")}
	f.hint.Hide()
	f.Container = Column(4, f.label, input, f.hint)
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.Container) }

// Called names the hint for tests.
func (f *Field) Called(id string) *Field { f.hint.ID = id; return f }

// Hint is the line below.
func (f *Field) Hint() string { return f.hint.Text() }

// SetHint changes the line below; an empty one takes no room.
func (f *Field) SetHint(tone Tone, text string) {
	f.hint.SetTone(tone)
	f.hint.Set(text)
	if (text == "") == f.hint.Visible() {
		if text == "" {
			f.hint.Hide()
		} else {
			f.hint.Show()
		}
		f.Container.Refresh()
		f.Refresh()
	}
}
