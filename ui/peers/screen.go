package peers

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// Screen shows the peers.
type Screen struct {
	content *fyne.Container
	star    *star
	steps   [4]step
	line    *kit.Paragraph
	table   *table
	state   present.PeersState
	drawn   bool // Update was called
}

// New builds the screen, without peers.
func New(kit.Host, Actions) *Screen {
	s := &Screen{star: newStar(), line: kit.NewParagraph(kit.Small, kit.Muted, "").Called("peers.line"), table: newTable()}
	for i, id := range []string{"peers.headers", "peers.filterheaders", "peers.filters", "peers.blocks"} {
		s.steps[i] = newStep(id)
	}
	head := kit.PageHead("Peers", "You are one of them: this wallet talks to the network directly, and to no server.", nil)
	// Room for the longest sentence, so that nothing moves when it changes.
	line := container.NewStack(kit.Blank(0, 54), s.line)
	sync := kit.Column(kit.Gap+2, kit.NewText(kit.Heading, "Sync"), s.steps[0].box, s.steps[1].box, s.steps[2].box, s.steps[3].box, line)
	top := kit.Shares(kit.Space, []float32{0.335, 0.665}, kit.Card(s.star), kit.Card(sync))
	rows := container.NewStack(kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.CardRadius), kit.Inset(12, 10, 10, 10, s.table.content))
	s.content = kit.Page(head, container.NewBorder(kit.Inset(0, 0, kit.Space, 0, top), nil, nil, nil, rows))
	return s
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
	if first || !slices.Equal(old.Rows, state.Rows) || old.Empty != state.Empty {
		s.table.set(state.Rows, state.Empty)
	}
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
