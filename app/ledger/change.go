package ledger

import (
	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/units"
)

// Change is what a fact did: rows to store and to delete, both in the order of
// their keys, to be saved together; and notices to pass on once that is done.
// The same facts give the same changes.
type Change struct {
	Put     []Row
	Delete  []Key
	Notices []Notice
}

// Empty reports whether there is nothing to save and nothing to tell.
func (c Change) Empty() bool {
	return len(c.Put) == 0 && len(c.Delete) == 0 && len(c.Notices) == 0
}

// NoticeKind says what happened to a transaction.
type NoticeKind uint8

// The kinds of notice.
const (
	TxSeen        NoticeKind = iota + 1 // new and unconfirmed
	TxConfirmed                         // in a block of the best chain, new or not
	TxUnconfirmed                       // its block left the best chain; pending again
	TxReplaced                          // lost to a replacement
	TxConflicted                        // double-spent, or its block or parent is gone
	TxAbandoned                         // given up
	TxRevived                           // lost before, pending again
	TxRefused                           // an announced transaction is invalid, or cannot be checked; nothing was kept
	TxContested                         // pending, and an announced transaction that does not concern us spends the same
)

// Notice tells a face about one transaction of ours.
type Notice struct {
	Kind   NoticeKind
	TxID   chainhash.Hash
	Height int32           // of its block if confirmed, else -1
	Amount units.Amount    // net effect on the wallet
	Winner *chainhash.Hash // of TxReplaced and TxConflicted, where there is one; of TxContested the other
}
