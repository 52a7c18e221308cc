package app

import (
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// syncOutbox makes the peer announce what the ledger holds to be announced and
// nothing else. Both are compared under the wallet's lock, so that of two changes
// at once the later has the last word.
func (w *Wallet) syncOutbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	chain := w.online()
	if chain == nil || w.led == nil {
		return
	}
	offered := w.offered
	if w.session != nil {
		offered = w.session.outboxOf(w.name)
	}
	queued := make(map[chainhash.Hash]*wire.MsgTx)
	for _, o := range w.led.Queue() {
		queued[o.TxID] = o.Tx
		if offered[o.TxID] == nil {
			chain.Broadcast(o.Tx)
		}
	}
	for id := range offered {
		if queued[id] == nil {
			chain.Withdraw(id)
		}
	}
	w.offered = queued
	if w.session != nil {
		w.session.setOutbox(w.name, queued)
	}
}

// resetOutbox is for a new peer, which announces nothing yet.
func (w *Wallet) resetOutbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offered = nil
}

// outboxOf is what the session's peer announces for a wallet. Nobody changes it.
func (s *Session) outboxOf(wallet string) map[chainhash.Hash]*wire.MsgTx {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbox[wallet]
}

func (s *Session) setOutbox(wallet string, txs map[chainhash.Hash]*wire.MsgTx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox[wallet] = txs
}
