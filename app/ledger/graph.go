package ledger

import (
	"slices"

	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// insert adds a transaction to the graph and links it both ways.
func (l *Ledger) insert(n *node, tx *wire.MsgTx) {
	l.txs[n.id] = n
	l.unconfirmed[n.id] = n
	l.touched[n] = before{}
	for _, in := range n.ins {
		l.spenders[in] = append(l.spenders[in], n)
	}
	l.ownOutputs(n, tx)
	l.relink(n)
	l.relinkChildren(n)
	l.dirty(txKey(n.id))
}

// ownOutputs finds the outputs that pay us.
func (l *Ledger) ownOutputs(n *node, tx *wire.MsgTx) {
	for i, out := range tx.TxOut {
		ref, ok := l.lookUp(out.PkScript)
		if !ok {
			l.strangers.add(out.PkScript, n)
			continue
		}
		n.own = append(n.own, output{uint32(i), ref})
		n.credit += n.values[i]
		l.chains[ref.Keychain].use(ref.Index, 1)
		if txscript.IsPayToTaproot(out.PkScript) {
			l.wantSpenders(wire.OutPoint{Hash: n.id, Index: uint32(i)})
		}
	}
}

// reown looks again which outputs of a transaction pay us.
func (l *Ledger) reown(n *node) {
	if l.txs[n.id] != n {
		return
	}
	l.touch(n)
	tx := n.tx()
	l.disown(n, tx)
	l.ownOutputs(n, tx)
	l.relinkChildren(n)
}

func (l *Ledger) disown(n *node, tx *wire.MsgTx) {
	for _, o := range n.own {
		delete(l.utxos, wire.OutPoint{Hash: n.id, Index: o.vout})
		l.chains[o.ref.Keychain].use(o.ref.Index, -1)
	}
	n.own, n.credit = nil, 0
	for _, out := range tx.TxOut {
		l.strangers.drop(out.PkScript, n)
	}
}

// relink counts the inputs that spend outputs of ours.
func (l *Ledger) relink(n *node) {
	n.ownIns, n.debit = 0, 0
	for _, in := range n.ins {
		if p := l.txs[in.Hash]; p != nil {
			if o, ok := p.ownAt(in.Index); ok {
				n.ownIns++
				n.debit += p.values[o.vout]
			}
		}
	}
}

// relinkChildren tells the spenders of a transaction's outputs that it changed.
// One that was believed so far is removed if its signature for an output of ours
// turns out to be wrong.
func (l *Ledger) relinkChildren(n *node) {
	for _, child := range l.children(n) {
		if l.txs[child.id] != child {
			continue // removed with another
		}
		l.touch(child)
		before := child.ownIns
		l.relink(child)
		if child.ownIns > before && !l.believed(child) && !l.signed(child.tx()) {
			l.refused = append(l.refused, child.id)
			l.remove(child)
		}
	}
}

// believed reports whether a transaction needs no look at its signatures: it was
// in a block, or we made it, or it was looked at before it was stored.
func (l *Ledger) believed(n *node) bool {
	return len(n.anchors) > 0 || n.created != nil || l.loading
}

// children returns the known transactions that spend any output of n.
func (l *Ledger) children(n *node) []*node {
	var out []*node
	for i := range n.values {
		out = append(out, l.spenders[wire.OutPoint{Hash: n.id, Index: uint32(i)}]...)
	}
	return out
}

// rivals returns the known transactions that spend an output that n spends.
func (l *Ledger) rivals(n *node) []*node {
	if n.coinbase {
		return nil
	}
	var out []*node
	for _, in := range n.ins {
		for _, r := range l.spenders[in] {
			if r != n {
				out = append(out, r)
			}
		}
	}
	return out
}

// remove takes a transaction that was never in a block out of the graph.
func (l *Ledger) remove(n *node) {
	l.touch(n)
	for _, m := range slices.Concat(l.children(n), l.rivals(n)) {
		l.touch(m)
	}
	l.disown(n, n.tx())
	for _, in := range n.ins {
		if l.spenders[in] = without(l.spenders[in], n); len(l.spenders[in]) == 0 {
			delete(l.spenders, in)
		}
		// What it spent may be unspent now.
		if p := l.txs[in.Hash]; p != nil {
			l.touch(p)
		}
	}
	for _, a := range n.anchors {
		if b := l.blocks[a.Block.Hash]; b != nil {
			b.anchored = without(b.anchored, n)
		}
	}
	delete(l.txs, n.id)
	delete(l.unconfirmed, n.id)
	delete(l.touched, n)
	l.history.moved(n)
	l.dirty(txKey(n.id))
	if _, ok := l.deliveries[n.id]; ok {
		delete(l.deliveries, n.id)
		l.dirty(deliveryKey(n.id))
	}
	for _, child := range l.children(n) {
		l.relink(child)
	}
}

// addAnchor records that a transaction is in a block.
func (l *Ledger) addAnchor(n *node, a Anchor) {
	i, found := slices.BinarySearchFunc(n.anchors, a, func(x, y Anchor) int {
		return compareRefs(x.Block, y.Block)
	})
	if found {
		if old := n.anchors[i]; len(old.Proof) == 0 && len(a.Proof) > 0 {
			n.anchors[i] = a
			l.dirty(txKey(n.id))
		}
		return
	}
	l.touch(n)
	n.anchors = slices.Insert(n.anchors, i, a)
	if n.at >= i {
		n.at++
	}
	b := l.blockAt(a.Block)
	b.anchored = append(b.anchored, n)
	l.touchHeight(b.ref.Height)
	l.dirty(txKey(n.id))
}

// anchorAt finds the anchor that counts.
func (l *Ledger) anchorAt(n *node) int {
	for i, a := range n.anchors {
		if b := l.blocks[a.Block.Hash]; b != nil && l.active(b) {
			return i
		}
	}
	return -1
}
