package peers

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// health says how well the wallet is connected, what to do about it, and what
// that rests on.
type health struct {
	box       *fyne.Container
	dot       *kit.Dot
	title     *kit.Text
	words, do *kit.Paragraph
	facts     *fyne.Container
	names     []*kit.Text
	values    []*kit.Text
}

// facts are as many as package present tells.
const facts = 8

func newHealth() *health {
	h := &health{
		dot: kit.NewDot(kit.Muted), title: kit.NewText(kit.Heading, "").Called("peers.health"),
		words: kit.NewParagraph(kit.Body, kit.Plain, "").Called("peers.health.words"),
		do:    kit.NewParagraph(kit.Small, kit.Muted, "").Called("peers.health.do"),
	}
	var cells []fyne.CanvasObject
	for range facts {
		name, value := kit.Label(kit.Small, kit.Muted, "").Shortened(), kit.NewText(kit.Small, "").Shortened()
		h.names, h.values = append(h.names, name), append(h.values, value)
		cells = append(cells, kit.Column(0, name, value))
	}
	h.facts = kit.Column(kit.Gap)
	for i := 0; i < facts; i += 2 {
		h.facts.Add(kit.Shares(kit.Space, nil, cells[i], cells[i+1]))
	}
	title := container.NewBorder(nil, nil, container.NewStack(kit.Blank(18, 1), h.dot), nil, h.title)
	h.box = kit.Column(kit.Gap, title, h.words, h.do, kit.Inset(4, 0, 0, 0, h.facts))
	return h
}

func (h *health) set(to present.HealthState) {
	h.dot.SetTone(kit.Tone(to.Title.Tone))
	h.title.Set(to.Title.Words)
	h.words.Set(to.Words)
	h.do.Set(to.Do)
	setShown(h.do, to.Do != "")
	setShown(h.facts, len(to.Facts) > 0)
	for i := range min(facts, len(to.Facts)) {
		h.names[i].Set(to.Facts[i].Name)
		h.values[i].SetTone(kit.Tone(to.Facts[i].Value.Tone))
		h.values[i].Set(to.Facts[i].Value.Words)
	}
}

func setShown(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}
