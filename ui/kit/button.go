package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Button is Fyne's button with the outline that the secondary kind has here,
// and with visible focus.
type Button struct {
	widget.Button
	Named
	focused bool
	escape  func() // what Escape does while the button has the focus
}

// Primary is the one button of a screen that leads on.
func Primary(id, label string, icon fyne.Resource, tapped func()) *Button {
	return newButton(id, label, icon, widget.HighImportance, tapped)
}

// Secondary is any other button.
func Secondary(id, label string, icon fyne.Resource, tapped func()) *Button {
	return newButton(id, label, icon, widget.MediumImportance, tapped)
}

func newButton(id, label string, icon fyne.Resource, importance widget.Importance, tapped func()) *Button {
	b := &Button{Named: Named{ID: id}}
	b.Text, b.Icon, b.Importance, b.OnTapped = label, icon, importance, tapped
	b.ExtendBaseWidget(b)
	return b
}

// SetEnabled enables or disables the button.
func (b *Button) SetEnabled(on bool) {
	switch {
	case on && b.Disabled():
		b.Enable()
	case !on && !b.Disabled():
		b.Disable()
	}
}

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() { b.focused = true; b.Button.FocusGained() }

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() { b.focused = false; b.Button.FocusLost() }

// TypedKey lets Enter and Space press the button, which keeps the focus.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if !b.Disabled() && b.OnTapped != nil {
			b.OnTapped()
		}
		return
	case fyne.KeyEscape:
		if b.escape != nil {
			b.escape()
		}
		return
	}
	b.Button.TypedKey(e)
}

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{WidgetRenderer: b.Button.CreateRenderer(), b: b, outline: canvas.NewRectangle(color.Transparent)}
	r.apply()
	return r
}

type buttonRenderer struct {
	fyne.WidgetRenderer
	b       *Button
	outline *canvas.Rectangle
}

func (r *buttonRenderer) apply() {
	r.outline.CornerRadius = FieldRadius
	r.outline.StrokeWidth, r.outline.StrokeColor = 0, color.Transparent
	switch {
	case r.b.focused && !r.b.Disabled():
		r.outline.StrokeWidth, r.outline.StrokeColor = 2, colorOf(theme.ColorNamePrimary)
		if r.b.Importance == widget.HighImportance {
			r.outline.StrokeColor = colorOf(theme.ColorNameForeground)
		}
	case r.b.Importance == widget.MediumImportance:
		r.outline.StrokeWidth, r.outline.StrokeColor = 1, colorOf(ColorLine)
	}
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return append(append([]fyne.CanvasObject{}, r.WidgetRenderer.Objects()...), r.outline)
}

// MinSize leaves more room beside the words than above them.
func (r *buttonRenderer) MinSize() fyne.Size {
	return r.WidgetRenderer.MinSize().AddWidthHeight(8, 0)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.outline.Resize(size)
}

func (r *buttonRenderer) Refresh() {
	r.apply()
	r.outline.Refresh()
	r.WidgetRenderer.Refresh()
}
