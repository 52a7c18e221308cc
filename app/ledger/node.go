package ledger

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/units"
)

// State says what became of a transaction.
type State uint8

// The states. Only pending and confirmed transactions count.
const (
	Pending    State = iota + 1
	Confirmed        // in a block of the view's chain
	Replaced         // lost to a replacement: a later transaction with the same purpose
	Conflicted       // double-spent otherwise, or its parent lost, or its block (of a coinbase) is gone
	GivenUp          // abandoned by the person, or its parent was
)

// String names the state in one lower-case word.
func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Confirmed:
		return "confirmed"
	case Replaced:
		return "replaced"
	case Conflicted:
		return "conflicted"
	case GivenUp:
		return "abandoned"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// output is an output of ours.
type output struct {
	vout uint32
	ref  Ref
}

// node is a transaction that concerns us, or may. The fields of the first part
// are facts and stored, the rest is derived from them.
type node struct {
	id          chainhash.Hash
	raw         []byte
	firstSeen   int64
	abandonedAt int64
	anchors     []Anchor // sorted by block
	created     *CreatedRow

	coinbase bool
	ins      []wire.OutPoint
	values   []units.Amount // of the outputs
	own      []output       // sorted by vout
	credit   units.Amount   // their sum
	ownIns   int            // inputs that spend outputs of ours
	debit    units.Amount   // their sum

	at      int // index of the anchor that counts, -1 if none
	state   State
	winner  *node // whom it lost to
	trusted bool
	moved   bool // since the history was last put in order
}

func newNode(id chainhash.Hash, tx *wire.MsgTx) *node {
	n := &node{id: id, at: -1, state: Pending, coinbase: isCoinbase(tx)}
	n.setRaw(tx)
	n.ins = make([]wire.OutPoint, len(tx.TxIn))
	for i, in := range tx.TxIn {
		n.ins[i] = in.PreviousOutPoint
	}
	n.values = make([]units.Amount, len(tx.TxOut))
	for i, out := range tx.TxOut {
		n.values[i] = units.Amount(out.Value)
	}
	return n
}

func (n *node) setRaw(tx *wire.MsgTx) {
	var buf bytes.Buffer
	buf.Grow(tx.SerializeSize())
	// A bytes.Buffer does not fail.
	_ = tx.Serialize(&buf)
	n.raw = buf.Bytes()
}

// tx parses the transaction.
func (n *node) tx() *wire.MsgTx {
	tx, err := parseTx(n.raw)
	if err != nil {
		// It was serialised here, or parsed when it was loaded.
		panic(fmt.Sprintf("transaction %v: %v", n.id, err))
	}
	return tx
}

func parseTx(raw []byte) (*wire.MsgTx, error) {
	var tx wire.MsgTx
	r := bytes.NewReader(raw)
	if err := tx.Deserialize(r); err != nil {
		return nil, err
	}
	if r.Len() > 0 {
		return nil, fmt.Errorf("%d bytes after a transaction", r.Len())
	}
	return &tx, nil
}

// ours reports whether the transaction changes what we own.
func (n *node) ours() bool { return len(n.own) > 0 || n.ownIns > 0 }

// fromUs reports whether it spends outputs of ours.
func (n *node) fromUs() bool { return n.ownIns > 0 }

func (n *node) confirmed() bool { return n.at >= 0 }

// live reports whether the transaction counts.
func (n *node) live() bool { return n.state == Pending || n.state == Confirmed }

// anchor returns the anchor that counts.
func (n *node) anchor() (Anchor, bool) {
	if n.at < 0 {
		return Anchor{}, false
	}
	return n.anchors[n.at], true
}

func (n *node) height() int32 {
	if n.at < 0 {
		return -1
	}
	return n.anchors[n.at].Block.Height
}

// net is the effect on what we own.
func (n *node) net() units.Amount { return n.credit - n.debit }

func (n *node) ownAt(vout uint32) (output, bool) {
	for _, o := range n.own {
		if o.vout == vout {
			return o, true
		}
	}
	return output{}, false
}

// order is the time by which rivals are compared: that of creation, else when it
// was first seen, else of its oldest block.
func (n *node) order() int64 {
	switch {
	case n.created != nil:
		return n.created.Order
	case n.firstSeen != 0:
		return n.firstSeen
	}
	first := int64(math.MaxInt64)
	for _, a := range n.anchors {
		first = min(first, a.Time*int64(time.Second))
	}
	return first
}

// abandoned reports whether the person gave it up, and did not make it anew.
func (n *node) abandoned() bool {
	return n.abandonedAt != 0 && (n.created == nil || n.created.At <= n.abandonedAt)
}

func (n *node) row() TxRow {
	row := TxRow{TxID: n.id, Raw: n.raw, FirstSeen: n.firstSeen, AbandonedAt: n.abandonedAt}
	row.Anchors = append(row.Anchors, n.anchors...)
	if n.created != nil {
		c := *n.created
		row.Created = &c
	}
	return row
}

func isCoinbase(tx *wire.MsgTx) bool {
	if len(tx.TxIn) != 1 {
		return false
	}
	p := tx.TxIn[0].PreviousOutPoint
	return p.Index == math.MaxUint32 && p.Hash == chainhash.Hash{}
}

// sane reports whether a transaction has inputs and outputs, none of the inputs
// twice, and amounts that can exist.
func sane(tx *wire.MsgTx) bool {
	if tx == nil || len(tx.TxIn) == 0 || len(tx.TxOut) == 0 {
		return false
	}
	var sum units.Amount
	for _, out := range tx.TxOut {
		var err error
		if v := units.Amount(out.Value); !v.Valid() {
			return false
		} else if sum, err = sum.Add(v); err != nil {
			return false
		}
	}
	spent := make(map[wire.OutPoint]bool, len(tx.TxIn))
	for _, in := range tx.TxIn {
		if spent[in.PreviousOutPoint] {
			return false
		}
		spent[in.PreviousOutPoint] = true
	}
	return true
}

// stamp turns a time into a stored one: never 0, which means never.
func stamp(t time.Time) int64 {
	if t.Unix() <= 0 || t.Unix() >= math.MaxInt64/int64(time.Second) {
		return 1
	}
	return t.UnixNano()
}
