package kit

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
	"rsc.io/qr"
)

// quiet is the white border that readers need, in modules.
const quiet = 4

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
	if png.Encode(&b, drawQR(q.code, side, side)) != nil {
		return nil
	}
	return b.Bytes()
}

// drawQR gives every module the same whole number of pixels, in the middle.
func drawQR(code *qr.Code, w, h int) image.Image {
	white, black := color.Gray{Y: 0xff}, image.NewUniform(color.Gray{})
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{white, color.Gray{}})
	if code == nil {
		return img
	}
	n := code.Size + 2*quiet
	pixels := max(min(w, h)/n, 1)
	left, top := (w-n*pixels)/2+quiet*pixels, (h-n*pixels)/2+quiet*pixels
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				at := image.Pt(left+x*pixels, top+y*pixels)
				draw.Draw(img, image.Rectangle{Min: at, Max: at.Add(image.Pt(pixels, pixels))}, black, image.Point{}, draw.Src)
			}
		}
	}
	return img
}

// AccessibilityLabel implements fyne.Accessible.
func (q *QR) AccessibilityLabel() string { return "QR: " + q.text }

// AccessibilityRole implements fyne.Accessible.
func (q *QR) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (q *QR) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(color.White)
	ground.CornerRadius = FieldRadius
	raster := canvas.NewRaster(func(w, h int) image.Image { return drawQR(q.code, w, h) })
	raster.ScaleMode = canvas.ImageScalePixels
	d := &drawing{objects: []fyne.CanvasObject{ground, raster}}
	d.min = func() fyne.Size { return fyne.NewSquareSize(200) }
	d.layout = func(size fyne.Size) {
		side := min(size.Width, size.Height)
		x, y := (size.Width-side)/2, (size.Height-side)/2
		place(ground, x, y, side, side)
		// The raster has square corners, which the ground's must not cut.
		place(raster, x+3, y+3, side-6, side-6)
	}
	d.refresh = func() { setVisible(raster, q.code != nil) }
	d.refresh()
	return d
}
