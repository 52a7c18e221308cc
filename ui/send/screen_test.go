package send_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
	"thistle/ui/send"
)

const (
	payee   = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
	another = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
)

// bench is the screen with a made-up wallet behind it. While later is set,
// answers wait for answer.
type bench struct {
	t       *testing.T
	c       fyne.Canvas
	s       *send.Screen
	state   present.SendState
	later   bool
	waiting []func()

	check     func(present.SendForm) present.SendCheck
	problem   string // of reviewing
	failure   present.SendFailure
	checked   []present.SendForm
	reviewed  []present.SendForm
	passwords []string
	discarded int
	opened    string
	copied    []string
	clipboard bool
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, clipboard: true}
	b.check = fine
	kittest.App(t, kit.Light)
	w := kittest.Window(t, kit.Blank(1, 1))
	b.c = w.Canvas()
	b.s = send.New(kit.Host{Window: w}, send.Actions{
		Check: func(f present.SendForm, done func(present.SendCheck)) {
			b.checked = append(b.checked, f)
			b.soon(func() { done(b.check(f)) })
		},
		Review: func(f present.SendForm, done func(*present.Review, string)) {
			b.reviewed = append(b.reviewed, f)
			b.soon(func() {
				if b.problem != "" {
					done(nil, b.problem)
					return
				}
				done(reviewOf(f), "")
			})
		},
		Confirm: func(password []byte, done func(present.SendFailure)) {
			b.passwords = append(b.passwords, string(password))
			clear(password)
			b.soon(func() {
				if b.failure.Words == "" {
					b.state.Sent = &present.Sent{TxID: "7d1f", Headline: present.Text{Words: "Not sent yet"}}
					b.draw()
				}
				done(b.failure)
			})
		},
		Discard: func() { b.discarded++; b.state.Sent = nil },
		Copy:    func(text string) bool { b.copied = append(b.copied, text); return b.clipboard },
		Open:    func(txid string) { b.opened = txid },
	})
	w.SetContent(kit.WithTips(b.s.Content(), b.c))
	b.draw()
	return b
}

func (b *bench) soon(f func()) {
	if b.later {
		b.waiting = append(b.waiting, f)
		return
	}
	f()
}

// answer lets the first of the waiting answers arrive.
func (b *bench) answer() {
	require.NotEmpty(b.t, b.waiting)
	f := b.waiting[0]
	b.waiting = b.waiting[1:]
	f()
}

func (b *bench) draw()                   { b.s.Update(b.state) }
func (b *bench) types(name, text string) { b.t.Helper(); kittest.Type(b.t, b.c, name, text) }
func (b *bench) taps(name string)        { b.t.Helper(); kittest.Tap(b.t, b.c, name) }
func (b *bench) text(name string) string { b.t.Helper(); return kittest.Text(b.t, b.c, name) }
func (b *bench) has(name string) bool    { b.t.Helper(); return kittest.Has(b.t, b.c, name) }
func (b *bench) can(name string) bool    { b.t.Helper(); return kittest.Enabled(b.t, b.c, name) }

// composed fills the form in and goes on to the review.
func composed(t *testing.T) *bench {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "0.061")
	b.types("send.label", "Rent")
	b.taps("send.review")
	return b
}

// fine finds nothing wrong with a form that is filled in.
func fine(f present.SendForm) present.SendCheck {
	c := present.SendCheck{Ready: true, Gets: "gets", Fee: "fee", Total: "total", Left: "left", Rate: "2 sat/vB"}
	for _, r := range f.Recipients {
		k := present.RecipientCheck{Good: r.To != "", Note: present.Text{Words: "Native SegWit · never paid before"}, Tail: "zzwf 5mdq"}
		if r.Max {
			k.Max = "0.9"
		}
		c.Recipients = append(c.Recipients, k)
		c.Ready = c.Ready && r.To != "" && (r.Amount != "" || r.Max)
	}
	return c
}

