package shell

import (
	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// notices are what stands above every screen of an open wallet, most often
// nothing.
type notices struct {
	content *fyne.Container
	t       *stay

	backup, trouble, warning, health, payment *notice
	dismissed                                 string        // the warning that was read
	told, read                                present.Alert // of a payment
}

// notice is one of them.
type notice struct {
	box   *fyne.Container
	words *kit.Paragraph
}

func newNotices(t *stay) *notices {
	n := &notices{t: t}
	n.backup = newNotice("shell.backup", kit.Warn, kit.IconKey, "Your recovery words are not checked yet. Without them nobody can bring your coins back.",
		kit.Secondary("shell.backup.check", "Check now", nil, t.checkWords))
	n.warning = newNotice("shell.warning", kit.Warn, kit.IconWarning, "", kit.Secondary("shell.warning.read", "Understood", nil, func() {
		n.dismissed = n.warning.words.Text()
		n.warning.show(false)
	}))
	n.trouble = newNotice("shell.trouble", kit.Bad, kit.IconWarning, "", kit.Secondary("shell.again", "Try again", nil, func() {
		n.trouble.show(false) // it comes back if that was in vain
		t.again()
	}))
	n.health = newNotice("shell.health", kit.Bad, kit.IconWarning, "", kit.Secondary("shell.health.peers", "Peers", nil, func() { t.goTo(peersPage) }))
	read := func() {
		n.read = n.told
		n.payment.show(false)
	}
	n.payment = newNotice("shell.payment", kit.Bad, kit.IconWarning, "", kit.Row(kit.Gap,
		kit.Secondary("shell.payment.show", "Show it", nil, func() {
			read()
			t.openPayment(n.told.TxID)
		}), kit.Secondary("shell.payment.read", "Understood", nil, read)))
	n.content = kit.Column(0, n.trouble.box, n.payment.box, n.health.box, n.warning.box, n.backup.box)
	return n
}

func newNotice(id string, tone kit.Tone, icon fyne.Resource, text string, button fyne.CanvasObject) *notice {
	words := kit.NewParagraph(kit.Body, tone, text).Called(id)
	n := &notice{words: words}
	n.box = kit.Inset(0, 0, kit.Space, 0, noticeGround(tone, icon, words, button))
	n.box.Hide()
	return n
}

// noticeGround is a line of words, a picture before and a button behind it, on a
// ground of its tone.
func noticeGround(tone kit.Tone, icon fyne.Resource, words, button fyne.CanvasObject) *fyne.Container {
	ground := kit.ColorWarningGround
	if tone == kit.Bad {
		ground = kit.ColorErrorGround
	}
	var right fyne.CanvasObject
	if button != nil {
		right = kit.Inset(0, 0, 0, 12, kit.Middle(button))
	}
	left := kit.Inset(0, 12, 0, 0, kit.Middle(kit.NewIcon(icon, tone, 18)))
	return container.NewStack(kit.NewPanel(ground, "", kit.FieldRadius),
		kit.Inset(8, 12, 8, 14, container.NewBorder(nil, nil, left, right, kit.Middle(words))))
}

func (n *notice) show(on bool) {
	switch {
	case on && !n.box.Visible():
		n.box.Show()
	case !on && n.box.Visible():
		n.box.Hide()
	}
}

func (n *notices) update(v view) {
	n.backup.show(!v.snap.BackedUp)
	trouble := troubleOf(v)
	n.trouble.words.Set(trouble)
	n.trouble.show(trouble != "")
	alarm := present.HealthAlarm(v.snap)
	n.health.words.Set(alarm)
	n.health.show(alarm != "")
	n.told = v.alert
	n.payment.words.Set(v.alert.Words)
	n.payment.show(v.alert.Words != "" && v.alert != n.read)
	if v.warning == "" { // it may come again
		n.dismissed = ""
	}
	n.warning.words.Set(v.warning)
	n.warning.show(v.warning != "" && v.warning != n.dismissed)
}

// troubleOf says what has ended that should go on, empty for nothing.
func troubleOf(v view) string {
	switch {
	case v.trouble != nil:
		return present.Sentence(v.trouble)
	case v.snap.Stopped != nil:
		return present.Stopped(v.snap.Stopped)
	}
	return ""
}
