package onboard

import "fyne.io/fyne/v2"

// TextOf is what stands in a field for words.
func TextOf(o fyne.CanvasObject) string { return o.(*wordEntry).Text }
