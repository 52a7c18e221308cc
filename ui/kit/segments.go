package kit

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Segments are words beside each other of which one is chosen.
type Segments struct {
	widget.BaseWidget
	Named
	current int
	fn      func(i int)
	words   []*segment
	box     *fyne.Container
}

// NewSegments returns words of which the first is chosen; fn hears when the
// person chooses another one. A word's identifier is id, a dot and its place
// counted from 0.
func NewSegments(id string, names []string, fn func(i int)) *Segments {
	s := &Segments{Named: Named{ID: id}, fn: fn, box: Row(2)}
	for i, name := range names {
		w := newSegment(id+"."+strconv.Itoa(i), name, func() { s.choose(i) })
		w.current = i == 0
		w.key = func(k fyne.KeyName) bool { return s.arrow(i, k) }
		s.words = append(s.words, w)
		s.box.Add(w)
	}
	s.ExtendBaseWidget(s)
	return s
}

// SetCurrent chooses without telling.
func (s *Segments) SetCurrent(i int) {
	if s.current == i {
		return
	}
	s.current = i
	for k, w := range s.words {
		if w.current != (k == i) {
			w.current = k == i
			w.Refresh()
		}
	}
}

// Current is the place of the chosen word.
func (s *Segments) Current() int { return s.current }

// Text is the chosen word.
func (s *Segments) Text() string {
	if s.current < 0 || s.current >= len(s.words) {
		return ""
	}
	return s.words[s.current].label
}

func (s *Segments) choose(i int) {
	if i != s.current {
		s.SetCurrent(i)
		if s.fn != nil {
			s.fn(i)
		}
	}
}

func (s *Segments) arrow(i int, k fyne.KeyName) bool {
	switch k {
	case fyne.KeyLeft:
		i--
	case fyne.KeyRight:
		i++
	default:
		return false
	}
	if i >= 0 && i < len(s.words) {
		if c := fyne.CurrentApp().Driver().CanvasForObject(s.words[i]); c != nil {
			c.Focus(s.words[i])
		}
		s.choose(i)
	}
	return true
}

// CreateRenderer implements fyne.Widget.
func (s *Segments) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.box) }

type segment struct {
	touch
	current bool
}

func newSegment(id, name string, fn func()) *segment {
	w := &segment{}
	w.ID, w.label, w.fn = id, name, fn
	w.ExtendBaseWidget(w)
	return w
}

// Text is the word.
func (w *segment) Text() string { return w.label }

// Selected says whether the word is the chosen one.
func (w *segment) Selected() bool { return w.current }

// CreateRenderer implements fyne.Widget.
func (w *segment) CreateRenderer() fyne.WidgetRenderer {
	panel, word := NewPanel("", "", 6), Label(Small, Muted, w.label).Centre()
	d := &drawing{objects: []fyne.CanvasObject{panel, word}}
	// The bold word is wider: room for it, so that nothing moves.
	d.min = func() fyne.Size {
		m := fyne.MeasureText(w.label, Small.size(), fyne.TextStyle{Bold: true})
		return m.AddWidthHeight(14, 8)
	}
	d.layout = func(size fyne.Size) {
		panel.Resize(size)
		middle(word, 0, size.Width, size.Height)
	}
	d.refresh = func() {
		word.role, word.tone = Small, Muted
		if w.current {
			word.role, word.tone = Strong, Accent
		}
		word.size = Small.size()
		w.ground(panel, "", "")
	}
	d.refresh()
	return d
}