func reviewOf(f present.SendForm) *present.Review {
	r := &present.Review{Unit: "BTC", Label: f.Label, Gets: "gets", Fee: "fee", Total: "total", Left: "left", Change: "change", Rate: "2 sat/vB · 0.1 % of the amount", Warnings: []string{"Mind this."}, Confirm: "Send total BTC"}
	for _, to := range f.Recipients {
		r.Recipients = append(r.Recipients, present.ReviewRecipient{Address: to.To, Amount: to.Amount, Note: present.Text{Words: "never paid before", Tone: present.Muted}})
	}
	return r
}

func TestComposeReviewSent(t *testing.T) {
	b := newBench(t)
	require.False(t, b.can("send.review"), "an empty form")
	require.Empty(t, b.checked, "there is nothing to look at")
	b.types("send.to", payee)
	b.types("send.amount", "0.061")
	b.types("send.label", "Rent")
	require.Equal(t, present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Amount: "0.061"}}, Label: "Rent"}, b.checked[len(b.checked)-1])
	require.Equal(t, []string{"gets", "fee", "total", "left"}, []string{b.text("send.gets"), b.text("send.cost"), b.text("send.total"), b.text("send.left")})
	require.Contains(t, b.text("send.note"), "never paid before")
	require.Equal(t, "zzwf 5mdq", b.text("send.tail"))

	b.taps("send.review")
	require.Equal(t, "Review", b.text("send.steps"))
	require.Equal(t, payee, b.text("send.review.address.1"), "whole")
	require.Equal(t, "change", b.text("send.review.change"))
	words := kittest.Words(t, b.c)
	for _, want := range []string{"0.061", "Rent", "Mind this.", "never paid before", "2 sat/vB · 0.1 % of the amount", "Send total BTC"} {
		require.Contains(t, words, want)
	}
	require.Equal(t, "send.password", kittest.Focused(t, b.c))
	require.False(t, b.can("send.confirm"), "without a password")
	b.types("send.password", "secret")
	b.taps("send.confirm")
	require.Equal(t, []string{"secret"}, b.passwords)

	require.Equal(t, "Send", b.text("send.steps"))
	require.Equal(t, "Not sent yet", b.text("send.state"))
	require.NotContains(t, kittest.Words(t, b.c), "secret")
	b.state.Sent = &present.Sent{TxID: "7d1f", Headline: present.Text{Words: "Sent — seen by 3 peers", Tone: present.Good}, Confirmed: present.Text{Words: "1 of 6 confirmations"},
		Steps: [3]present.SentStep{{Words: "Signed and saved", Done: true}, {Words: "Fetched by 2 peers", Done: true}, {Words: "Sent — seen by 3 peers", Done: true}}}
	b.draw()
	require.Equal(t, []string{"Sent — seen by 3 peers", "1 of 6 confirmations", "Fetched by 2 peers", "7d1f"},
		[]string{b.text("send.state"), b.text("send.confirmations"), b.text("send.step.fetched"), b.text("send.txid")})
	b.taps("send.copy")
	require.Equal(t, []string{"7d1f"}, b.copied)
	require.Equal(t, "Copied and checked ✓", b.text("send.copied"))
	b.clipboard = false
	b.taps("send.copy")
	require.Contains(t, b.text("send.copied"), "something else")
	b.taps("send.open")
	require.Equal(t, "7d1f", b.opened)

	b.taps("send.again")
	require.Equal(t, "Compose", b.text("send.steps"))
	require.Equal(t, []string{"", "", ""}, []string{b.text("send.to"), b.text("send.amount"), b.text("send.label")})
	require.False(t, b.can("send.review"))
	require.False(t, b.has("send.tail"))
	require.Equal(t, 1, b.discarded)
}

