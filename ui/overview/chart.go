package overview

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/present"
)

const (
	chartStroke = 2    // width of the line, in logical pixels
	chartTint   = 0x22 // how much of the accent lies under the line
	chartHeight = 52   // least
)

// chart draws the balance over time as a line of steps.
type chart struct {
	widget.BaseWidget
	steps []present.Step
}

func newChart() *chart {
	c := &chart{}
	c.ExtendBaseWidget(c)
	return c
}

// set changes the steps.
func (c *chart) set(steps []present.Step) {
	if !slices.Equal(c.steps, steps) {
		c.steps = steps
		c.Refresh()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (c *chart) AccessibilityLabel() string { return "The balance over time" }

// AccessibilityRole implements fyne.Accessible.
func (c *chart) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (c *chart) CreateRenderer() fyne.WidgetRenderer {
	raster := canvas.NewRaster(func(w, h int) image.Image {
		scale := float32(1)
		if c.Size().Width > 0 {
			scale = float32(w) / c.Size().Width
		}
		return paint(c.steps, w, h, scale, theme.Color(theme.ColorNamePrimary))
	})
	raster.SetMinSize(fyne.NewSize(120, chartHeight))
	return widget.NewSimpleRenderer(raster)
}

// paint draws steps into a picture of w by h pixels: upright rectangles only, so
// that every edge is sharp.
func paint(steps []present.Step, w, h int, scale float32, accent color.Color) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	stroke := max(int(math.Round(float64(chartStroke*scale))), 1)
	tint := color.NRGBAModel.Convert(accent).(color.NRGBA)
	tint.A = chartTint
	fill := func(x0, y0, x1, y1 int, c color.Color) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1).Intersect(img.Rect), image.NewUniform(c), image.Point{}, draw.Src)
	}
	x := func(s present.Step) int { return min(int(s.X*float64(w)), w-stroke) }
	y := func(s present.Step) int { return int((1 - s.Y) * float64(h-stroke)) }
	for i, s := range steps {
		end := w
		if i+1 < len(steps) {
			end = x(steps[i+1]) + stroke
		}
		fill(x(s), y(s)+stroke, end, h, tint)
	}
	for i, s := range steps { // the line over all grounds
		end := w
		if i+1 < len(steps) {
			end = x(steps[i+1]) + stroke
			top, bottom := min(y(s), y(steps[i+1])), max(y(s), y(steps[i+1]))
			fill(end-stroke, top, end, bottom+stroke, accent)
		}
		fill(x(s), y(s), end, y(s)+stroke, accent)
	}
	return img
}
