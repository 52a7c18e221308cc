package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a card in the middle of a window with a caller's own content. The
// window takes no other input until it is closed, which Escape does too.
type Sheet struct {
	popup  *widget.PopUp
	canvas fyne.Canvas
	width  float32
}

// NewSheet makes a sheet that is not shown yet. The buttons stand below the
// content, at the right.
func NewSheet(host Host, title string, width float32, content fyne.CanvasObject, buttons ...*Button) *Sheet {
	row := Row(Gap)
	s := &Sheet{canvas: host.Window.Canvas()}
	for _, b := range buttons {
		b.escape = s.Close
		row.Add(b)
	}
	s.width = min(width, s.canvas.Size().Width-40)
	all := Column(Space, NewParagraph(Title, Plain, title).Called("dialog.title"), content, container.NewBorder(nil, nil, nil, row))
	s.popup = widget.NewModalPopUp(Inset(Edge, Edge, Edge, Edge, all), s.canvas)
	return s
}

// Escape lets Escape close the sheet from an entry too.
func (s *Sheet) Escape(e *Entry) { e.escape = s.Close }

// Show shows the sheet and gives the focus to what is to be used first.
func (s *Sheet) Show(first fyne.Focusable) {
	s.popup.Show()
	s.Fit()
	s.canvas.Focus(first)
}

// Fit makes the sheet as high as its content, which has changed.
func (s *Sheet) Fit() {
	s.popup.Resize(fyne.NewSize(s.width, 0)) // wraps the words
	s.popup.Resize(fyne.NewSize(s.width, s.popup.MinSize().Height))
}

// Close takes the sheet away.
func (s *Sheet) Close() { s.popup.Hide() }
