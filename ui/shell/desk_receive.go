package shell

import (
	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/present"
	"thistle/ui/receive"
)

// receiveDesk does what the receive screen asks for.
type receiveDesk struct {
	shown app.Address // what is offered; none until the screen was shown once
}

func buildReceive(t *stay) *screen {
	sc := receive.New(t.s.host(), receive.Actions{
		Next:     func(done func(string)) { t.offer(false, done) },
		Describe: t.describe, Copy: kit.Copy, SaveQR: t.saveQR,
	})
	of := func(v view) present.ReceiveState { return present.ReceiveOf(v.snap, t.receive.shown) }
	return &screen{content: sc.Content(), update: drawer(of, sc.Update), shown: func() { t.offerFresh() }}
}

// offerFresh sees to it that an address is shown which nobody has paid yet.
func (t *stay) offerFresh() {
	shown := t.receive.shown
	paid := shown.Used
	for _, a := range t.last.snap.Addresses {
		paid = paid || a.Address == shown.Address && a.Used
	}
	if shown.Address == "" || paid {
		t.offer(true, func(words string) {
			if words != "" {
				kit.ShowProblem(t.s.host(), words)
			}
		})
	}
}

// offer shows an address: a new one, or with again the last that waits.
func (t *stay) offer(again bool, done func(problem string)) {
	t.hand(done, func(w *app.Wallet) (app.Address, error) { return w.Receive("", "", again) })
}

// describe gives the shown address a label and an amount.
func (t *stay) describe(label, amount string, done func(problem string)) {
	btc, index := "", t.receive.shown.Index
	if amount != "" {
		a, err := present.ParseMoney(amount, t.last.snap.Prefs.Unit)
		if err != nil {
			done(present.Sentence(err))
			return
		}
		btc = present.ToBTC(a)
	}
	t.hand(done, func(w *app.Wallet) (app.Address, error) { return w.Request(index, label, btc) })
}

// hand shows the address that get gives, and the list with it.
func (t *stay) hand(done func(problem string), get func(*app.Wallet) (app.Address, error)) {
	t.s.touch()
	t.use(func(o *opened) func() {
		shown, err := get(o.w)
		var list []app.Address
		if err == nil {
			list, err = o.w.Addresses()
		}
		if err != nil {
			return func() { done(present.Sentence(err)) }
		}
		t.s.ctl.newsFromWallet()
		return func() {
			t.receive.shown = shown
			t.last.snap.Addresses = list
			t.screen(receivePage).update(t.last)
			done("")
		}
	})
}

func (t *stay) saveQR(png []byte) { t.save("thistle-address.png", png) }

// save offers to write a file.
func (t *stay) save(name string, data []byte) {
	t.s.touch()
	kit.SaveFile(t.s.host(), name, data, func(_ string, err error) {
		if err != nil {
			t.s.o.Log.Warn("save file", "err", err)
			kit.ShowProblem(t.s.host(), "The file could not be written: "+present.Plain(err.Error())+".")
		}
	})
}
