package shell

import (
	"bytes"

	"thistle/ui/present"
)

func (t *stay) settingsState(v view) present.SettingsState {
	about := present.About{Version: t.s.o.Version, DataDir: t.s.o.DataDir}
	return present.SettingsOf(v.snap, present.SettingsFrom(t.s.settings), about)
}

func (t *stay) changePassword(old, password []byte, done func(problem string)) {
	t.s.touch()
	t.s.offOpen(func() func() {
		defer clear(old)
		defer clear(password)
		err := t.s.ctl.with(func(o *opened) error { return o.w.ChangePassword(hold(old), hold(password)) })
		return func() { done(problem(err)) }
	})
}

// words reveals the recovery words; the copy is the screen's to wipe.
func (t *stay) words(password []byte, done func(words []byte, problem string)) {
	t.s.touch()
	stay := t.s.stay
	t.s.off(func() func() {
		defer clear(password)
		var words []byte
		err := t.s.ctl.with(func(o *opened) error {
			secret, wipe, err := o.w.Words(hold(password))
			if err == nil {
				words = bytes.Clone(secret())
				wipe()
			}
			return err
		})
		return func() {
			switch {
			case t.s.stay != stay: // locked meanwhile
				clear(words)
			case err != nil:
				done(nil, present.Sentence(err))
			default:
				done(words, "")
			}
		}
	})
}

func (t *stay) wordsChecked() {
	t.s.touch()
	t.s.offOpen(func() func() {
		err := t.s.ctl.with(func(o *opened) error { return o.w.SetBackedUp() })
		if err != nil {
			t.s.o.Log.Error("note the backup", "err", err)
		}
		t.s.ctl.newsFromWallet()
		return nil
	})
}
