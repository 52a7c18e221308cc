package lock

import (
	"slices"
	"time"

	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const (
	// width is that of the card.
	width = 420
	// awake is how long the field keeps the focus without typing.
	awake = time.Minute
)

// Screen is the locked screen.
type Screen struct {
	host  kit.Host
	a     Actions
	state present.LockState
	shown bool
	busy  bool
	turn  int  // of Unlock: answers to older ones are dropped
	typed bool // since the last Idle
	since time.Time

	root     *container.Scroll
	page     *fyne.Container
	network  *fyne.Container
	form     *fyne.Container // empty if no wallet can be opened
	name     *kit.Text       // if there is one wallet
	wallet   *kit.Select     // if there are several
	password *kit.Entry
	unlock   *kit.Button
	fresh    *kit.LinkButton
	problem  *kit.Paragraph
	damaged  *fyne.Container
	foot     *kit.Paragraph
}

// New builds the screen.
func New(host kit.Host, a Actions) *Screen {
	s := &Screen{host: host, a: a}
	s.name = kit.NewText(kit.Heading, "").Called("lock.name")
	s.wallet = kit.NewSelect("lock.wallet", nil, func(string) { s.say(""); s.focus() })
	s.password = kit.NewPassword("lock.password", "Password")
	s.password.OnChanged = func(string) { s.typed = true }
	s.password.OnSubmitted = func(string) { s.open() }
	s.unlock = kit.Primary("lock.unlock", "Unlock", kit.IconUnlock, s.open)
	s.fresh = kit.Link("lock.new", "Create or restore another wallet", func() { s.a.New() })
	s.problem = kit.NewParagraph(kit.Body, kit.Bad, "").Called("lock.problem")
	s.problem.Hide()
	s.network, s.damaged = kit.Column(kit.Gap), kit.Column(kit.Gap)
	s.network.Hide()
	s.damaged.Hide()
	s.foot = kit.NewParagraph(kit.Small, kit.Muted, "").Called("lock.foot").Centre()
	s.form = kit.Column(kit.Space, s.name, s.wallet, s.password, s.problem, s.unlock)
	s.page = kit.Column(kit.Space,
		kit.Row(0, kit.Spring(), kit.NewIcon(kit.IconThistle, kit.Accent, 72), kit.Spring()),
		kit.NewText(kit.Title, "Thistle is locked").Centre(),
		s.network, kit.Card(s.form), s.damaged, kit.Row(0, kit.Spring(), s.fresh, kit.Spring()),
		kit.Column(2, s.foot, kit.Label(kit.Small, kit.Muted, "Keys are encrypted on this disk, and open only with the password.").Centre()))
	s.root = container.NewVScroll(container.NewCenter(kit.AtMost(width, container.NewStack(kit.Blank(width, 1), kit.Inset(24, 0, 24, 0, s.page)))))
	return s
}

// Content is what the window shows.
func (s *Screen) Content() fyne.CanvasObject { return s.root }

// Update draws a state. The wallet chosen stays chosen while it is there.
func (s *Screen) Update(state present.LockState) {
	if state.Network != s.state.Network {
		s.network.RemoveAll()
		if state.Network != "" {
			s.network.Add(kit.Banner(kit.Accent, kit.IconInfo, state.Network))
		}
		show(s.network, state.Network != "")
		s.settle()
	}
	s.foot.SetTone(kit.Tone(state.Foot.Tone))
	s.foot.Set(state.Foot.Words)
	if !slices.Equal(state.Wallets, s.state.Wallets) || !slices.Equal(state.Damaged, s.state.Damaged) || s.wallet.Options == nil {
		s.setWallets(state)
	}
	s.state = state
}

func (s *Screen) setWallets(state present.LockState) {
	kept := s.wallet.Selected
	s.wallet.Options = append([]string{}, state.Wallets...)
	switch {
	case len(state.Wallets) == 0:
		s.wallet.ClearSelected()
	case !slices.Contains(state.Wallets, kept) || !s.shown:
		s.wallet.SetSelected(state.Wallets[0])
	}
	if len(state.Wallets) == 1 {
		s.name.Set(state.Wallets[0])
	}
	show(s.name, len(state.Wallets) == 1)
	show(s.wallet, len(state.Wallets) > 1)
	if len(state.Wallets) == 0 {
		s.name.Set("No wallet can be opened here.")
		s.name.Show()
	}
	show(s.password, len(state.Wallets) > 0)
	show(s.unlock, len(state.Wallets) > 0)
	s.damaged.RemoveAll()
	for _, why := range state.Damaged {
		s.damaged.Add(kit.Banner(kit.Warn, kit.IconWarning, why))
	}
	show(s.damaged, len(state.Damaged) > 0)
	s.settle()
}

// settle lays the page out twice: paragraphs know their height only after they
// have been given a width.
func (s *Screen) settle() {
	s.root.Refresh()
	s.page.Refresh()
	s.root.Refresh()
	s.page.Refresh()
}

func show(o fyne.CanvasObject, on bool) {
	if on != o.Visible() {
		if on {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// Shown tells the screen that it is on the window: the field gets the focus.
func (s *Screen) Shown() {
	s.shown, s.typed = true, true
	s.host.Window.Canvas().SetOnTypedRune(s.wake)
	s.focus()
}

// Hidden tells the screen that it is left: it forgets the password.
func (s *Screen) Hidden() {
	if s.shown {
		s.host.Window.Canvas().SetOnTypedRune(nil)
	}
	s.shown = false
	s.turn++
	clear(s.password.Take())
	s.password.Password = true // it may have been made readable
	s.say("")
	s.setBusy(false)
}

// Idle is called from time to time while the screen is shown. After a while
// without typing it takes the focus away.
func (s *Screen) Idle(now time.Time) {
	if !s.shown {
		return
	}
	if s.typed {
		s.typed, s.since = false, now
		return
	}
	c := s.host.Window.Canvas()
	if now.Sub(s.since) >= awake && c.Focused() == fyne.Focusable(s.password) {
		c.Unfocus()
	}
}

// wake takes what is typed while nothing has the focus.
func (s *Screen) wake(r rune) {
	if s.shown && !s.busy && s.password.Visible() {
		s.focus()
		s.password.TypedRune(r)
	}
}

func (s *Screen) focus() {
	if s.shown && !s.busy && s.password.Visible() {
		s.typed = true
		s.host.Window.Canvas().Focus(s.password)
	}
}

func (s *Screen) say(problem string) {
	s.problem.Set(problem)
	if (problem != "") != s.problem.Visible() {
		show(s.problem, problem != "")
		s.settle()
	}
}

func (s *Screen) setBusy(on bool) {
	s.busy = on
	if on {
		s.unlock.SetText("Opening…")
		s.password.Disable()
		s.wallet.Disable()
	} else {
		s.unlock.SetText("Unlock")
		s.password.Enable()
		s.wallet.Enable()
	}
	s.unlock.SetEnabled(!on)
	s.fresh.SetEnabled(!on)
}

func (s *Screen) open() {
	if s.busy || s.wallet.Selected == "" {
		return
	}
	password := s.password.Take()
	if len(password) == 0 {
		s.say("Type the password first.")
		s.focus()
		return
	}
	s.say("")
	s.setBusy(true)
	s.turn++
	turn := s.turn
	s.a.Unlock(s.wallet.Selected, password, func(problem string) {
		if turn != s.turn {
			return
		}
		s.setBusy(false)
		s.say(problem)
		if problem != "" {
			s.focus()
		}
	})
}
