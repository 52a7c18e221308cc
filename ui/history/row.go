package history

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
	"thistle/ui/present"
)

const (
	rowHeight = 36 // with the line below
	rowEdge   = 10
)

// row is one line of the list. It is used for one payment after the other. It
// takes no focus: the list does, for all of its rows.
type row struct {
	widget.BaseWidget
	kit.Named
	panel       *kit.Panel
	date, title *kit.Text
	state       *kit.Chip
	amount      *kit.Amount
	columns     *columns
	fn          func()
	label       string
	chosen      bool
	hovered     bool
}

func newRow(c *columns) *row {
	r := &row{
		panel: kit.NewPanel("", "", 6), date: kit.Label(kit.Small, kit.Muted, "").Shortened(), title: kit.NewText(kit.Small, "").Shortened(),
		state: kit.NewChip(""), amount: kit.NewAmount("", kit.Figure).Right(), columns: c,
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(h present.HistoryRow, chosen bool, fn func()) {
	r.ID, r.chosen, r.fn = "history.row."+h.TxID, chosen, fn
	r.date.Set(h.Date)
	r.title.Set(h.Title)
	if h.Quiet {
		r.state.SetQuiet(nil, kit.Plain, h.State.Words)
	} else {
		r.state.Set(kit.Tone(h.State.Tone), h.State.Words)
	}
	r.amount.Set(h.Amount.Words, "", kit.Tone(h.Amount.Tone))
	r.label = h.Date + ", " + h.Title + ", " + h.State.Words + ", " + h.Amount.Words
	r.ground()
}

// Text is all that the row says.
func (r *row) Text() string { return r.label }

// Selected says whether the details are of this payment.
func (r *row) Selected() bool { return r.chosen }

// Tapped implements fyne.Tappable.
func (r *row) Tapped(*fyne.PointEvent) {
	if r.fn != nil {
		r.fn()
	}
}

// MouseIn implements desktop.Hoverable.
func (r *row) MouseIn(*desktop.MouseEvent) { r.hovered = true; r.ground() }

// MouseMoved implements desktop.Hoverable.
func (r *row) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (r *row) MouseOut() { r.hovered = false; r.ground() }

// Cursor implements desktop.Cursorable.
func (r *row) Cursor() desktop.Cursor { return desktop.PointerCursor }

// AccessibilityLabel implements fyne.Accessible.
func (r *row) AccessibilityLabel() string { return r.label }

// AccessibilityRole implements fyne.Accessible.
func (r *row) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (r *row) ground() {
	switch {
	case r.chosen:
		r.panel.Set(kit.ColorAccentGround, "", 1)
	case r.hovered:
		r.panel.Set(theme.ColorNameHover, "", 1)
	default:
		r.panel.Set("", "", 1)
	}
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	line := container.New(r.columns, r.date, r.title, r.state, r.amount)
	return widget.NewSimpleRenderer(container.NewStack(r.panel, kit.Inset(0, rowEdge, 0, rowEdge, line)))
}

// columns places date, label, state and amount, so that they line up from row to
// row and with the titles above. Where there is little room the date goes: the
// list is in its order anyway.
type columns struct{ amount float32 } // the width of the widest

const (
	dateWidth  = 76
	stateWidth = 104
	toColumn   = 10
	narrow     = 390 // below which the date goes
)

// Layout implements fyne.Layout.
func (c *columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	date, state := float32(dateWidth), float32(stateWidth)
	if size.Width < narrow {
		date, state = -toColumn, stateWidth-4
	}
	words := max(size.Width-date-state-c.amount-3*toColumn, 20)
	x := float32(0)
	for i, w := range []float32{date, words, state, c.amount} {
		o := objects[i]
		switch {
		case w <= 0 && o.Visible():
			o.Hide()
		case w > 0 && !o.Visible():
			o.Show()
		}
		if w > 0 {
			h := o.MinSize().Height
			o.Move(fyne.NewPos(x, (size.Height-h)/2))
			o.Resize(fyne.NewSize(w, h))
		}
		x += w + toColumn
	}
}

// MinSize implements fyne.Layout.
func (c *columns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40+stateWidth+c.amount+2*toColumn, rowHeight-4)
}
