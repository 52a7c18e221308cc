package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	tips "github.com/dweymouth/fyne-tooltip"
	tip "github.com/dweymouth/fyne-tooltip/widget"
)

// WithTips puts the layer for tool tips over a window's content. It is called
// once for a window.
func WithTips(content fyne.CanvasObject, c fyne.Canvas) fyne.CanvasObject {
	return tips.AddWindowToolTipLayer(content, c)
}

// touch is what all widgets of ours share that are pressed: by pointer or, with
// the focus, by Enter and Space.
type touch struct {
	tip.ToolTipWidget
	Named
	self             fyne.Widget
	label            string // what a screen reader says
	fn               func()
	hovered, focused bool
	off              bool
	key              func(fyne.KeyName) bool // asked first
}

// ExtendBaseWidget implements what fyne.Widget needs.
func (t *touch) ExtendBaseWidget(w fyne.Widget) {
	t.self = w
	t.ToolTipWidget.ExtendBaseWidget(w)
}

// SetTapped changes what pressing does.
func (t *touch) SetTapped(fn func()) { t.fn = fn }

// Tapped implements fyne.Tappable.
func (t *touch) Tapped(*fyne.PointEvent) { t.press() }

func (t *touch) press() {
	if !t.off && t.fn != nil {
		t.fn()
	}
}

// Disabled implements fyne.Disableable.
func (t *touch) Disabled() bool { return t.off }

// Enable implements fyne.Disableable.
func (t *touch) Enable() { t.SetEnabled(true) }

// Disable implements fyne.Disableable.
func (t *touch) Disable() { t.SetEnabled(false) }

// SetEnabled enables or disables.
func (t *touch) SetEnabled(on bool) {
	if t.off == on {
		t.off = !on
		t.Refresh()
	}
}

// FocusGained implements fyne.Focusable.
func (t *touch) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *touch) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *touch) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (t *touch) TypedKey(e *fyne.KeyEvent) {
	if t.key != nil && t.key(e.Name) {
		return
	}
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.press()
	}
}

// MouseIn implements desktop.Hoverable. Above a dialog there is no layer for
// tool tips.
func (t *touch) MouseIn(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t.self); c == nil || c.Overlays().Top() == nil {
		t.ToolTipWidget.MouseIn(e)
	}
	t.hovered = true
	t.Refresh()
}

// MouseOut implements desktop.Hoverable.
func (t *touch) MouseOut() {
	t.ToolTipWidget.MouseOut()
	t.hovered = false
	t.Refresh()
}

// Cursor implements desktop.Cursorable.
func (t *touch) Cursor() desktop.Cursor {
	if t.off || t.fn == nil {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// AccessibilityLabel implements fyne.Accessible.
func (t *touch) AccessibilityLabel() string { return t.label }

// AccessibilityRole implements fyne.Accessible.
func (t *touch) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// ground shows focus and pointer on a panel that otherwise has a fill and a line.
func (t *touch) ground(p *Panel, fill, line fyne.ThemeColorName) {
	width := float32(1)
	switch {
	case t.off:
	case t.focused:
		line, width = theme.ColorNamePrimary, 2
	case t.hovered && fill == "":
		fill = theme.ColorNameHover
	}
	p.Set(fill, line, width)
}
