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

// use is off for work on the open wallet, which stays open until the work is
// done. What it returns is dropped if the wallet was locked in the meantime. False
// says that it is closed already, and nothing is done.
func (t *stay) use(work func(o *opened) (then func())) bool {
	o := t.s.ctl.acquire()
	if o != t.of {
		if o != nil {
			o.uses.Done()
		}
		return false
	}
	started := t.s.ctl.spawn(func() {
		defer o.uses.Done()
		if then := work(o); then != nil {
			t.s.post(func() {
				if t.s.stay == t {
					then()
				}
			})
		}
	})
	if !started {
		o.uses.Done()
	}
	return started
}
