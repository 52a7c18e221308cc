package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// ListRow is a row that can be pressed, in a list or by itself. Lists use their
// rows again: identifier, content and what pressing does may change.
type ListRow struct {
	touch
	content  fyne.CanvasObject
	selected bool
	edge     float32
}

// NewRow returns a row around content; fn may be nil.
func NewRow(id string, content fyne.CanvasObject, fn func()) *ListRow {
	r := &ListRow{content: content, edge: 10}
	r.ID, r.fn = id, fn
	r.ExtendBaseWidget(r)
	return r
}

// SetID names the row for tests.
func (r *ListRow) SetID(id string) { r.ID = id }

// SetLabel changes what a screen reader says.
func (r *ListRow) SetLabel(label string) { r.label = label }

// Disabled keeps the focus from rows that cannot be pressed.
func (r *ListRow) Disabled() bool { return r.off || r.fn == nil }

// Content is what the row holds.
func (r *ListRow) Content() fyne.CanvasObject { return r.content }

// SetSelected marks the row as the one whose details are shown.
func (r *ListRow) SetSelected(on bool) {
	if r.selected != on {
		r.selected = on
		r.Refresh()
	}
}

// Selected says whether the row is marked.
func (r *ListRow) Selected() bool { return r.selected }

// CreateRenderer implements fyne.Widget.
func (r *ListRow) CreateRenderer() fyne.WidgetRenderer {
	panel := NewPanel("", "", 6)
	d := &drawing{objects: []fyne.CanvasObject{panel, r.content}}
	const above = 8
	d.min = func() fyne.Size { return r.content.MinSize().AddWidthHeight(2*r.edge, 2*above) }
	d.layout = func(size fyne.Size) {
		panel.Resize(size)
		place(r.content, r.edge, above, size.Width-2*r.edge, size.Height-2*above)
	}
	d.refresh = func() {
		fill := fyne.ThemeColorName("")
		switch {
		case r.selected:
			fill = ColorAccentGround
		case r.hovered && r.fn != nil:
			fill = theme.ColorNameHover
		}
		r.ground(panel, fill, "")
	}
	d.refresh()
	return d
}

// List is Fyne's list, which makes only the rows that are seen.
type List struct {
	widget.List
	Named
}

// NewList returns a list of rows that are pressed themselves. update is never
// called with a row that is not there.
func NewList(id string, length func() int, create func() *ListRow, update func(i int, row *ListRow)) *List {
	l := &List{Named: Named{ID: id}}
	l.Length = length
	l.CreateItem = func() fyne.CanvasObject { return create() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if row, ok := o.(*ListRow); ok && i >= 0 && i < length() {
			update(i, row)
		}
	}
	l.OnSelected = func(i widget.ListItemID) { l.Unselect(i) }
	l.ExtendBaseWidget(l)
	return l
}

// Head is the title of a column.
type Head struct {
	Title string
	Right bool // aligned, as figures are
}

// NewHeads puts titles above columns of the same gap and weights as Shares in the
// rows, with a line below.
func NewHeads(gap float32, weights []float32, heads ...Head) *fyne.Container {
	var titles []fyne.CanvasObject
	for _, h := range heads {
		t := Label(Small, Muted, h.Title).Shortened()
		if h.Right {
			t.Right()
		}
		titles = append(titles, t)
	}
	return Column(0, Inset(4, 10, 8, 10, Shares(gap, weights, titles...)), Rule())
}
