package kit

import (
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Address is an address in groups of four, the first and the last one stronger,
// on as many lines as it takes: always whole, for a person to compare.
type Address struct {
	widget.BaseWidget
	Named
	text  string
	size  float32
	texts []*canvas.Text
}

// NewAddress returns an empty address.
func NewAddress(id string) *Address {
	a := &Address{Named: Named{ID: id}, size: 14}
	a.ExtendBaseWidget(a)
	return a
}

// Large shows the address in larger letters.
func (a *Address) Large() *Address { a.size = 17; return a }

// Set changes the address; spaces in it do not count.
func (a *Address) Set(text string) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	if a.text != text {
		a.text = text
		a.Refresh()
	}
}

// Text is the address without spaces.
func (a *Address) Text() string { return a.text }

// AccessibilityLabel implements fyne.Accessible.
func (a *Address) AccessibilityLabel() string { return strings.Join(a.groups(), " ") }

// AccessibilityRole implements fyne.Accessible.
func (a *Address) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (a *Address) groups() (groups []string) {
	for g := range slices.Chunk([]rune(a.text), 4) {
		groups = append(groups, string(g))
	}
	return groups
}

// measures are the width of a group, of the room between two, and a line's height.
func (a *Address) measures() (group, gap, line float32) {
	m := fyne.MeasureText("0000", a.size, fyne.TextStyle{Monospace: true})
	return m.Width, m.Width / 4 * 0.9, m.Height + 2
}

// perLine is how many groups fit beside each other.
func (a *Address) perLine(width float32) int {
	group, gap, _ := a.measures()
	return max(int((width+gap+0.5)/(group+gap)), 1)
}

func (a *Address) lines(width float32) int {
	n := (len(a.text) + 3) / 4
	per := a.perLine(width)
	return max((n+per-1)/per, 1)
}

// Resize may change the number of lines, and so the least height.
func (a *Address) Resize(size fyne.Size) {
	before := a.lines(a.Size().Width)
	a.BaseWidget.Resize(size)
	if a.lines(size.Width) != before {
		a.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (a *Address) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{}
	var again [3]*canvas.Text // the strong groups, drawn twice
	for i := range again {
		again[i] = canvas.NewText("", nil)
	}
	d.min = func() fyne.Size {
		group, gap, line := a.measures()
		return fyne.NewSize(group+gap+group, line*float32(a.lines(a.Size().Width)))
	}
	d.layout = func(size fyne.Size) {
		group, gap, line := a.measures()
		per := a.perLine(size.Width)
		for i, o := range d.objects[:max(len(d.objects)-len(again), 0)] {
			place(o, float32(i%per)*(group+gap), float32(i/per)*line, group, line)
		}
		for i, k := range a.strong() {
			place(again[i], float32(k%per)*(group+gap)+boldOffset, float32(k/per)*line, group, line)
		}
	}
	d.refresh = func() {
		groups := a.groups()
		d.objects = nil
		draw := func(t *canvas.Text, text string) {
			t.Text, t.TextSize, t.TextStyle = text, a.size, fyne.TextStyle{Monospace: true}
			t.Color = colorOf(theme.ColorNameForeground)
			d.objects = append(d.objects, t)
		}
		for len(a.texts) < len(groups) {
			a.texts = append(a.texts, canvas.NewText("", nil))
		}
		for i, g := range groups {
			draw(a.texts[i], g)
		}
		strong := a.strong()
		for i, t := range again {
			text := ""
			if i < len(strong) {
				text = groups[strong[i]]
			}
			draw(t, text)
		}
		d.layout(a.Size())
	}
	d.refresh()
	return d
}

// strong are the groups that a person compares first: the first and the last,
// and the one before if the last is short.
func (a *Address) strong() []int {
	n := (len(a.text) + 3) / 4
	switch {
	case n < 2:
		return nil
	case len(a.text)%4 != 0 && n > 2:
		return []int{0, n - 2, n - 1}
	}
	return []int{0, n - 1}
}
