package shell

import (
	"sync/atomic"
	"time"

	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/present"
	"thistle/ui/send"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// checkPause is how long typing must rest before a payment is worked out.
const checkPause = 150 * time.Millisecond

// sendDesk does what the send screen asks for.
type sendDesk struct {
	screen *send.Screen
	turn   atomic.Int64 // of Check: older ones are dropped
}

func buildSend(t *stay) *screen {
	d := &t.send
	d.screen = send.New(t.s.host(), send.Actions{
		Check: t.checkPayment, Review: t.reviewPayment, Confirm: t.confirmPayment, Discard: t.discardPayment,
		Copy: kit.Copy, Open: t.openPayment,
	})
	return &screen{content: d.screen.Content(), update: drawer(d.state, d.screen.Update), shown: d.screen.Shown, hidden: d.screen.Hidden}
}

func (d *sendDesk) state(v view) present.SendState { return present.SendOf(v.snap, v.travel) }

// discardPayment forgets what was reviewed, and stops watching what was sent.
func (t *stay) discardPayment() {
	t.of.forgetPayment()
	t.last.travel = nil
}

func (t *stay) checkPayment(form present.SendForm, done func(present.SendCheck)) {
	t.s.touch()
	turn, prefs := t.send.turn.Add(1), t.last.snap.Prefs
	t.use(func(o *opened) func() {
		if !o.pause(checkPause) || t.send.turn.Load() != turn {
			return nil
		}
		check := present.CheckSend(form, prefs, t.s.ctl.desk(o))
		return func() {
			if t.send.turn.Load() == turn {
				done(check)
			}
		}
	})
}

// pause waits; false says that the wallet is being locked.
func (o *opened) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-o.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// desk is what checking a payment asks of the wallet.
func (c *controller) desk(o *opened) present.SendDesk {
	return present.SendDesk{
		Draft: o.w.Draft,
		Link:  func(text string) (*app.Link, error) { return app.ParseLink(o.env, text) },
		Check: func(p app.SendParams) error { return app.CheckSend(o.env, p) },
	}
}

func (t *stay) reviewPayment(form present.SendForm, done func(*present.Review, string)) {
	t.s.touch()
	prefs := t.last.snap.Prefs
	t.use(func(o *opened) func() {
		draft, words := t.s.ctl.draft(o, form, prefs)
		return func() {
			if draft == nil {
				done(nil, words)
				return
			}
			review := present.ReviewOf(draft, prefs)
			done(&review, "")
		}
	})
}

// draft works a payment out and keeps it for sending. Without one there are
// words on why. Slow.
func (c *controller) draft(o *opened, form present.SendForm, prefs present.Prefs) (draft *app.Draft, words string) {
	if words = c.behind(o); words != "" {
		return nil, words
	}
	params, check := present.ToSendParams(form, prefs.Unit)
	if words = firstProblem(check); words != "" {
		return nil, words
	}
	draft, err := o.w.Draft(params)
	if err != nil {
		return nil, present.Refusal(err, prefs)
	}
	o.setDraft(draft)
	return draft, ""
}

// behind says why no payment can be worked out now, empty if one can.
func (c *controller) behind(o *opened) string {
	s := present.Snapshot{Wallet: o.w.Name(), Balance: o.w.Balance(), Status: o.w.Status()}
	if h := c.current(); h != nil {
		s.Progress = h.session.Progress()
	}
	return present.SendOf(s, nil).Wait
}

func firstProblem(c present.SendCheck) string {
	for _, r := range c.Recipients {
		if r.ToProblem != "" {
			return r.ToProblem
		}
		if r.AmountProblem != "" {
			return r.AmountProblem
		}
	}
	if c.FeeProblem != "" {
		return c.FeeProblem
	}
	return c.Problem
}

func (t *stay) confirmPayment(password []byte, done func(present.SendFailure)) {
	t.s.touch()
	prefs := t.last.snap.Prefs
	if !t.use(func(o *opened) func() {
		defer clear(password)
		failure := t.s.ctl.send(o, password, prefs)
		travel := o.travel()
		return func() {
			if failure.Words == "" {
				t.last.travel = travel
				t.screen(sendPage).update(t.last)
			}
			done(failure)
		}
	}) {
		clear(password)
	}
}

// send signs, keeps and announces what was reviewed. It does not wait for what
// becomes of it: that comes with the snapshots. Slow.
func (c *controller) send(o *opened, password []byte, prefs present.Prefs) present.SendFailure {
	draft := o.takeDraft()
	if draft == nil {
		return present.SendFailure{Words: "This payment is no longer at hand; please review it again.", Again: true}
	}
	res, err := o.w.SendDraft(o.ctx, draft, hold(password), 0)
	failure := present.SendFailureOf(res, err, prefs)
	var sent *chainhash.Hash
	if res != nil {
		sent = &res.TxID
	}
	o.sendingEnded(sent)
	if failure.Words != "" {
		c.o.Log.Info("send payment", "err", err)
	}
	c.newsFromWallet()
	return failure
}
