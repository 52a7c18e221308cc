package app

import (
	"bytes"
	"slices"
	"time"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/txbuild"
	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// Payment tells all that is known of a transaction. The txid is in display
// order.
func (w *Wallet) Payment(txid string) (*Payment, error) {
	const op = "look at payment"
	id, err := parseTxID(op, txid)
	if err != nil {
		return nil, err
	}
	p, anchor, err := w.payment(op, id)
	if err != nil {
		return nil, err
	}
	p.Travel = w.Travel(id)
	if chain := w.headers(); chain != nil && p.Height >= 0 {
		p.Work = workOn(chain, anchor)
	}
	return p, nil
}

func (w *Wallet) payment(op string, id chainhash.Hash) (*Payment, ledger.BlockRef, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var none ledger.BlockRef
	if w.led == nil {
		return nil, none, errClosed(op)
	}
	entry, known := w.led.Entry(id)
	tx, there := w.led.Tx(id)
	if !known || !there {
		return nil, none, &Error{Op: op, Kind: KindUnknownTx, Detail: id.String()}
	}
	entry.Balance = w.led.BalanceAfter(id)
	var raw bytes.Buffer
	if err := tx.Serialize(&raw); err != nil {
		return nil, none, failure(op, err)
	}
	p := &Payment{HistoryEntry: w.entryOf(&entry), VSize: txbuild.Weight(tx).VSize(), Raw: raw.Bytes()}
	if p.Fee != nil {
		p.FeeRate = units.RateOf(*p.Fee, p.VSize)
	}
	p.Recipients = w.recipients(&entry, tx)
	anchor, confirmed := w.led.Proof(id)
	if !confirmed {
		return p, none, nil
	}
	p.BlockHash, p.BlockTime = anchor.Block.Hash, time.Unix(anchor.Time, 0).UTC()
	return p, anchor.Block, nil
}

// recipients are those whom a transaction pays on purpose, then our change.
// w.mu is held.
func (w *Wallet) recipients(e *ledger.Entry, tx *wire.MsgTx) []PaymentRecipient {
	var list []PaymentRecipient
	for _, r := range e.Recipients {
		list = append(list, PaymentRecipient{
			Address: w.addressText(r.Script), Amount: r.Amount, Label: r.Label, Ours: r.Ours != nil,
		})
	}
	if !e.Outgoing {
		return list
	}
	for _, out := range tx.TxOut {
		ref, ours := w.led.Owns(out.PkScript)
		meant := slices.ContainsFunc(e.Recipients, func(r ledger.Payment) bool { return bytes.Equal(r.Script, out.PkScript) })
		if ours && ref.Keychain == descriptor.Internal && !meant {
			list = append(list, PaymentRecipient{
				Address: w.addressText(out.PkScript), Amount: units.Amount(out.Value), Ours: true, Change: true,
			})
		}
	}
	return list
}

// headers is a chain to look blocks up in, nil if there is none open.
func (w *Wallet) headers() *spv.Client {
	if chain := w.online(); chain != nil || w.session == nil {
		return chain
	}
	chain, _ := w.session.client()
	return chain
}

// workOn is how many hashes it takes to redo a block and all that follow, empty
// if the block is not on the chain.
func workOn(chain *spv.Client, block ledger.BlockRef) string {
	if hash, ok := chain.HashAt(block.Height); !ok || hash != block.Hash {
		return ""
	}
	work, ok := chain.WorkFrom(block.Height)
	if !ok {
		return ""
	}
	return work.String()
}

// Label gives a transaction a label, in place of the one it has; empty takes it
// away. The txid is in display order.
func (w *Wallet) Label(txid, text string) error {
	const op = "label payment"
	id, err := parseTxID(op, txid)
	if err != nil {
		return err
	}
	w.mu.Lock()
	if w.led == nil {
		w.mu.Unlock()
		return errClosed(op)
	}
	if _, known := w.led.Entry(id); !known {
		w.mu.Unlock()
		return &Error{Op: op, Kind: KindUnknownTx, Detail: txid}
	}
	at := w.env.now()
	if old, ok := w.led.LabelledAt(id); ok {
		at = later(at, old)
	}
	_, err = w.applyLocked(ledger.Labelled{TxID: id, Text: text, At: at})
	w.mu.Unlock()
	w.hub.wake()
	return failure(op, err)
}