// TestOnlyTheLastAnswerCounts: a check of what the fields said before neither
// shows nor allows anything.
func TestOnlyTheLastAnswerCounts(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "1")
	require.True(t, b.can("send.review"))
	b.later = true
	kittest.Focus(t, b.c, "send.amount").TypedRune('0')
	require.False(t, b.can("send.review"), "not looked at yet")
	kittest.Focus(t, b.c, "send.amount").TypedRune('0')
	b.check = func(f present.SendForm) present.SendCheck {
		c := fine(f)
		c.Total = f.Recipients[0].Amount
		return c
	}
	b.waiting[0], b.waiting[1] = b.waiting[1], b.waiting[0]
	b.answer()
	b.check = func(present.SendForm) present.SendCheck { return present.SendCheck{Problem: "late"} }
	b.answer()
	require.False(t, b.has("send.problem"))
	require.True(t, b.can("send.review"))
}

// TestReviewOfSomethingElse: whoever types on while coins are chosen does not
// get to sign what the fields no longer say.
func TestReviewOfSomethingElse(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "1")
	b.later = true
	b.taps("send.review")
	require.False(t, b.can("send.review"), "busy")
	kittest.Focus(t, b.c, "send.amount").TypedRune('0')
	b.answer() // the review
	require.Equal(t, 1, b.discarded)
	require.Equal(t, "Compose", b.text("send.steps"))
	b.answer() // the check
	require.True(t, b.can("send.review"))
	b.later = false
	b.problem = "There is not enough to spend."
	b.taps("send.review")
	require.Equal(t, "There is not enough to spend.", b.text("send.problem"))
	require.Equal(t, "Compose", b.text("send.steps"))
	require.Equal(t, "10", b.text("send.amount"))
}

func TestSendingTwiceIsSendingOnce(t *testing.T) {
	b := composed(t)
	b.later = true
	b.types("send.password", "secret")
	b.taps("send.confirm")
	require.False(t, b.can("send.confirm"))
	require.False(t, b.can("send.back"))
	require.Equal(t, "Signing…", b.text("send.confirm"))
	kittest.Get[*kit.Button](t, b.c, "send.confirm").OnTapped()
	kittest.Get[*kit.Entry](t, b.c, "send.password").OnSubmitted("")
	kittest.Get[*kit.Button](t, b.c, "send.back").OnTapped()
	require.Len(t, b.passwords, 1)
	b.answer()
	require.Equal(t, "Send", b.text("send.steps"))
	require.Len(t, b.passwords, 1)
	require.Len(t, b.reviewed, 1)
}

func TestWrongPasswordStays(t *testing.T) {
	b := composed(t)
	b.failure = present.SendFailure{Words: "Wrong password."}
	b.types("send.password", "wrong")
	kittest.Key(t, b.c, fyne.KeyReturn)
	require.Equal(t, "Review", b.text("send.steps"))
	require.Equal(t, "Wrong password.", b.text("send.password.problem"))
	require.Empty(t, b.text("send.password"))
	require.False(t, b.can("send.confirm"))
	b.failure = present.SendFailure{}
	b.types("send.password", "right")
	require.False(t, b.has("send.password.problem"), "typing takes the sentence away")
	b.taps("send.confirm")
	require.Equal(t, []string{"wrong", "right"}, b.passwords)
	require.Equal(t, "Send", b.text("send.steps"))
}

func TestStaleDraftsGoBack(t *testing.T) {
	b := composed(t)
	b.failure = present.SendFailure{Words: "The wallet has changed.", Again: true}
	b.types("send.password", "secret")
	b.taps("send.confirm")
	require.Equal(t, "Compose", b.text("send.steps"))
	require.Equal(t, "The wallet has changed.", b.text("send.notice"))
	require.Equal(t, []string{payee, "0.061", "Rent"}, []string{b.text("send.to"), b.text("send.amount"), b.text("send.label")})
	require.True(t, b.can("send.review"))
	b.types("send.label", "Rent, again")
	require.False(t, b.has("send.notice"))
	b.taps("send.review")
	require.Empty(t, b.text("send.password"))
	require.Equal(t, "Rent, again", b.reviewed[1].Label)
}

