package shell

import (
	"bytes"

	"thistle/ui/present"
	"thistle/ui/settings"
)

func buildSettings(t *stay) *screen {
	t.settings = settings.New(t.s.host(), settings.Actions{
		Change:         func(to present.Settings) { t.s.change(to.App()) },
		ChangePassword: t.changePassword, Words: t.words, WordsChecked: t.wordsChecked,
		Lock: t.s.lock, NewWallet: t.s.newWallet,
	})
	about := present.About{Version: t.s.o.Version, DataDir: t.s.o.DataDir}
	of := func(v view) present.SettingsState {
		return present.SettingsOf(v.snap, present.SettingsFrom(t.s.settings), about)
	}
	return &screen{content: t.settings.Content(), update: drawer(of, t.settings.Update), shown: t.settings.Shown, hidden: t.settings.Hidden}
}

// checkWords goes to where the recovery words are checked.
func (t *stay) checkWords() {
	t.goTo(settingsPage)
	t.settings.CheckWords()
}

func (t *stay) changePassword(old, password []byte, done func(problem string)) {
	t.s.touch()
	if !t.use(func(o *opened) func() {
		defer clear(old)
		defer clear(password)
		err := o.w.ChangePassword(hold(old), hold(password))
		return func() { done(problem(err)) }
	}) {
		clear(old)
		clear(password)
	}
}

// words reveals the recovery words; the copy is the screen's to wipe, unless the
// wallet is locked before the screen gets it.
func (t *stay) words(password []byte, done func(words []byte, problem string)) {
	t.s.touch()
	if !t.use(func(o *opened) func() {
		defer clear(password)
		secret, wipe, err := o.w.Words(hold(password))
		if err != nil {
			return func() { done(nil, present.Sentence(err)) }
		}
		words := bytes.Clone(secret())
		wipe()
		t.s.postOr(func() {
			if t.s.stay != t {
				clear(words)
				return
			}
			done(words, "")
		}, func() { clear(words) })
		return nil
	}) {
		clear(password)
	}
}

func (t *stay) wordsChecked() {
	t.s.touch()
	t.use(func(o *opened) func() {
		if err := o.w.SetBackedUp(); err != nil {
			t.s.o.Log.Error("note the backup", "err", err)
		}
		t.s.ctl.newsFromWallet()
		return nil
	})
}
