package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// Blank takes room and shows nothing.
func Blank(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

// Column puts objects below each other, gap apart, each as wide as the column.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// Row puts objects beside each other, gap apart, each at its least width.
func Row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), objects...)
}

// Inset surrounds an object with room.
func Inset(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// Middle keeps an object at its least height, in the middle of what there is.
func Middle(o fyne.CanvasObject) *fyne.Container {
	return container.NewVBox(layout.NewSpacer(), o, layout.NewSpacer())
}

// Spring takes what room is left in a Row or Column.
func Spring() fyne.CanvasObject { return layout.NewSpacer() }

// Shares puts objects beside each other, gap apart, their widths in proportion
// to weights. A weight of zero means the object's least width.
func Shares(gap float32, weights []float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&shares{gap: gap, weights: weights}, objects...)
}

type shares struct {
	gap     float32
	weights []float32
}

func (s *shares) weight(i int) float32 {
	if i < len(s.weights) {
		return s.weights[i]
	}
	return 1
}

func (s *shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	free, sum := size.Width, float32(0)
	shown := 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		if w := s.weight(i); w > 0 {
			sum += w
		} else {
			free -= o.MinSize().Width
		}
	}
	free -= s.gap * float32(max(shown-1, 0))
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		w := o.MinSize().Width
		if weight := s.weight(i); weight > 0 {
			w = max(free, 0) * weight / sum
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(w, size.Height))
		x += w + s.gap
	}
}

// MinSize lets the shares keep their proportions even at the least width.
func (s *shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var fixed, unit, sum, height float32
	shown := 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		m := o.MinSize()
		height = max(height, m.Height)
		if w := s.weight(i); w > 0 {
			sum += w
			unit = max(unit, m.Width/w)
		} else {
			fixed += m.Width
		}
	}
	return fyne.NewSize(fixed+unit*sum+s.gap*float32(max(shown-1, 0)), height)
}

// AtMost keeps an object no wider than width, in the middle.
func AtMost(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(atMost(width), o)
}

type atMost float32

func (a atMost) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := min(float32(a), size.Width)
	for _, o := range objects {
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos((size.Width-w)/2, 0))
	}
}

func (a atMost) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for _, o := range objects {
		m = m.Max(o.MinSize())
	}
	return m
}
