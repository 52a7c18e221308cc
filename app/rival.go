package app

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"thistle/app/ledger"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxRivals bounds what is remembered, and so told, of unconfirmed double spends
// while a wallet is open.
const maxRivals = 1000

// seen takes in an announced transaction. rivals came before it and spend a coin
// that it spends.
func (w *Wallet) seen(tx *wire.MsgTx, at time.Time, rivals []chainhash.Hash) error {
	w.mu.Lock()
	notices, err := w.applyLocked(ledger.Seen{Tx: tx, At: at})
	if err == nil && len(rivals) > 0 {
		notices = append(notices, w.contested(tx.TxHash(), rivals)...)
	}
	w.mu.Unlock()
	w.tell(notices)
	return err
}

// contested tells, of a payment that is arriving, that its coins were spent
// before by something that does not concern us. Where they are ours the ledger
// has looked at both. w.mu is held.
func (w *Wallet) contested(id chainhash.Hash, rivals []chainhash.Hash) []ledger.Notice {
	standing, ours := w.led.Standing(id)
	if !ours || !standing.Pending || standing.Outgoing {
		return nil
	}
	for i := range rivals {
		if _, known := w.led.Standing(rivals[i]); !known {
			return []ledger.Notice{{Kind: ledger.TxContested, TxID: id, Height: -1, Amount: standing.Net, Winner: &rivals[i]}}
		}
	}
	return nil
}

// doubleSpend is what a notice tells of a coin being spent twice, if it does. That
// we replace a payment of ours is no news, nor that somebody replaces one to us
// by another that gives us no less.
func (w *Wallet) doubleSpend(n ledger.Notice) (DoubleSpend, bool) {
	var none DoubleSpend
	if n.Winner == nil {
		return none, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return none, false
	}
	lost, _ := w.led.Standing(n.TxID)
	won, _ := w.led.Standing(*n.Winner)
	d := DoubleSpend{TxID: n.TxID, Rival: *n.Winner, Ours: lost.Outgoing, Confirmed: won.Confirmed, Amount: n.Amount}
	switch {
	case lost.Made && won.Made, !lost.Outgoing && n.Kind == ledger.TxReplaced && won.Net >= lost.Net:
		return none, false
	case won.Made: // ours counts here, but others have heard of another
		d = DoubleSpend{TxID: *n.Winner, Rival: n.TxID, Ours: true, Amount: won.Net}
	}
	// What has not confirmed can be made up, any number of times.
	rival, told := w.rivals[d.TxID]
	made := told && (rival == d.Rival || n.Kind == ledger.TxContested) || len(w.rivals) >= maxRivals
	if made && !d.Confirmed {
		return none, false
	}
	if w.rivals == nil {
		w.rivals = make(map[chainhash.Hash]chainhash.Hash)
	}
	w.rivals[d.TxID], w.rivals[d.Rival] = d.Rival, d.TxID
	w.saveRivals()
	return d, true
}

// settingRivals is what competes with unconfirmed payments, as told last: pairs of
// transaction ids. It is told again when the wallet is opened.
const settingRivals = "rivals"

// saveRivals keeps what competes with payments that are still unconfirmed. Without
// it nothing else is wrong, so an error is only noted. w.mu is held.
func (w *Wallet) saveRivals() {
	var pairs []byte
	for _, id := range slices.SortedFunc(maps.Keys(w.rivals), func(a, b chainhash.Hash) int { return bytes.Compare(a[:], b[:]) }) {
		if standing, ours := w.led.Standing(id); ours && standing.Pending {
			rival := w.rivals[id]
			pairs = append(append(pairs, id[:]...), rival[:]...)
		}
	}
	if err := w.db.SaveAll(map[string][]byte{settingRivals: pairs}); err != nil {
		w.env.log().Error("save double spends", "err", err)
	}
}

// loadRivals takes back what was saved of payments that are still unconfirmed.
func (w *Wallet) loadRivals(pairs []byte) {
	const pair = 2 * chainhash.HashSize
	for ; len(pairs) >= pair && len(w.rivals) < maxRivals; pairs = pairs[pair:] {
		id, rival := chainhash.Hash(pairs[:pair/2]), chainhash.Hash(pairs[pair/2:pair])
		if standing, ours := w.led.Standing(id); ours && standing.Pending {
			if w.rivals == nil {
				w.rivals = make(map[chainhash.Hash]chainhash.Hash)
			}
			w.rivals[id], w.rivals[rival] = rival, id
		}
	}
}

// heardAgain tells of an unconfirmed transaction that concerns us how many parts
// of the network have announced it.
func (w *Wallet) heardAgain(e spv.TxHeard) {
	w.mu.Lock()
	var standing ledger.Standing
	ours := false
	if w.led != nil {
		standing, ours = w.led.Standing(e.TxID)
	}
	w.mu.Unlock()
	if ours && standing.Pending {
		w.hub.publish(TxHeard{TxID: e.TxID, Groups: e.Groups})
	}
}

// stalled tells that a payment of ours does not get on, or gets on again, unless
// it had travelled already: then peers have no reason to ask for it.
func (w *Wallet) stalled(chain *spv.Client, e spv.TxStalled) {
	w.mu.Lock()
	why := w.whyStalled(chain, e.TxID, e.Why)
	w.mu.Unlock()
	if len(why) > 0 || e.Why == spv.StallNone {
		w.hub.publish(Stalled{TxID: e.TxID, Why: why})
	}
}

// whyStalled lists likely reasons why a payment does not get on. w.mu is held.
func (w *Wallet) whyStalled(chain *spv.Client, id chainhash.Hash, stall spv.Stall) []StallReason {
	if w.led == nil {
		return nil
	}
	if _, echoed := w.led.Delivery(id); len(echoed) > 0 {
		return nil
	}
	switch stall {
	case spv.StallNobody:
		return []StallReason{StallNoPeers}
	case spv.StallFee:
		return []StallReason{StallFeeFloor}
	case spv.StallUnasked:
		return []StallReason{StallUnasked}
	case spv.StallSilent:
		return append(w.hints(chain, id), StallSilent)
	}
	return nil
}

// hints are what is known that keeps peers from passing a payment on. w.mu is
// held.
func (w *Wallet) hints(chain *spv.Client, id chainhash.Hash) (why []StallReason) {
	if _, ok := w.rivals[id]; ok {
		why = append(why, StallDoubleSpent)
	}
	for _, o := range w.led.Queue() {
		if o.TxID != id {
			continue
		}
		for _, p := range chain.Status().Peers {
			if p.FeeFloor > 0 && o.Fee > 0 && txRate(o.Fee, o.Tx) < p.FeeFloor {
				why = append(why, StallFeeLow)
				break
			}
		}
		for _, in := range o.Tx.TxIn {
			if parent, ok := w.led.Standing(in.PreviousOutPoint.Hash); ok && parent.Pending {
				why = append(why, StallParents)
				break
			}
		}
	}
	return why
}
