package kit

import "fyne.io/fyne/v2"

// drawing is a renderer put together from functions; those that are nil do
// nothing.
type drawing struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	refresh func()
}

func (d *drawing) Destroy()                     {}
func (d *drawing) Objects() []fyne.CanvasObject { return d.objects }
func (d *drawing) MinSize() fyne.Size           { return d.min() }

func (d *drawing) Layout(size fyne.Size) {
	if d.layout != nil {
		d.layout(size)
	}
}

func (d *drawing) Refresh() {
	if d.refresh != nil {
		d.refresh()
	}
	for _, o := range d.objects {
		o.Refresh()
	}
}

// place moves and resizes an object.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// middle places an object at its least height in the middle of a height.
func middle(o fyne.CanvasObject, x, w, height float32) {
	h := o.MinSize().Height
	place(o, x, (height-h)/2, w, h)
}
