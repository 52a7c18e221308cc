package kittest

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
)

// Tap presses a widget in its middle. It fails if a person could not: if it is
// hidden, covered, disabled or without size.
func Tap(t testing.TB, c fyne.Canvas, name string) {
	t.Helper()
	n := reveal(t, c, name)
	require.True(t, enabled(n.o), "%s is disabled", name)
	a := n.seen()
	p := fyne.NewPos((a.x0+a.x1)/2, (a.y0+a.y1)/2)
	got := hit(c, p)
	require.NotNil(t, got.o, "%s gets no press at %v: something covers it, or it takes none", name, p)
	related := got.o == n.o || slices.Contains(got.ancestors, n.o) || slices.Contains(n.ancestors, got.o)
	require.True(t, related, "%s is covered by a %T %q", name, got.o, id(got.o))
	require.True(t, enabled(got.o), "%s is disabled", name)
	test.TapCanvas(c, p)
}

// Enabled says whether a widget can be used.
func Enabled(t testing.TB, c fyne.Canvas, name string) bool {
	t.Helper()
	return enabled(Find(t, c, name))
}

func enabled(o fyne.CanvasObject) bool {
	d, ok := o.(fyne.Disableable)
	return !ok || !d.Disabled()
}

// reveal finds a widget and scrolls until it is in sight.
func reveal(t testing.TB, c fyne.Canvas, name string) node {
	t.Helper()
	n := find(t, c, name)
	for i := len(n.ancestors) - 1; i >= 0 && n.seen() != n.area(); i-- {
		s, ok := n.ancestors[i].(*container.Scroll)
		if !ok {
			continue
		}
		inside := n.at.Subtract(absolute(c, s.Content))
		size := n.o.Size()
		s.ScrollToOffset(fyne.NewPos(
			inside.X+size.Width/2-s.Size().Width/2,
			inside.Y+size.Height/2-s.Size().Height/2,
		))
		n = find(t, c, name)
	}
	size := n.o.Size()
	require.True(t, size.Width >= 1 && size.Height >= 1, "%s has no size: %v", name, size)
	require.False(t, n.seen().empty(), "%s is out of sight: at %v, size %v, window %v", name, n.at, size, c.Size())
	return n
}

func absolute(c fyne.Canvas, o fyne.CanvasObject) fyne.Position {
	found := all(c, func(n node) bool { return n.o == o })
	if len(found) == 0 {
		return fyne.Position{}
	}
	return found[len(found)-1].at
}

// Focus gives a widget the keyboard.
func Focus(t testing.TB, c fyne.Canvas, name string) fyne.Focusable {
	t.Helper()
	n := reveal(t, c, name)
	f, ok := n.o.(fyne.Focusable)
	require.True(t, ok, "%s is a %T, which takes no keys", name, n.o)
	require.True(t, enabled(n.o), "%s is disabled", name)
	require.True(t, reachable(c, n), "%s is below a dialog", name)
	c.Focus(f)
	return f
}

// reachable says whether a widget lies in what takes input now.
func reachable(c fyne.Canvas, n node) bool {
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	return n.o == root || len(n.ancestors) > 0 && n.ancestors[0] == root
}

// Type puts text in the place of what is in an entry, letter by letter.
func Type(t testing.TB, c fyne.Canvas, name, text string) {
	t.Helper()
	f := Focus(t, c, name)
	if e, ok := f.(*kit.Entry); ok && e.Text != "" {
		e.TypedShortcut(&fyne.ShortcutSelectAll{})
		e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	}
	for _, r := range text {
		f.TypedRune(r)
	}
}

// Key presses a key where the focus is.
func Key(t testing.TB, c fyne.Canvas, key fyne.KeyName) {
	t.Helper()
	f := c.Focused()
	require.NotNil(t, f, "nothing has the focus")
	f.TypedKey(&fyne.KeyEvent{Name: key})
}

// Focused is the identifier of what has the keyboard.
func Focused(t testing.TB, c fyne.Canvas) string {
	t.Helper()
	if o, ok := c.Focused().(fyne.CanvasObject); ok {
		return id(o)
	}
	return ""
}

// Choose picks an option of a select.
func Choose(t testing.TB, c fyne.Canvas, name, option string) {
	t.Helper()
	s := Get[*kit.Select](t, c, name)
	require.True(t, enabled(s), "%s is disabled", name)
	require.Contains(t, s.Options, option)
	reveal(t, c, name)
	s.SetSelected(option)
}

// TabOrder follows the Tab key from the first widget until it comes round, and
// lists the identifiers on the way.
func TabOrder(t testing.TB, c fyne.Canvas) (ids []string) {
	t.Helper()
	settle(c)
	c.Unfocus()
	var first fyne.Focusable
	for range 500 {
		c.FocusNext()
		f := c.Focused()
		if f == nil || f == first {
			return ids
		}
		if first == nil {
			first = f
		}
		ids = append(ids, Focused(t, c))
	}
	require.Fail(t, "Tab never comes round")
	return nil
}
