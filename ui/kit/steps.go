package kit

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Steps says where in a sequence a person is: numbered circles with names, those
// done with a check. Where there is little room only the current one has its
// name.
type Steps struct {
	widget.BaseWidget
	Named
	names   []string
	current int
}

// NewSteps returns steps of which the first is the current one.
func NewSteps(id string, names ...string) *Steps {
	s := &Steps{Named: Named{ID: id}, names: names}
	s.ExtendBaseWidget(s)
	return s
}

// SetCurrent chooses the current step, counted from 0; len(names) means that all
// are done.
func (s *Steps) SetCurrent(i int) {
	if s.current != i {
		s.current = i
		s.Refresh()
	}
}

// SetNames changes the steps.
func (s *Steps) SetNames(names ...string) {
	s.names = names
	s.Refresh()
}

// Text is the current step's name.
func (s *Steps) Text() string {
	if s.current < 0 || s.current >= len(s.names) {
		return ""
	}
	return s.names[s.current]
}

// AccessibilityLabel implements fyne.Accessible.
func (s *Steps) AccessibilityLabel() string {
	return fmt.Sprintf("%d / %d: %s", min(s.current+1, len(s.names)), len(s.names), s.Text())
}

// AccessibilityRole implements fyne.Accessible.
func (s *Steps) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

const (
	stepCircle = 22
	stepGap    = 8  // between circle and name
	stepSpace  = 18 // between two steps
	// stepsWidest is the width up to which all names may ask for room.
	stepsWidest = 480
)

// step is one circle with its name.
type step struct {
	circle       *Panel
	number, name *Text
	check        *Icon
}

func (s *Steps) newStep() *step {
	return &step{
		circle: NewPanel("", "", stepCircle/2), check: NewIcon(IconCheck, Muted, 12),
		number: Label(Strong, Muted, "").Centre(), name: Label(Strong, Muted, "").Shortened(),
	}
}

func (st *step) set(i, current int, name string) {
	st.number.size, st.name.size = 12, 13
	st.number.text, st.name.text = strconv.Itoa(i+1), name
	st.number.tone, st.name.tone = Muted, Muted
	st.circle.Set("", ColorLine, 1)
	if i == current {
		st.number.tone, st.name.tone = OnAccent, Accent
		st.circle.Set(theme.ColorNamePrimary, "", 1)
	}
	setVisible(st.check, i < current)
	setVisible(st.number, i >= current)
}

// CreateRenderer implements fyne.Widget.
func (s *Steps) CreateRenderer() fyne.WidgetRenderer {
	var steps []*step
	d := &drawing{}
	width := func(all bool) (w float32) {
		for i, st := range steps {
			w += stepCircle
			if all || i == s.current {
				w += stepGap + st.name.Whole().Width + 1
			}
			if i > 0 {
				w += stepSpace
			}
		}
		return w
	}
	d.min = func() fyne.Size {
		w := width(true)
		if w > stepsWidest {
			w = width(false)
		}
		return fyne.NewSize(w, stepCircle+2)
	}
	d.layout = func(size fyne.Size) {
		all := width(true) <= size.Width
		x, y := size.Width-width(all), (size.Height-stepCircle)/2
		for i, st := range steps {
			place(st.circle, x, y, stepCircle, stepCircle)
			middle(st.number, x, stepCircle, size.Height)
			place(st.check, x+5, y+5, 12, 12)
			x += stepCircle
			named := all || i == s.current
			setVisible(st.name, named)
			if named {
				w := st.name.Whole().Width + 1
				middle(st.name, x+stepGap, w, size.Height)
				x += stepGap + w
			}
			x += stepSpace
		}
	}
	d.refresh = func() {
		if len(steps) != len(s.names) {
			steps, d.objects = nil, nil
			for range s.names {
				st := s.newStep()
				steps = append(steps, st)
				d.objects = append(d.objects, st.circle, st.number, st.check, st.name)
			}
		}
		for i, st := range steps {
			st.set(i, s.current, s.names[i])
		}
		d.layout(s.Size())
	}
	d.refresh()
	return d
}
