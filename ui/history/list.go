package history

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
)

// list is Fyne's list, in which the arrow keys choose.
type list struct {
	widget.List
	kit.Named
	frame *kit.Panel              // shows the focus
	key   func(fyne.KeyName) bool // gets the keys
}

func newList(length func() int, create func() *row, update func(int, *row)) *list {
	l := &list{Named: kit.Named{ID: "history.list"}, frame: kit.NewPanel("", "", 8)}
	l.Length = length
	l.CreateItem = func() fyne.CanvasObject { return create() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if r, ok := o.(*row); ok && i >= 0 && i < length() {
			update(i, r)
		}
	}
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained implements fyne.Focusable. Fyne's own marks a row by itself; here
// the chosen row is marked anyway.
func (l *list) FocusGained() { l.frame.Set("", theme.ColorNamePrimary, 2) }

// FocusLost implements fyne.Focusable.
func (l *list) FocusLost() { l.frame.Set("", "", 2) }

// TypedKey implements fyne.Focusable.
func (l *list) TypedKey(e *fyne.KeyEvent) { l.key(e.Name) }

// AccessibilityLabel implements fyne.Accessible.
func (l *list) AccessibilityLabel() string { return "Payments, newest first" }

// listCard is the list with its titles.
type listCard struct {
	box     *fyne.Container
	list    *list
	columns *columns
	amount  *kit.Text // title of the column
	heads   *fyne.Container
	none    *kit.Paragraph
}

func newListCard(s *Screen) *listCard {
	c := &listCard{columns: &columns{}, amount: kit.Label(kit.Small, kit.Muted, "Amount").Right()}
	c.list = newList(func() int { return s.shown.Len() }, func() *row { return newRow(c.columns) }, func(i int, r *row) {
		h := s.shown.Row(i)
		r.set(h, h.TxID == s.chosen, func() {
			s.choose(h.TxID)
			s.host.Window.Canvas().Focus(c.list)
		})
	})
	c.list.key = s.arrow
	title := func(words string) *kit.Text { return kit.Label(kit.Small, kit.Muted, words).Shortened() }
	c.heads = container.New(c.columns, title("Date"), title("Label"), title("State"), c.amount)
	c.none = kit.NewParagraph(kit.Body, kit.Muted, "No payment is like that.").Centre().Called("history.none")
	top := kit.Column(0, kit.Inset(0, rowEdge, 2, rowEdge, c.heads), kit.Rule())
	body := container.NewStack(c.list, c.list.frame, kit.Middle(c.none))
	c.box = container.NewStack(kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.CardRadius),
		kit.Inset(8, 10, 10, 10, container.NewBorder(top, nil, nil, nil, body)))
	return c
}

// refresh draws what is shown anew.
func (c *listCard) refresh(s *Screen) {
	unit := "Amount (" + s.shown.Unit + ")"
	widest := max(fyne.MeasureText(s.shown.Widest(), 14, fyne.TextStyle{Bold: true}).Width, fyne.MeasureText(unit, 12.5, fyne.TextStyle{}).Width) + 1
	if c.amount.Text() != unit || c.columns.amount != widest {
		c.amount.Set(unit)
		c.columns.amount = widest
		c.heads.Refresh()
	}
	show(c.none, s.shown.Len() == 0)
	c.list.Refresh()
}

func show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}
