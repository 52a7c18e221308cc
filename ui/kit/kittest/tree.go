package kittest

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"thistle/ui/kit"
)

// node is an object of the tree, where it is on the canvas, and what part of
// the canvas its scrolls leave to it.
type node struct {
	o         fyne.CanvasObject
	at        fyne.Position
	clip      rect
	ancestors []fyne.CanvasObject
}

type rect struct{ x0, y0, x1, y1 float32 }

func (r rect) and(s rect) rect {
	return rect{max(r.x0, s.x0), max(r.y0, s.y0), min(r.x1, s.x1), min(r.y1, s.y1)}
}

func (r rect) empty() bool { return r.x1-r.x0 < 1 || r.y1-r.y0 < 1 }

func (n node) area() rect {
	s := n.o.Size()
	return rect{n.at.X, n.at.Y, n.at.X + s.Width, n.at.Y + s.Height}
}

func (n node) seen() rect { return n.area().and(n.clip) }

// roots are what is shown, the lowest first.
func roots(c fyne.Canvas) []fyne.CanvasObject {
	return append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...)
}

// walk visits what is visible below o, parents first; do says whether to stop.
func walk(c fyne.Canvas, o fyne.CanvasObject, do func(node) (stop bool)) bool {
	s := c.Size()
	return visit(node{o: o, at: o.Position(), clip: rect{0, 0, s.Width, s.Height}}, do)
}

func visit(n node, do func(node) bool) bool {
	if n.o == nil || !n.o.Visible() {
		return false
	}
	if do(n) {
		return true
	}
	below := node{clip: n.clip, ancestors: append(n.ancestors[:len(n.ancestors):len(n.ancestors)], n.o)}
	switch n.o.(type) {
	case *container.Scroll, *container.Clip:
		below.clip = n.seen()
	}
	for _, child := range children(n.o) {
		if child == nil {
			continue
		}
		below.o, below.at = child, n.at.Add(child.Position())
		if visit(below, do) {
			return true
		}
	}
	return false
}

func children(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case fyne.Widget:
		return test.WidgetRenderer(o).Objects()
	}
	return nil
}

// settle lays everything out, twice: what wraps knows its height only after it
// got its width.
func settle(c fyne.Canvas) {
	for range 2 {
		for _, root := range roots(c) {
			walk(c, root, func(n node) bool {
				switch o := n.o.(type) {
				case *fyne.Container:
					if o.Layout != nil {
						o.Layout.Layout(o.Objects, o.Size())
					}
				case fyne.Widget:
					test.WidgetRenderer(o).Layout(o.Size())
				}
				return false
			})
		}
	}
}

// id is an object's identifier, empty if it has none. A container's is that of
// the thing it is embedded in, which the tree does not hold.
func id(o fyne.CanvasObject) string {
	if named, ok := o.(kit.Identified); ok {
		return named.TestID()
	}
	return ""
}

// all are the nodes that want says yes to, those on top last.
func all(c fyne.Canvas, want func(node) bool) (found []node) {
	settle(c)
	for _, root := range roots(c) {
		walk(c, root, func(n node) bool {
			if want(n) {
				found = append(found, n)
			}
			return false
		})
	}
	return found
}

// hit is the object that gets a press at a place, with what it lies in.
func hit(c fyne.Canvas, p fyne.Position) (found node) {
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	walk(c, root, func(n node) bool {
		a := n.seen()
		if _, ok := n.o.(fyne.Tappable); ok && p.X >= a.x0 && p.X < a.x1 && p.Y >= a.y0 && p.Y < a.y1 {
			found = n
		}
		return false
	})
	return found
}