func TestBackKeepsTheForm(t *testing.T) {
	b := composed(t)
	b.types("send.password", "secret")
	b.taps("send.back")
	require.Equal(t, 1, b.discarded)
	require.Equal(t, []string{payee, "0.061", "Rent"}, []string{b.text("send.to"), b.text("send.amount"), b.text("send.label")})
	b.taps("send.review")
	require.Empty(t, b.text("send.password"))
	b.types("send.password", "secret")
	b.s.Hidden()
	require.Empty(t, b.text("send.password"))
	b.s.Shown()
	require.Equal(t, "send.password", kittest.Focused(t, b.c))
}

func TestMax(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.taps("send.max")
	require.True(t, b.checked[len(b.checked)-1].Recipients[0].Max)
	require.Equal(t, "0.9", b.text("send.amount"), "what it comes to")
	require.True(t, b.can("send.review"))
	b.types("send.amount", "0.5")
	require.Equal(t, present.SendRecipientForm{To: payee, Amount: "0.5"}, b.checked[len(b.checked)-1].Recipients[0], "typing takes it back")
	b.taps("send.max")
	b.taps("send.max")
	require.Equal(t, present.SendRecipientForm{To: payee}, b.checked[len(b.checked)-1].Recipients[0])

	b.taps("send.max")
	b.taps("send.add")
	b.taps("send.max.2")
	last := b.checked[len(b.checked)-1].Recipients
	require.Equal(t, []bool{false, true}, []bool{last[0].Max, last[1].Max}, "only one can have all")
}

func TestLinksFillTheForm(t *testing.T) {
	b := newBench(t)
	link := "bitcoin:" + payee + "?amount=0.061&label=Rent"
	b.check = func(f present.SendForm) present.SendCheck {
		c := fine(f)
		if strings.HasPrefix(f.Recipients[0].To, "bitcoin:") {
			c.Ready = false
			if f.Recipients[0].To == link {
				c.Recipients[0] = present.RecipientCheck{Fill: &present.LinkFill{To: payee, Amount: "0.061", Label: "Rent"}}
			}
		}
		return c
	}
	b.taps("send.max")
	b.types("send.to", link)
	require.Equal(t, []string{payee, "0.061", "Rent"}, []string{b.text("send.to"), b.text("send.amount"), b.text("send.label")})
	last := b.checked[len(b.checked)-1]
	require.Equal(t, present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Amount: "0.061"}}, Label: "Rent"}, last)
	require.True(t, b.can("send.review"))
	b.types("send.label", "Mine")
	b.types("send.to", link)
	require.Equal(t, "Mine", b.text("send.label"), "what the person wrote stays")
}

func TestSeveralRecipients(t *testing.T) {
	b := newBench(t)
	require.False(t, b.has("send.remove"))
	b.types("send.to", payee)
	b.types("send.amount", "1")
	b.taps("send.add")
	require.Equal(t, "send.to.2", kittest.Focused(t, b.c))
	require.False(t, b.can("send.review"), "the second is empty")
	b.types("send.to.2", another)
	b.types("send.amount.2", "2")
	b.taps("send.add")
	b.types("send.to.3", "third")
	b.taps("send.remove.3")
	require.False(t, b.has("send.to.3"))
	b.taps("send.review")
	require.Equal(t, []string{payee, another}, []string{b.text("send.review.address.1"), b.text("send.review.address.2")})
	b.taps("send.back")
	b.taps("send.remove")
	require.Equal(t, another, b.text("send.to"))
	require.Equal(t, present.SendForm{Recipients: []present.SendRecipientForm{{To: another, Amount: "2"}}}, b.checked[len(b.checked)-1])
	require.True(t, b.has("send.label"))
}

