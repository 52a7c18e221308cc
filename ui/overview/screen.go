package overview

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// mostRows is how many payments may be listed.
const mostRows = 6

// Screen is the overview.
type Screen struct {
	a     Actions
	state present.OverviewState
	drawn bool // Update was called

	hide                          *kit.SquareButton
	balance                       *kit.Amount
	asOf, spendable               *kit.Text
	arriving, returning, immature *kit.Text
	behind                        *fyne.Container // asOf with its icon
	spans                         *kit.Segments
	chart                         *kit.StepChart
	list                          *list
	all                           *kit.LinkButton
	empty                         *fyne.Container
	teach                         *kit.Paragraph
	top, parts, others, figures   *fyne.Container
	content                       *fyne.Container
}

// New builds the screen, empty.
func New(_ kit.Host, a Actions) *Screen {
	s := &Screen{a: a}
	head := kit.PageHead("Overview", "", kit.Row(10, kit.Spring(),
		kit.Secondary("overview.receive", "Receive", kit.IconReceive, a.Receive),
		kit.Primary("overview.send", "Send", kit.IconSend, a.Send)))
	s.content = kit.Page(head, container.New(halves{}, s.balanceCard(), s.activityCard()))
	return s
}

func (s *Screen) balanceCard() fyne.CanvasObject {
	s.hide = kit.IconButton("overview.hide", kit.IconEyeOff, "Hide amounts", func() { s.a.Hide(!s.state.Hidden) })
	s.spans = kit.NewSegments("overview.span", names(), func(i int) { s.a.Span(present.Spans()[i]) })
	s.balance = kit.NewAmount("overview.balance", kit.Huge).Fitting()
	s.asOf = kit.Label(kit.Small, kit.Warn, "").Called("overview.asof")
	s.behind = kit.Inset(0, 0, 0, 10, kit.Row(4, kit.Middle(kit.NewIcon(kit.IconClock, kit.Warn, 15)), kit.Middle(s.asOf)))
	s.spendable = kit.NewText(kit.Small, "").Called("overview.spendable")
	s.arriving = kit.Label(kit.Small, kit.Warn, "").Called("overview.arriving")
	s.returning = kit.Label(kit.Small, kit.Muted, "").Called("overview.returning")
	s.immature = kit.Label(kit.Small, kit.Muted, "").Called("overview.immature")
	s.chart = kit.NewStepChart("overview.chart")

	total := kit.Row(2, kit.Middle(kit.Label(kit.Small, kit.Muted, "Total balance")), s.hide, s.behind)
	s.top = container.NewBorder(nil, nil, total, kit.Middle(s.spans))
	s.parts = kit.Row(12, kit.Row(4, kit.Label(kit.Small, kit.Muted, "Spendable"), s.spendable), s.arriving)
	s.others = kit.Row(12, s.returning, s.immature)
	s.figures = kit.Column(2, s.top, s.balance, s.parts, s.others)
	return kit.Card(container.NewBorder(kit.Inset(-6, 0, 10, 0, s.figures), nil, nil, nil, s.chart))
}

func (s *Screen) activityCard() fyne.CanvasObject {
	s.list = newList(mostRows)
	s.all = kit.Link("overview.history", "All history", s.a.History)
	s.teach = kit.NewParagraph(kit.Body, kit.Muted, "").Centre().Called("overview.empty")
	s.empty = kit.Middle(kit.Column(kit.Space, s.teach,
		kit.Row(0, kit.Spring(), kit.Secondary("overview.first", "Share an address", kit.IconReceive, s.a.Receive), kit.Spring())))
	head := container.NewBorder(nil, nil, kit.Middle(kit.NewText(kit.Heading, "Recent activity")), s.all)
	return kit.Card(container.NewBorder(kit.Inset(-4, -4, 4, 0, head), nil, nil, nil, container.NewStack(s.list.box, s.empty)))
}

// Content is what the shell puts into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update draws a state.
func (s *Screen) Update(state present.OverviewState) {
	before := s.state
	if s.drawn && same(before, state) {
		return
	}
	s.state, s.drawn = state, true
	if state.Hidden {
		s.hide.Set(kit.IconEye, "Show amounts")
	} else {
		s.hide.Set(kit.IconEyeOff, "Hide amounts")
	}
	s.figure(before)
	s.spans.SetCurrent(slices.Index(present.Spans(), state.Span))
	s.chart.Set(points(state.Chart), "The balance over time will be drawn here.")
	show(s.spans, len(state.Chart) > 0)
	s.list.set(state.Rows, s.a.Open)
	s.teach.Set(state.Empty)
	show(s.list.box, state.Empty == "")
	show(s.all, state.Empty == "")
	show(s.empty, state.Empty != "")
}

func same(a, b present.OverviewState) bool {
	return a.Total == b.Total && a.Unit == b.Unit && a.Hidden == b.Hidden && a.AsOf == b.AsOf && a.Spendable == b.Spendable &&
		a.Arriving == b.Arriving && a.Returning == b.Returning && a.Immature == b.Immature && a.Span == b.Span && a.Empty == b.Empty &&
		slices.Equal(a.Chart, b.Chart) && slices.Equal(a.Rows, b.Rows)
}

// figure draws the balance and its parts; those that are nothing take no room.
func (s *Screen) figure(before present.OverviewState) {
	now := s.state
	s.balance.Set(now.Total, now.Unit, kit.Plain)
	s.asOf.Set(now.AsOf)
	show(s.behind, now.AsOf != "")
	s.spendable.Set(now.Spendable)
	for t, words := range map[*kit.Text]string{s.arriving: now.Arriving, s.returning: now.Returning, s.immature: now.Immature} {
		t.Set(words)
		show(t, words != "")
	}
	show(s.others, now.Returning != "" || now.Immature != "")
	if now.AsOf != before.AsOf || now.Spendable != before.Spendable || now.Arriving != before.Arriving ||
		now.Returning != before.Returning || now.Immature != before.Immature || now.Total != before.Total {
		s.top.Refresh()
		s.parts.Refresh()
		s.others.Refresh()
		s.figures.Refresh()
	}
}

func names() (list []string) {
	for _, span := range present.Spans() {
		list = append(list, span.String())
	}
	return list
}

func points(steps []present.Step) []kit.ChartPoint {
	list := make([]kit.ChartPoint, len(steps))
	for i, s := range steps {
		list[i] = kit.ChartPoint(s)
	}
	return list
}

func show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// halves puts the balance above the activity: two fifths of the height, but
// neither less than it needs.
type halves struct{}

// Layout implements fyne.Layout.
func (halves) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	upper, lower := objects[0], objects[1]
	h := max(min(size.Height*0.41, size.Height-kit.Space-lower.MinSize().Height), upper.MinSize().Height)
	upper.Move(fyne.NewPos(0, 0))
	upper.Resize(fyne.NewSize(size.Width, h))
	lower.Move(fyne.NewPos(0, h+kit.Space))
	lower.Resize(fyne.NewSize(size.Width, max(size.Height-h-kit.Space, 0)))
}

// MinSize implements fyne.Layout.
func (halves) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+kit.Space+b.Height)
}
