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
		more: kit.Label(kit.Small, kit.Muted, "").Called("peers.more"),
	}
	for i, words := range []string{"with filters", "others", "came to you"} {
		r.key[i], r.says[i] = canvas.NewCircle(nil), kit.Label(kit.Small, kit.Muted, words)
	}
	r.apply()
	return r
}

// kinds are the marks of the legend.
const kinds = 3

// kindOf says by its place in the legend what a peer is.
func kindOf(d present.PeerDot) int {
	switch {
	case d.Inbound:
		return 2
	case d.Filters:
		return 0
	}
	return 1
}

type starRenderer struct {
	s       *star
	lines   []*canvas.Line
	circles []*canvas.Circle
	you     *canvas.Circle
	name    *canvas.Text
	key     [kinds]*canvas.Circle // the legend
	says    [kinds]*kit.Text
	more    *kit.Text
}

const (
	youRadius, dotRadius, keyRadius = 22, 8, 5
	legendLine                      = 18 // the height of one of the legend
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
		ring(r.circles[i], kindOf(d))
	}
	r.you.FillColor = theme.Color(theme.ColorNamePrimary)
	r.name.Color, r.name.TextSize, r.name.TextStyle = theme.Color(theme.ColorNameForegroundOnPrimary), 13, fyne.TextStyle{Bold: true}
	for i := range kinds {
		ring(r.key[i], i)
	}
	came := slices.ContainsFunc(r.s.dots, func(d present.PeerDot) bool { return d.Inbound })
	r.key[2].Hidden = !came
	setShown(r.says[2], came)
	r.more.Set(r.s.more)
}

// ring draws the mark of a kind: who came to us is a disc, so that not the colour
// alone tells.
func ring(c *canvas.Circle, kind int) {
	c.StrokeWidth = 2.5
	c.StrokeColor = theme.Color([kinds]fyne.ThemeColorName{kit.ColorReceived, theme.ColorNamePrimary, kit.ColorMuted}[kind])
	c.FillColor = theme.Color(kit.ColorCard)
	if kind == 2 {
		c.FillColor = c.StrokeColor
	}
}

func (r *starRenderer) Destroy()           {}
func (r *starRenderer) MinSize() fyne.Size { return fyne.NewSize(150, 170) }

func (r *starRenderer) Objects() []fyne.CanvasObject {
	var all []fyne.CanvasObject
	for _, l := range r.lines {
		all = append(all, l)
	}
	for _, c := range r.circles {
		all = append(all, c)
	}
	all = append(all, r.you, r.name)
	for i := range kinds {
		all = append(all, r.key[i], r.says[i])
	}
	return append(all, r.more)
}

func (r *starRenderer) Refresh() {
	r.apply()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}

func (r *starRenderer) Layout(size fyne.Size) {
	height := size.Height - r.legend(size)
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
}

// legend puts the legend at the bottom, in as many lines as it takes, and tells
// its height.
func (r *starRenderer) legend(size fyne.Size) float32 {
	const markWide, gap = 2*keyRadius + 6, 14
	x, lines := float32(0), float32(1)
	type item struct {
		mark  *canvas.Circle
		words *kit.Text
		line  float32
		x     float32
	}
	var items []item
	add := func(mark *canvas.Circle, words *kit.Text) {
		if !words.Visible() || words.Text() == "" {
			return
		}
		wide := words.MinSize().Width
		if mark != nil {
			wide += markWide
		}
		if x > 0 && x+wide > size.Width {
			x, lines = 0, lines+1
		}
		items = append(items, item{mark, words, lines, x})
		x += wide + gap
	}
	for i := range kinds {
		add(r.key[i], r.says[i])
	}
	add(nil, r.more)
	for _, it := range items {
		y := size.Height - (lines-it.line+0.5)*legendLine + 2
		if it.mark != nil {
			put(it.mark, fyne.NewPos(it.x+keyRadius, y), keyRadius)
			it.x += markWide
		}
		m := it.words.MinSize()
		it.words.Move(fyne.NewPos(it.x, y-m.Height/2))
		it.words.Resize(m)
	}
	return lines*legendLine + 4
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
