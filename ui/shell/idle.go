package shell

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// ground lies under everything in the window and holds it. The toolkit asks
// every object under the pointer for a cursor at each of its movements, also
// those that another object lies on: so the ground hears of all of them.
type ground struct {
	widget.BaseWidget
	content *fyne.Container
	moved   func()
}

var _ desktop.Cursorable = (*ground)(nil)

func newGround(moved func()) *ground {
	g := &ground{content: container.New(&fill{}), moved: moved}
	g.ExtendBaseWidget(g)
	return g
}

// set replaces what is shown.
func (g *ground) set(o fyne.CanvasObject) {
	g.content.Objects = []fyne.CanvasObject{o}
	g.content.Refresh()
	g.Refresh()
}

// Cursor implements desktop.Cursorable.
func (g *ground) Cursor() desktop.Cursor {
	g.moved()
	return desktop.DefaultCursor
}

// CreateRenderer implements fyne.Widget.
func (g *ground) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(g.content) }

// fill gives each object all the room.
type fill struct{}

func (*fill) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}

func (*fill) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for _, o := range objects {
		m = m.Max(o.MinSize())
	}
	return m
}

// wizardRest is how long a person may leave the wizard alone at least. Writing
// words on paper takes minutes in which nothing else is touched.
const wizardRest = 10 * time.Minute

// trace is what a person at the keyboard leaves behind: no hook tells of keys
// while a widget has the focus, but what has it, and what was typed, changes.
// So do arrow keys in a field or a list. The wheel is heard only where a page
// scrolls as a whole: inside lists and cards it goes to them alone, and counts
// with the pointer's next movement.
type trace struct {
	focused fyne.Focusable
	cursor  int     // its place in the text
	chosen  int     // letters
	offset  float32 // of a list
	overlay fyne.CanvasObject
}

func (s *Shell) traceNow() trace {
	c := s.win.Canvas()
	t := trace{focused: c.Focused(), overlay: c.Overlays().Top()}
	if e, ok := t.focused.(interface{ CursorTextOffset() int }); ok {
		t.cursor = e.CursorTextOffset()
	}
	if e, ok := t.focused.(interface{ SelectedText() string }); ok {
		t.chosen = len(e.SelectedText())
	}
	if e, ok := t.focused.(interface{ GetScrollOffset() float32 }); ok {
		t.offset = e.GetScrollOffset()
	}
	return t
}

// listen has keys heard that no widget takes.
func (s *Shell) listen() {
	if c, ok := s.win.Canvas().(desktop.Canvas); ok {
		c.SetOnKeyDown(func(*fyne.KeyEvent) { s.touch() })
	}
}

// touch notes that a person is there.
func (s *Shell) touch() { s.active = s.o.Now() }

// checkIdle locks the wallet if nobody has been there for long, and takes what
// the wizard shows from the screen.
func (s *Shell) checkIdle() {
	now := s.o.Now()
	if t := s.traceNow(); t != s.trace {
		s.trace, s.active = t, now
	}
	if s.lockScreen != nil {
		s.lockScreen.Idle(now)
	}
	after := s.settings.LockAfter
	if s.stay != nil && after > 0 && now.Sub(s.active) >= after {
		s.lock()
	}
	if s.wizard != nil && now.Sub(s.active) >= max(after, wizardRest) {
		s.wizard.Rest("Nobody was here for a while, so what the wizard had gathered was forgotten. Nothing was created.")
	}
}
