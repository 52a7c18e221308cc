package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
	"thistle/ui/present"
)

const rowHeight = 59

// row is one payment.
type row struct {
	press
	icon        *kit.Icon
	title, note *kit.Text
	state       *kit.Chip
	amount      *kit.Amount
	columns     *columns
	used        bool
}

func newRow(c *columns) *row {
	r := &row{
		icon: kit.NewIcon(kit.IconReceive, kit.Good, 16), title: kit.NewText(kit.Strong, "").Shortened(),
		note: kit.Label(kit.Small, kit.Muted, "").Shortened(), state: kit.NewChip(""), amount: kit.NewAmount("", kit.Figure).Right(), columns: c,
	}
	r.panel = kit.NewPanel("", "", 8)
	r.ExtendBaseWidget(r)
	return r
}

// set draws a payment.
func (r *row) set(p present.ActivityRow, open func(string)) {
	r.ID, r.used = "overview.row."+p.TxID, true
	r.fn = func() { open(p.TxID) }
	if p.Way == present.In {
		r.icon.Set(kit.IconReceive, kit.Good)
	} else {
		r.icon.Set(kit.IconSend, kit.Plain)
	}
	r.title.Set(p.Title)
	r.note.Set(p.Note)
	switch tone := kit.Tone(p.State.Tone); {
	case p.Quiet && p.Proved:
		r.state.SetQuiet(kit.IconShieldCheck, tone, p.State.Words)
	case p.Quiet:
		r.state.SetQuiet(nil, tone, p.State.Words)
	default:
		r.state.Set(tone, p.State.Words)
	}
	r.amount.Set(p.Amount.Words, "", kit.Tone(p.Amount.Tone))
}

// Text is all that the row says.
func (r *row) Text() string {
	return r.title.Text() + ", " + r.note.Text() + ", " + r.state.Text() + ", " + r.amount.Text()
}

// AccessibilityLabel implements fyne.Accessible.
func (r *row) AccessibilityLabel() string { return r.Text() }

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	tile := container.NewStack(kit.NewPanel(kit.ColorField, kit.ColorLine, 8), kit.Inset(7, 7, 7, 7, r.icon))
	words := kit.Middle(kit.Column(1, r.title, r.note))
	line := container.New(r.columns, kit.Middle(tile), words, r.state, r.amount)
	return widget.NewSimpleRenderer(container.NewStack(r.panel, line))
}

// columns places what rows hold, so that it lines up from row to row.
type columns struct{ amount float32 } // the widest amount

const (
	tileWidth = 30
	toWords   = 12 // from the tile to the words
	toColumn  = 16
)

// state is how wide the states may be.
func (c *columns) state(width float32) float32 { return min(180, width*0.27) }

// Layout implements fyne.Layout.
func (c *columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	state := c.state(size.Width)
	words := max(size.Width-tileWidth-toWords-toColumn-state-toColumn-c.amount, 0)
	x := float32(0)
	for i, w := range []float32{tileWidth + toWords, words + toColumn, state + toColumn, c.amount} {
		gap := []float32{toWords, toColumn, toColumn, 0}[i]
		objects[i].Move(fyne.NewPos(x, 0))
		objects[i].Resize(fyne.NewSize(w-gap, size.Height))
		x += w
	}
}

// MinSize implements fyne.Layout.
func (c *columns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(tileWidth+toWords+100+toColumn+80+toColumn+c.amount, rowHeight-1)
}

// list holds the rows, with a line above each.
type list struct {
	box     *fyne.Container
	rows    []*row
	columns *columns
}

func newList(n int) *list {
	l := &list{columns: &columns{}}
	l.box = container.New(l)
	for range n {
		r := newRow(l.columns)
		l.rows = append(l.rows, r)
		l.box.Add(kit.Rule())
		l.box.Add(r)
	}
	return l
}

func (l *list) set(rows []present.ActivityRow, open func(string)) {
	widest := float32(0)
	for i, r := range l.rows {
		r.used = i < len(rows)
		if r.used {
			r.set(rows[i], open)
			widest = max(widest, r.amount.MinSize().Width)
		}
	}
	if widest != l.columns.amount {
		l.columns.amount = widest
		for _, r := range l.rows {
			r.Refresh()
		}
	}
	l.box.Refresh()
}

// Layout implements fyne.Layout: it shows as many rows as fit whole.
func (l *list) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, r := range l.rows {
		rule, y := objects[2*i], float32(i)*rowHeight
		shown := r.used && (i == 0 || y+rowHeight <= size.Height)
		for _, o := range []fyne.CanvasObject{rule, r} {
			switch {
			case shown && !o.Visible():
				o.Show()
			case !shown && o.Visible():
				o.Hide()
			}
		}
		rule.Move(fyne.NewPos(0, y))
		rule.Resize(fyne.NewSize(size.Width, 1))
		r.Move(fyne.NewPos(0, y+1))
		r.Resize(fyne.NewSize(size.Width, rowHeight-1))
	}
}

// MinSize implements fyne.Layout: three rows should always be there.
func (l *list) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(l.columns.MinSize(nil).Width, 3*rowHeight)
}
