package sandbox

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/wire/v2"
)

// Mempool lists the unconfirmed transactions, oldest first.
func (n *Node) Mempool() []chainhash.Hash {
	descs := n.poolDescs()
	hashes := make([]chainhash.Hash, len(descs))
	for i, d := range descs {
		hashes[i] = *d.Tx.Hash()
	}
	return hashes
}

// Tx returns an unconfirmed transaction.
func (n *Node) Tx(txid chainhash.Hash) (*wire.MsgTx, error) {
	tx, err := n.pool.FetchTransaction(&txid)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return tx.MsgTx().Copy(), nil
}

func (n *Node) poolDescs() []*mempool.TxDesc {
	descs := n.pool.TxDescs()
	slices.SortFunc(descs, func(a, b *mempool.TxDesc) int {
		if c := a.Added.Compare(b.Added); c != 0 {
			return c
		}
		return bytes.Compare(a.Tx.Hash()[:], b.Tx.Hash()[:])
	})
	return descs
}

// SubmitTx offers a transaction to the node as if a peer had sent it: checked
// by the rules of consensus and relay, kept in the mempool, announced to peers.
// The error is a mempool.RuleError if the transaction was refused.
func (n *Node) SubmitTx(tx *wire.MsgTx) error {
	if !n.enter() {
		return ErrClosed
	}
	defer n.leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.submit(btcutil.NewTx(tx.Copy()))
}

func (n *Node) submit(tx *btcutil.Tx) error {
	accepted, err := n.pool.ProcessTransaction(tx, false, true, 0)
	if err != nil {
		return fmt.Errorf("sandbox: transaction %v: %w", tx.Hash(), err)
	}
	n.relayTxs(accepted)
	return nil
}

// refill judges the mempool anew after blocks were removed: their transactions
// return to it, and whatever has become impossible leaves.
func (n *Node) refill(gone []*btcutil.Block) {
	var pending []*btcutil.Tx
	if !n.forget {
		for _, block := range slices.Backward(gone) {
			pending = append(pending, block.Transactions()[1:]...)
		}
	}
	for _, d := range n.poolDescs() {
		n.pool.RemoveTransaction(d.Tx, false)
		pending = append(pending, d.Tx)
	}
	n.readmit(pending)
}

// readmit offers transactions to the mempool that were in it before, and tells
// nobody. The caller holds mu.
func (n *Node) readmit(pending []*btcutil.Tx) {
	// Children may stand before their parents, so passes are made until one
	// brings nothing.
	for progress := true; progress; {
		progress = false
		var orphans []*btcutil.Tx
		for _, tx := range pending {
			missing, _, err := n.pool.MaybeAcceptTransaction(tx, false, false)
			switch {
			case err != nil:
				n.log.Debug("transaction dropped", "txid", tx.Hash(), "err", err)
			case len(missing) > 0:
				orphans = append(orphans, tx)
			default:
				progress = true
			}
		}
		pending = orphans
	}
}
