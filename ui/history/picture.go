package history

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// picture shows how a payment is tied to its block, from the header on top down
// to the payment.
type picture struct {
	title   *kit.Text
	head    fyne.CanvasObject
	none    *kit.Paragraph
	drawing *fyne.Container
	box     *fyne.Container
	drawn   string // the proof's bytes and words that are drawn
}

func newPicture() *picture {
	p := &picture{
		title: kit.NewText(kit.Heading, "Proved by this computer").Called("history.proof"),
		none:  kit.NewParagraph(kit.Small, kit.Muted, "").Called("history.noproof"), drawing: kit.Column(6),
	}
	p.head = kit.Row(10, kit.Middle(kit.NewIcon(kit.IconShieldCheck, kit.Good, 20)), p.title)
	p.box = kit.Column(10, kit.Inset(8, 0, 0, 0, p.head), p.none, p.drawing)
	return p
}

// set draws a proof, or says why there is none.
func (p *picture) set(proof *present.Proof, none string) {
	p.none.Set(none)
	show(p.none, none != "")
	show(p.head, proof != nil)
	show(p.drawing, proof != nil)
	if proof == nil {
		return
	}
	if now := proof.Work + proof.Bytes + proof.Header.Hash; p.drawn != now {
		p.drawn = now
		p.drawing.RemoveAll()
		for _, o := range draw(proof) {
			p.drawing.Add(o)
		}
		p.drawing.Refresh()
	}
}

const (
	wideBox   = 190
	narrowBox = 110
)

func draw(proof *present.Proof) []fyne.CanvasObject {
	objects := []fyne.CanvasObject{
		centred(box(proof.Header, wideBox)), between(proof.Work, "history.work"), centred(box(proof.Root, wideBox)),
	}
	for _, l := range proof.Levels {
		if l.LeftOut > 0 {
			objects = append(objects, between("⋮  "+strconv.Itoa(l.LeftOut)+" more levels  ⋮", ""))
		}
		objects = append(objects, centred(box(l.Left, narrowBox), box(l.Right, narrowBox)))
	}
	return append(objects, between(proof.Links, "history.links"))
}

// box is a hash; on the path from the payment to the header it stands out.
func box(n present.Node, width float32) fyne.CanvasObject {
	tone, id := kit.Muted, ""
	if n.Path {
		tone, id = kit.Accent, "history.node."+n.Hash
	}
	return container.New(wide(width), kit.Box(tone, n.Caption, n.Short).Called(id))
}

func centred(objects ...fyne.CanvasObject) fyne.CanvasObject {
	row := append([]fyne.CanvasObject{kit.Spring()}, objects...)
	return kit.Row(8, append(row, kit.Spring())...)
}

// between is said between boxes.
func between(words, id string) fyne.CanvasObject {
	return kit.NewParagraph(kit.Small, kit.Muted, words).Centre().Called(id)
}
