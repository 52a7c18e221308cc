package peers

import (
	"strconv"

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
	h.facts = kit.Column(kit.Gap - 2)
	for i := range facts {
		name, value := kit.Label(kit.Small, kit.Muted, ""), kit.NewText(kit.Small, "").Shortened().Called("peers.fact."+strconv.Itoa(i))
		h.names, h.values = append(h.names, name), append(h.values, value)
		if i%2 == 1 {
			h.facts.Add(container.New(pair{}, h.names[i-1], h.values[i-1], name, value))
		}
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

// pair puts two names, each before its value, beside each other: all values in
// one column where there is room for it. Each gets half of the width, but for what
// one needs more and the other can spare.
type pair struct{}

const (
	factName  = 92  // the column of names
	factRoomy = 250 // from this width on
)

// Layout implements fyne.Layout.
func (pair) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	room := max(size.Width-kit.Space, 0)
	half, left, right := room/2, need(objects[0], objects[1]), need(objects[2], objects[3])
	first := min(max(left, half), max(room-right, half))
	if left < half {
		first = max(left, min(half, room-right))
	}
	placeFact(objects[0], objects[1], 0, first, half >= factRoomy)
	placeFact(objects[2], objects[3], first+kit.Space, room-first, half >= factRoomy)
}

// need is the width of a name and all of its value.
func need(name, value fyne.CanvasObject) float32 {
	return name.MinSize().Width + kit.Gap + value.(*kit.Text).Whole().Width
}

func placeFact(name, value fyne.CanvasObject, x, width float32, roomy bool) {
	m := name.MinSize()
	in := m.Width + kit.Gap
	if roomy {
		in = max(in, factName)
	}
	name.Move(fyne.NewPos(x, 0))
	name.Resize(m)
	value.Move(fyne.NewPos(x+in, 0))
	value.Resize(fyne.NewSize(max(width-in, 0), value.MinSize().Height))
}

// MinSize implements fyne.Layout.
func (pair) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for _, o := range objects {
		m.Width += o.MinSize().Width
		m.Height = max(m.Height, o.MinSize().Height)
	}
	m.Width += 2*kit.Gap + kit.Space
	return m
}
