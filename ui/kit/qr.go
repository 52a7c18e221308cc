package kit

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
	"rsc.io/qr"
)

// quiet is the white border that readers need, in modules.
const quiet = 4

// leastQR has room for five pixels to a module of an address's code.
const leastQR = 5 * (33 + 2*quiet)

// QR is a text for another device's camera: black on white in both themes.
type QR struct {
	widget.BaseWidget
	Named
	text string
	code *qr.Code
}

// NewQR returns an empty picture.
func NewQR(id string) *QR {
	q := &QR{Named: Named{ID: id}}
	q.ExtendBaseWidget(q)
	return q
}

// Set changes the text. An error means that it is too long; then nothing is shown.
func (q *QR) Set(text string) error {
	if q.text == text {
		return nil
	}
	q.text, q.code = "", nil
	defer q.Refresh()
	if text == "" {
		return nil
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return err
	}
	q.text, q.code = text, code
	return nil
}

// Text is what a camera reads.
func (q *QR) Text() string { return q.text }

// PNG is the picture for a file, nil if there is none.
func (q *QR) PNG() []byte {
	if q.code == nil {
		return nil
	}
	side := (q.code.Size + 2*quiet) * 8
	var b bytes.Buffer
	if png.Encode(&b, drawQR(q.code, side, side, 0)) != nil {
		return nil
	}
	return b.Bytes()
}

// drawQR gives every module the same whole number of pixels, in the middle of a
// white ground that goes just as far as readers need it. What is left around that
// is not drawn on.
func drawQR(code *qr.Code, w, h int, radius float64) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	if code == nil {
		return img
	}
	n := code.Size + 2*quiet
	pixels := max(min(w, h)/n, 1)
	left, top := (w-n*pixels)/2, (h-n*pixels)/2
	paper(img, image.Rect(left, top, left+n*pixels, top+n*pixels), radius)
	black := image.NewUniform(color.Black)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				at := image.Pt(left+(quiet+x)*pixels, top+(quiet+y)*pixels)
				draw.Draw(img, image.Rectangle{Min: at, Max: at.Add(image.Pt(pixels, pixels))}, black, image.Point{}, draw.Src)
			}
		}
	}
	return img
}

// paper fills r with white, its corners round.
func paper(img *image.NRGBA, r image.Rectangle, radius float64) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			// How far the pixel's middle is from the middle of the corner's circle.
			dx := max(float64(r.Min.X)+radius-float64(x)-0.5, float64(x)+0.5-float64(r.Max.X)+radius, 0)
			dy := max(float64(r.Min.Y)+radius-float64(y)-0.5, float64(y)+0.5-float64(r.Max.Y)+radius, 0)
			cover := share(radius - math.Hypot(dx, dy) + 0.5)
			if dx == 0 || dy == 0 {
				cover = 1
			}
			img.SetNRGBA(x, y, color.NRGBA{0xff, 0xff, 0xff, uint8(cover * 0xff)})
		}
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (q *QR) AccessibilityLabel() string { return "QR: " + q.text }

// AccessibilityRole implements fyne.Accessible.
func (q *QR) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (q *QR) CreateRenderer() fyne.WidgetRenderer {
	raster := canvas.NewRaster(func(w, h int) image.Image {
		radius := 0.0
		if width := q.Size().Width; width > 0 {
			radius = FieldRadius * float64(w) / float64(width)
		}
		return drawQR(q.code, w, h, radius)
	})
	raster.ScaleMode = canvas.ImageScalePixels
	d := &drawing{objects: []fyne.CanvasObject{raster}}
	d.min = func() fyne.Size { return fyne.NewSquareSize(leastQR) }
	d.layout = func(size fyne.Size) { raster.Resize(size) }
	d.refresh = func() { setVisible(raster, q.code != nil) }
	d.refresh()
	return d
}
