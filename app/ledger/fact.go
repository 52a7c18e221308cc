package ledger

import (
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/units"
)

// Fact is something that happened: one of the types of this file. The ledger
// keeps no reference to what a fact points at.
type Fact interface{ fact() }

// Scanned says that the filters of a gap, or of any part of it, were matched
// against the scripts of the gap's batch: Gap is one of [Ledger.Missing] with
// From and To narrowed at will, and the block End at Gap.To is the view, Gap.View,
// or an ancestor of it. [Gap.Answer] makes one, and sees to that. It is ignored if
// the batch has been merged or the view has left Gap.View since.
type Scanned struct {
	Gap  Gap
	End  chainhash.Hash
	Hits []Hit // blocks that may concern the batch
}

// LookFurther says that there is time to derive so many of the scripts that
// [Ledger.FarLacking] counts. They are matched when all of them are there.
type LookFurther struct{ Scripts int }

// BlockApplied gives a whole, checked block. Transactions that concern us are
// picked out.
type BlockApplied struct {
	Block BlockRef
	Time  time.Time // from the header
	Txs   []*wire.MsgTx
	// Proof returns the inclusion proof of the i-th transaction, or nil. It may
	// be nil itself. It is called for transactions that concern us only.
	Proof func(i int) []byte
}

// Seen says that an unconfirmed transaction was announced. If it concerns us it
// is kept, else nothing is; a notice tells if it competes with one that does.
type Seen struct {
	Tx *wire.MsgTx
	At time.Time
}

// Recipient is one payment of a transaction, change excepted.
type Recipient struct {
	Script []byte
	Amount units.Amount
	Label  string
}

// Created says that we made and signed a transaction. It is saved before it is
// announced. It beats whatever unconfirmed transaction it conflicts with. Errors:
// [ErrNotOurs], [ErrSpent].
type Created struct {
	Tx         *wire.MsgTx
	At         time.Time
	Label      string
	Recipients []Recipient
}

// Abandoned says that the person gave an unconfirmed transaction up: its coins
// are free again, unless it confirms after all. Errors: [ErrUnknown],
// [ErrConfirmed].
type Abandoned struct {
	TxID chainhash.Hash
	At   time.Time
}

// Acknowledged says that a peer fetched our transaction.
type Acknowledged struct {
	TxID chainhash.Hash
	Peer string
	At   time.Time
}

// Echoed says that a peer to whom we had not announced our transaction announced
// it to us.
type Echoed struct {
	TxID chainhash.Hash
	Peer string
	At   time.Time
}

// ViewMoved says that the best chain ends elsewhere. [Ledger.Reconcile] makes
// one. Fork is the highest block that the old and the new chain are known to
// share: the old tip if the chain only grew. It is ignored for the first view.
// Error: [ErrFork].
type ViewMoved struct {
	Tip  Tip
	Fork Tip
	// Disconnected must name every block above Fork that the ledger may have
	// heard of and that has left the chain, Connected those that came back.
	Disconnected, Connected []BlockRef
	// Trail may name some blocks of the new chain between Fork and Tip, by which
	// a later fork can be found.
	Trail []BlockRef
}

// Revealed says that an address was shown to someone. The latest At wins if
// there are several for one address. Error: [ErrLeap].
type Revealed struct {
	Ref    Ref
	Label  string
	Amount units.Amount // asked for, 0 if none was
	At     time.Time
}

// Labelled gives a transaction a label, known or not. The latest At wins.
type Labelled struct {
	TxID chainhash.Hash
	Text string
	At   time.Time
}

// BirthdaySet says from which height on blocks may concern us. A later one can
// only lower it. Anew has all from there on matched again, as [Rescan] has: what was
// matched without what came before may have told too little.
type BirthdaySet struct {
	Height int32
	Anew   bool
}

// Rescan says that the filters of all blocks from a height on are to be matched
// again. Some below may be as well.
type Rescan struct{ From int32 }

func (Scanned) fact()      {}
func (LookFurther) fact()  {}
func (BlockApplied) fact() {}
func (Seen) fact()         {}
func (Created) fact()      {}
func (Abandoned) fact()    {}
func (Acknowledged) fact() {}
func (Echoed) fact()       {}
func (ViewMoved) fact()    {}
func (Revealed) fact()     {}
func (Labelled) fact()     {}
func (BirthdaySet) fact()  {}
func (Rescan) fact()       {}
