package receive

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// list is the addresses handed out before.
type list struct {
	s       *Screen
	rows    []present.ReceiveRow
	unit    present.Unit
	title   *kit.Text
	empty   *kit.Paragraph
	list    *kit.List
	content *fyne.Container
}

var columns = []float32{1.2, 1.2, 1, 0.9}

func newList(s *Screen) *list {
	l := &list{s: s, empty: kit.NewParagraph(kit.Body, kit.Muted, "No addresses yet. The first one appears here once it is shown above.").Called("receive.empty")}
	l.title = kit.Label(kit.Small, kit.Muted, "")
	l.list = kit.NewList("receive.list", func() int { return len(l.rows) }, newRow, l.fill)
	heads := kit.NewHeads(kit.Space, columns, kit.Head{Title: "Address"}, kit.Head{Title: "Label"}, kit.Head{Title: "State"}, kit.Head{Title: "Received", Right: true})
	top := kit.Column(kit.Gap,
		container.NewBorder(nil, nil, kit.NewText(kit.Heading, "Your receiving addresses"), kit.Middle(l.title)), heads)
	l.content = container.NewBorder(top, nil, nil, nil, container.NewStack(l.list, l.empty))
	return l
}

// update draws the rows if they are others than before.
func (l *list) update() {
	now := l.s.state
	if l.unit != now.Unit || l.title.Text() == "" {
		l.unit = now.Unit
		l.title.Set(now.Unit.String())
	}
	if len(now.Rows) == 0 {
		l.empty.Show()
	} else {
		l.empty.Hide()
	}
	if !slices.Equal(l.rows, now.Rows) {
		l.rows = now.Rows
		l.list.Refresh()
	}
}

func newRow() *kit.ListRow {
	return kit.NewRow("", kit.Shares(kit.Space, columns,
		kit.NewText(kit.Mono, "").Shortened(), kit.NewText(kit.Body, "").Shortened(),
		kit.NewChip(""), kit.NewText(kit.Figure, "").Right().Shortened()), nil)
}

func (l *list) fill(i int, row *kit.ListRow) {
	now := l.rows[i]
	cells, ok := row.Content().(*fyne.Container)
	if !ok || len(cells.Objects) != len(columns) {
		return
	}
	row.SetID("receive.row." + now.Address)
	row.SetLabel(now.Address + ", " + now.Label + ", " + now.State.Words + ", " + now.Received)
	cells.Objects[0].(*kit.Text).Set(now.Short)
	cells.Objects[1].(*kit.Text).Set(now.Label)
	state := cells.Objects[2].(*kit.Chip)
	if now.State.Tone == present.Muted {
		state.SetQuiet(nil, kit.Muted, now.State.Words)
	} else {
		state.Set(kit.Tone(now.State.Tone), now.State.Words)
	}
	cells.Objects[3].(*kit.Text).Set(now.Received)
}
