package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Chip is a state in few words, on a ground of its tone. In a wider place it
// stays at the left.
type Chip struct {
	widget.BaseWidget
	Named
	tone  Tone
	text  string
	icon  fyne.Resource
	quiet bool
	right bool
	least float32 // it need not be wider than that
}

// NewChip returns an empty chip, which shows nothing.
func NewChip(id string) *Chip {
	c := &Chip{Named: Named{ID: id}, least: 160}
	c.ExtendBaseWidget(c)
	return c
}

// Right keeps the chip at the right of a wider place.
func (c *Chip) Right() *Chip { c.right = true; return c }

// Shortened lets the chip be narrower than its words, as in a narrow column.
func (c *Chip) Shortened() *Chip { c.least = 48; return c }

// Set changes tone and words.
func (c *Chip) Set(tone Tone, text string) { c.set(tone, text, nil, false) }

// SetQuiet shows the words without a ground, after an icon (or nil): for the
// state that needs no attention.
func (c *Chip) SetQuiet(icon fyne.Resource, tone Tone, text string) { c.set(tone, text, icon, true) }

func (c *Chip) set(tone Tone, text string, icon fyne.Resource, quiet bool) {
	if c.tone != tone || c.text != text || c.icon != icon || c.quiet != quiet {
		c.tone, c.text, c.icon, c.quiet = tone, text, icon, quiet
		c.Refresh()
	}
}

// Text is the words.
func (c *Chip) Text() string { return c.text }

// AccessibilityLabel implements fyne.Accessible.
func (c *Chip) AccessibilityLabel() string { return c.text }

// AccessibilityRole implements fyne.Accessible.
func (c *Chip) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	const edge, height = 9, 20
	panel := NewPanel("", "", height/2)
	words := NewText(Strong, "").Shortened()
	words.size = 11.5
	icon := NewIcon(nil, Plain, 14)
	lead := func() (x float32) {
		if !c.quiet {
			x = edge
		}
		if c.icon != nil {
			x += 14 + 5
		}
		return x
	}
	tail := func() float32 {
		if c.quiet {
			return 0
		}
		return edge
	}
	d := &drawing{objects: []fyne.CanvasObject{panel, icon, words}}
	full := func() float32 {
		if c.text == "" {
			return 0
		}
		return lead() + words.Whole().Width + tail() + 1
	}
	d.min = func() fyne.Size { return fyne.NewSize(min(full(), c.least), height) }
	d.layout = func(size fyne.Size) {
		w := min(full(), size.Width)
		x := float32(0)
		if c.right {
			x = size.Width - w
		}
		place(panel, x, (size.Height-height)/2, w, height)
		place(icon, x+lead()-19, (size.Height-14)/2, 14, 14)
		middle(words, x+lead(), max(w-lead()-tail(), 0), size.Height)
	}
	d.refresh = func() {
		words.role, words.size = Strong, 11.5
		if c.quiet {
			words.role, words.size = Small, Small.size()
		}
		words.text, words.tone = c.text, c.tone
		icon.Set(c.icon, c.tone)
		panel.Set(c.tone.ground(), "", 1)
		setVisible(panel, c.text != "" && !c.quiet)
		setVisible(icon, c.icon != nil)
		d.layout(c.Size())
	}
	d.refresh()
	return d
}

func setVisible(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}
