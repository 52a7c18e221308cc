package shell

import (
	"sync"

	"fyne.io/fyne/v2"
)

// onWindow runs f on the window's goroutine, later. It is the only place of the
// program that asks the toolkit for this.
func onWindow(f func()) { fyne.Do(f) }

// turns are the functions that wait for the window's goroutine. When the
// toolkit's loop has ended, without notice at a signal, onWindow runs what it is
// given on the goroutine of its caller: so they run one after the other, wherever
// that is, and none once end was called.
type turns struct {
	mu      sync.Mutex
	waiting []turn
	running bool
	over    bool
	done    sync.Cond // on mu: running has become false
}

// turn is one of them; dropped is called in its place if it comes too late, nil
// for nothing.
type turn struct{ do, dropped func() }

func (q *turns) add(t turn) {
	q.mu.Lock()
	over := q.over
	if !over {
		q.waiting = append(q.waiting, t)
	}
	q.mu.Unlock()
	if over && t.dropped != nil {
		t.dropped()
	}
}

// run runs those that wait, unless somebody does.
func (q *turns) run() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running {
		return
	}
	q.running = true
	for len(q.waiting) > 0 {
		t := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		t.do()
		q.mu.Lock()
	}
	q.running = false
	q.done.Broadcast()
}

// wait waits for the one that runs on another goroutine.
func (q *turns) wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.running {
		q.done.Wait()
	}
}

// end drops those that wait, and whatever comes later.
func (q *turns) end() {
	q.mu.Lock()
	dropped := q.waiting
	q.waiting, q.over = nil, true
	q.mu.Unlock()
	for _, t := range dropped {
		if t.dropped != nil {
			t.dropped()
		}
	}
}

// post runs f on the window's goroutine, unless the window is closed by then.
// It may be called from any goroutine.
func (s *Shell) post(f func()) { s.postOr(f, nil) }

// postOr is post for what must not be dropped without a trace.
func (s *Shell) postOr(f, dropped func()) {
	s.turns.add(turn{f, dropped})
	s.o.Dispatch(s.turns.run)
}

// off does work on a goroutine of its own, and what it returns on the window's.
// Closing waits for the work; once it has begun nothing is done any more, and off
// says so.
func (s *Shell) off(work func() (then func())) (started bool) {
	return s.ctl.spawn(func() {
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
