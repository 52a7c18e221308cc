package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Confirm asks a question with two answers: dialog.yes and dialog.no.
func Confirm(host Host, title, text, yes, no string, fn func(yes bool)) {
	accept, decline := Primary("dialog.yes", yes, nil, nil), Secondary("dialog.no", no, nil, nil)
	d := newModal(host, title, text, decline, accept)
	answer := func(a bool) func() {
		return func() {
			d.Hide()
			if fn != nil {
				fn(a)
			}
		}
	}
	accept.OnTapped, decline.OnTapped = answer(true), answer(false)
	accept.escape, decline.escape = decline.OnTapped, decline.OnTapped
	d.Show()
	host.Window.Canvas().Focus(accept)
}

// ShowProblem says what went wrong until dialog.ok is pressed.
func ShowProblem(host Host, text string) { Tell(host, "That did not work", text) }

// Tell says something until dialog.ok is pressed.
func Tell(host Host, title, text string) {
	ok := Primary("dialog.ok", "OK", nil, nil)
	d := newModal(host, title, text, ok)
	ok.OnTapped = d.Hide
	ok.escape = d.Hide
	d.Show()
	host.Window.Canvas().Focus(ok)
}

// newModal is a card in the middle of a window that takes no other input.
func newModal(host Host, title, text string, buttons ...fyne.CanvasObject) *widget.PopUp {
	content := Column(Space,
		NewParagraph(Title, Plain, title).Called("dialog.title"),
		NewParagraph(Body, Plain, text).Called("dialog.text"),
		container.NewBorder(nil, nil, nil, Row(Gap, buttons...)),
	)
	p := widget.NewModalPopUp(Inset(Edge, Edge, Edge, Edge, content), host.Window.Canvas())
	width := min(460, host.Window.Canvas().Size().Width-40)
	p.Resize(fyne.NewSize(width, 0)) // wraps the words
	p.Resize(fyne.NewSize(width, p.MinSize().Height))
	return p
}
