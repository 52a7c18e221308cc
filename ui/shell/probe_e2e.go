//go:build e2e

package shell

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"thistle/ui/kit"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// probeVar names two files that the process was given, by their numbers: lines
// come from the first, and each is answered on the second with a look at the
// window, in one line of JSON.
const probeVar = "THISTLE_PROBE"

// look is the window as a test sees it.
type look struct {
	Widgets []seen  `json:"widgets"` // those with identifiers, the lowest first
	Words   string  `json:"words"`   // all that can be read
	Width   float32 `json:"width"`
	Height  float32 `json:"height"`
}

// seen is a widget. Places are pixels of the window.
type seen struct {
	ID       string  `json:"id"`
	Text     string  `json:"text"`
	Area     area    `json:"area"`
	Clip     area    `json:"clip"` // what the scrolls around it leave
	Disabled bool    `json:"disabled"`
	Focused  bool    `json:"focused"`
	Below    bool    `json:"below"` // under a dialog
	Done     float64 `json:"done"`  // of a bar
}

type area struct {
	X0 float32 `json:"x0"`
	Y0 float32 `json:"y0"`
	X1 float32 `json:"x1"`
	Y1 float32 `json:"y1"`
}

// probe answers until the window closes.
func (s *Shell) probe() {
	var in, out int
	if _, err := fmt.Sscanf(os.Getenv(probeVar), "%d,%d", &in, &out); err != nil {
		return
	}
	asked, answers := os.NewFile(uintptr(in), "probe in"), os.NewFile(uintptr(out), "probe out")
	context.AfterFunc(s.ctl.ctx, func() { _ = asked.Close() })
	go func() {
		defer func() { _ = answers.Close() }()
		lines := bufio.NewScanner(asked)
		encoder := json.NewEncoder(answers)
		for lines.Scan() {
			seen := make(chan look, 1)
			s.post(func() { seen <- s.lookAt() })
			select {
			case l := <-seen:
				if encoder.Encode(l) != nil {
					return
				}
			case <-s.ctl.ctx.Done():
				return
			}
		}
	}()
}

// lookAt walks the tree of what is shown. The window's goroutine only.
func (s *Shell) lookAt() look {
	c := s.win.Canvas()
	whole := area{0, 0, c.Size().Width, c.Size().Height}
	l := looker{focused: c.Focused(), scale: c.Scale()}
	roots := append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...)
	for i, root := range roots {
		l.below = i < len(roots)-1
		l.visit(root, root.Position(), whole)
	}
	l.Words = strings.Join(l.words, "\n")
	l.Width, l.Height = c.Size().Width*l.scale, c.Size().Height*l.scale
	return l.look
}

type looker struct {
	look
	words   []string
	said    bool
	focused fyne.Focusable
	scale   float32
	below   bool
}

func (l *looker) visit(o fyne.CanvasObject, at fyne.Position, clip area) {
	if o == nil || !o.Visible() {
		return
	}
	here := area{at.X, at.Y, at.X + o.Size().Width, at.Y + o.Size().Height}
	text, says := probeText(o)
	if says = says && !l.said; says {
		l.words = append(l.words, text)
		l.said = true // its parts say the same
		defer func() { l.said = false }()
	}
	if named, ok := o.(kit.Identified); ok && named.TestID() != "" {
		l.note(o, named.TestID(), text, here, clip)
	}
	switch o.(type) {
	case *container.Scroll, *container.Clip:
		clip = clip.and(here)
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			l.visit(child, at.Add(child.Position()), clip)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			if child != nil {
				l.visit(child, at.Add(child.Position()), clip)
			}
		}
	}
}

func (l *looker) note(o fyne.CanvasObject, id, text string, here, clip area) {
	w := seen{ID: id, Text: text, Area: here.times(l.scale), Clip: clip.times(l.scale), Below: l.below}
	if d, ok := o.(fyne.Disableable); ok {
		w.Disabled = d.Disabled()
	}
	if f, ok := o.(fyne.Focusable); ok {
		w.Focused = l.focused == f
	}
	if b, ok := o.(*kit.Bar); ok {
		w.Done = b.Fraction()
	}
	l.Widgets = append(l.Widgets, w)
}

func (a area) and(b area) area {
	return area{max(a.X0, b.X0), max(a.Y0, b.Y0), min(a.X1, b.X1), min(a.Y1, b.Y1)}
}

func (a area) times(f float32) area { return area{a.X0 * f, a.Y0 * f, a.X1 * f, a.Y1 * f} }

// probeText is what a widget says. Fields that embed the toolkit's have their
// text as a field of the struct.
func probeText(o fyne.CanvasObject) (string, bool) {
	if says, ok := o.(interface{ Text() string }); ok {
		return says.Text(), true
	}
	if _, ok := o.(fyne.Widget); !ok {
		return "", false
	}
	v := reflect.Indirect(reflect.ValueOf(o))
	if v.Kind() != reflect.Struct {
		return "", false
	}
	for _, name := range []string{"Selected", "Text"} {
		if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
			return f.String(), true
		}
	}
	return "", false
}
