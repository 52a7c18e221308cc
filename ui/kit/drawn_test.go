package kit_test

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// each visits what is visible in an object, with its place relative to it.
func each(o fyne.CanvasObject, at fyne.Position, do func(fyne.CanvasObject, fyne.Position)) {
	if !o.Visible() {
		return
	}
	do(o, at)
	var below []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		below = o.Objects
	case fyne.Widget:
		below = test.WidgetRenderer(o).Objects()
	}
	for _, child := range below {
		each(child, at.Add(child.Position()), do)
	}
}

// drawnTexts puts together what is written in an object, but not what is drawn
// again to be bold, and says how far right and down it goes.
func drawnTexts(o fyne.CanvasObject) (text string, right, bottom float32) {
	var b strings.Builder
	seen := map[fyne.Position]bool{}
	each(o, fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		t, ok := o.(*canvas.Text)
		if !ok || t.Text == "" {
			return
		}
		size := t.MinSize()
		x := at.X
		switch t.Alignment {
		case fyne.TextAlignCenter:
			x += (t.Size().Width - size.Width) / 2
		case fyne.TextAlignTrailing:
			x += t.Size().Width - size.Width
		}
		right, bottom = max(right, x+size.Width), max(bottom, at.Y+size.Height)
		if seen[at.SubtractXY(0.6, 0)] {
			return
		}
		seen[at] = true
		b.WriteString(t.Text)
	})
	return b.String(), right, bottom
}
