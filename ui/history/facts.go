package history

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
)

// facts are captions with what they stand for, a line below each.
type facts struct {
	box   *fyne.Container
	lines map[fyne.CanvasObject]*fyne.Container
}

func newFacts() *facts {
	return &facts{box: kit.Column(0), lines: map[fyne.CanvasObject]*fyne.Container{}}
}

func (f *facts) add(caption string, value fyne.CanvasObject) {
	line := container.New(captioned{}, kit.Label(kit.Small, kit.Muted, caption), value)
	all := kit.Column(0, kit.Inset(8, 0, 8, 0, line), kit.Rule())
	f.lines[value] = all
	f.box.Add(all)
}

// show shows a fact, or takes its room away.
func (f *facts) show(value fyne.CanvasObject, on bool) {
	show(f.lines[value], on)
}

// captioned puts a value beside its caption, both at the top.
type captioned struct{}

const captionWidth = 88

// Layout implements fyne.Layout.
func (captioned) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	caption, value := objects[0], objects[1]
	caption.Move(fyne.NewPos(0, 0))
	caption.Resize(fyne.NewSize(captionWidth, caption.MinSize().Height))
	value.Move(fyne.NewPos(captionWidth, 0))
	value.Resize(fyne.NewSize(max(size.Width-captionWidth, 0), size.Height))
}

// MinSize implements fyne.Layout.
func (captioned) MinSize(objects []fyne.CanvasObject) fyne.Size {
	caption, value := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(captionWidth+value.Width, max(caption.Height, value.Height))
}

// beside puts a short thing at the right of one that takes what room there is, or
// below it where that would be little.
type beside struct{ width float32 } // as last laid out

const besideFrom = 330

// Layout implements fyne.Layout.
func (b *beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	b.width = size.Width
	long, short := objects[0], objects[1]
	h, s := long.MinSize().Height, short.MinSize()
	if b.width < besideFrom {
		long.Move(fyne.NewPos(0, 0))
		long.Resize(fyne.NewSize(size.Width, h))
		short.Move(fyne.NewPos(0, h+kit.Gap))
		short.Resize(fyne.NewSize(size.Width, s.Height))
		return
	}
	long.Move(fyne.NewPos(0, 0))
	long.Resize(fyne.NewSize(size.Width-s.Width-10, h))
	short.Move(fyne.NewPos(size.Width-s.Width, (h-s.Height)/2))
	short.Resize(s)
}

// MinSize implements fyne.Layout.
func (b *beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	long, short := objects[0].MinSize(), objects[1].MinSize()
	if b.width < besideFrom {
		return fyne.NewSize(max(long.Width, short.Width), long.Height+kit.Gap+short.Height)
	}
	return fyne.NewSize(100, long.Height)
}
