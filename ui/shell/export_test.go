package shell

import (
	"context"

	"thistle/app"
	"thistle/ui/onboard"
)

// Locked says that no wallet is open, whatever is shown.
func (s *Shell) Locked() bool {
	s.ctl.life.Lock()
	defer s.ctl.life.Unlock()
	o := s.ctl.acquire()
	if o != nil {
		o.uses.Done()
	}
	return o == nil
}

// FailWallet ends the wallet's following of the peer with an error, as a failing
// disk does.
func (s *Shell) FailWallet(err error) {
	s.ctl.life.Lock()
	defer s.ctl.life.Unlock()
	o := s.stay.of
	o.feed.stop()
	o.feed = startRun(o.ctx, func(context.Context) error { return err }, func(err error) { s.ctl.feedEnded(o, err) })
}

// Hear tells of an event of the open wallet.
func (s *Shell) Hear(event app.Event) { s.ctl.hearOf(s.stay.of, event) }

// Unlock is what the lock screen asks for.
func (s *Shell) Unlock(wallet string, password []byte, done func(string)) {
	s.unlock(wallet, password, done)
}

// ChangePassword is what the settings ask for.
func (s *Shell) ChangePassword(old, password []byte, done func(string)) {
	s.stay.changePassword(old, password, done)
}

// Words is what the settings ask for.
func (s *Shell) Words(password []byte, done func([]byte, string)) { s.stay.words(password, done) }

// Confirm is what the send screen asks for.
func (s *Shell) Confirm(password []byte) { s.stay.confirmPayment(password, nil) }

// Create is what the wizard asks for.
func (s *Shell) Create(w onboard.NewWallet, done func(string)) { s.create(w, done) }

// Restore is the same for an old wallet.
func (s *Shell) Restore(w onboard.OldWallet, done func(string)) { s.restore(w, done) }

// Repeer tells the peer how to meet others, as settings that were changed do.
func (s *Shell) Repeer() {
	s.ctl.mu.Lock()
	h, to := s.ctl.host, s.ctl.peering(nil)
	s.ctl.mu.Unlock()
	s.ctl.repeer(h, to)
}

// Warned is the peer's last warning that still holds.
func (s *Shell) Warned() string { return s.ctl.warned() }
