package kit

import "fyne.io/fyne/v2"

// Copy puts text on the clipboard, reads it back and says whether it is there
// unchanged: other programs watch the clipboard, and some exchange addresses.
func Copy(text string) bool {
	c := fyne.CurrentApp().Clipboard()
	c.SetContent(text)
	return c.Content() == text
}
