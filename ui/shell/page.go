package shell

import (
	"thistle/ui/kit"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// message is a page that says one thing, with what can be done about it below.
func (s *Shell) message(title, text string, below fyne.CanvasObject) fyne.CanvasObject {
	s.hideDoor()
	heading := kit.NewText(kit.Title, title).Called("shell.title")
	words := kit.NewParagraph(kit.Body, kit.Muted, text).Called("shell.message")
	column := kit.Column(kit.Space, container.NewHBox(kit.NewIcon(kit.IconThistle, kit.Accent, 36)), heading)
	if text != "" {
		column.Add(words)
	}
	if below != nil {
		column.Add(below)
	}
	return kit.AtMost(520, kit.Inset(120, 28, 24, 28, column))
}
