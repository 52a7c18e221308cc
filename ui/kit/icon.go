package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Icon is a small picture in a tone.
type Icon struct {
	widget.BaseWidget
	res  fyne.Resource
	tone Tone
	size float32
}

// NewIcon returns a picture of a size.
func NewIcon(res fyne.Resource, tone Tone, size float32) *Icon {
	i := &Icon{res: res, tone: tone, size: size}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes picture and tone.
func (i *Icon) Set(res fyne.Resource, tone Tone) {
	if i.res != res || i.tone != tone {
		i.res, i.tone = res, tone
		i.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	r := &iconRenderer{i: i, icon: widget.NewIcon(nil)}
	r.apply()
	return r
}

type iconRenderer struct {
	i    *Icon
	icon *widget.Icon
}

func (r *iconRenderer) apply() {
	if r.i.res == nil {
		r.icon.SetResource(nil)
		return
	}
	r.icon.SetResource(theme.NewColoredResource(r.i.res, r.i.tone.color()))
}

func (r *iconRenderer) Destroy()                     {}
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.icon} }
func (r *iconRenderer) Refresh()                     { r.apply() }
func (r *iconRenderer) Layout(size fyne.Size)        { r.icon.Resize(size) }
func (r *iconRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(r.i.size) }
