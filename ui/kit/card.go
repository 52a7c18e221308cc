package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Panel is a rectangle with rounded corners that follows the theme.
type Panel struct {
	widget.BaseWidget
	fill, line fyne.ThemeColorName
	radius     float32
	width      float32 // of the line
	min        fyne.Size
}

// NewPanel returns a panel; an empty name means no fill, or no line.
func NewPanel(fill, line fyne.ThemeColorName, radius float32) *Panel {
	p := &Panel{fill: fill, line: line, radius: radius, width: 1}
	p.ExtendBaseWidget(p)
	return p
}

// Set changes fill, line and the line's width.
func (p *Panel) Set(fill, line fyne.ThemeColorName, width float32) {
	if p.fill != fill || p.line != line || p.width != width {
		p.fill, p.line, p.width = fill, line, width
		p.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{p: p, rect: canvas.NewRectangle(color.Transparent)}
	r.apply()
	return r
}

type panelRenderer struct {
	p    *Panel
	rect *canvas.Rectangle
}

func (r *panelRenderer) apply() {
	r.rect.FillColor, r.rect.StrokeColor, r.rect.StrokeWidth = color.Transparent, color.Transparent, 0
	if r.p.fill != "" {
		r.rect.FillColor = colorOf(r.p.fill)
	}
	if r.p.line != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth = colorOf(r.p.line), r.p.width
	}
	r.rect.CornerRadius = r.p.radius
}

func (r *panelRenderer) Destroy()                     {}
func (r *panelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }
func (r *panelRenderer) Refresh()                     { r.apply(); r.rect.Refresh() }
func (r *panelRenderer) Layout(size fyne.Size)        { r.rect.Resize(size) }
func (r *panelRenderer) MinSize() fyne.Size           { return r.p.min }

// Card is content on a rounded ground.
func Card(content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(NewPanel(ColorCard, ColorLine, CardRadius), Inset(Edge, Edge, Edge, Edge, content))
}

// Rule is a thin horizontal line.
func Rule() fyne.CanvasObject {
	p := NewPanel(ColorLine, "", 0)
	p.min = fyne.NewSize(1, 1)
	return p
}

// Banner is a sentence that should not be missed, on a ground of its tone.
func Banner(tone Tone, icon fyne.Resource, text string) *fyne.Container {
	p := NewParagraph(Body, tone, text)
	var content fyne.CanvasObject = p
	if icon != nil {
		content = container.NewBorder(nil, nil, Inset(0, 10, 0, 0, Middle(NewIcon(icon, tone, 18))), nil, p)
	}
	return container.NewStack(NewPanel(tone.ground(), "", FieldRadius), Inset(11, 14, 11, 14, content))
}
