package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	// maxStrangers bounds the unconfirmed payments of others that are kept: their
	// inputs cannot be checked, so they cost a peer nothing.
	maxStrangers = 1000
	// maxCandidates bounds the unconfirmed transactions kept only because they may
	// spend something of ours that is not known yet.
	maxCandidates = 100
	// maxReceipts and maxPeerName bound what is kept of a transaction's delivery.
	maxReceipts = 64
	maxPeerName = 256
)

// applyBlock picks what concerns us out of a block.
func (l *Ledger) applyBlock(f BlockApplied) error {
	if f.Block.Height < 0 || len(f.Txs) == 0 || slices.ContainsFunc(f.Txs, incomplete) {
		return fmt.Errorf("apply block %v: %w", f.Block, ErrFact)
	}
	if b := l.blocks[f.Block.Hash]; b != nil && b.ref != f.Block {
		return fmt.Errorf("apply block %v: known at height %d: %w", f.Block, b.ref.Height, ErrFact)
	}
	b := l.blockAt(f.Block)
	// A payment may make us derive scripts that are paid elsewhere in the block.
	for {
		epoch := l.config.Epoch
		for i, tx := range f.Txs {
			l.applyTx(f, i, tx)
		}
		if err := l.extend(); err != nil {
			l.broken = fmt.Errorf("%w: %w", ErrBroken, err)
			return l.broken
		}
		if l.config.Epoch == epoch {
			break
		}
	}
	if !b.stale {
		l.setMarks(b, b.need, l.config.Epoch)
		l.settleFar(b, f.Txs)
		l.keepSpent(b, f.Txs)
	}
	return nil
}

func incomplete(tx *wire.MsgTx) bool { return tx == nil || len(tx.TxIn) == 0 }

func (l *Ledger) applyTx(f BlockApplied, i int, tx *wire.MsgTx) {
	if !l.concerns(tx, true) || !sane(tx) {
		return
	}
	n := l.enter(tx)
	if len(n.anchors) == 0 {
		// What a peer announced may carry another witness than what was mined.
		fresh := *n
		if fresh.setRaw(tx); !bytes.Equal(fresh.raw, n.raw) {
			n.raw = fresh.raw
			l.dirty(txKey(n.id))
		}
	}
	a := Anchor{Block: f.Block, Time: f.Time.Unix(), Index: uint32(i)}
	if f.Proof != nil {
		a.Proof = bytes.Clone(f.Proof(i))
	}
	l.addAnchor(n, a)
	if !n.ours() {
		l.candidates[n.id] = n
	}
}

// concerns reports whether a transaction is known or to be kept: it pays us,
// spends or may spend an output of ours, or, if it was in a block, double-spends
// what an unconfirmed transaction of ours spends.
func (l *Ledger) concerns(tx *wire.MsgTx, mined bool) bool {
	for _, out := range tx.TxOut {
		if _, ok := l.lookUp(out.PkScript); ok {
			return true
		}
	}
	if isCoinbase(tx) {
		return false
	}
	for _, in := range tx.TxIn {
		op := in.PreviousOutPoint
		if p := l.txs[op.Hash]; p != nil {
			if _, ok := p.ownAt(op.Index); ok {
				return true
			}
		}
		if mined && slices.ContainsFunc(l.spenders[op], (*node).ours) {
			return true
		}
		if l.namesUs(in) {
			return true
		}
	}
	return false
}

// enter returns the node of a transaction, made if there is none.
func (l *Ledger) enter(tx *wire.MsgTx) *node {
	id := tx.TxHash()
	if n := l.txs[id]; n != nil {
		return n
	}
	n := newNode(id, tx)
	l.insert(n, tx)
	return n
}

// see takes in an announced transaction.
func (l *Ledger) see(f Seen) error {
	tx, at := f.Tx, stamp(f.At)
	if tx == nil {
		return fmt.Errorf("seen: %w", ErrFact)
	}
	if !sane(tx) || isCoinbase(tx) {
		return nil
	}
	id := tx.TxHash()
	if n := l.txs[id]; n != nil {
		l.sawAgain(n, at)
		return nil
	}
	if !l.concerns(tx, false) {
		l.contests(tx, id)
		return nil
	}
	if !l.signed(tx) {
		l.refused = append(l.refused, id)
		return nil
	}
	n := newNode(id, tx)
	n.firstSeen = at
	l.insert(n, tx)
	l.makeRoom()
	return nil
}

func (l *Ledger) sawAgain(n *node, at int64) {
	if n.firstSeen != 0 && n.firstSeen <= at {
		return
	}
	l.touch(n)
	n.firstSeen = at
	l.dirty(txKey(n.id))
}

// makeRoom drops the oldest of those unconfirmed transactions that cost nothing
// to invent, if there are too many.
func (l *Ledger) makeRoom() {
	var strangers, candidates []*node
	for _, n := range l.unconfirmed {
		switch {
		case l.believed(n) || n.fromUs():
		case n.ours():
			strangers = append(strangers, n)
		default:
			candidates = append(candidates, n)
		}
	}
	for _, n := range excess(strangers, maxStrangers) {
		l.remove(n)
	}
	for _, n := range excess(candidates, maxCandidates) {
		l.remove(n)
	}
}

