package settings

import (
	"slices"

	"fyne.io/fyne/v2"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// safety is the card of locking and of the password.
type safety struct {
	s        *Screen
	card     *fyne.Container
	password *fyne.Container // the part about it

	after   *kit.Select
	times   []present.LockTime
	warning *kit.Paragraph
	quiet   bool // draw is at work: nobody has chosen anything

	old, fresh, repeat     *kit.Entry
	freshField, againField *kit.Field
	do                     *kit.Button
	says                   *kit.Paragraph
	busy                   bool
	turn                   int // answers to older ones are dropped
}

func newSafety(s *Screen) *safety {
	f := &safety{s: s}
	f.after = kit.NewSelect("settings.lockafter", nil, f.chosen)
	f.warning = kit.NewParagraph(kit.Small, kit.Warn, "").Called("settings.lockwarning")
	f.old, f.fresh, f.repeat = kit.NewPassword("settings.old", ""), kit.NewPassword("settings.new", ""), kit.NewPassword("settings.repeat", "")
	f.freshField = kit.NewField("New password", f.fresh).Called("settings.new.hint")
	f.againField = kit.NewField("The new one again", f.repeat).Called("settings.repeat.hint")
	f.fresh.OnChanged = func(string) { f.hints() }
	f.repeat.OnChanged = func(string) { f.hints() }
	f.old.OnSubmitted = func(string) { s.focus(f.fresh) }
	f.fresh.OnSubmitted = func(string) { s.focus(f.repeat) }
	f.repeat.OnSubmitted = func(string) { f.change() }
	f.do = kit.Secondary("settings.change", "Change password", nil, f.change)
	f.says = kit.NewParagraph(kit.Small, kit.Bad, "").Called("settings.problem")
	f.says.Hide()
	f.warning.Hide()
	f.password = kit.Column(kit.Space, kit.Rule(), kit.NewField("Password now", f.old), f.freshField, f.againField, f.says,
		kit.Row(0, f.do), kit.NewParagraph(kit.Small, kit.Muted, "Backups made earlier still open with the old password."))
	f.card = card("Safety", kit.NewField("Lock when nobody has touched anything for", f.after), f.warning, f.password)
	return f
}

func (f *safety) draw(to present.Settings) {
	f.times = present.LockTimes(to.LockAfter)
	var options []string
	current := ""
	for _, l := range f.times {
		options = append(options, l.Words)
		if l.After == to.LockAfter {
			current = l.Words
		}
	}
	f.quiet = true
	if !slices.Equal(f.after.Options, options) {
		f.after.SetOptions(options)
	}
	if f.after.Selected != current {
		f.after.SetSelected(current)
	}
	f.quiet = false
	f.warn(present.LockWarning(to.LockAfter))
}

func (f *safety) chosen(words string) {
	if f.quiet {
		return
	}
	for _, l := range f.times {
		if l.Words == words {
			f.warn(present.LockWarning(l.After))
			f.s.settle()
			f.s.change(func(to *present.Settings) { to.LockAfter = l.After })
			return
		}
	}
}

func (f *safety) warn(text string) {
	f.warning.Set(text)
	setShown(f.warning, text != "")
}

func (f *safety) hints() {
	password, repeat := []byte(f.fresh.Text), []byte(f.repeat.Text)
	defer clear(password)
	defer clear(repeat)
	if len(password) == 0 { // nobody is at it
		f.freshField.SetHint(kit.Muted, "")
	} else {
		hint := present.PasswordHint(password)
		f.freshField.SetHint(kit.Tone(hint.Tone), hint.Words)
	}
	again := present.RepeatHint(password, repeat)
	f.againField.SetHint(kit.Tone(again.Tone), again.Words)
	if len(password) > 0 {
		f.say(kit.Bad, "")
	}
}

func (f *safety) say(tone kit.Tone, text string) {
	f.says.SetTone(tone)
	if f.says.Text() != text || setShown(f.says, text != "") {
		f.says.Set(text)
		setShown(f.says, text != "")
		f.s.settle()
	}
}

// change gives the wallet its new password. The old one stays in its field if
// that was not the one that was wrong.
func (f *safety) change() {
	if f.busy {
		return
	}
	old, fresh, repeat := []byte(f.old.Text), []byte(f.fresh.Text), []byte(f.repeat.Text)
	problem := present.NewPasswordProblem(old, fresh, repeat)
	clear(repeat)
	if problem != "" {
		clear(old)
		clear(fresh)
		f.say(kit.Bad, problem)
		f.focusEmpty()
		return
	}
	f.empty()
	f.setBusy(true)
	f.turn++
	turn := f.turn
	f.s.a.ChangePassword(old, fresh, func(problem string) {
		if turn != f.turn {
			return
		}
		f.setBusy(false)
		if problem != "" {
			f.say(kit.Bad, problem)
			f.s.focus(f.old)
			return
		}
		f.say(kit.Good, "The password is changed. From now on the new one opens the wallet.")
	})
}

// focusEmpty leads to the first field that is empty.
func (f *safety) focusEmpty() {
	for _, e := range []*kit.Entry{f.old, f.fresh, f.repeat} {
		if e.Text == "" {
			f.s.focus(e)
			return
		}
	}
	f.s.focus(f.repeat)
}

func (f *safety) setBusy(on bool) {
	f.busy = on
	f.do.SetEnabled(!on)
	f.do.SetText(map[bool]string{true: "Changing…", false: "Change password"}[on])
	for _, e := range []*kit.Entry{f.old, f.fresh, f.repeat} {
		if on {
			e.Disable()
		} else {
			e.Enable()
		}
	}
}

func (f *safety) empty() {
	for _, e := range []*kit.Entry{f.old, f.fresh, f.repeat} {
		clear(e.Take())
	}
}

// forget empties the fields. A change under way is not stopped, and tells when
// it is done.
func (f *safety) forget() {
	f.empty()
	if !f.busy {
		f.say(kit.Bad, "")
	}
}
