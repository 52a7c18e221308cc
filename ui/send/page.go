package send

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// scrolling is a card whose content may be higher than it is.
func scrolling(content fyne.CanvasObject) (card *fyne.Container, scroll *container.Scroll) {
	const edge = 4 // keeps what scrolls off the round corners
	scroll = container.NewVScroll(kit.Inset(kit.Edge-edge, kit.Edge-edge, kit.Edge-edge, kit.Edge-edge, content))
	return container.NewStack(kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.CardRadius), kit.Inset(edge, edge, edge, edge, scroll)), scroll
}

// twoCards is a wide card, which scrolls, and a narrow one beside it.
func twoCards(wide, narrow fyne.CanvasObject) (cards *fyne.Container, scroll *container.Scroll) {
	left, scroll := scrolling(wide)
	return container.New(aside{}, left, kit.Card(narrow)), scroll
}

// aside gives the second object about a third of the width, within bounds.
type aside struct{}

const asideLeast, asideMost = 236, 288

func (aside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	l, r := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(l.Width+kit.Space+max(r.Width, asideLeast), max(l.Height, r.Height))
}

func (aside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := max(min(size.Width*0.33, asideMost), asideLeast, objects[1].MinSize().Width)
	objects[0].Resize(fyne.NewSize(size.Width-w-kit.Space, size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(w, size.Height))
	objects[1].Move(fyne.NewPos(size.Width-w, 0))
}

// figure is a name and an amount beside it.
type figure struct {
	box         *fyne.Container
	name, value *kit.Text
}

func newFigure(id, name string, strong bool) *figure {
	f := &figure{name: kit.Label(kit.Small, kit.Muted, name), value: kit.NewText(kit.Figure, "—").Right().Called(id)}
	if strong {
		f.name = kit.NewText(kit.Strong, name)
	}
	f.box = container.NewBorder(nil, nil, kit.Middle(f.name), nil, f.value)
	return f
}

// set changes the amount; "—" stands for one that is not known.
func (f *figure) set(amount string) {
	if amount == "" {
		amount = "—"
	}
	f.value.Set(amount)
}

// getters names what the recipients get.
func getters(n int) string {
	if n > 1 {
		return "Recipients get"
	}
	return "Recipient gets"
}

// hint is a sentence below a field, as many lines as it needs, none if empty.
type hint struct {
	box  *fyne.Container
	text *kit.Paragraph
}

func newHint(id string) *hint {
	h := &hint{text: kit.NewParagraph(kit.Small, kit.Muted, "").Called(id)}
	h.box = container.NewStack(h.text)
	h.box.Hide()
	return h
}

// set changes the words and tells whether the hint came or went.
func (h *hint) set(t present.Text) (moved bool) {
	if h.text.Text() == t.Words && h.box.Visible() == (t.Words != "") {
		h.text.SetTone(kit.Tone(t.Tone))
		return false
	}
	h.text.SetTone(kit.Tone(t.Tone))
	h.text.Set(t.Words)
	if t.Words == "" {
		h.box.Hide()
	} else {
		h.box.Show()
	}
	return true
}

// bad is a sentence on what is wrong, empty if nothing is.
func bad(words string) present.Text { return present.Text{Words: words, Tone: present.Bad} }
