package shell

import (
	"context"
	"encoding/hex"
	"slices"

	"thistle/app"
	"thistle/ui/history"
	"thistle/ui/kit"
	"thistle/ui/overview"
	"thistle/ui/peers"
	"thistle/ui/present"
)

func buildOverview(t *stay) *screen {
	sc := overview.New(t.s.host(), overview.Actions{
		Send:    func() { t.goTo(sendPage) },
		Receive: func() { t.goTo(receivePage) },
		History: func() { t.goTo(historyPage) },
		Open:    t.openPayment, BackUp: t.checkWords,
		Hide: func(on bool) {
			to := t.s.settings
			to.Hide = on
			t.s.change(to)
		},
		Span: func(span present.Span) {
			t.span = span
			t.draw(t.last)
		},
	})
	of := func(v view) present.OverviewState { return present.OverviewOf(v.snap, t.span) }
	return &screen{content: sc.Content(), update: drawer(of, sc.Update)}
}

func buildPeers(t *stay) *screen {
	sc := peers.New(t.s.host(), peers.Actions{Add: t.addPeer, Forget: t.forgetPeer, Ban: t.banPeer, Unban: t.unbanPeer})
	of := func(v view) present.PeersState { return present.PeersOf(v.snap) }
	return &screen{content: sc.Content(), update: drawer(of, sc.Update)}
}

// addPeer names a peer, or refuses it with what is wrong.
func (t *stay) addPeer(addr string, only bool, done func(problem string)) {
	t.choosePeers(done, func(p *app.Peering) {
		if only {
			p.Connect = []string{addr}
		} else if !slices.Contains(p.Preferred, addr) {
			p.Preferred = append(p.Preferred, addr)
		}
	})
}

func (t *stay) forgetPeer(addr string, done func(problem string)) {
	t.choosePeers(done, func(p *app.Peering) {
		is := func(a string) bool { return a == addr }
		p.Connect, p.Preferred = slices.DeleteFunc(p.Connect, is), slices.DeleteFunc(p.Preferred, is)
	})
}

// banPeer refuses an address, and forgets it if it was named.
func (t *stay) banPeer(addr string, done func(problem string)) {
	t.rule(func(problem string) {
		if problem != "" {
			done(problem)
			return
		}
		t.forgetPeer(addr, done)
	}, func(ctx context.Context, s *app.Session) error { return s.BanPeer(ctx, addr, 0) })
}

func (t *stay) unbanPeer(key string, done func(problem string)) {
	t.s.touch()
	t.rule(done, func(ctx context.Context, s *app.Session) error { return s.UnbanPeer(ctx, key) })
}

func (t *stay) rule(done func(problem string), do func(context.Context, *app.Session) error) {
	t.use(func(o *opened) func() {
		h := t.s.ctl.current()
		if h == nil {
			return nil
		}
		err := do(o.ctx, h.session)
		t.s.ctl.newsFromSession()
		return func() { done(problem(err)) }
	})
}

func (t *stay) choosePeers(done func(problem string), change func(*app.Peering)) {
	t.s.touch()
	to := t.s.settings
	to.Peering.Connect, to.Peering.Preferred = slices.Clone(to.Peering.Connect), slices.Clone(to.Peering.Preferred)
	change(&to.Peering)
	problem := present.PeeringProblem(to.Peering)
	if problem == "" {
		t.s.change(to)
	}
	done(problem)
}

// ---- history ----

func buildHistory(t *stay) *screen {
	t.history = history.New(t.s.host(), history.Actions{
		Details: t.details, Label: t.label, ExportProof: t.exportProof, Copy: kit.Copy,
		Receive: func() { t.goTo(receivePage) },
	})
	of := func(v view) present.HistoryState { return present.HistoryOf(v.snap, present.Filter{}) }
	return &screen{content: t.history.Content(), update: drawer(of, t.history.Update), shown: t.history.Shown, hidden: t.history.Hidden}
}

// openPayment shows a payment in the history.
func (t *stay) openPayment(txid string) {
	t.goTo(historyPage)
	t.history.Select(txid)
}

func (t *stay) details(txid string, done func(d *present.Payment, problem string)) {
	prefs, now := t.last.snap.Prefs, t.s.o.Now()
	t.use(func(o *opened) func() {
		var proof *app.ProofInfo
		payment, err := o.w.Payment(txid)
		if err == nil && payment.Proved {
			proof, err = o.w.Proof(txid)
		}
		return func() {
			if err != nil {
				done(nil, present.Sentence(err))
				return
			}
			done(present.PaymentOf(payment, proof, prefs, now), "")
		}
	})
}

func (t *stay) label(txid, text string, done func(problem string)) {
	t.s.touch()
	t.use(func(o *opened) func() {
		err := o.w.Label(txid, text)
		t.s.ctl.newsFromWallet()
		return func() { done(problem(err)) }
	})
}

// exportProof saves a proof in the form that other software takes.
func (t *stay) exportProof(txid string) {
	t.use(func(o *opened) func() {
		proof, err := o.w.Proof(txid)
		return func() {
			if err != nil {
				kit.ShowProblem(t.s.host(), present.Sentence(err))
				return
			}
			t.save("proof-"+txid[:min(8, len(txid))]+".txt", []byte(hex.EncodeToString(proof.MerkleBlock)+"\n"))
		}
	})
}
