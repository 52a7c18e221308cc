package app

import (
	"slices"

	"thistle/app/ledger"
	"thistle/spv"
)

// look takes in where the chain is, without having been told.
func (w *Wallet) look(chain *spv.Client) error {
	if chain.Status().Current {
		return w.arrive(chain)
	}
	return w.moveView(chain)
}

// arrive is for when the headers are said to be current.
func (w *Wallet) arrive(chain *spv.Client) error {
	if err := w.moveView(chain); err != nil {
		return err
	}
	return w.resolveBirthday(chain)
}

// moveView brings the ledger to the chain's tip.
func (w *Wallet) moveView(chain *spv.Client) error {
	current := chain.Status().Current
	held := w.origin().heldBy(chain, w.env.Params)
	w.mu.Lock()
	old, had := w.led.View()
	var move ledger.ViewMoved
	ok := false
	sure := chain.Look(func(v spv.View) {
		if !v.OnChain || had && (behind(v, old, current) || !held && !follows(v, old)) {
			return
		}
		move, ok = w.led.Reconcile(ledger.Tip(v.Tip), v.HashAt)
		// The ledger knows only blocks it has met; the chain knows where exactly
		// the branches part, so that no more is searched again than needed.
		if fork, known := v.Fork(old.Hash); had && known && fork.Height > move.Fork.Height && fork.Height <= move.Tip.Height {
			move.Fork = ledger.Tip(fork)
			move.Trail = slices.DeleteFunc(move.Trail, func(r ledger.BlockRef) bool { return r.Height <= fork.Height })
		}
	})
	if !ok || !sure {
		w.mu.Unlock()
		return nil
	}
	notices, err := w.applyLocked(move)
	w.mu.Unlock()
	if err != nil {
		return failure("follow the chain", err)
	}
	if had && move.Fork != old {
		w.hub.publish(Reorg{Fork: move.Fork.Height, Disconnected: int(old.Height - move.Fork.Height), Height: move.Tip.Height, Hash: move.Tip.Hash})
	}
	w.hub.publish(Headers{Height: move.Tip.Height, Hash: move.Tip.Hash})
	w.tell(notices)
	return w.checkBirthday(chain, move.Fork.Height)
}

// follows reports that the view is part of the chain. While headers are missing
// that the wallet goes back to, it moves on from there alone: where else the
// branches part cannot be seen, and what took the place of its blocks would never
// be searched.
func follows(v spv.View, view ledger.Tip) bool {
	hash, ok := v.HashAt(view.Height)
	return ok && hash == view.Hash
}

// behind reports that the chain is shorter than the view and has never heard of
// it: chain.db was begun anew, and what the wallet has seen confirmed is no less
// so for that. Only when peers know no more either the view goes back.
func behind(v spv.View, view ledger.Tip, current bool) bool {
	_, known := v.Fork(view.Hash)
	return !known && !current && v.Tip.Height < view.Height
}
