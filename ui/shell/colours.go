package shell

import (
	"thistle/ui/kit"

	"fyne.io/fyne/v2"
)

// colours are what a page was last seen in. The toolkit gives a new theme only
// to what is shown at that moment.
type colours struct {
	mode    kit.Mode
	variant fyne.ThemeVariant
}

func (s *Shell) colours() colours {
	return colours{modeOf(s.settings), s.app.Settings().ThemeVariant()}
}

// recolour gives all that is shown the theme again, if the page was left in
// another one.
func (s *Shell) recolour(left *colours) {
	if left != nil && *left != s.colours() {
		s.app.Settings().SetTheme(kit.NewTheme(modeOf(s.settings)))
	}
}
