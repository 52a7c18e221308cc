package shell

import "fyne.io/fyne/v2"

// onWindow runs f on the window's goroutine, later. It is the only place of the
// program that asks the toolkit for this.
func onWindow(f func()) { fyne.Do(f) }

// post runs f on the window's goroutine, unless the window is closed by then.
// It may be called from any goroutine.
func (s *Shell) post(f func()) {
	s.o.Dispatch(func() {
		if !s.closed.Load() {
			f()
		}
	})
}

// off does work on a goroutine of its own, and what it returns on the window's.
// Closing waits for the work.
func (s *Shell) off(work func() (then func())) {
	s.ctl.spawn(func() {
		if then := work(); then != nil {
			s.post(then)
		}
	})
}

// offOpen is off for work on the open wallet: what it returns is dropped if the
// wallet was locked in the meantime.
func (s *Shell) offOpen(work func() (then func())) {
	stay := s.stay
	s.off(func() func() {
		then := work()
		if then == nil {
			return nil
		}
		return func() {
			if s.stay == stay {
				then()
			}
		}
	})
}
