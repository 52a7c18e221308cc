package kit

import (
	"image"
	"image/color"
	"image/draw"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"
)

// ChartPoint is a place in a chart, both parts from 0 (left, bottom) to 1.
type ChartPoint struct{ X, Y float64 }

// StepChart shows a value that jumps: a line in steps, the ground below it
// filled. From the last point the line goes on to the right edge.
type StepChart struct {
	widget.BaseWidget
	Named
	points []ChartPoint
	empty  string
}

// NewStepChart returns an empty chart.
func NewStepChart(id string) *StepChart {
	c := &StepChart{Named: Named{ID: id}}
	c.ExtendBaseWidget(c)
	return c
}

// Set changes the points, in ascending X, and the words that stand there if
// there are none.
func (c *StepChart) Set(points []ChartPoint, empty string) {
	if c.empty != empty || !slices.Equal(c.points, points) {
		c.points, c.empty = slices.Clone(points), empty
		c.Refresh()
	}
}

// Text is the words of an empty chart.
func (c *StepChart) Text() string {
	if len(c.points) > 0 {
		return ""
	}
	return c.empty
}

// CreateRenderer implements fyne.Widget.
func (c *StepChart) CreateRenderer() fyne.WidgetRenderer {
	p := &chartPainter{}
	raster := canvas.NewRaster(func(w, h int) image.Image {
		scale := float32(1)
		if width := c.Size().Width; width > 0 {
			scale = float32(w) / width
		}
		return p.paint(w, h, scale, c.points, colorOf(theme.ColorNamePrimary))
	})
	words := Label(Small, Muted, "").Centre().Shortened()
	d := &drawing{objects: []fyne.CanvasObject{raster, words}}
	d.min = func() fyne.Size { return fyne.NewSize(80, 60) }
	d.layout = func(size fyne.Size) {
		raster.Resize(size)
		middle(words, 0, size.Width, size.Height)
	}
	d.refresh = func() {
		words.text = c.Text()
		setVisible(raster, len(c.points) > 0)
		d.layout(c.Size())
	}
	d.refresh()
	return d
}

// chartPainter keeps the picture until something it depends on changes.
type chartPainter struct {
	w, h   int
	points []ChartPoint
	accent color.Color
	img    *image.NRGBA
}

func (p *chartPainter) paint(w, h int, scale float32, points []ChartPoint, accent color.Color) image.Image {
	if p.img != nil && p.w == w && p.h == h && p.accent == accent && slices.Equal(p.points, points) {
		return p.img
	}
	p.w, p.h, p.points, p.accent = w, h, points, accent
	p.img = image.NewNRGBA(image.Rect(0, 0, w, h))
	if len(points) == 0 || w < 1 || h < 1 {
		return p.img
	}
	line := 2 * scale
	xs, ys := make([]float32, 0, len(points)+1), make([]float32, 0, len(points)+1)
	for _, pt := range points {
		xs = append(xs, float32(share(pt.X))*float32(w))
		// The line stays inside, even at 0 and at 1.
		ys = append(ys, float32(1-share(pt.Y))*(float32(h)-line)+line/2)
	}
	xs, ys = append(xs, float32(w)), append(ys, ys[len(ys)-1])
	soft := color.NRGBAModel.Convert(accent).(color.NRGBA)
	soft.A = 0x24
	p.ground(xs, ys, soft)
	p.line(xs, ys, line, accent)
	return p.img
}

// share puts a number, or what is none, between 0 and 1.
func share(f float64) float64 {
	if !(f > 0) {
		return 0
	}
	return min(f, 1)
}

func (p *chartPainter) ground(xs, ys []float32, c color.Color) {
	z := vector.NewRasterizer(p.w, p.h)
	z.DrawOp = draw.Over
	z.MoveTo(xs[0], float32(p.h))
	for i := range xs {
		if i > 0 {
			z.LineTo(xs[i], ys[i-1])
		}
		z.LineTo(xs[i], ys[i])
	}
	z.LineTo(xs[len(xs)-1], float32(p.h))
	z.ClosePath()
	z.Draw(p.img, p.img.Bounds(), image.NewUniform(c), image.Point{})
}

// line is drawn in upright and level bars, which need no joints.
func (p *chartPainter) line(xs, ys []float32, width float32, c color.Color) {
	z := vector.NewRasterizer(p.w, p.h)
	z.DrawOp = draw.Over
	bar := func(x0, y0, x1, y1 float32) {
		x0, x1, y0, y1 = min(x0, x1)-width/2, max(x0, x1)+width/2, min(y0, y1)-width/2, max(y0, y1)+width/2
		z.MoveTo(x0, y0)
		z.LineTo(x1, y0)
		z.LineTo(x1, y1)
		z.LineTo(x0, y1)
		z.ClosePath()
	}
	for i := range xs[:len(xs)-1] {
		bar(xs[i], ys[i], xs[i+1], ys[i])
		bar(xs[i+1], ys[i], xs[i+1], ys[i+1])
	}
	z.Draw(p.img, p.img.Bounds(), image.NewUniform(c), image.Point{})
}
