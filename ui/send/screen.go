package send

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// stage is where the person is.
type stage int

const (
	composing stage = iota
	reviewing
	sent
)

// Screen is the way from an empty form to a payment on its way.
type Screen struct {
	host    kit.Host
	a       Actions
	state   present.SendState
	drawn   bool // Update was called
	left    bool // another screen is shown
	stage   stage
	steps   *kit.Steps
	compose *compose
	review  *review
	sent    *delivery
	content *fyne.Container
}

// New builds the screen, on its first step.
func New(host kit.Host, a Actions) *Screen {
	s := &Screen{host: host, a: a, steps: kit.NewSteps("send.steps", "Compose", "Review", "Send")}
	s.compose = newCompose(s)
	s.review = newReview(s)
	s.sent = newDelivery(s)
	body := container.NewStack(s.compose.content, s.review.content, s.sent.content)
	s.content = kit.Page(kit.PageHead("Send", "", s.steps), body)
	s.enter(composing)
	return s
}

// Content is what the shell puts into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update draws a state.
func (s *Screen) Update(state present.SendState) {
	old := s.state
	s.state = state
	if !s.drawn || old.Unit != state.Unit {
		s.compose.setUnit(old.Unit, state.Unit)
	}
	if s.drawn && (old.Unit != state.Unit || old.Wait != state.Wait || old.Coins != state.Coins) {
		s.compose.ask()
	}
	s.drawn = true
	s.compose.draw()
	s.sent.draw()
}

// Shown puts the cursor where typing goes on.
func (s *Screen) Shown() {
	s.left = false
	switch s.stage {
	case composing:
		s.focus(s.compose.rows[0].to)
	case reviewing:
		s.focus(s.review.password)
	}
}

// Blank says that nothing was typed which Fill would replace.
func (s *Screen) Blank() bool {
	return s.stage == sent || s.stage == composing && s.compose.blank() && s.compose.label.Text == ""
}

// Fill begins a payment with a form that is filled in already, in place of what
// was typed, for at least one recipient. False says that nothing changed, because
// another is being signed.
func (s *Screen) Fill(form present.SendForm) bool {
	if s.review.busy {
		return false
	}
	if s.stage != composing {
		clear(s.review.password.Take())
		s.review.shown = nil
		s.another()
	}
	s.compose.fill(form)
	s.Shown()
	return true
}

// Hidden forgets the password that was being typed.
func (s *Screen) Hidden() {
	s.left = true
	clear(s.review.password.Take())
}

// enter goes to a step. What is left must not get the keys any longer.
func (s *Screen) enter(to stage) {
	if s.stage != to && !s.left && s.host.Window != nil {
		s.host.Window.Canvas().Unfocus()
	}
	s.stage = to
	s.steps.SetCurrent(int(to))
	for i, o := range []fyne.CanvasObject{s.compose.content, s.review.content, s.sent.content} {
		if stage(i) == to {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// focus moves the focus. Answers that come after the screen was left take it from
// nobody.
func (s *Screen) focus(f fyne.Focusable) {
	if !s.left && s.host.Window != nil {
		s.host.Window.Canvas().Focus(f)
	}
}

// another begins the next payment.
func (s *Screen) another() {
	s.a.Discard()
	s.state.Sent = nil
	s.compose.clear()
	s.enter(composing)
	s.Shown()
}
