package ledger

import (
	"encoding/binary"
	"slices"

	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// A taproot spend by key names no key: met before the output it spends, it looks
// like anybody's. A block that holds one of ours is hit all the same, since filters
// hold the scripts that are spent. So while older outputs of ours may appear, every
// block that was searched keeps short hashes of the outputs spent in that way, and
// is wanted again when one of ours appears among them. A hash that fits by chance
// costs one block fetched for nothing.

// keySpend reports whether an input may spend a taproot output by its key: its
// witness is one signature, followed by an annex at most (BIP341).
func keySpend(in *wire.TxIn) bool {
	w := in.Witness
	if len(w) == 2 && len(w[1]) > 0 && w[1][0] == txscript.TaprootAnnexTag {
		w = w[:1]
	}
	return len(in.SignatureScript) == 0 && len(w) == 1 && (len(w[0]) == 64 || len(w[0]) == 65)
}

// spentHash is stored: it must stay as it is.
func spentHash(op wire.OutPoint) uint32 {
	return binary.LittleEndian.Uint32(op.Hash[:]) ^ op.Index*0x9e3779b1
}

// keySpends returns the hashes of what transactions may spend by taproot keys,
// ascending.
func keySpends(txs []*wire.MsgTx) []uint32 {
	var out []uint32
	for _, tx := range txs {
		for _, in := range tx.TxIn {
			if keySpend(in) {
				out = append(out, spentHash(in.PreviousOutPoint))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// keepSpent remembers what a block spends, if it may be of a keychain of ours.
func (l *Ledger) keepSpent(b *block, txs []*wire.MsgTx) {
	if slices.ContainsFunc(l.chains[:], func(k *keychain) bool { return k.taproot }) {
		l.setSpent(b, slices.Clip(keySpends(txs)))
	}
}

func (l *Ledger) setSpent(b *block, spent []uint32) {
	if !slices.Equal(b.spent, spent) {
		b.spent = spent
		l.dirty(spentKey(b.ref.Hash))
	}
	if len(spent) > 0 {
		l.spending[b.ref.Hash] = b
	} else {
		delete(l.spending, b.ref.Hash)
	}
}

// wantSpenders wants the blocks again that may spend an output of ours that has
// just appeared. Those whose spend of it is known already are not.
func (l *Ledger) wantSpenders(op wire.OutPoint) {
	if l.loading {
		return // what was wanted then is stored
	}
	hash := spentHash(op)
	for _, b := range l.spending {
		if _, ok := slices.BinarySearch(b.spent, hash); !ok {
			continue
		}
		known := func(n *node) bool { return slices.Contains(b.anchored, n) }
		if !slices.ContainsFunc(l.spenders[op], known) {
			l.setMarks(b, max(b.need, 1), 0)
		}
	}
}

// dropSpent forgets what blocks spend once everything is known. Those above the
// view may spend what is paid there as well.
func (l *Ledger) dropSpent() {
	for _, b := range l.spending {
		if b.ref.Height <= l.tip.Height {
			l.setSpent(b, nil)
			l.setLoose(b, true)
		}
	}
}

func (l *Ledger) setLoose(b *block, loose bool) {
	if b.loose != loose {
		b.loose = loose
		l.dirty(blockKey(b.ref.Hash))
	}
}

// reopen wants the blocks above a height again of which something was dropped
// that might spend older outputs: such may appear after all.
func (l *Ledger) reopen(above int32) {
	for _, b := range l.heights.list[l.heights.from(above+1):] {
		if b.loose && !b.stale {
			l.setLoose(b, false)
			l.setMarks(b, max(b.need, 1), 0)
		}
	}
}
