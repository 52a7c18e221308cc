package shell

import (
	"thistle/ui/kit"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// card is a card of the rail that is pressed: by pointer or, with the focus, by
// Enter and Space.
type card struct {
	widget.BaseWidget
	kit.Named
	label   string // what a screen reader says
	panel   *kit.Panel
	content fyne.CanvasObject
	fn      func()
}

func newCard(id, label string, content fyne.CanvasObject, fn func()) *card {
	c := &card{Named: kit.Named{ID: id}, label: label, content: content, fn: fn, panel: kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.FieldRadius)}
	c.ExtendBaseWidget(c)
	return c
}

// Tapped implements fyne.Tappable.
func (c *card) Tapped(*fyne.PointEvent) { c.fn() }

// FocusGained implements fyne.Focusable.
func (c *card) FocusGained() { c.panel.Set(kit.ColorCard, theme.ColorNamePrimary, 2) }

// FocusLost implements fyne.Focusable.
func (c *card) FocusLost() { c.panel.Set(kit.ColorCard, kit.ColorLine, 1) }

// TypedRune implements fyne.Focusable.
func (c *card) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (c *card) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.fn()
	}
}

// Cursor implements desktop.Cursorable.
func (c *card) Cursor() desktop.Cursor { return desktop.PointerCursor }

// AccessibilityLabel implements fyne.Accessible.
func (c *card) AccessibilityLabel() string { return c.label }

// AccessibilityRole implements fyne.Accessible.
func (c *card) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements fyne.Widget.
func (c *card) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(c.panel, kit.Inset(9, 11, 9, 11, c.content)))
}
