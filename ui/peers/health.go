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
	head, box *fyne.Container
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
		dot: kit.NewDot(kit.Muted), title: kit.NewText(kit.Heading, "").Shortened().Called("peers.health"),
		words: kit.NewParagraph(kit.Body, kit.Plain, "").Called("peers.health.words"),
		do:    kit.NewParagraph(kit.Small, kit.Muted, "").Called("peers.health.do"),
	}
	var cells []fyne.CanvasObject
	for range facts {
		name, value := kit.Label(kit.Small, kit.Muted, ""), kit.NewText(kit.Small, "").Shortened()
		h.names, h.values = append(h.names, name), append(h.values, value)
		cells = append(cells, container.New(fact{}, name, value))
	}
	h.facts = kit.Column(kit.Gap - 2)
	for i := 0; i < facts; i += 2 {
		h.facts.Add(kit.Shares(kit.Space, nil, cells[i], cells[i+1]))
	}
	h.head = container.NewBorder(nil, nil, container.NewStack(kit.Blank(18, 1), h.dot), nil, h.title)
	h.box = kit.Column(kit.Gap-2, h.words, h.do, kit.Inset(4, 0, 0, 0, h.facts))
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

// fact puts a name before its value: all values in one column where there is room
// for it.
type fact struct{}

const (
	factName  = 92  // the column of names
	factRoomy = 250 // from this width on
)

// Layout implements fyne.Layout.
func (fact) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	name, value := objects[0], objects[1]
	m := name.MinSize()
	x := m.Width + kit.Gap
	if size.Width >= factRoomy {
		x = max(x, factName)
	}
	name.Move(fyne.NewPos(0, 0))
	name.Resize(m)
	value.Move(fyne.NewPos(x, 0))
	value.Resize(fyne.NewSize(max(size.Width-x, 0), size.Height))
}

// MinSize implements fyne.Layout.
func (fact) MinSize(objects []fyne.CanvasObject) fyne.Size {
	name, value := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(name.Width+kit.Gap+value.Width, max(name.Height, value.Height))
}
