package peers

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// weights are the columns' shares of the width.
var weights = []float32{0.195, 0.16, 0.135, 0.1, 0.095, 0.12, 0.1, 0.095}

// table lists the connected peers below a strip of titles.
type table struct {
	content fyne.CanvasObject
	list    *kit.List
	rows    []present.PeerRow
	empty   *fyne.Container
	title   *kit.Text
	reason  *kit.Paragraph
}

func newTable(look func(present.PeerRow)) *table {
	t := &table{title: kit.NewText(kit.Heading, "").Centre().Called("peers.nobody"), reason: kit.NewParagraph(kit.Body, kit.Muted, "").Centre().Called("peers.empty")}
	head := kit.NewHeads(kit.Gap, weights,
		kit.Head{Title: "Address"}, kit.Head{Title: "Software"}, kit.Head{Title: "Serves"}, kit.Head{Title: "Height"},
		kit.Head{Title: "Ping"}, kit.Head{Title: "Line"}, kit.Head{Title: "Received"}, kit.Head{Title: "Sent"})
	t.list = kit.NewList("peers.list", func() int { return len(t.rows) }, newRow, func(i int, row *kit.ListRow) {
		to := t.rows[i]
		fill(row, to)
		row.SetTapped(func() { look(to) })
	})
	t.empty = kit.Middle(kit.AtMost(460, kit.Column(kit.Gap, t.title, t.reason)))
	t.content = container.NewBorder(head, nil, nil, nil, container.NewStack(kit.Blank(0, 130), t.list, t.empty))
	return t
}

func (t *table) set(rows []present.PeerRow, empty string, looking bool) {
	t.rows = slices.Clone(rows)
	t.reason.Set(empty)
	t.title.Set("Nobody to talk to")
	if looking {
		t.title.Set("Looking for peers…")
	}
	if len(rows) == 0 {
		t.list.Hide()
		t.empty.Show()
		return
	}
	t.empty.Hide()
	t.list.Show()
	t.list.Refresh()
}

// newRow is a line of the table, which shows more when it is pressed.
func newRow() *kit.ListRow {
	cells := []fyne.CanvasObject{kit.NewText(kit.Mono, "").Shortened()}
	for range weights[1:] {
		cells = append(cells, kit.NewText(kit.Small, "").Shortened())
	}
	return kit.NewRow("", kit.Shares(kit.Gap, weights, cells...), nil)
}

func fill(row *kit.ListRow, to present.PeerRow) {
	texts := []string{to.Address, to.Software, to.Serves, to.Height, to.Ping, to.Line, to.Received, to.Sent}
	row.SetID("peers.row." + to.Key)
	row.SetLabel(strings.Join(texts, ", "))
	for i, o := range row.Content().(*fyne.Container).Objects {
		o.(*kit.Text).Set(texts[i])
	}
}
