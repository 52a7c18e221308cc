package onboard

import (
	"fmt"
	"strconv"

	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// draw builds the page of the step. Pages are few and small, so they are made
// anew; what is typed into stays the same.
func (s *Screen) draw() {
	s.forgetWords()
	s.say("")
	title, lead := s.w.Page()
	s.title.Set(title)
	s.lead.Set(lead)
	s.note.Set("")
	s.back = kit.Secondary("onboard.back", "Back", nil, s.goBack)

	var body fyne.CanvasObject
	var foot []fyne.CanvasObject
	var first fyne.Focusable
	switch s.w.Step() {
	case present.StepWelcome:
		s.drawWelcome()
		return
	case present.StepName:
		body, foot, first = s.namePage()
	case present.StepWords:
		body, foot, first = s.wordsPage()
	case present.StepCheck:
		body, foot, first = s.checkPage()
	case present.StepMnemonic:
		body, foot, first = s.mnemonicPage()
	case present.StepPassword:
		body, foot, first = s.passwordPage()
	}
	names, now := s.w.Progress()
	s.steps.SetNames(names...)
	s.steps.SetCurrent(now)
	left := kit.Row(kit.Space, kit.Middle(kit.NewIcon(kit.IconThistle, kit.Accent, 34)), kit.Middle(s.title), kit.Blank(kit.Space, 1))
	head := container.NewBorder(nil, nil, left, nil, kit.Middle(s.steps))
	page := kit.Column(kit.Space, head, s.lead)
	if step := s.w.Step(); step != present.StepWords && step != present.StepCheck {
		page.Add(s.network) // those two need the room, and come after pages that said it
	}
	page.Add(body)
	page.Add(s.problem)
	page.Add(container.NewBorder(nil, nil, s.back, kit.Row(kit.Gap, foot...), kit.Middle(kit.Inset(0, 12, 0, 12, s.note))))
	s.show(page)
	s.focus(first)
	if s.w.Step() == present.StepWords {
		s.needWords()
	}
}

func (s *Screen) show(page fyne.CanvasObject) {
	s.page.Objects = []fyne.CanvasObject{page}
	s.settle()
	s.scroll.ScrollToTop()
}

// primary makes the button that leads on.
func (s *Screen) primary(id, label string, tapped func()) *kit.Button {
	s.next = kit.Primary(id, label, nil, tapped)
	return s.next
}

// settle lays the page out twice: paragraphs know their height only after they
// have been given a width.
func (s *Screen) settle() {
	s.page.Refresh()
	s.page.Refresh()
	s.scroll.Refresh()
}

func (s *Screen) drawWelcome() {
	choice := func(icon fyne.Resource, title, text string, b *kit.Button) fyne.CanvasObject {
		words := kit.Column(kit.Gap, kit.Row(kit.Gap, kit.Middle(kit.NewIcon(icon, kit.Accent, 20)), kit.NewText(kit.Heading, title)),
			kit.NewParagraph(kit.Body, kit.Muted, text))
		return kit.Card(container.NewBorder(nil, kit.Inset(kit.Space, 0, 0, 0, b), nil, nil, words))
	}
	fresh := kit.Primary("onboard.new", "Create a new wallet", nil, func() { s.choose(false) })
	old := kit.Secondary("onboard.restore", "Restore from recovery words", nil, func() { s.choose(true) })
	_, lead := s.w.Page()
	page := kit.Column(kit.Space,
		kit.Row(0, kit.Spring(), kit.NewIcon(kit.IconThistle, kit.Accent, 72), kit.Spring()),
		s.title.Centre(), kit.NewParagraph(kit.Body, kit.Muted, lead).Centre(), s.network,
		kit.Shares(kit.Space, nil,
			choice(kit.IconPlus, "New here", "Thistle makes recovery words for you, and you write them on paper. It takes about three minutes.", fresh),
			choice(kit.IconKey, "You have a wallet", "Type the 12 to 24 words of a wallet made here or elsewhere, and its payments are found again.", old)))
	if s.why != "" {
		page.Add(kit.Banner(kit.Accent, kit.IconInfo, s.why))
	}
	if s.a.Leave != nil && len(s.state.Taken) > 0 {
		page.Add(kit.Row(0, kit.Spring(), kit.Secondary("onboard.leave", "Back to your wallets", nil, s.leave), kit.Spring()))
	}
	s.next = fresh
	s.show(kit.Middle(page))
	s.focus(nil)
}

func (s *Screen) namePage() (body fyne.CanvasObject, foot []fyne.CanvasObject, first fyne.Focusable) {
	s.name.SetPlaceHolder(present.FreeName(s.state.Taken))
	s.nameField.SetHint(kit.Muted, "Left empty, it is called “"+present.FreeName(s.state.Taken)+"”.")
	rows := kit.Column(kit.Edge, s.nameField)
	if !s.w.Restoring() {
		count := kit.NewField("Recovery words", kit.Row(0, s.count))
		count.SetHint(kit.Muted, "Nobody can guess 12 words either; they are written down sooner.")
		rows.Add(count)
	}
	return kit.Card(rows), []fyne.CanvasObject{s.primary("onboard.next", "Continue", s.takeName)}, s.name
}

func (s *Screen) wordsPage() (body fyne.CanvasObject, foot []fyne.CanvasObject, first fyne.Focusable) {
	columns, gap, room := 3, float32(10), float32(13)
	if s.w.Count() > 12 {
		columns, gap, room = 4, 6, 10
	}
	grid := kit.Column(gap)
	var row *fyne.Container
	for i := 1; i <= s.w.Count(); i++ {
		if i%columns == 1 {
			row = kit.Shares(gap, nil)
			grid.Add(row)
		}
		row.Add(s.wordCell(i, room))
	}
	s.note.Set(s.w.Source())
	written := s.primary("onboard.written", "I have written them down", s.written)
	written.SetEnabled(s.w.HasWords())
	body = kit.Column(kit.Space, kit.Card(grid),
		kit.Banner(kit.Warn, kit.IconEyeOff, "Make sure nobody can see your screen. Never type these words into a web site, and take no photo of them."))
	return body, []fyne.CanvasObject{written}, nil
}

// wordCell is a word with its number, and room above and below.
func (s *Screen) wordCell(i int, room float32) fyne.CanvasObject {
	word := kit.NewText(kit.Heading, s.w.Word(i)).Called("onboard.word." + strconv.Itoa(i))
	s.cells = append(s.cells, word)
	number := container.NewStack(kit.Blank(22, 1), kit.Label(kit.Small, kit.Muted, strconv.Itoa(i)))
	return container.NewStack(kit.NewPanel(kit.ColorField, kit.ColorLine, kit.FieldRadius),
		kit.Inset(room, 12, room, 14, kit.Row(kit.Gap, number, word)))
}

func (s *Screen) checkPage() (body fyne.CanvasObject, foot []fyne.CanvasObject, first fyne.Focusable) {
	next := s.primary("onboard.next", "Continue", s.check)
	if s.w.Checked() {
		body = kit.Banner(kit.Good, kit.IconCheck, "You have shown that the words are on your paper.")
		return body, []fyne.CanvasObject{next}, nil
	}
	row := kit.Shares(kit.Space, nil)
	for i, position := range s.w.Asked() {
		e := newWordEntry(fmt.Sprintf("onboard.check.%d", position), "", s.a.Complete)
		f := kit.NewField(fmt.Sprintf("Word %d", position), e).Called(fmt.Sprintf("onboard.check.%d.hint", position))
		f.SetHint(kit.Muted, "as on your paper")
		e.OnChanged = func(text string) { hint(f, present.WordHint([]byte(text), s.a.Complete)) }
		e.onward = func() { s.onward(i) }
		s.checks, s.checkFields = append(s.checks, e), append(s.checkFields, f)
		row.Add(f)
	}
	s.notYet = kit.Secondary("onboard.later", "Later", nil, s.later)
	s.warning = kit.Banner(kit.Warn, kit.IconWarning,
		"If the words are not on paper, or one of them is wrong, a broken or lost computer means that the coins are gone for ever. Thistle will remind you until the check is done.")
	s.warning.Hide()
	if s.state.Demo {
		s.note.Set("In the demo there is nothing to lose: “Later” is fine.")
	}
	return kit.Column(kit.Space, kit.Card(row), s.warning), []fyne.CanvasObject{s.notYet, next}, s.checks[0]
}

// onward is Enter in one of the fields: to the next one, or on.
func (s *Screen) onward(i int) {
	if i+1 < len(s.checks) {
		s.focus(s.checks[i+1])
		return
	}
	s.check()
}

func (s *Screen) mnemonicPage() (body fyne.CanvasObject, foot []fyne.CanvasObject, first fyne.Focusable) {
	t := s.w.Kept()
	s.mnemonic.put(string(t.Words))
	s.passphrase.SetText(string(t.Passphrase))
	s.again.SetText(string(t.Repeat))
	wipeTyped(t)
	s.mnemonicHint()
	born := kit.NewField("First used (if you know)", s.birthday)
	born.SetHint(kit.Muted, "Nothing before this is searched. Unknown is fine: the search then takes longer.")
	rows := kit.Column(kit.Space, s.mnemonicField, born, kit.Row(0, s.hasPassphrase))
	if s.hasPassphrase.Checked {
		rows.Add(kit.NewParagraph(kit.Small, kit.Muted, "A passphrase belongs to the words, like one word more. It is not the password of this wallet. A wrong one is not noticed: it leads to another wallet, an empty one."))
		rows.Add(kit.Shares(kit.Space, nil, kit.NewField("Passphrase", s.passphrase), kit.NewField("The same again", s.again)))
	}
	next := s.primary("onboard.next", "Continue", s.takeMnemonic)
	return kit.Card(rows), []fyne.CanvasObject{next}, s.mnemonic
}

func (s *Screen) passwordPage() (body fyne.CanvasObject, foot []fyne.CanvasObject, first fyne.Focusable) {
	s.passwordHints()
	create := s.primary("onboard.create", "", s.finish)
	s.showBusy()
	return kit.Card(kit.Column(kit.Space, s.passwordField, s.repeatField)), []fyne.CanvasObject{create}, s.password
}

// showBusy says on the last button whether the wallet is being made.
func (s *Screen) showBusy() {
	text := map[[2]bool]string{{false, false}: "Create wallet", {false, true}: "Creating…", {true, false}: "Restore wallet", {true, true}: "Restoring…"}
	s.next.SetText(text[[2]bool{s.w.Restoring(), s.w.Busy()}])
	s.next.SetEnabled(!s.w.Busy())
	s.back.SetEnabled(!s.w.Busy())
}

// ---- hints while typing ----

func hint(f *kit.Field, t present.Text) { f.SetHint(kit.Tone(t.Tone), t.Words) }

func (s *Screen) passwordHints() {
	password, repeat := []byte(s.password.Text), []byte(s.repeat.Text)
	defer clear(password)
	defer clear(repeat)
	hint(s.passwordField, present.PasswordHint(password))
	hint(s.repeatField, present.RepeatHint(password, repeat))
}

func (s *Screen) mnemonicHint() {
	words := []byte(s.mnemonic.Text)
	defer clear(words)
	hint(s.mnemonicField, present.WordsHint(words, s.a.Complete, s.a.CheckWords))
}
