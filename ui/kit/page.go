package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// headHeight is that of the head of every page, with or without buttons in it.
const headHeight = 44

// PageHead is the first line of a page: its title, what it is about (may be
// empty, and is shortened), and at the right what can be done (may be nil). Where
// nothing is said between, the right part gets all the room that the title
// leaves.
func PageHead(title, about string, right fyne.CanvasObject) *fyne.Container {
	h := &pageHead{title: NewText(Title, title), right: right}
	box := container.New(h, h.title)
	if about != "" {
		h.about = Label(Small, Muted, about).Shortened()
		box.Add(h.about)
	}
	if right != nil {
		box.Add(right)
	}
	return box
}

// Page is a head above what the page shows.
func Page(head, body fyne.CanvasObject) *fyne.Container {
	return container.New(page{}, head, body) // in the order in which Tab goes
}

type page struct{}

// Layout implements fyne.Layout.
func (page) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := objects[0].MinSize().Height
	place(objects[0], 0, 0, size.Width, h)
	place(objects[1], 0, h+Space, size.Width, max(size.Height-h-Space, 0))
}

// MinSize implements fyne.Layout.
func (page) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+Space+b.Height)
}

type pageHead struct {
	title, about *Text
	right        fyne.CanvasObject
}

const headGap = 12 // between the parts of a head

// Layout implements fyne.Layout.
func (h *pageHead) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	t := h.title.Whole()
	y := (size.Height - t.Height) / 2
	place(h.title, 0, y, t.Width, t.Height)
	x, end := t.Width+headGap, size.Width
	if h.right != nil {
		m := h.right.MinSize()
		w := m.Width
		if h.about == nil {
			w = max(w, size.Width-x)
		}
		end -= w
		place(h.right, end, (size.Height-m.Height)/2, w, m.Height)
		end -= headGap
	}
	if h.about != nil {
		a := h.about.Whole()
		place(h.about, x, y+lineAt(h.title)-lineAt(h.about), max(min(end-x, a.Width+1), 0), a.Height)
	}
}

// MinSize implements fyne.Layout.
func (h *pageHead) MinSize([]fyne.CanvasObject) fyne.Size {
	w, height := h.title.Whole().Width, float32(headHeight)
	if h.about != nil {
		w += headGap + h.about.MinSize().Width
	}
	if h.right != nil {
		m := h.right.MinSize()
		w, height = w+headGap+m.Width, max(height, m.Height)
	}
	return fyne.NewSize(w, height)
}

// lineAt is how far below its top the letters of a text stand.
func lineAt(t *Text) float32 {
	_, b := fyne.CurrentApp().Driver().RenderedTextSize("0", t.size, t.role.style(), nil)
	return b
}
