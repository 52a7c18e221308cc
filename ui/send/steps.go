package send

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"thistle/ui/kit"
)

// steps shows where on the way one is.
type steps struct {
	box     *fyne.Container
	rings   []*kit.Panel
	numbers []*kit.Text
	names   []*kit.Text
}

func newSteps(names ...string) *steps {
	const ring = 22
	s := &steps{box: kit.Row(18)}
	for i, name := range names {
		s.rings = append(s.rings, kit.NewPanel("", kit.ColorLine, ring/2))
		s.numbers = append(s.numbers, kit.Label(kit.Small, kit.Muted, strconv.Itoa(i+1)).Centre())
		s.names = append(s.names, kit.Label(kit.Small, kit.Muted, name))
		circle := container.New(square(ring), s.rings[i], container.NewCenter(s.numbers[i]))
		s.box.Add(kit.Row(kit.Gap, kit.Middle(circle), kit.Middle(s.names[i])))
	}
	return s
}

// set marks step i as the one that is open.
func (s *steps) set(i int) {
	for k := range s.rings {
		tone := kit.Muted
		if k == i {
			tone = kit.Accent
			s.rings[k].Set(kit.ColorAccentGround, theme.ColorNamePrimary, 1)
		} else {
			s.rings[k].Set("", kit.ColorLine, 1)
		}
		s.numbers[k].SetTone(tone)
		s.names[k].SetTone(tone)
	}
}

// square lays all objects over each other, as large as it says.
type square float32

func (q square) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(float32(q)) }

func (q square) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
		o.Move(fyne.NewPos(0, 0))
	}
}
