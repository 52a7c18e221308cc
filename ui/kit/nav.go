package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// NavEntry leads to a screen.
type NavEntry struct {
	touch
	icon    fyne.Resource
	current bool
	note    string
}

// NavItem is an entry of the rail at the window's side.
func NavItem(id string, icon fyne.Resource, label string, fn func()) *NavEntry {
	n := &NavEntry{icon: icon}
	n.ID, n.label, n.fn = id, label, fn
	n.ExtendBaseWidget(n)
	return n
}

// SetCurrent marks the entry of the screen that is shown.
func (n *NavEntry) SetCurrent(on bool) {
	if n.current != on {
		n.current = on
		n.Refresh()
	}
}

// Current says whether the entry is marked.
func (n *NavEntry) Current() bool { return n.current }

// SetNote puts a few letters at the right: a number, or a shortcut.
func (n *NavEntry) SetNote(note string) {
	if n.note != note {
		n.note = note
		n.Refresh()
	}
}

// Text is the entry's name.
func (n *NavEntry) Text() string { return n.label }

// CreateRenderer implements fyne.Widget.
func (n *NavEntry) CreateRenderer() fyne.WidgetRenderer {
	panel, icon := NewPanel("", "", FieldRadius), NewIcon(n.icon, Muted, 19)
	word, note := Label(Strong, Muted, n.label).Shortened(), Label(Small, Muted, "").Right()
	d := &drawing{objects: []fyne.CanvasObject{panel, icon, word, note}}
	d.min = func() fyne.Size { return fyne.NewSize(40+60+note.MinSize().Width, 38) }
	d.layout = func(size fyne.Size) {
		panel.Resize(size)
		place(icon, 11, (size.Height-19)/2, 19, 19)
		w := note.MinSize().Width
		middle(note, size.Width-10-w, w, size.Height)
		middle(word, 40, max(size.Width-40-10-w, 0), size.Height)
	}
	d.refresh = func() {
		tone, fill := Muted, fyne.ThemeColorName("")
		word.role = Body
		switch {
		case n.off:
			tone = Off
		case n.current:
			tone, fill = Accent, ColorAccentGround
			word.role = Strong
		case n.hovered:
			tone, fill = Plain, theme.ColorNameHover
		}
		word.text, word.tone, note.text = n.label, tone, n.note
		icon.Set(n.icon, tone)
		n.ground(panel, fill, "")
		d.layout(n.Size())
	}
	d.refresh()
	return d
}
