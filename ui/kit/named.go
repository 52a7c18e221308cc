package kit

import "fyne.io/fyne/v2"

// Named gives a widget an identifier by which tests find it.
type Named struct{ ID string }

// TestID is the identifier, empty if nobody looks for the widget.
func (n Named) TestID() string { return n.ID }

// Identified is a widget that tests can find.
type Identified interface {
	fyne.CanvasObject
	TestID() string
}