func TestProblemsStandBesideTheirFields(t *testing.T) {
	b := newBench(t)
	b.check = func(f present.SendForm) present.SendCheck {
		return present.SendCheck{FeeProblem: "fee", Problem: "general", Recipients: []present.RecipientCheck{{ToProblem: "to"}, {AmountProblem: "amount"}}}
	}
	b.taps("send.add")
	b.types("send.to", "x")
	require.Equal(t, []string{"to", "amount", "fee", "general"}, []string{b.text("send.to.problem"), b.text("send.amount.problem.2"), b.text("send.fee.problem"), b.text("send.problem")})
	require.False(t, b.has("send.to.problem.2"))
	require.False(t, b.has("send.amount.problem"))
	require.False(t, b.can("send.review"))
	b.check = fine
	b.types("send.to", "y")
	for _, id := range []string{"send.to.problem", "send.amount.problem.2", "send.fee.problem", "send.problem"} {
		require.False(t, b.has(id))
	}
}

func TestCustomFee(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "1")
	require.False(t, b.has("send.fee.rate"))
	b.taps("send.fee.custom")
	last := func() present.SendForm { return b.checked[len(b.checked)-1] }
	require.True(t, last().Custom, "an empty rate is not the usual one")
	b.types("send.fee.rate", "1.5")
	require.Equal(t, "1.5", last().FeeRate)
	b.taps("send.fee.usual")
	require.Equal(t, []any{false, ""}, []any{last().Custom, last().FeeRate})
}

func TestWaiting(t *testing.T) {
	b := newBench(t)
	b.state.Wait = "The wallet is catching up."
	b.draw()
	b.types("send.to", payee)
	b.types("send.amount", "1")
	require.Equal(t, "The wallet is catching up.", b.text("send.wait"))
	require.False(t, b.can("send.review"))
	kittest.Key(t, b.c, fyne.KeyReturn)
	require.Empty(t, b.reviewed)
	n := len(b.checked)
	b.state.Wait = ""
	b.draw()
	require.Greater(t, len(b.checked), n, "looked at again: the coins are others")
	require.False(t, b.has("send.wait"))
	require.True(t, b.can("send.review"))
	n = len(b.checked)
	b.draw()
	require.Len(t, b.checked, n, "nothing has changed")
	b.state.Coins++
	b.draw()
	require.Len(t, b.checked, n+1)
	kittest.Focus(t, b.c, "send.amount")
	kittest.Key(t, b.c, fyne.KeyReturn)
	require.Len(t, b.reviewed, 1, "Enter goes on")
}

func TestNewsLeaveTypingAlone(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "123")
	e := kittest.Get[*kit.Entry](t, b.c, "send.amount")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	for range 3 {
		b.state.Coins++
		b.draw()
	}
	require.Equal(t, "send.amount", kittest.Focused(t, b.c))
	require.Equal(t, 2, e.CursorColumn)
	e.TypedRune('0')
	require.Equal(t, "1203", b.text("send.amount"))
}

// TestUnitsAreRewritten: 0.061 must not become 0.061 sat, nor 1 sat a bitcoin.
func TestUnitsAreRewritten(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "0.061")
	b.state.Unit = present.UnitSat
	b.draw()
	require.Equal(t, "6100000", b.text("send.amount"))
	require.Equal(t, "6100000", b.checked[len(b.checked)-1].Recipients[0].Amount)
	require.Contains(t, kittest.Words(t, b.c), "Amount in sat")
	b.types("send.amount", "1,5")
	b.state.Unit = present.UnitBTC
	b.draw()
	require.Empty(t, b.text("send.amount"), "what cannot be read is not carried over")
}

// TestRoom: at the least size everything can be reached.
func TestRoom(t *testing.T) {
	b := composed(t)
	b.taps("send.back")
	w := kittest.Sized(t, b.s.Content(), 640, 500)
	b.c = w.Canvas()
	require.LessOrEqual(t, b.s.Content().MinSize().Width, float32(640))
	b.taps("send.add")
	b.types("send.to.2", another)
	b.types("send.amount.2", "1")
	b.taps("send.fee.custom")
	b.types("send.fee.rate", "3")
	b.taps("send.review")
	require.LessOrEqual(t, b.s.Content().MinSize().Width, float32(640))
	b.types("send.password", "secret")
	b.taps("send.confirm")
	b.taps("send.copy")
	b.taps("send.again")
}

