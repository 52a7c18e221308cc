package kittest

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
)

// App is Fyne's test app with the kit's theme.
func App(t testing.TB, mode kit.Mode) fyne.App {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(kit.NewTheme(mode))
	return a
}

// Window shows content in a window of the usual size; App must have been called.
func Window(t testing.TB, content fyne.CanvasObject) fyne.Window {
	t.Helper()
	return Sized(t, content, 1180, 760)
}

// Sized is Window in another size.
func Sized(t testing.TB, content fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, nil)
	w.SetContent(kit.WithTips(content, w.Canvas()))
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	settle(w.Canvas())
	return w
}

// Has says whether a widget of this identifier is visible.
func Has(t testing.TB, c fyne.Canvas, name string) bool {
	t.Helper()
	return len(all(c, func(n node) bool { return id(n.o) == name })) > 0
}

// Find returns the one visible widget of this identifier.
func Find(t testing.TB, c fyne.Canvas, name string) fyne.CanvasObject {
	t.Helper()
	return find(t, c, name).o
}

// Get is Find for a widget of a known type.
func Get[T fyne.CanvasObject](t testing.TB, c fyne.Canvas, name string) T {
	t.Helper()
	o, ok := Find(t, c, name).(T)
	require.True(t, ok, "%s is a %T", name, Find(t, c, name))
	return o
}

func find(t testing.TB, c fyne.Canvas, name string) node {
	t.Helper()
	found := all(c, func(n node) bool { return id(n.o) == name })
	require.NotEmpty(t, found, "%s is not shown; shown are %s", name, strings.Join(IDs(t, c, ""), " "))
	require.Len(t, found, 1, "%s is shown more than once", name)
	return found[0]
}

// IDs lists the identifiers that begin so, in the order of the tree.
func IDs(t testing.TB, c fyne.Canvas, prefix string) (ids []string) {
	t.Helper()
	for _, n := range all(c, func(n node) bool { return id(n.o) != "" }) {
		if strings.HasPrefix(id(n.o), prefix) {
			ids = append(ids, id(n.o))
		}
	}
	return ids
}

// Rows lists the identifiers that begin so, from the top down, of what is in
// sight: a list makes only the rows that are seen.
func Rows(t testing.TB, c fyne.Canvas, prefix string) (ids []string) {
	t.Helper()
	rows := all(c, func(n node) bool { return strings.HasPrefix(id(n.o), prefix) && !n.seen().empty() })
	slices.SortStableFunc(rows, func(a, b node) int { return int(a.at.Y - b.at.Y) })
	for _, n := range rows {
		ids = append(ids, id(n.o))
	}
	return ids
}

// Text is the words of a widget, or of all that is visible in it, a line each.
func Text(t testing.TB, c fyne.Canvas, name string) string {
	t.Helper()
	return words(c, find(t, c, name))
}

// Words is all that can be read on the canvas, a line for each piece.
func Words(t testing.TB, c fyne.Canvas) string {
	t.Helper()
	settle(c)
	var lines []string
	for _, root := range roots(c) {
		lines = append(lines, words(c, node{o: root}))
	}
	return strings.Join(lines, "\n")
}

func words(c fyne.Canvas, from node) string {
	var lines []string
	seen := map[fyne.CanvasObject]bool{}
	walk(c, from.o, func(n node) bool {
		for _, a := range n.ancestors {
			if seen[a] {
				return false // its words are there already
			}
		}
		if e, ok := n.o.(*kit.Entry); ok && e.Password && n.o != from.o {
			return false // dots
		}
		if text, ok := text(n.o); ok {
			seen[n.o] = true
			if text != "" {
				lines = append(lines, text)
			}
		}
		return false
	})
	return strings.Join(lines, "\n")
}

// text is what a widget says, if it is one that says something.
func text(o fyne.CanvasObject) (string, bool) {
	switch o := o.(type) {
	case interface{ Text() string }:
		return o.Text(), true
	case *kit.Entry:
		return o.Text, true
	case *kit.Select:
		return o.Selected, true
	case *kit.Check:
		return o.Text, true
	case *kit.Button:
		return o.Text, true
	case *widget.Label:
		return o.Text, true
	}
	return "", false
}
