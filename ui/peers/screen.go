package peers

import (
	"reflect"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// Screen shows the peers.
type Screen struct {
	host    kit.Host
	a       Actions
	content *fyne.Container
	star    *star
	views   *kit.Segments
	heads   [2]fyne.CanvasObject // of health and sync
	panels  [2]fyne.CanvasObject // below
	health  *health
	steps   [4]step
	line    *kit.Paragraph
	table   *table
	refused *kit.LinkButton
	state   present.PeersState
	drawn   bool // Update was called
}

// The panels beside the star.
const (
	healthPanel = iota
	syncPanel
)

// New builds the screen, without peers.
func New(host kit.Host, a Actions) *Screen {
	s := &Screen{
		host: host, a: a, star: newStar(), health: newHealth(),
		line: kit.NewParagraph(kit.Small, kit.Muted, "").Called("peers.line"),
	}
	s.table = newTable(s.look)
	for i, id := range []string{"peers.headers", "peers.filterheaders", "peers.filters", "peers.blocks"} {
		s.steps[i] = newStep(id)
	}
	s.refused = kit.Link("peers.bans", "", s.bans)
	s.refused.Hide()
	add := kit.Secondary("peers.add", "Add peer", nil, s.add)
	top := kit.PageHead("Peers", "You are one of them: this wallet talks to the network directly, and to no server.", kit.Row(kit.Gap, s.refused, add))
	// Room for the longest sentence, so that nothing moves when it changes.
	line := container.NewStack(kit.Blank(0, 54), s.line)
	s.heads = [2]fyne.CanvasObject{s.health.head, kit.NewText(kit.Heading, "Sync")}
	s.panels = [2]fyne.CanvasObject{s.health.box, kit.Column(kit.Gap, s.steps[0].box, s.steps[1].box, s.steps[2].box, s.steps[3].box, line)}
	s.views = kit.NewSegments("peers.view", []string{"Connection", "Sync"}, s.show)
	s.show(healthPanel)
	head := container.NewBorder(nil, nil, nil, s.views, container.NewStack(s.heads[0], s.heads[1]))
	about := kit.Column(kit.Gap-2, kit.Inset(-4, -7, 0, 0, head), container.NewStack(s.panels[0], s.panels[1]))
	cards := kit.Shares(kit.Space, []float32{0.31, 0.69}, kit.Card(s.star), kit.Card(about))
	rows := container.NewStack(kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.CardRadius), kit.Inset(12, 10, 10, 10, s.table.content))
	s.content = kit.Page(top, container.New(above{}, cards, rows))
	return s
}

// show shows one of the panels.
func (s *Screen) show(panel int) {
	for i := range s.panels {
		setShown(s.heads[i], i == panel)
		setShown(s.panels[i], i == panel)
	}
	if s.content != nil {
		s.settle()
	}
}

// settle lays the screen out twice: paragraphs know their height only after they
// have been given a width.
func (s *Screen) settle() {
	s.content.Refresh()
	s.content.Refresh()
}

// Content is what the shell puts into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update draws a state.
func (s *Screen) Update(state present.PeersState) {
	old, first := s.state, !s.drawn
	s.state, s.drawn = state, true
	for i, b := range []present.Bar{state.Headers, state.FilterHeaders, state.Filters, state.Blocks} {
		s.steps[i].set(b)
	}
	s.line.SetTone(kit.Tone(state.Line.Tone))
	s.line.Set(state.Line.Words)
	if first || !slices.Equal(old.Star, state.Star) || old.More != state.More {
		s.star.set(state.Star, state.More)
	}
	if first || !reflect.DeepEqual(old.Rows, state.Rows) || old.Empty != state.Empty || old.Looking != state.Looking {
		s.table.set(state.Rows, state.Empty, state.Looking)
	}
	s.refused.SetLabel(strconv.Itoa(len(state.Bans)) + " refused")
	if s.refused.Visible() != (len(state.Bans) > 0) {
		setShown(s.refused, len(state.Bans) > 0)
		s.content.Refresh()
	}
	if first && state.Busy {
		s.views.SetCurrent(syncPanel)
		s.show(syncPanel)
	}
	if first || !reflect.DeepEqual(old.Health, state.Health) {
		s.health.set(state.Health)
		s.settle()
	}
}

// above puts cards above the table: as high as they need, or, where there is room,
// so that the star is no flat one.
type above struct{}

const (
	roomyShare = 0.38 // of the height
	roomyMost  = 260
	aboveGap   = kit.Space + 4
)

// Layout implements fyne.Layout.
func (above) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := max(objects[0].MinSize().Height, min(size.Height*roomyShare, roomyMost))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(size.Width, h))
	objects[1].Move(fyne.NewPos(0, h+aboveGap))
	objects[1].Resize(fyne.NewSize(size.Width, max(size.Height-h-aboveGap, 0)))
}

// MinSize implements fyne.Layout.
func (above) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+aboveGap+b.Height)
}

// step is a step of the sync: what it is, how far it is, and that as a length.
type step struct {
	box          *fyne.Container
	title, count *kit.Text
	bar          *kit.Bar
}

func newStep(id string) step {
	s := step{
		title: kit.NewText(kit.Small, "").Shortened().Called(id + ".title"),
		count: kit.Label(kit.Small, kit.Muted, "").Right().Called(id),
		bar:   kit.NewBar(id + ".bar"),
	}
	s.box = kit.Column(kit.Gap-2, container.NewBorder(nil, nil, nil, s.count, s.title), s.bar)
	return s
}

func (s step) set(to present.Bar) {
	s.title.Set(to.Title)
	if s.count.Text() != to.Count {
		s.count.Set(to.Count)
		s.box.Refresh() // the count may have become wider
	}
	s.bar.Set(to.Done)
	s.bar.SetTone(kit.Tone(to.Tone))
}
