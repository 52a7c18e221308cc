package shell

import (
	"errors"

	"thistle/app"
	"thistle/ui/lock"
	"thistle/ui/onboard"
	"thistle/ui/present"
)

// This file is what is shown while no wallet is open: the lock screen and the
// wizard.

// showLock shows the lock screen.
func (s *Shell) showLock() {
	if len(s.wallets) == 0 {
		s.showWizard()
		return
	}
	s.hideDoor()
	s.lockScreen = lock.New(s.host(), lock.Actions{Unlock: s.unlock, New: s.newWallet})
	s.redraw()
	s.show(s.lockScreen.Content())
	s.lockScreen.Shown()
}

// showWizard begins the wizard.
func (s *Shell) showWizard() {
	s.hideDoor()
	s.wizard = onboard.New(s.host(), onboard.Actions{
		NewWords: s.newWords, CheckName: s.checkName, Complete: app.CompleteWord,
		CheckWords: s.checkWords, CheckBirthday: s.checkBirthday,
		Create: s.create, Restore: s.restore, Leave: s.showLock,
	})
	s.touch()
	s.redraw()
	s.show(s.wizard.Content())
	s.wizard.Shown()
}

// hideDoor leaves either, which then forgets what was typed.
func (s *Shell) hideDoor() {
	if s.lockScreen != nil {
		s.lockScreen.Hidden()
	}
	if s.wizard != nil {
		s.wizard.Hidden()
	}
	if a := s.awaited; a != nil { // nobody waits any more for what was opened
		s.ctl.spawn(func() { s.ctl.lock(a.of) })
	}
	s.lockScreen, s.wizard, s.awaited = nil, nil, nil
	s.door++
}

func (s *Shell) unlock(wallet string, password []byte, done func(string)) {
	s.enter(done, func() (*opened, error) { return s.ctl.unlock(wallet, password) }, password)
}

// enter opens a wallet; its screens appear with its first snapshot. The secrets
// are wiped.
func (s *Shell) enter(done func(problem string), open func() (*opened, error), secrets ...[]byte) {
	door := s.door
	attempt := s.ctl.attempt.Add(1)
	wipe := func() {
		for _, secret := range secrets {
			clear(secret)
		}
	}
	started := s.off(func() func() {
		defer wipe()
		o, err := s.ctl.enter(attempt, open)
		wallets, _ := s.ctl.wallets() // of a new wallet the list does not know yet
		return func() {
			if len(wallets) > 0 {
				s.wallets = wallets
			}
			if attempt != s.ctl.attempt.Load() { // the next one closes what this one opened
				return
			}
			if err != nil {
				if !errors.Is(err, errClosing) {
					s.o.Log.Info("open wallet", "err", err)
				}
				done(present.Sentence(err))
				return
			}
			if s.door != door { // the person went elsewhere meanwhile
				s.ctl.spawn(func() { s.ctl.lock(o) })
				return
			}
			s.awaited = &awaited{of: o, done: done}
			s.ctl.newsFromWallet()
		}
	})
	if !started {
		wipe()
	}
}

// newWords makes recovery words. The answer is the wizard's to wipe.
func (s *Shell) newWords(count int, done func([]byte, string)) {
	s.off(func() func() {
		words, err := app.NewWords(count)
		if err != nil {
			return func() { done(nil, present.Sentence(err)) }
		}
		s.postOr(func() { done(words(), "") }, func() { clear(words()) })
		return nil
	})
}

func (s *Shell) checkName(name string) string { return problem(app.CheckName(name)) }

func (s *Shell) checkWords(words []byte) string { return problem(app.CheckWords(hold(words))) }

func (s *Shell) checkBirthday(text string) string {
	h := s.ctl.current()
	if h == nil {
		return ""
	}
	return problem(app.CheckBirthday(h.env, text))
}

func (s *Shell) create(w onboard.NewWallet, done func(string)) {
	s.enter(done, func() (*opened, error) {
		return s.ctl.create(app.CreateParams{
			Name: w.Name, Mnemonic: hold(w.Words), Password: hold(w.Password), Unchecked: w.Later,
		})
	}, w.Words, w.Password)
}

func (s *Shell) restore(w onboard.OldWallet, done func(string)) {
	s.enter(done, func() (*opened, error) {
		p := app.RestoreParams{Name: w.Name, Mnemonic: hold(w.Words), Password: hold(w.Password), Birthday: w.Birthday}
		if len(w.Passphrase) > 0 {
			p.Passphrase = hold(w.Passphrase)
		}
		return s.ctl.restore(p)
	}, w.Words, w.Password, w.Passphrase)
}

// problem is an error's sentence, empty for none.
func problem(err error) string {
	if err == nil {
		return ""
	}
	return present.Sentence(err)
}
