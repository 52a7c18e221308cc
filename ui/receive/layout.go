package receive

import (
	"fyne.io/fyne/v2"

	"thistle/ui/kit"
)

// half puts the second object below the first, a space apart. The first gets
// about half of the height, within what it needs and what it can use; the second
// gets the rest, which is never less than least.
type half struct{ most, least float32 }

func (h half) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+kit.Space+max(b.Height, h.least))
}

func (h half) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	first := max(objects[0].MinSize().Height, min(size.Height*0.54, h.most))
	objects[0].Resize(fyne.NewSize(size.Width, first))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(size.Width, max(size.Height-first-kit.Space, 0)))
	objects[1].Move(fyne.NewPos(0, first+kit.Space))
}

// flow puts buttons beside each other, the last at the right end; where there is
// no room for that, two to a row. There is always room kept for both rows.
type flow struct{ gap float32 }

func (f flow) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for i := 0; i+1 < len(objects); i += 2 {
		a, b := objects[i].MinSize(), objects[i+1].MinSize()
		m.Width = max(m.Width, a.Width+f.gap+b.Width)
		if i > 0 {
			m.Height += f.gap
		}
		m.Height += max(a.Height, b.Height)
	}
	return m
}

func (f flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	whole := -f.gap
	for _, o := range objects {
		whole += f.gap + o.MinSize().Width
	}
	if whole > size.Width {
		f.inPairs(objects, size)
		return
	}
	x := float32(0)
	for i, o := range objects {
		m := o.MinSize()
		o.Resize(m)
		if i == len(objects)-1 {
			x = size.Width - m.Width
		}
		o.Move(fyne.NewPos(x, size.Height-m.Height))
		x += m.Width + f.gap
	}
}

func (f flow) inPairs(objects []fyne.CanvasObject, size fyne.Size) {
	w, y := (size.Width-f.gap)/2, float32(0)
	for i, o := range objects {
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(float32(i%2)*(w+f.gap), y))
		if i%2 == 1 {
			y += h + f.gap
		}
	}
}

// beside puts the second object to the right of the first, a space apart. The
// first gets about a third of the width, within what it needs and most.
type beside struct{ most float32 }

func (b beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	l, r := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(l.Width+kit.Space+r.Width, max(l.Height, r.Height))
}

func (b beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := max(objects[0].MinSize().Width, min(size.Width*0.33, b.most))
	objects[0].Resize(fyne.NewSize(w, size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(size.Width-w-kit.Space, size.Height))
	objects[1].Move(fyne.NewPos(w+kit.Space, 0))
}
