package app

import "github.com/btcsuite/btcd/chainhash/v2"

// syncOutbox makes the peer announce what the ledger holds to be announced and
// nothing else. Both are compared under the wallet's lock, so that of two changes
// at once the later has the last word.
func (w *Wallet) syncOutbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	chain := w.online()
	if chain == nil {
		return
	}
	queued := make(map[chainhash.Hash]bool)
	for _, o := range w.led.Queue() {
		id := o.Tx.TxHash()
		queued[id] = true
		if !w.offered[id] {
			chain.Broadcast(o.Tx)
		}
	}
	for id := range w.offered {
		if !queued[id] {
			chain.Withdraw(id)
		}
	}
	w.offered = queued
}

// resetOutbox is for a new peer, which announces nothing yet.
func (w *Wallet) resetOutbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offered = nil
}
