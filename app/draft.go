package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"thistle/app/coinselect"
	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/txbuild"

	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// draftPlan is what a Draft keeps to itself.
type draftPlan struct {
	wallet *Wallet
	order  *order
	asked  bool // the person named the fee rate
	plan   *txbuild.Plan
}

// Draft chooses coins and works out the fee of a payment, without signing
// anything: it needs no password and no peer, though the fee rate follows what
// connected peers ask for. Drafts cost nothing: no coin is set aside and no
// address used up.
func (w *Wallet) Draft(p SendParams) (*Draft, error) {
	o, err := readOrder(w.env, p)
	if err != nil {
		return nil, err
	}
	d := &draftPlan{wallet: w, order: o, asked: o.rate != 0}
	if o.rate, err = rateFor(o.rate, w.connected()); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return nil, errClosed("build payment")
	}
	if d.plan, err = w.plan(o); err != nil {
		return nil, err
	}
	return w.describe(d)
}

// describe says what a plan means. w.mu is held.
func (w *Wallet) describe(d *draftPlan) (*Draft, error) {
	plan := d.plan
	draft := &Draft{
		Amount: plan.Amount, Fee: plan.Fee, Total: plan.Amount + plan.Fee, Change: plan.Change,
		FeeRate: plan.FeeRate, VSize: plan.VSize, Inputs: len(plan.Inputs), Label: d.order.label, plan: d,
	}
	draft.Left = w.led.Balance().Total - plan.Fee
	for _, r := range plan.Recipients {
		address, err := descriptor.AddressOf(r.PkScript, w.env.Params.Net)
		if err != nil {
			return nil, failure("build payment", err)
		}
		_, ours := w.led.Owns(r.PkScript)
		if !ours {
			draft.Left -= r.Amount
		}
		draft.Recipients = append(draft.Recipients, DraftRecipient{
			Address: address, Amount: r.Amount, Ours: ours, PaidBefore: w.led.HasPaid(r.PkScript),
		})
	}
	for _, warning := range plan.Warnings {
		draft.Warnings = append(draft.Warnings, sendWarning(warning))
	}
	return draft, nil
}

// SendDraft signs, saves and announces exactly what was drafted, as Send does,
// or refuses: with KindStale if a coin of it was spent or is not sure any more,
// or if it would no longer be passed on. With no time to wait it returns as soon
// as the payment is saved; Travel tells the rest.
func (w *Wallet) SendDraft(ctx context.Context, d *Draft, password Secret, wait time.Duration) (*SendResult, error) {
	const op = "send"
	if d == nil || d.plan == nil || d.plan.wallet != w {
		return nil, stale(op, "the payment is not of this wallet")
	}
	chain := w.online()
	if chain == nil {
		return nil, &Error{Op: op, Kind: KindNoPeers}
	}
	plan := d.plan.plan
	if _, err := rateFor(plan.FeeRate, chain.Status().Peers); err != nil {
		if !d.plan.asked {
			return nil, stale(op, "the connected peers ask for a higher fee now")
		}
		return nil, err
	}
	w.paying.Lock()
	tx, err := w.execute(d.plan.order, plan, password, true)
	w.paying.Unlock()
	if err != nil {
		return nil, err
	}
	return w.deliver(ctx, chain, plan, tx, wait)
}

func stale(op, detail string) error { return &Error{Op: op, Kind: KindStale, Detail: detail} }

// execute signs a plan, looks at the result once more, and saves it if it is
// meant. What the plan rests on is checked before and after the signing, which
// takes long and does not hold the wallet up. w.paying is held.
func (w *Wallet) execute(o *order, plan *txbuild.Plan, password Secret, save bool) (*wire.MsgTx, error) {
	if err := w.checkPlan(plan); err != nil {
		return nil, err
	}
	tx, err := w.sign(plan, password)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.holds(plan); err != nil {
		return nil, err
	}
	if err := txbuild.LastLook(tx, plan, w.sources()); err != nil {
		return nil, &Error{Op: "look at signed payment", Kind: KindRejected, Detail: err.Error(), Err: err}
	}
	if !save {
		return tx, nil
	}
	return tx, w.saveCreated(o, plan, tx)
}

// sign makes the signed transaction of a plan.
func (w *Wallet) sign(plan *txbuild.Plan, password Secret) (*wire.MsgTx, error) {
	packet, err := plan.PSBT()
	if err != nil {
		return nil, failure("build payment", err)
	}
	if err := w.keys.SignPSBT(reveal(password), packet); err != nil {
		return nil, failure("sign payment", err)
	}
	tx, err := psbt.Extract(packet)
	if err != nil {
		return nil, failure("sign payment", err)
	}
	return tx, nil
}

func (w *Wallet) checkPlan(plan *txbuild.Plan) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.holds(plan)
}

// holds refuses a plan whose coins are not all there and spendable as they were,
// whose change would go to an address used meanwhile, or that has to wait for a
// block. w.mu is held.
func (w *Wallet) holds(plan *txbuild.Plan) error {
	const op = "send"
	if w.led == nil {
		return errClosed(op)
	}
	coins := make(map[wire.OutPoint]ledger.Coin)
	for _, c := range w.led.Coins() {
		coins[c.OutPoint] = c
	}
	for i := range plan.Inputs {
		if !sameCoin(&plan.Inputs[i], coins) {
			return stale(op, "a coin of this payment is spent or not certain any more")
		}
	}
	if plan.ChangeIndex >= 0 {
		next, _ := w.led.Next(descriptor.Internal)
		if !slices.Equal(w.source[descriptor.Internal].Path(next), descriptor.Path(plan.Derivation.Path)) {
			return stale(op, "the address for the change has been used meanwhile")
		}
	}
	if view, ok := w.led.View(); ok && int64(plan.LockTime) > int64(view.Height) {
		return stale(op, "the chain has taken another branch")
	}
	return nil
}

// sameCoin reports whether a planned coin can be spent as it was planned.
func sameCoin(planned *coinselect.Coin, now map[wire.OutPoint]ledger.Coin) bool {
	c, ok := now[planned.OutPoint]
	return ok && c.State.Spendable() && c.Value == planned.Value && c.Ancestors <= planned.Ancestors
}

// buildAndSend plans and executes, anew if what the plan rests on changes in
// between.
func (w *Wallet) buildAndSend(o *order, p SendParams) (plan *txbuild.Plan, tx *wire.MsgTx, err error) {
	const attempts = 3
	w.paying.Lock()
	defer w.paying.Unlock()
	for range attempts {
		w.mu.Lock()
		if w.led == nil {
			w.mu.Unlock()
			return nil, nil, errClosed("send")
		}
		plan, err = w.plan(o)
		w.mu.Unlock()
		if err != nil {
			return nil, nil, err
		}
		tx, err = w.execute(o, plan, p.Password, !p.DryRun)
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindStale {
			return plan, tx, err
		}
	}
	return nil, nil, err
}
