package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
)

// press is what rows and tabs share: they are pressed by pointer or keyboard,
// and show on a panel where either of them is.
type press struct {
	widget.BaseWidget
	kit.Named
	panel            *kit.Panel
	fn               func()
	hovered, focused bool
}

// Tapped implements fyne.Tappable.
func (p *press) Tapped(*fyne.PointEvent) {
	if p.fn != nil {
		p.fn()
	}
}

// FocusGained implements fyne.Focusable.
func (p *press) FocusGained() { p.focused = true; p.ground() }

// FocusLost implements fyne.Focusable.
func (p *press) FocusLost() { p.focused = false; p.ground() }

// TypedRune implements fyne.Focusable.
func (p *press) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (p *press) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.Tapped(nil)
	}
}

// MouseIn implements desktop.Hoverable.
func (p *press) MouseIn(*desktop.MouseEvent) { p.hovered = true; p.ground() }

// MouseMoved implements desktop.Hoverable.
func (p *press) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *press) MouseOut() { p.hovered = false; p.ground() }

// Cursor implements desktop.Cursorable.
func (p *press) Cursor() desktop.Cursor { return desktop.PointerCursor }

// AccessibilityRole implements fyne.Accessible.
func (p *press) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (p *press) ground() {
	fill, line := fyne.ThemeColorName(""), fyne.ThemeColorName("")
	if p.hovered {
		fill = theme.ColorNameHover
	}
	if p.focused {
		line = theme.ColorNamePrimary
	}
	p.panel.Set(fill, line, 2)
}
