package shell

import (
	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/present"
)

// prefsOf is what screens need of the settings.
func prefsOf(s app.Settings) present.Prefs {
	return present.Prefs{Unit: present.ParseUnit(s.Unit), Hide: s.Hide}
}

// modeOf is the theme of the settings.
func modeOf(s app.Settings) kit.Mode {
	switch s.Theme {
	case "light":
		return kit.Light
	case "dark":
		return kit.Dark
	}
	return kit.System
}

// change applies settings at once and saves them later.
func (s *Shell) change(to app.Settings) {
	if present.SettingsFrom(to).Equal(present.SettingsFrom(s.settings)) {
		return
	}
	if to.Theme != s.settings.Theme {
		s.app.Settings().SetTheme(kit.NewTheme(modeOf(to)))
	}
	s.settings = to
	s.ctl.keep(to)
	s.last.Prefs = prefsOf(to)
	if s.stay != nil {
		s.stay.last.snap.Prefs = prefsOf(to)
	}
	s.redraw()
}

// keep takes settings over, the newest last: they are saved, and the peer is told
// what of them is for it.
func (c *controller) keep(to app.Settings) {
	c.mu.Lock()
	c.settings = to
	c.mu.Unlock()
	c.newsFromSession()
	c.spawn(func() {
		c.saving.Lock()
		defer c.saving.Unlock()
		c.mu.Lock()
		newest, h := c.settings, c.host
		peering := c.peering(c.demo)
		c.mu.Unlock()
		if h != nil {
			h.session.SetData(newest.Data)
			c.repeer(h, peering)
		}
		if err := app.SaveSettings(c.o.DataDir, c.o.Network, c.saved, newest); err != nil {
			c.o.Log.Warn("save settings", "err", err)
			return
		}
		c.saved = newest
	})
}

// repeer tells the peer how to meet others, and begins it anew if it has ended,
// perhaps for want of somebody to connect to.
func (c *controller) repeer(h *host, to app.Peering) {
	if to.Equal(h.session.Peering()) {
		return
	}
	h.session.SetPeering(to)
	c.mu.Lock()
	ended := c.stopped != nil
	c.mu.Unlock()
	if ended {
		c.again()
	}
}
