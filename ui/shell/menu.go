package shell

import (
	"thistle/ui/kit"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// menu is the main menu: its shortcuts are heard also while a field has the
// focus.
func (s *Shell) menu() *fyne.MainMenu {
	lock := s.item("Lock", fyne.KeyL, s.lock)
	quit := fyne.NewMenuItem("Quit", s.leave)
	quit.IsQuit = true
	quit.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyQ, Modifier: fyne.KeyModifierShortcutDefault}
	view := fyne.NewMenu("View")
	keys := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6}
	for i, p := range pages {
		view.Items = append(view.Items, s.item(p.title(), keys[i], func() { s.stay.goTo(p) }))
	}
	return fyne.NewMainMenu(
		fyne.NewMenu("Wallet", lock, fyne.NewMenuItem("New wallet…", s.whenFree(s.newWallet)), fyne.NewMenuItemSeparator(), quit),
		view,
		fyne.NewMenu("Help", fyne.NewMenuItem("About Thistle", s.about)),
	)
}

// item is a menu's entry for the open wallet, with a shortcut.
func (s *Shell) item(label string, key fyne.KeyName, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(label, s.whenFree(func() {
		if s.stay != nil {
			do()
		}
	}))
	i.Shortcut = &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
	return i
}

// whenFree does nothing under a dialog.
func (s *Shell) whenFree(do func()) func() {
	return func() {
		if s.win.Canvas().Overlays().Top() == nil && !s.closed.Load() {
			do()
		}
	}
}

// newWallet begins the wizard, from wherever the person is.
func (s *Shell) newWallet() {
	switch {
	case s.stay != nil:
		s.leaveWallet(s.showWizard)
	case s.lockScreen != nil:
		s.showWizard()
	}
}

func (s *Shell) about() {
	if s.win.Canvas().Overlays().Top() != nil {
		return
	}
	version := s.o.Version
	if version == "" {
		version = "(devel)"
	}
	kit.Tell(s.host(), "About Thistle", "Thistle "+version+", a Bitcoin wallet that takes part in the network itself. "+
		"Free software under the MIT licence, without any warranty.")
}
