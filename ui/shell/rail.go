package shell

import (
	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

const (
	railWidth = 204
	railEdge  = 12
)

// rail is the left side of the window: whose wallet it is, where to go, and the
// truth about sync.
type rail struct {
	content fyne.CanvasObject
	state   present.RailState

	wallet, network *kit.Text
	mark            *kit.Chip
	entries         []*kit.NavEntry
	foot            *foot
}

func newRail(goTo func(page), lock func()) *rail {
	r := &rail{
		wallet: kit.NewText(kit.Body, "").Shortened(), network: kit.Label(kit.Small, kit.Muted, "").Shortened(),
		mark: kit.NewChip("rail.mark").Right(), foot: newFoot(),
	}
	brand := kit.Row(10, kit.Middle(kit.NewIcon(kit.IconThistle, kit.Accent, 26)), kit.Middle(kit.NewText(kit.Heading, "Thistle")))
	name := container.NewBorder(nil, nil, brand, nil, kit.Middle(r.mark))
	card := newCard("rail.wallet", "Lock this wallet, or open another", kit.Column(2, r.wallet, r.network), lock)
	nav := kit.Column(3)
	for _, p := range pages {
		entry := kit.NavItem("nav."+p.name(), p.icon(), p.title(), func() { goTo(p) })
		r.entries = append(r.entries, entry)
		nav.Add(entry)
	}
	locker := kit.NavItem("rail.lock", kit.IconLock, "Lock wallet", lock)
	locker.SetNote("Ctrl L")
	top := kit.Column(0, kit.Inset(18, 10, 16, 10, name), card, kit.Blank(0, kit.Space), nav)
	bottom := kit.Column(0, kit.Rule(), kit.Inset(12, 0, 6, 10, r.foot), locker)
	inner := kit.Inset(0, railEdge, 14, railEdge, container.NewBorder(top, bottom, nil, nil))
	edge := container.New(&wide{1}, kit.NewPanel(kit.ColorLine, "", 0))
	r.content = container.New(&wide{railWidth}, kit.NewPanel(kit.ColorSide, "", 0), inner, container.NewBorder(nil, nil, nil, edge))
	return r
}

// choose marks the page that is shown.
func (r *rail) choose(p page) {
	for i, e := range r.entries {
		e.SetCurrent(pages[i] == p)
	}
}

// update draws a state if it is another than before.
func (r *rail) update(state present.RailState) {
	if state == r.state {
		return
	}
	r.state = state
	r.wallet.Set(state.Wallet)
	r.network.Set(state.Network)
	r.mark.Set(kit.Warn, state.Mark)
	r.foot.update(state)
}

// foot is the truth about sync, in three lines.
type foot struct {
	widget.BaseWidget
	kit.Named
	dot                    *kit.Dot
	doing, far, peers, rem *kit.Text
}

func newFoot() *foot {
	f := &foot{Named: kit.Named{ID: "rail.sync"}, dot: kit.NewDot(kit.Muted)}
	line := func(tone kit.Tone) *kit.Text { return kit.Label(kit.Small, tone, "") }
	f.doing, f.far, f.peers, f.rem = line(kit.Plain), line(kit.Muted).Shortened(), line(kit.Muted).Shortened(), line(kit.Muted).Shortened()
	f.ExtendBaseWidget(f)
	return f
}

// Text is all lines, for tests.
func (f *foot) Text() string {
	return f.doing.Text() + " " + f.far.Text() + "\n" + f.peers.Text() + "\n" + f.rem.Text()
}

// AccessibilityLabel implements fyne.Accessible.
func (f *foot) AccessibilityLabel() string { return f.Text() }

// AccessibilityRole implements fyne.Accessible.
func (f *foot) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (f *foot) update(state present.RailState) {
	f.dot.SetTone(kit.Tone(state.Tone))
	f.doing.Set(state.Doing)
	far := state.Far
	if far != "" {
		far = "· " + far
	}
	f.far.Set(far)
	f.peers.Set(state.Peers)
	f.rem.Set(state.Note)
	f.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (f *foot) CreateRenderer() fyne.WidgetRenderer {
	dot := kit.Inset(0, 6, 0, 0, kit.Middle(f.dot))
	first := container.NewBorder(nil, nil, container.NewBorder(nil, nil, dot, nil, f.doing), nil, f.far)
	return widget.NewSimpleRenderer(kit.Column(3, first, f.peers, f.rem))
}

// wide gives objects a width of its own.
type wide struct{ width float32 }

func (w *wide) Layout(objects []fyne.CanvasObject, size fyne.Size) { (&fill{}).Layout(objects, size) }

func (w *wide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(w.width, (&fill{}).MinSize(objects).Height)
}
