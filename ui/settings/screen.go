package settings

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// Screen shows the settings.
type Screen struct {
	host    kit.Host
	a       Actions
	state   present.SettingsState
	drawn   bool // Update was called
	left    bool // another screen is shown
	content *fyne.Container
	main    *fyne.Container

	look    *look
	safety  *safety
	data    *data
	peering *peering
	backup  *backup
	wallet  *wallet
	about   *about
	words   *words
}

// New builds the screen.
func New(host kit.Host, a Actions) *Screen {
	s := &Screen{host: host, a: a}
	s.look, s.safety, s.backup, s.wallet, s.about = newLook(s), newSafety(s), newBackup(s), newWallet(s), newAbout()
	s.data, s.peering, s.words = newData(s), newPeering(s), newWords(s)
	left := kit.Column(kit.Space, s.look.card, s.peering.card, s.about.card)
	right := kit.Column(kit.Space, s.backup.card, s.wallet.card, s.data.card, s.safety.card)
	s.main = kit.Page(kit.PageHead("Settings", "All of this is kept on this computer only.", nil), kit.Shares(kit.Space, nil, left, right))
	s.content = container.NewStack(s.main, s.words.content)
	return s
}

// Content is what the shell puts into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update draws a state.
func (s *Screen) Update(state present.SettingsState) {
	old, first := s.state, !s.drawn
	s.state, s.drawn = state, true
	s.words.tick(state.Now)
	old.Now = state.Now
	if !first && same(old, state) {
		return
	}
	for _, card := range []fyne.CanvasObject{s.safety.password, s.backup.card, s.wallet.card} {
		if state.Open() {
			card.Show()
		} else {
			card.Hide()
		}
	}
	s.look.draw(state.Settings)
	s.safety.draw(state.Settings)
	s.data.draw(state.Settings)
	s.peering.draw(state)
	s.backup.draw(state)
	s.wallet.draw(state)
	s.about.draw(state)
	s.settle()
}

func same(a, b present.SettingsState) bool {
	if !slices.Equal(a.Descriptors, b.Descriptors) {
		return false
	}
	a.Descriptors, b.Descriptors = nil, nil
	return a.Now.Equal(b.Now) && a.Settings.Equal(b.Settings) && a.Wallet == b.Wallet && a.Network == b.Network &&
		a.Fingerprint == b.Fingerprint && a.Birthday == b.Birthday && a.BackedUp == b.BackedUp && a.Backup == b.Backup &&
		a.Chain == b.Chain && a.Overruled == b.Overruled && a.Listening == b.Listening && a.Version == b.Version && a.DataDir == b.DataDir
}

// settle lays the screen out twice: paragraphs know their height only after they
// have been given a width.
func (s *Screen) settle() {
	s.content.Refresh()
	s.content.Refresh()
}

// Shown is called when the screen comes into view.
func (s *Screen) Shown() { s.left = false }

// Hidden forgets what is secret.
func (s *Screen) Hidden() {
	s.left = true
	s.safety.forget()
	s.words.leave()
}

// ShowWords begins to show the recovery words, CheckWords to ask for some; both
// ask for the password first.
func (s *Screen) ShowWords() { s.words.enter(false) }

// CheckWords is for other screens that remind of the check.
func (s *Screen) CheckWords() { s.words.enter(true) }

// focus moves the focus. Answers that come after the screen was left take it from
// nobody.
func (s *Screen) focus(f fyne.Focusable) {
	if !s.left && s.host.Window != nil {
		s.host.Window.Canvas().Focus(f)
	}
}

// unfocus takes the keyboard from what is going away.
func (s *Screen) unfocus() {
	if !s.left && s.host.Window != nil {
		s.host.Window.Canvas().Unfocus()
	}
}

// change tells of another choice.
func (s *Screen) change(what func(*present.Settings)) {
	if !s.drawn {
		return
	}
	to := s.state.Settings
	what(&to)
	if !to.Equal(s.state.Settings) {
		s.state.Settings = to
		s.a.Change(to)
	}
}

// card is a heading above what belongs together.
func card(title string, objects ...fyne.CanvasObject) *fyne.Container {
	return kit.Card(kit.Column(kit.Space, append([]fyne.CanvasObject{kit.NewText(kit.Heading, title)}, objects...)...))
}

// setShown shows or hides, and tells whether that changed anything.
func setShown(o fyne.CanvasObject, on bool) bool {
	if o.Visible() == on {
		return false
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
	return true
}
