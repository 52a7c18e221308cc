package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

const (
	rowHeight = 57 // with the line above
	rowEdge   = 10 // a row's ground is wider than what it holds
)

// payment is one row.
type payment struct {
	row         *kit.ListRow
	rule        fyne.CanvasObject
	tile        *kit.Tile
	title, note *kit.Text
	state       *kit.Chip
	amount      *kit.Amount
	used        bool
}

func newPayment(c *columns) *payment {
	p := &payment{
		rule: kit.Rule(), tile: kit.NewTile(kit.IconReceive, kit.Good), title: kit.NewText(kit.Strong, "").Shortened(),
		note: kit.Label(kit.Small, kit.Muted, "").Shortened(), state: kit.NewChip(""), amount: kit.NewAmount("", kit.Figure).Right(),
	}
	words := kit.Middle(kit.Column(1, p.title, p.note))
	p.row = kit.NewRow("", container.New(c, p.tile, words, p.state, p.amount), nil)
	return p
}

func (p *payment) set(r present.ActivityRow, open func(string)) {
	p.row.SetID("overview.row." + r.TxID)
	p.row.SetTapped(func() { open(r.TxID) })
	if r.Way == present.In {
		p.tile.Set(kit.IconReceive, kit.Good)
	} else {
		p.tile.Set(kit.IconSend, kit.Plain)
	}
	p.title.Set(r.Title)
	p.note.Set(r.Note)
	switch tone := kit.Tone(r.State.Tone); {
	case r.Quiet && r.Proved:
		p.state.SetQuiet(kit.IconShieldCheck, tone, r.State.Words)
	case r.Quiet:
		p.state.SetQuiet(nil, tone, r.State.Words)
	default:
		p.state.Set(tone, r.State.Words)
	}
	p.amount.Set(r.Amount.Words, "", kit.Tone(r.Amount.Tone))
	p.row.SetLabel(r.Title + ", " + r.Note + ", " + r.State.Words + ", " + r.Amount.Words)
}

// columns places what rows hold, so that it lines up from row to row.
type columns struct{ amount float32 } // the widest amount

const (
	tileWidth = 30
	toWords   = 12 // from the tile to the words
	toColumn  = 16
)

// Layout implements fyne.Layout.
func (c *columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	state := min(180, size.Width*0.27)
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
	return fyne.NewSize(tileWidth+toWords+100+toColumn+80+toColumn+c.amount, 40)
}

// list holds the rows, with a line above each.
type list struct {
	box      *fyne.Container
	payments []*payment
	columns  *columns
}

func newList(n int) *list {
	l := &list{columns: &columns{}}
	l.box = container.New(l)
	for range n {
		p := newPayment(l.columns)
		l.payments = append(l.payments, p)
		l.box.Add(p.rule)
		l.box.Add(p.row)
	}
	return l
}

func (l *list) set(rows []present.ActivityRow, open func(string)) {
	l.columns.amount = 0
	for i, p := range l.payments {
		p.used = i < len(rows)
		if p.used {
			p.set(rows[i], open)
			l.columns.amount = max(l.columns.amount, p.amount.MinSize().Width)
		}
	}
	l.box.Refresh()
}

// Layout implements fyne.Layout: it shows as many rows as fit whole.
func (l *list) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	for i, p := range l.payments {
		y := float32(i) * rowHeight
		shown := p.used && (i == 0 || y+rowHeight <= size.Height)
		show(p.rule, shown)
		show(p.row, shown)
		p.rule.Move(fyne.NewPos(0, y))
		p.rule.Resize(fyne.NewSize(size.Width, 1))
		p.row.Move(fyne.NewPos(-rowEdge, y+1))
		p.row.Resize(fyne.NewSize(size.Width+2*rowEdge, rowHeight-1))
	}
}

// MinSize implements fyne.Layout: three rows should always be there.
func (l *list) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(l.columns.MinSize(nil).Width, 3*rowHeight)
}
