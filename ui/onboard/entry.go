package onboard

import (
	"unicode/utf8"

	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// wordEntry is a field for recovery words. Enter and Tab finish a word that can
// end in one way only. It gives nothing to the clipboard.
type wordEntry struct {
	widget.Entry
	kit.Named
	complete func(prefix string) []string
	// onward is called for Enter, and in a field for one word also after Tab has
	// finished it.
	onward func()
}

func newWordEntry(id, placeholder string, complete func(string) []string) *wordEntry {
	e := &wordEntry{Named: kit.Named{ID: id}, complete: complete}
	e.ExtendBaseWidget(e)
	e.Wrapping = fyne.TextWrapOff
	e.SetPlaceHolder(placeholder)
	return e
}

func newWordsArea(id, placeholder string, rows int, complete func(string) []string) *wordEntry {
	e := &wordEntry{Named: kit.Named{ID: id}, complete: complete}
	e.ExtendBaseWidget(e)
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.SetMinRowsVisible(rows)
	e.SetPlaceHolder(placeholder)
	return e
}

// Take returns what was typed, and empties the field.
func (e *wordEntry) Take() []byte {
	text := []byte(e.Text)
	e.SetText("")
	return text
}

// put sets the text, with the cursor after it.
func (e *wordEntry) put(text string) {
	e.SetText(text)
	e.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
}

// rest is what finishes the word under the cursor.
func (e *wordEntry) rest() string {
	if e.CursorTextOffset() != utf8.RuneCountInString(e.Text) {
		return ""
	}
	text := []byte(e.Text)
	defer clear(text)
	return present.Completion(text, e.complete)
}

// finish writes the rest of a word.
func (e *wordEntry) finish() bool {
	rest := e.rest()
	for _, r := range rest {
		e.TypedRune(r)
	}
	if rest != "" && e.MultiLine {
		e.TypedRune(' ')
	}
	return rest != ""
}

// AcceptsTab takes Tab only if there is a word to finish with it.
func (e *wordEntry) AcceptsTab() bool { return e.rest() != "" }

// TypedKey implements fyne.Focusable.
func (e *wordEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyTab, fyne.KeyReturn, fyne.KeyEnter:
		if e.Disabled() {
			return
		}
		if finished := e.finish(); (!finished || !e.MultiLine) && e.onward != nil {
			e.onward()
		}
	default:
		e.Entry.TypedKey(key)
	}
}

// TypedShortcut implements fyne.Shortcutable; it knows no copying.
func (e *wordEntry) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutCopy, *fyne.ShortcutCut:
		return
	}
	e.Entry.TypedShortcut(s)
}
