package shell

import (
	"thistle/app"
	"thistle/ui/history"
	"thistle/ui/kit"
	"thistle/ui/present"
	"thistle/ui/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// stay is an open wallet's time in the window: all its screens, from unlocking
// to locking.
type stay struct {
	s       *Shell
	of      *opened
	content fyne.CanvasObject
	rail    *rail
	notices *notices
	demo    *demoPanel // nil outside the demo
	place   *fyne.Container
	page    page
	built   map[page]*screen
	last    view

	span    present.Span // of the overview's chart
	send    sendDesk
	receive receiveDesk

	history  *history.Screen
	settings *settings.Screen
}

// sideRoom is right of a page's content, for the bar of its scroll.
const sideRoom = 16

// screen is a page as the shell sees it.
type screen struct {
	content fyne.CanvasObject
	update  func(v view) // draws what has changed
	shown   func()       // nil if the screen need not know
	hidden  func()
	left    *colours // nil if it was not left yet
}

func newStay(s *Shell, v view) *stay {
	t := &stay{s: s, of: v.of, last: v, built: make(map[page]*screen), place: container.NewStack(), span: present.Ever}
	t.rail = newRail(t.goTo, s.lock)
	t.notices = newNotices(t)
	bottom := fyne.CanvasObject(nil)
	if s.o.Demo != nil {
		t.demo = newDemoPanel(t)
		bottom = kit.Inset(12, sideRoom, 4, 4, t.demo.content)
	}
	right := kit.Inset(20, 28-sideRoom, 20, 20, container.NewBorder(kit.Inset(0, sideRoom, 0, 4, t.notices.content), bottom, nil, nil, t.place))
	t.content = container.NewBorder(nil, nil, t.rail.content, nil, right)
	t.page = noPage
	t.goTo(overviewPage)
	return t
}

// goTo shows a page, drawn from the newest snapshot.
func (t *stay) goTo(p page) {
	t.s.touch()
	if p == t.page {
		return
	}
	if old := t.built[t.page]; old != nil {
		if old.hidden != nil {
			old.hidden()
		}
		in := t.s.colours()
		old.left = &in
	}
	t.s.win.Canvas().Unfocus()
	t.page = p
	t.rail.choose(p)
	now := t.screen(p)
	now.update(t.last)
	t.place.Objects = []fyne.CanvasObject{now.content}
	t.place.Refresh()
	t.s.recolour(now.left)
	if now.shown != nil {
		now.shown()
	}
	t.draw(t.last)
}

// screen is a page, built when it is first asked for.
func (t *stay) screen(p page) *screen {
	sc := t.built[p]
	if sc == nil {
		sc = p.build(t)
		scroll := container.NewVScroll(kit.Inset(0, sideRoom, 4, 4, sc.content))
		scroll.OnScrolled = func(fyne.Position) { t.s.touch() }
		sc.content = scroll
		t.built[p] = sc
	}
	return sc
}

// draw draws what is shown from a snapshot.
func (t *stay) draw(v view) {
	if v.travel == nil { // the snapshot may be older than the payment
		v.travel = t.last.travel
	}
	t.last = v
	t.rail.update(present.RailOf(v.snap))
	t.notices.update(v)
	if sc := t.built[t.page]; sc != nil {
		sc.update(v)
	}
}

// again begins anew what has ended with an error.
func (t *stay) again() {
	t.s.touch()
	t.s.off(func() func() {
		t.s.ctl.again()
		return nil
	})
}

// dropStay leaves an open wallet's screens, or what else is shown, with all that
// they hold.
func (s *Shell) dropStay() {
	if t := s.stay; t != nil {
		if sc := t.built[t.page]; sc != nil && sc.hidden != nil {
			sc.hidden()
		}
	}
	s.stay = nil
	s.hideDoor()
}

// keepTyped saves what was typed and would be saved on leaving its field.
func (t *stay) keepTyped() {
	if e, ok := t.s.win.Canvas().Focused().(*kit.Entry); ok && e.Left != nil {
		e.Left()
	}
	if t.history != nil {
		t.history.Hidden()
	}
}

// withoutWallet is what a snapshot says of the network alone; which blocks are
// read is the wallet's affair.
func withoutWallet(s present.Snapshot) present.Snapshot {
	s.Progress.Stages.Blocks = app.Stage{}
	return present.Snapshot{Now: s.Now, Network: s.Network, Demo: s.Demo, Prefs: s.Prefs, Progress: s.Progress, Peers: s.Peers, Stopped: s.Stopped}
}

// Lock locks the open wallet, if there is one, whatever lies over it.
func (s *Shell) Lock() { s.lock() }

// lock leaves the open wallet and shows the lock screen.
func (s *Shell) lock() {
	if s.stay == nil {
		return
	}
	s.leaveWallet(s.showLock)
}

// leaveWallet locks the wallet; then shows what comes next, at once.
func (s *Shell) leaveWallet(next func()) {
	o := s.stay.of
	s.dropStay()
	next()
	s.off(func() func() {
		s.ctl.lock(o)
		wallets, err := s.ctl.wallets()
		return func() {
			if err == nil && len(wallets) > 0 {
				s.wallets = wallets
				s.redraw()
			}
		}
	})
}
