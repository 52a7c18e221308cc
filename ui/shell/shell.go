package shell

import (
	"sync"
	"sync/atomic"
	"time"

	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/lock"
	"thistle/ui/onboard"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Shell is the window. Its fields belong to the window's goroutine.
type Shell struct {
	o    Options
	app  fyne.App
	win  fyne.Window
	ctl  *controller
	root *ground

	stopTick func()
	turns    turns
	closed   atomic.Bool // closing has begun
	once     sync.Once   // of closing

	settings app.Settings
	wallets  []app.WalletInfo
	last     present.Snapshot // the newest, without what it says of a wallet

	// One of these is shown, or a page without a life of its own.
	lockScreen *lock.Screen
	wizard     *onboard.Screen
	stay       *stay

	awaited *awaited
	door    int // counts lock screens and wizards

	active time.Time // the last sign of a person
	trace  trace
}

// awaited is a wallet just opened, whose screens appear with its first snapshot:
// before it they could only show nothing.
type awaited struct {
	of   *opened
	done func(problem string)
}

// New builds the window and begins to open the network's folder. It is called on
// the window's goroutine; whoever calls it shows the window.
func New(fyneApp fyne.App, o Options) *Shell {
	s := &Shell{app: fyneApp}
	s.turns.done.L = &s.turns.mu
	if o.Quit == nil {
		o.Quit = fyneApp.Driver().Quit
	}
	s.o, s.stopTick = o.filled()
	s.ctl = newController(s.o)
	settings, err := app.LoadSettings(s.o.DataDir, s.o.Network)
	if err != nil {
		s.o.Log.Warn("load settings", "err", err)
	}
	s.settings, s.ctl.settings, s.ctl.saved = settings, settings, settings
	fyneApp.Settings().SetTheme(kit.NewTheme(modeOf(settings)))
	s.active = s.o.Now()
	s.win = fyneApp.NewWindow("Thistle")
	s.win.SetPadded(false)
	s.root = newGround(s.touch)
	s.win.SetContent(kit.WithTips(container.NewStack(leastRoom(), s.root), s.win.Canvas()))
	s.win.Resize(windowSize)
	s.win.SetMainMenu(s.menu())
	s.win.SetCloseIntercept(s.leave)
	s.listen()
	s.ctl.spawn(func() { s.ctl.watch(s.deliver, func() { s.post(s.checkIdle) }) })
	s.probe()
	s.start()
	return s
}

// Window is the window.
func (s *Shell) Window() fyne.Window { return s.win }

// Close ends everything in order and returns when that is done, at the latest
// after ten seconds. It may be called from any goroutine, more than once.
func (s *Shell) Close() {
	s.once.Do(func() {
		s.closed.Store(true)
		s.turns.end()
		s.stopTick()
		if !s.ctl.close() {
			s.o.Log.Error("closing took too long")
		}
	})
}

// leave closes the window once everything has ended.
func (s *Shell) leave() {
	if s.closed.Load() {
		return
	}
	s.dropStay()
	s.show(s.message("Closing…", "Everything is being put away.", nil))
	go func() {
		s.Close()
		s.o.Dispatch(s.o.Quit) // not the window's Close: the loop may have ended
	}()
}

// Ended keeps what was being typed when the toolkit's loop ended without asking,
// as it does at a signal. It is called on the goroutine of that loop, before
// Close; nothing is drawn any more.
func (s *Shell) Ended() {
	s.turns.end()
	s.turns.wait()
	if s.stay != nil && !s.closed.Load() {
		s.stay.keepTyped()
	}
}

// start opens the network's folder, and what is in it.
func (s *Shell) start() {
	s.dropStay()
	opening := kit.NewParagraph(kit.Body, kit.Muted, "")
	s.show(s.message("Opening…", "", opening))
	tell := func(text string) { s.post(func() { opening.Set(text) }) }
	s.off(func() func() {
		wallets, err := s.ctl.begin(tell)
		return func() {
			if err != nil {
				s.showProblem(err)
				return
			}
			s.wallets = wallets
			s.welcome()
		}
	})
}

// showProblem says why nothing can go on, and offers to try again.
func (s *Shell) showProblem(err error) {
	s.o.Log.Error("open", "err", err)
	s.dropStay()
	again := kit.Primary("shell.again", "Try again", nil, s.start)
	s.show(s.message("Thistle cannot go on", present.Sentence(err), again))
}

// welcome shows the wizard if there are no wallets, and the lock screen if there
// are some.
func (s *Shell) welcome() {
	if len(s.wallets) == 0 {
		s.showWizard()
		return
	}
	s.showLock()
}

// deliver brings a snapshot to the window. Any goroutine.
func (s *Shell) deliver(v view, drawn func()) {
	s.post(func() {
		defer drawn()
		s.draw(v)
	})
}

// draw takes a snapshot over. What it says of a wallet that is no longer open is
// dropped.
func (s *Shell) draw(v view) {
	if a := s.awaited; a != nil && v.of == a.of {
		s.awaited = nil
		a.done("")
		s.settleIn(v)
		return
	}
	if v.of != nil && (s.stay == nil || s.stay.of != v.of) {
		return
	}
	v.snap.Prefs = prefsOf(s.settings) // which may have changed meanwhile
	s.last = withoutWallet(v.snap)
	if s.stay != nil {
		if v.of != nil {
			s.stay.draw(v)
		}
		return
	}
	s.redraw()
}

// redraw draws whatever is shown, as far as it changed.
func (s *Shell) redraw() {
	switch {
	case s.stay != nil:
		s.stay.draw(s.stay.last)
	case s.lockScreen != nil:
		s.lockScreen.Update(present.LockOf(s.last, s.wallets, s.settings.Wallet))
	case s.wizard != nil:
		s.wizard.Update(present.OnboardOf(s.last, s.wallets))
	}
}

// settleIn shows the screens of a wallet just opened.
func (s *Shell) settleIn(v view) {
	s.hideDoor()
	s.last = withoutWallet(v.snap)
	s.active = s.o.Now()
	s.stay = newStay(s, v)
	s.show(s.stay.content)
	to := s.settings
	to.Wallet = v.snap.Wallet
	s.change(to)
}

// show replaces everything in the window.
func (s *Shell) show(content fyne.CanvasObject) {
	s.dropOverlays()
	s.win.Canvas().Unfocus()
	s.root.set(content)
}

// dropOverlays closes menus and dialogs.
func (s *Shell) dropOverlays() {
	overlays := s.win.Canvas().Overlays()
	for top := overlays.Top(); top != nil; top = overlays.Top() {
		overlays.Remove(top)
	}
}

func (s *Shell) host() kit.Host { return kit.Host{Window: s.win} }

// leastRoom keeps the window from becoming smaller than it can be used.
func leastRoom() fyne.CanvasObject { return kit.Blank(leastSize.Width, leastSize.Height) }