// TestFilledIn begins with a payment that somebody proposes.
func TestFilledIn(t *testing.T) {
	form := present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Amount: "0.01"}}, Label: "Coffee"}
	b := newBench(t)
	require.True(t, b.s.Blank())
	require.True(t, b.s.Fill(form))
	require.False(t, b.s.Blank())
	require.Equal(t, form, b.checked[len(b.checked)-1])
	require.Equal(t, "Coffee", b.text("send.label"))
	b.taps("send.review")
	require.False(t, b.s.Blank())
	b.types("send.password", "secret")

	other := present.SendForm{Recipients: []present.SendRecipientForm{{To: another, Amount: "0.02"}}}
	require.True(t, b.s.Fill(other), "also from the review")
	require.Equal(t, another, b.text("send.to"))
	require.Empty(t, b.text("send.label"))
	require.Equal(t, 1, b.discarded, "what was reviewed cannot be sent any more")
	b.taps("send.review")
	require.Empty(t, b.text("send.password"))
	b.types("send.password", "secret")
	b.later = true
	b.taps("send.confirm")
	require.False(t, b.s.Fill(form), "one payment after the other")
	b.answer()
	require.True(t, b.has("send.txid"))
	require.True(t, b.s.Blank(), "that one is on its way")
	require.True(t, b.s.Fill(form))
	require.Equal(t, payee, b.text("send.to"))
	require.False(t, b.has("send.txid"))
}

// TestNoKeysReachWhatIsHidden: after sending nobody types into the password.
func TestNoKeysReachWhatIsHidden(t *testing.T) {
	b := composed(t)
	b.types("send.password", "secret")
	kittest.Key(t, b.c, fyne.KeyReturn)
	require.True(t, b.has("send.again"))
	require.Nil(t, b.c.Focused())
	require.Len(t, b.passwords, 1)
}

// TestPasswordGoesWithTheScreen: neither the password nor its being readable
// stays behind.
func TestPasswordGoesWithTheScreen(t *testing.T) {
	b := composed(t)
	b.types("send.password", "secret")
	e := kittest.Get[*kit.Entry](t, b.c, "send.password")
	e.Password = false
	b.s.Hidden()
	require.Empty(t, e.Text)
	require.True(t, e.Password)
	e.TypedShortcut(&fyne.ShortcutUndo{})
	require.Empty(t, e.Text)
	require.False(t, b.can("send.confirm"))
}

// TestNewsDoNotStopAReview: coins that come while others are chosen change
// nothing of what the fields say.
func TestNewsDoNotStopAReview(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "1")
	b.later = true
	b.taps("send.review")
	b.state.Coins += 5
	b.draw()
	b.answer() // the review
	require.Equal(t, "Review", b.text("send.steps"))
	require.Zero(t, b.discarded)
	b.answer() // the check that the news asked for
	require.Equal(t, "Review", b.text("send.steps"))
}

func TestOneGetsAndSeveralGet(t *testing.T) {
	b := newBench(t)
	require.Contains(t, kittest.Words(t, b.c), "Recipient gets")
	b.taps("send.add")
	require.Contains(t, kittest.Words(t, b.c), "Recipients get")
	b.taps("send.remove.2")
	require.Contains(t, kittest.Words(t, b.c), "Recipient gets")
}

// TestLateAnswersTakeNoFocus: who has gone elsewhere keeps the keyboard there.
func TestLateAnswersTakeNoFocus(t *testing.T) {
	b := newBench(t)
	b.types("send.to", payee)
	b.types("send.amount", "1")
	b.later = true
	b.taps("send.review")
	b.s.Hidden()
	b.c.Unfocus()
	b.answer()
	require.Nil(t, b.c.Focused())
	b.s.Shown()
	require.Equal(t, "send.password", kittest.Focused(t, b.c))
}
