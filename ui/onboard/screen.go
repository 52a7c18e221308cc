package onboard

import (
	"math/rand/v2"
	"slices"

	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// width is that of the wizard's column.
const width = 760

// Screen is the wizard.
type Screen struct {
	host  kit.Host
	a     Actions
	state present.OnboardState
	w     *present.Wizard
	shown bool
	turn  int    // of what was asked for: answers to older questions are dropped
	why   string // it went back to the welcome page by itself

	root, page *fyne.Container
	scroll     *container.Scroll

	title   *kit.Text
	steps   *kit.Steps
	lead    *kit.Paragraph
	note    *kit.Text // beside the buttons
	count   *kit.Segments
	network *fyne.Container // a banner, if this is not mainnet
	problem *kit.Paragraph

	name, password, repeat, birthday, passphrase, again *kit.Entry
	mnemonic                                            *wordEntry
	checks                                              []*wordEntry
	hasPassphrase                                       *kit.Check
	cells                                               []*kit.Text // the words, while they are shown

	nameField, passwordField, repeatField, mnemonicField *kit.Field
	checkFields                                          []*kit.Field

	back, next, notYet *kit.Button     // of the page; next is what Enter presses
	warning            *fyne.Container // what "Later" means
}

// New builds the wizard at its welcome page.
func New(host kit.Host, a Actions) *Screen {
	if a.Dice == nil {
		a.Dice = rand.IntN
	}
	s := &Screen{host: host, a: a, w: present.NewWizard(a.Dice)}
	s.title = kit.NewText(kit.Title, "").Called("onboard.title")
	s.steps = kit.NewSteps("onboard.steps")
	s.note = kit.Label(kit.Small, kit.Muted, "").Shortened()
	s.count = kit.NewSegments("onboard.count", []string{"12 words", "24 words"}, func(i int) { s.w.SetCount(12 + 12*i) })
	s.lead = kit.NewParagraph(kit.Body, kit.Muted, "")
	s.network = container.NewStack()
	s.network.Hide()
	s.problem = kit.NewParagraph(kit.Body, kit.Bad, "").Called("onboard.problem")
	s.fields()
	s.page = container.NewStack()
	s.scroll = container.NewVScroll(kit.AtMost(width+48, kit.Inset(36, 24, 20, 24, s.page)))
	s.root = container.NewStack(s.scroll)
	s.draw()
	return s
}

// fields makes what is typed into, once: it keeps its text from page to page.
func (s *Screen) fields() {
	s.name = kit.NewEntry("onboard.name", "")
	s.name.OnSubmitted = func(string) { s.takeName() }
	s.nameField = kit.NewField("Wallet name", s.name)

	s.password, s.repeat = kit.NewPassword("onboard.password", ""), kit.NewPassword("onboard.repeat", "")
	s.passwordField, s.repeatField = kit.NewField("Password", s.password), kit.NewField("The same again", s.repeat)
	s.password.OnChanged = func(string) { s.passwordHints() }
	s.repeat.OnChanged = func(string) { s.passwordHints() }
	s.password.OnSubmitted = func(string) { s.focus(s.repeat) }
	s.repeat.OnSubmitted = func(string) { s.finish() }

	s.mnemonic = newWordsArea("onboard.mnemonic", "word word word …", 4, s.a.Complete)
	s.mnemonic.onward = s.takeMnemonic
	s.mnemonic.OnChanged = func(string) { s.mnemonicHint() }
	s.mnemonicField = kit.NewField("Recovery words", s.mnemonic).Called("onboard.mnemonic.hint")
	s.birthday = kit.NewEntry("onboard.birthday", "YYYY-MM-DD, a block height, or empty")
	s.birthday.OnSubmitted = func(string) { s.takeMnemonic() }
	s.passphrase, s.again = kit.NewPassword("onboard.passphrase", ""), kit.NewPassword("onboard.passphrase.repeat", "")
	s.passphrase.OnSubmitted = func(string) { s.focus(s.again) }
	s.again.OnSubmitted = func(string) { s.takeMnemonic() }
	s.hasPassphrase = kit.NewCheck("onboard.passphrase.has", "These words have a passphrase as well", s.setPassphrase)
}

// Content is what the window shows.
func (s *Screen) Content() fyne.CanvasObject { return s.root }

// Update takes what has changed around the wizard.
func (s *Screen) Update(state present.OnboardState) {
	if state.Network == s.state.Network && state.Demo == s.state.Demo && slices.Equal(state.Taken, s.state.Taken) {
		return
	}
	s.state = state
	s.network.RemoveAll()
	s.network.Hide()
	if state.Network != "" {
		s.network.Add(kit.Banner(kit.Accent, kit.IconInfo, state.Network))
		s.network.Show()
	}
	s.settle()
	switch s.w.Step() {
	case present.StepWelcome, present.StepName:
		s.draw()
	}
}

// Shown tells the wizard that it is on the window.
func (s *Screen) Shown() {
	if s.shown {
		return
	}
	s.shown = true
	s.host.Window.Canvas().SetOnTypedKey(s.typedKey)
	s.draw()
}

// Hidden tells the wizard that it is left: it forgets everything.
func (s *Screen) Hidden() {
	if s.shown {
		s.host.Window.Canvas().SetOnTypedKey(nil)
	}
	s.shown = false
	s.reset()
}

// Rest goes back to the welcome page, forgets everything and says why; not while
// a wallet is being made.
func (s *Screen) Rest(why string) {
	if s.w.Busy() || s.w.Step() == present.StepWelcome {
		return
	}
	s.why = why
	s.reset()
}

// reset goes back to the beginning and wipes what was gathered.
func (s *Screen) reset() {
	s.turn++
	s.w.Wipe()
	for _, e := range []*kit.Entry{s.name, s.password, s.repeat, s.birthday} {
		clear(e.Take())
	}
	for _, e := range []*kit.Entry{s.password, s.repeat, s.passphrase, s.again} {
		e.Password = true // it may have been made readable
	}
	s.enable(true)
	s.hasPassphrase.Checked = false
	s.count.SetCurrent(0)
	s.forgetWords()
	s.say("")
	s.draw()
}

// forgetWords empties all widgets that hold words.
func (s *Screen) forgetWords() {
	clear(s.mnemonic.Take())
	clear(s.passphrase.Take())
	clear(s.again.Take())
	for _, e := range s.checks {
		clear(e.Take())
	}
	for _, c := range s.cells {
		c.Set("")
	}
	s.checks, s.checkFields, s.cells = nil, nil, nil
}

// enable allows or forbids typing and going back.
func (s *Screen) enable(on bool) {
	for _, e := range []*kit.Entry{s.password, s.repeat} {
		if on {
			e.Enable()
		} else {
			e.Disable()
		}
	}
}

// focus moves the focus, if the wizard is on the window; nil takes it from what
// is no longer there.
func (s *Screen) focus(f fyne.Focusable) {
	switch {
	case !s.shown:
	case f == nil:
		s.host.Window.Canvas().Unfocus()
	default:
		s.host.Window.Canvas().Focus(f)
	}
}

// typedKey lets Enter lead on where nothing has the focus.
func (s *Screen) typedKey(key *fyne.KeyEvent) {
	if enter := key.Name == fyne.KeyReturn || key.Name == fyne.KeyEnter; enter && s.next != nil && !s.next.Disabled() {
		s.next.OnTapped()
	}
}

// say shows a problem, or none.
func (s *Screen) say(problem string) {
	s.problem.Set(problem)
	if (problem == "") == s.problem.Visible() {
		if problem == "" {
			s.problem.Hide()
		} else {
			s.problem.Show()
		}
		s.settle()
	}
}

// ---- what the person does ----

func (s *Screen) choose(restore bool) {
	s.why = ""
	s.w.Choose(restore)
	s.draw()
}

func (s *Screen) goBack() {
	if s.w.Busy() {
		return
	}
	s.keep()
	s.w.Back()
	s.turn++ // words that are still being made are not wanted
	s.draw()
}

func (s *Screen) setPassphrase(on bool) {
	s.keep()
	s.draw()
	if on {
		s.focus(s.passphrase)
	}
}

// keep remembers the page of old words.
func (s *Screen) keep() {
	t := s.typed()
	s.w.Keep(t)
	wipeTyped(t)
}

func (s *Screen) leave() {
	s.reset()
	s.a.Leave()
}

func (s *Screen) takeName() {
	if problem := s.w.Name(s.name.Text, s.state.Taken, s.a.CheckName); problem != "" {
		s.say(problem)
		s.focus(s.name)
		return
	}
	s.draw()
}

// needWords has words made if there are none yet.
func (s *Screen) needWords() {
	if s.w.HasWords() {
		return
	}
	s.turn++
	turn := s.turn
	s.a.NewWords(s.w.Count(), func(words []byte, problem string) {
		defer clear(words)
		if turn != s.turn {
			return
		}
		if problem != "" {
			s.say(problem)
			return
		}
		s.w.Made(words)
		s.draw()
	})
}

func (s *Screen) written() {
	s.w.Written()
	s.draw()
}

func (s *Screen) check() {
	answers := make([][]byte, len(s.checks))
	for i, e := range s.checks {
		answers[i] = []byte(e.Text)
	}
	wrong := s.w.Check(answers)
	for _, a := range answers {
		clear(a)
	}
	if len(wrong) == 0 {
		s.draw()
		return
	}
	var first fyne.Focusable
	for i, position := range s.w.Asked() {
		switch {
		case !slices.Contains(wrong, position):
			s.checkFields[i].SetHint(kit.Good, "Right.")
		case s.checks[i].Text == "":
			s.checkFields[i].SetHint(kit.Warn, "Still empty.")
		default:
			s.checkFields[i].SetHint(kit.Bad, "Not this word.")
		}
		if first == nil && slices.Contains(wrong, position) {
			first = s.checks[i]
		}
	}
	s.say("Look at your paper again: counted from the first word, and in the same spelling. Back shows the words once more.")
	s.focus(first)
}

func (s *Screen) later() {
	s.w.Later()
	if s.w.Step() != present.StepCheck {
		s.draw()
		return
	}
	s.notYet.SetText("Go on without a check")
	s.warning.Show()
	s.settle()
}

func (s *Screen) typed() present.TypedWords {
	t := present.TypedWords{Words: []byte(s.mnemonic.Text), Birthday: s.birthday.Text}
	if s.hasPassphrase.Checked {
		t.Passphrase, t.Repeat = []byte(s.passphrase.Text), []byte(s.again.Text)
	}
	return t
}

func wipeTyped(t present.TypedWords) {
	clear(t.Words)
	clear(t.Passphrase)
	clear(t.Repeat)
}

func (s *Screen) takeMnemonic() {
	t := s.typed()
	defer wipeTyped(t)
	if problem := s.w.Mnemonic(t, s.a.CheckWords, s.a.CheckBirthday); problem != "" {
		s.say(problem)
		return
	}
	s.draw()
}

// finish has the wallet made. The fields keep the password until it is, so that
// it need not be typed again if something goes wrong.
func (s *Screen) finish() {
	password, repeat := []byte(s.password.Text), []byte(s.repeat.Text)
	defer clear(repeat)
	start, problem := s.w.Password(password, repeat)
	if !start {
		clear(password)
		if problem != "" {
			s.say(problem)
			s.focus(s.password)
		}
		return
	}
	s.say("")
	s.enable(false)
	s.showBusy()
	s.turn++
	turn := s.turn
	done := func(problem string) {
		if turn != s.turn {
			return
		}
		if problem == "" {
			s.reset()
			return
		}
		s.w.Failed()
		s.enable(true)
		s.showBusy()
		s.say(problem)
		s.focus(s.password)
	}
	o := s.w.Order()
	if s.w.Restoring() {
		s.a.Restore(OldWallet{Name: o.Name, Words: o.Words, Passphrase: o.Passphrase, Password: password, Birthday: o.Birthday}, done)
		return
	}
	clear(o.Passphrase)
	s.a.Create(NewWallet{Name: o.Name, Words: o.Words, Password: password, Later: o.Later}, done)
}