func excess(nodes []*node, keep int) []*node {
	if len(nodes) <= keep {
		return nil
	}
	return byPriority(nodes)[keep:]
}

// prune drops what was kept from blocks in case it spends something of ours, once
// everything is known.
func (l *Ledger) prune() {
	if len(l.candidates)+len(l.spending) == 0 || !l.Final() {
		return
	}
	for _, n := range byPriority(keysOf(l.candidates)) {
		if l.txs[n.id] == n && !n.ours() && n.confirmed() && !slices.ContainsFunc(l.rivals(n), (*node).ours) {
			for _, a := range n.anchors {
				if b := l.blocks[a.Block.Hash]; b != nil && !b.stale {
					l.setLoose(b, true)
				}
			}
			l.remove(n)
		}
	}
	clear(l.candidates)
	l.dropSpent()
	l.settle()
}

func keysOf(m map[chainhash.Hash]*node) []*node {
	out := make([]*node, 0, len(m))
	for _, n := range m {
		out = append(out, n)
	}
	return out
}

// create takes in a transaction that we made.
func (l *Ledger) create(f Created) error {
	if f.Tx == nil || !sane(f.Tx) || isCoinbase(f.Tx) {
		return fmt.Errorf("created: %w", ErrFact)
	}
	id, at := f.Tx.TxHash(), stamp(f.At)
	n := l.txs[id]
	if n != nil && n.created != nil && (n.created.At >= at || !n.abandoned()) {
		return nil
	}
	if err := l.spendable(f.Tx, n); err != nil {
		return fmt.Errorf("created %v: %w", id, err)
	}
	if n == nil {
		n = newNode(id, f.Tx)
		n.created = l.creation(f, n, at)
		l.insert(n, f.Tx)
		return nil
	}
	l.touch(n)
	n.created = l.creation(f, n, at)
	l.dirty(txKey(id))
	return nil
}

// spendable checks that a transaction of ours spends live outputs of ours that no
// confirmed transaction has spent.
func (l *Ledger) spendable(tx *wire.MsgTx, n *node) error {
	ours := false
	for _, in := range tx.TxIn {
		p := l.txs[in.PreviousOutPoint.Hash]
		if p == nil {
			continue
		}
		if _, ok := p.ownAt(in.PreviousOutPoint.Index); ok {
			ours = true
			if !p.live() {
				return ErrSpent
			}
		}
		for _, s := range l.spenders[in.PreviousOutPoint] {
			if s != n && s.confirmed() {
				return ErrSpent
			}
		}
	}
	if !ours {
		return ErrNotOurs
	}
	return nil
}

// creation makes the record of a transaction of ours. Its order comes after that
// of all it conflicts with, even if the clock was put back in between.
func (l *Ledger) creation(f Created, n *node, at int64) *CreatedRow {
	c := &CreatedRow{At: at, Order: at, Label: f.Label}
	for _, r := range f.Recipients {
		c.Recipients = append(c.Recipients, Recipient{bytes.Clone(r.Script), r.Amount, r.Label})
	}
	for _, r := range l.rivals(n) {
		if !r.confirmed() {
			c.Order = max(c.Order, r.order()+1)
		}
		// What descends from a rival must not win in its place.
		for _, d := range l.descent(r) {
			c.Order = max(c.Order, d.order()+1)
		}
	}
	return c
}

// descent returns the unconfirmed transactions that descend from one.
func (l *Ledger) descent(n *node) []*node {
	var out []*node
	seen := map[*node]bool{n: true}
	queue := []*node{n}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		for _, child := range l.children(next) {
			if !child.confirmed() && !seen[child] {
				seen[child] = true
				out, queue = append(out, child), append(queue, child)
			}
		}
	}
	return out
}

func (l *Ledger) abandon(f Abandoned) error {
	n := l.txs[f.TxID]
	switch at := stamp(f.At); {
	case n == nil:
		return fmt.Errorf("abandon %v: %w", f.TxID, ErrUnknown)
	case n.confirmed():
		return fmt.Errorf("abandon %v: %w", f.TxID, ErrConfirmed)
	case n.abandonedAt < at:
		l.touch(n)
		n.abandonedAt = at
		l.dirty(txKey(n.id))
	}
	return nil
}

// deliver records what a peer did with a transaction of ours. The first time of
// each peer stays.
func (l *Ledger) deliver(id chainhash.Hash, r Receipt, echo bool) {
	if l.txs[id] == nil || len(r.Peer) > maxPeerName {
		return
	}
	d := l.deliveries[id]
	if d == nil {
		d = &DeliveryRow{TxID: id}
	}
	list := &d.Acknowledged
	if echo {
		list = &d.Echoed
	}
	i, found := slices.BinarySearchFunc(*list, r.Peer, func(r Receipt, peer string) int {
		return cmp.Compare(r.Peer, peer)
	})
	switch {
	case !found && len(*list) < maxReceipts:
		*list = slices.Insert(*list, i, r)
	case found && r.At < (*list)[i].At:
		(*list)[i] = r
	default:
		return
	}
	l.deliveries[id] = d
	l.dirty(deliveryKey(id))
}
