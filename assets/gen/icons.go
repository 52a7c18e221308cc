package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The window toolkit recolours what an SVG fills and leaves its strokes alone, so
// the pen's strokes are turned into the areas they cover.

// tolerance is how far a chord may be from its arc, on the grid of 24.
const tolerance = 0.02

type point struct{ x, y float64 }

func (p point) plus(q point) point     { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point    { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point  { return point{p.x * f, p.y * f} }
func (p point) length() float64        { return math.Hypot(p.x, p.y) }
func (p point) angle() float64         { return math.Atan2(p.y, p.x) }
func polar(a, r float64) point         { return point{r * math.Cos(a), r * math.Sin(a)} }
func arcStep(r float64) float64        { return 2 * math.Acos(1-tolerance/max(r, 2*tolerance)) }
func (p point) left() point            { return point{-p.y, p.x} }
func (p point) near(q point) bool      { return p.minus(q).length() < 1e-6 }
func (p point) unit() point            { return p.times(1 / p.length()) }
func (p point) cross(q point) float64  { return p.x*q.y - p.y*q.x }
func lerp(p, q point, f float64) point { return p.plus(q.minus(p).times(f)) }

func writeIcons(list, out string) error {
	in, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(in), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		name, strokes, ok := strings.Cut(line, "\t")
		if !ok {
			return fmt.Errorf("%s:%d: no tab", list, i+1)
		}
		svg, err := drawIcon(strokes)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", list, i+1, err)
		}
		if err := os.WriteFile(filepath.Join(out, name+".svg"), []byte(svg), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pen follows the letters and gathers what the strokes cover.
type pen struct {
	words []string
	line  []point // the stroke so far
	width float64
	fill  bool
	areas []string
	err   error
}

func drawIcon(strokes string) (string, error) {
	p := &pen{words: split(strokes), width: 1.8}
	for len(p.words) > 0 && p.err == nil {
		p.step(p.word())
	}
	p.lift(false)
	if p.err != nil {
		return "", p.err
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"><path fill="#000000" d="` +
		strings.Join(p.areas, "") + "\"/></svg>\n", nil
}

// split parts letters from the numbers that follow them.
func split(s string) []string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteString(" " + string(r) + " ")
		} else {
			b.WriteRune(r)
		}
	}
	return strings.Fields(b.String())
}

func (p *pen) word() string {
	if len(p.words) == 0 {
		p.err = fmt.Errorf("ends too early")
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *pen) number() float64 {
	n, err := strconv.ParseFloat(p.word(), 64)
	if err != nil && p.err == nil {
		p.err = err
	}
	return n
}

func (p *pen) point() point { return point{p.number(), p.number()} }

func (p *pen) at() point {
	if len(p.line) == 0 {
		p.err = fmt.Errorf("no M before a line")
		return point{}
	}
	return p.line[len(p.line)-1]
}

func (p *pen) to(q point) {
	if len(p.line) == 0 || !p.at().near(q) {
		p.line = append(p.line, q)
	}
}

func (p *pen) step(letter string) {
	switch letter {
	case "M":
		p.lift(false)
		p.to(p.point())
	case "L":
		p.at()
		p.to(p.point())
	case "H":
		p.to(point{p.number(), p.at().y})
	case "V":
		p.to(point{p.at().x, p.number()})
	case "C":
		from, a, b, to := p.at(), p.point(), p.point(), p.point()
		for i := 1; i <= 12; i++ {
			f := float64(i) / 12
			ab := lerp(a, b, f)
			p.to(lerp(lerp(lerp(from, a, f), ab, f), lerp(ab, lerp(b, to, f), f), f))
		}
	case "A":
		r, _, _, large, sweep := p.number(), p.number(), p.number(), p.number() == 1, p.number() == 1
		p.arc(r, large, sweep, p.point())
	case "Z":
		p.lift(true)
	case "O":
		p.lift(false)
		c, r := p.point(), p.number()
		p.area(disc(c, r+p.width/2), false)
		p.area(disc(c, r-p.width/2), true)
	case "D":
		p.lift(false)
		p.area(disc(p.point(), p.number()), false)
	case "F":
		p.lift(false)
		p.fill = true
	case "W":
		p.width = p.number()
	default:
		p.err = fmt.Errorf("letter %q", letter)
	}
}

// arc draws part of a circle through the pen's place and to.
func (p *pen) arc(r float64, large, sweep bool, to point) {
	from := p.at()
	half := to.minus(from).times(0.5)
	d := half.length()
	h := math.Sqrt(max(r*r-d*d, 0))
	side := half.unit().left().times(h)
	if large == sweep {
		side = side.times(-1)
	}
	c := from.plus(half).plus(side)
	a, b := from.minus(c).angle(), to.minus(c).angle()
	switch {
	case sweep && b < a:
		b += 2 * math.Pi
	case !sweep && b > a:
		b -= 2 * math.Pi
	}
	r = max(r, d)
	n := math.Ceil(math.Abs(b-a) / arcStep(r+p.width/2))
	for i := 1.0; i < n; i++ {
		p.to(c.plus(polar(a+(b-a)*i/n, r)))
	}
	p.to(to)
}

// lift ends a stroke: a closed one leaves a ring, an open one a sausage.
func (p *pen) lift(closed bool) {
	line := p.line
	p.line = nil
	if len(line) < 2 {
		return
	}
	if closed && line[0].near(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	back := make([]point, len(line))
	for i, q := range line {
		back[len(line)-1-i] = q
	}
	if p.fill {
		p.area(line, area(line) < 0)
	}
	if closed {
		p.area(p.edge(line, true), false)
		p.area(p.edge(back, true), false)
	} else {
		p.area(append(p.edge(line, false), p.edge(back, false)...), false)
	}
}

// edge is the right side of a stroke, half a pen away, round where it turns to
// the left and at the end of an open one.
func (p *pen) edge(line []point, closed bool) []point {
	n, r := len(line), p.width/2
	at := func(i int) point { return line[(i+n)%n] }
	dir := func(i int) point { return at(i + 1).minus(at(i)).unit() }
	var out []point
	last := n
	if !closed {
		last = n - 1
	}
	for i := range last {
		d := dir(i)
		off := d.left().times(-r)
		out = append(out, at(i).plus(off), at(i+1).plus(off))
		turn := math.Pi
		if closed || i < last-1 {
			next := dir(i + 1)
			turn = math.Atan2(d.cross(next), d.x*next.x+d.y*next.y)
		}
		if turn < 1e-9 {
			if turn < -1e-9 { // inner side: through the corner, which the areas cover
				out = append(out, at(i+1))
			}
			continue
		}
		steps := math.Ceil(turn / arcStep(r))
		for k := 1.0; k < steps; k++ {
			out = append(out, at(i+1).plus(polar(off.angle()+turn*k/steps, r)))
		}
	}
	return out
}

func disc(c point, r float64) []point {
	n := math.Ceil(2 * math.Pi / arcStep(r))
	var out []point
	for i := range int(n) {
		out = append(out, c.plus(polar(2*math.Pi*float64(i)/n, r)))
	}
	return out
}

func area(line []point) (sum float64) {
	for i, q := range line {
		sum += q.cross(line[(i+1)%len(line)])
	}
	return sum
}

// area adds an outline. All run the same way round, but for holes: what overlaps
// stays filled.
func (p *pen) area(line []point, backwards bool) {
	letter := "M"
	var b strings.Builder
	for i := range line {
		q := line[i]
		if backwards {
			q = line[len(line)-1-i]
		}
		b.WriteString(letter + short(q.x) + " " + short(q.y))
		letter = "L"
	}
	p.areas = append(p.areas, b.String()+"Z")
}

func short(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}
