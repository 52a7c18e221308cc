package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// tab is one of a few choices in a row.
type tab struct {
	press
	words  *kit.Text
	chosen bool
}

func newTab(id, words string, fn func()) *tab {
	t := &tab{words: kit.Label(kit.Small, kit.Muted, words)}
	t.ID, t.fn, t.panel = id, fn, kit.NewPanel("", "", 6)
	t.ExtendBaseWidget(t)
	return t
}

// choose shows the tab as the chosen one, or not.
func (t *tab) choose(on bool) {
	t.chosen = on
	tone := kit.Muted
	if on {
		tone = kit.Accent
	}
	t.words.SetTone(tone)
}

// Text is the words.
func (t *tab) Text() string { return t.words.Text() }

// AccessibilityLabel implements fyne.Accessible.
func (t *tab) AccessibilityLabel() string {
	if t.chosen {
		return t.Text() + ", chosen"
	}
	return t.Text()
}

// CreateRenderer implements fyne.Widget.
func (t *tab) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(t.panel, kit.Inset(4, 6, 4, 6, t.words)))
}

// spans is how much time the chart shows.
type spans struct {
	box  *fyne.Container
	tabs []*tab
}

func newSpans(choose func(present.Span)) *spans {
	s := &spans{box: kit.Row(2)}
	for _, span := range present.Spans() {
		t := newTab("overview.span."+span.String(), span.String(), func() { choose(span) })
		s.tabs = append(s.tabs, t)
		s.box.Add(t)
	}
	return s
}

func (s *spans) set(chosen present.Span) {
	for i, span := range present.Spans() {
		s.tabs[i].choose(span == chosen)
	}
}
