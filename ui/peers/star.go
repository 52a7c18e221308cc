package peers

import (
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// star draws the peers around the person, in the order in which they came.
type star struct {
	widget.BaseWidget
	dots []present.PeerDot
	more string
}

func newStar() *star {
	s := &star{}
	s.ExtendBaseWidget(s)
	return s
}

func (s *star) set(dots []present.PeerDot, more string) {
	s.dots, s.more = slices.Clone(dots), more
	s.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (s *star) CreateRenderer() fyne.WidgetRenderer {
	r := &starRenderer{
		s: s, you: canvas.NewCircle(nil), name: canvas.NewText("You", nil),
		key:  [2]*canvas.Circle{canvas.NewCircle(nil), canvas.NewCircle(nil)},
		says: [2]*kit.Text{kit.Label(kit.Small, kit.Muted, "with filters"), kit.Label(kit.Small, kit.Muted, "others")},
		more: kit.Label(kit.Small, kit.Muted, "").Right().Called("peers.more"),
	}
	r.apply()
	return r
}

type starRenderer struct {
	s       *star
	lines   []*canvas.Line
	circles []*canvas.Circle
	you     *canvas.Circle
	name    *canvas.Text
	key     [2]*canvas.Circle // the legend
	says    [2]*kit.Text
	more    *kit.Text
}

const (
	youRadius, dotRadius, keyRadius = 22, 8, 5
	legend                          = 22 // its height
)

// apply makes as many lines and circles as there are peers, and gives all their
// colours.
func (r *starRenderer) apply() {
	for n := len(r.s.dots); len(r.circles) < n; {
		r.lines = append(r.lines, canvas.NewLine(nil))
		r.circles = append(r.circles, canvas.NewCircle(nil))
	}
	r.lines, r.circles = r.lines[:len(r.s.dots)], r.circles[:len(r.s.dots)]
	for i, d := range r.s.dots {
		r.lines[i].StrokeColor, r.lines[i].StrokeWidth = theme.Color(kit.ColorLine), 2
		ring(r.circles[i], d.Filters)
	}
	r.you.FillColor = theme.Color(theme.ColorNamePrimary)
	r.name.Color, r.name.TextSize, r.name.TextStyle = theme.Color(theme.ColorNameForegroundOnPrimary), 13, fyne.TextStyle{Bold: true}
	ring(r.key[0], true)
	ring(r.key[1], false)
	r.more.Set(r.s.more)
}

func ring(c *canvas.Circle, filters bool) {
	c.FillColor, c.StrokeWidth, c.StrokeColor = theme.Color(kit.ColorCard), 2.5, theme.Color(theme.ColorNamePrimary)
	if filters {
		c.StrokeColor = theme.Color(kit.ColorReceived)
	}
}

func (r *starRenderer) Destroy()           {}
func (r *starRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 170) }

func (r *starRenderer) Objects() []fyne.CanvasObject {
	var all []fyne.CanvasObject
	for _, l := range r.lines {
		all = append(all, l)
	}
	for _, c := range r.circles {
		all = append(all, c)
	}
	return append(all, r.you, r.name, r.key[0], r.says[0], r.key[1], r.says[1], r.more)
}

func (r *starRenderer) Refresh() {
	r.apply()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}

func (r *starRenderer) Layout(size fyne.Size) {
	height := size.Height - legend
	middle := fyne.NewPos(size.Width/2, height/2)
	for i := range r.circles {
		at := place(i, len(r.circles), middle, size.Width/2-dotRadius-2, height/2-dotRadius-2)
		r.lines[i].Position1, r.lines[i].Position2 = middle, at
		put(r.circles[i], at, dotRadius)
	}
	put(r.you, middle, youRadius)
	m := r.name.MinSize()
	r.name.Move(middle.SubtractXY(m.Width/2, m.Height/2))
	r.name.Resize(m)
	x := float32(0)
	for i, words := range r.says {
		put(r.key[i], fyne.NewPos(x+keyRadius, size.Height-legend/2+2), keyRadius)
		x += 2*keyRadius + 6
		m := words.MinSize()
		words.Move(fyne.NewPos(x, size.Height-legend/2+2-m.Height/2))
		words.Resize(m)
		x += m.Width + 14
	}
	m = r.more.MinSize()
	r.more.Move(fyne.NewPos(size.Width-m.Width, size.Height-legend/2+2-m.Height/2))
	r.more.Resize(m)
}

// place is where peer i of n is: evenly around the middle, every other one a
// little nearer, so that it looks like a net and not like a clock.
func place(i, n int, middle fyne.Position, a, b float32) fyne.Position {
	angle := 2*math.Pi*float64(i)/float64(n) - math.Pi/2 - 0.35
	reach := 1.0
	if i%2 == 1 {
		reach = 0.84
	}
	return middle.AddXY(float32(math.Cos(angle)*reach)*max(a, 0), float32(math.Sin(angle)*reach)*max(b, 0))
}

func put(c *canvas.Circle, at fyne.Position, radius float32) {
	c.Move(at.SubtractXY(radius, radius))
	c.Resize(fyne.NewSquareSize(2 * radius))
}

// AccessibilityLabel implements fyne.Accessible.
func (s *star) AccessibilityLabel() string { return "Peers around you" }

// AccessibilityRole implements fyne.Accessible.
func (s *star) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }
