package kit

import "fyne.io/fyne/v2"

// Host is what a screen may use of the window it is shown in.
type Host struct {
	Window fyne.Window
}
