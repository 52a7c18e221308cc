package ledger

import (
	"cmp"
	"slices"

	"github.com/btcsuite/btcd/wire/v2"
)

// before is what a transaction was when a fact first touched it.
type before struct {
	known  bool // to faces
	state  State
	height int32
}

// touch marks a transaction whose derived state may change.
func (l *Ledger) touch(n *node) {
	if _, ok := l.touched[n]; !ok {
		l.touched[n] = before{known: n.ours(), state: n.state, height: n.height()}
	}
}

// settle derives anew the state of all touched transactions and of what depends
// on them.
func (l *Ledger) settle() {
	for _, n := range byPriority(keys(l.touched)) {
		if n.at = l.anchorAt(n); n.at >= 0 {
			n.state, n.winner, n.trusted = Confirmed, nil, false
			delete(l.unconfirmed, n.id)
		} else {
			l.unconfirmed[n.id] = n
		}
	}
	component := l.component()
	l.judge(component)
	l.trust(component)
	for n := range l.touched {
		for _, o := range n.own {
			l.refreshCoin(wire.OutPoint{Hash: n.id, Index: o.vout})
		}
		for _, in := range n.ins {
			l.refreshCoin(in)
		}
	}
	for n := range l.touched {
		l.history.moved(n)
	}
}

// component returns the unconfirmed transactions that the touched ones may
// affect: those linked to them by spending, or by rivalry, through unconfirmed
// ones. All of it is touched. Newest first.
func (l *Ledger) component() []*node {
	if len(l.unconfirmed) == 0 {
		return nil
	}
	var queue []*node
	seen := make(map[*node]bool)
	add := func(n *node) {
		if !n.confirmed() && !seen[n] {
			seen[n] = true
			queue = append(queue, n)
		}
	}
	start := keys(l.touched)
	for _, n := range start {
		add(n)
		l.neighbours(n, add)
	}
	for i := 0; i < len(queue); i++ {
		l.touch(queue[i])
		l.neighbours(queue[i], add)
	}
	return byPriority(queue)
}

func (l *Ledger) neighbours(n *node, visit func(*node)) {
	for _, m := range l.rivals(n) {
		visit(m)
	}
	for _, m := range l.children(n) {
		visit(m)
	}
	for _, in := range n.ins {
		if p := l.txs[in.Hash]; p != nil {
			visit(p)
		}
	}
}

// byPriority sorts transactions: the later beats the earlier.
func byPriority(nodes []*node) []*node {
	type ranked struct {
		n     *node
		order int64
	}
	list := make([]ranked, len(nodes))
	for i, n := range nodes {
		list[i] = ranked{n, n.order()}
	}
	slices.SortFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.order, a.order), compareHashes(b.n.id, a.n.id))
	})
	for i := range list {
		nodes[i] = list[i].n
	}
	return nodes
}

func keys(m map[*node]before) []*node {
	out := make([]*node, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	return out
}

// judge decides which transactions of a component count. First fall those that
// cannot count: coinbases without a block, those given up, those that a confirmed
// one has double-spent, and all that descends from them. Of the rest the latest
// is accepted with all its ancestors, which fells their rivals and what descends
// from those; then the next. One that conflicts with its own ancestor falls.
func (l *Ledger) judge(component []*node) {
	for _, n := range component {
		n.state, n.winner, n.trusted = Pending, nil, false
	}
	var lost []*node
	for _, n := range component {
		switch w := l.confirmedRival(n); {
		case n.coinbase:
			n.state = Conflicted
		case n.abandoned():
			n.state = GivenUp
		case w != nil:
			n.state, n.winner = lostTo(n, w), w
		default:
			continue
		}
		lost = append(lost, n)
	}
	for _, n := range lost {
		l.fellChildren(n)
	}
	accepted := make(map[*node]bool)
	for _, n := range component {
		if n.state != Pending || accepted[n] {
			continue
		}
		line := l.ancestry(n, accepted)
		if rival := selfConflict(line); rival != nil {
			n.state, n.winner = Conflicted, rival
			l.fellChildren(n)
			continue
		}
		for _, m := range line {
			accepted[m] = true
			l.fellRivals(m)
		}
	}
}

// confirmedRival returns a confirmed transaction that spends what n spends.
func (l *Ledger) confirmedRival(n *node) *node {
	for _, r := range l.rivals(n) {
		if r.confirmed() {
			return r
		}
	}
	return nil
}

// lostTo names the way in which n lost to w: a replacement is a later transaction
// of the same maker, as far as the wallet can tell: both spend our outputs, or
// neither does and both pay us.
func lostTo(n, w *node) State {
	later := w.firstSeen == 0 && w.created == nil || w.order() >= n.order()
	if later && w.ours() && n.fromUs() == w.fromUs() {
		return Replaced
	}
	return Conflicted
}

// fellChildren fells all that descends from a fallen transaction.
func (l *Ledger) fellChildren(n *node) {
	state := Conflicted
	if n.state == GivenUp {
		state = GivenUp
	}
	for _, child := range byPriority(l.children(n)) {
		if !child.confirmed() && child.state == Pending {
			child.state, child.winner = state, n.winner
			l.fellChildren(child)
		}
	}
}

func (l *Ledger) fellRivals(n *node) {
	for _, r := range byPriority(l.rivals(n)) {
		if !r.confirmed() && r.state == Pending {
			r.state, r.winner = lostTo(r, n), n
			l.fellChildren(r)
		}
	}
}

// ancestry returns n and its unconfirmed ancestors that are not accepted yet,
// parents before children.
func (l *Ledger) ancestry(n *node, accepted map[*node]bool) []*node {
	var line []*node
	seen := make(map[*node]bool)
	var visit func(*node)
	visit = func(m *node) {
		if m.confirmed() || accepted[m] || seen[m] {
			return
		}
		seen[m] = true
		for _, in := range m.ins {
			if p := l.txs[in.Hash]; p != nil {
				visit(p)
			}
		}
		line = append(line, m)
	}
	visit(n)
	return line
}

// selfConflict returns the earlier of two members of a line that spend the same.
func selfConflict(line []*node) *node {
	spent := make(map[wire.OutPoint]*node)
	for _, m := range line {
		for _, in := range m.ins {
			if other := spent[in]; other != nil {
				return other
			}
			spent[in] = m
		}
	}
	return nil
}

// trust finds the unconfirmed transactions that nobody but us can undo: all their
// inputs spend outputs of ours, of transactions that are confirmed or trusted.
func (l *Ledger) trust(component []*node) {
	known := make(map[*node]bool)
	var trusted func(*node) bool
	trusted = func(n *node) bool {
		if n.confirmed() {
			return true
		}
		if t, ok := known[n]; ok {
			return t
		}
		known[n] = false
		if n.state != Pending || n.ownIns != len(n.ins) {
			return false
		}
		for _, in := range n.ins {
			if !trusted(l.txs[in.Hash]) {
				return false
			}
		}
		known[n] = true
		return true
	}
	for _, n := range component {
		n.trusted = trusted(n)
	}
}

// refreshCoin decides whether an output is ours and unspent.
func (l *Ledger) refreshCoin(op wire.OutPoint) {
	n := l.txs[op.Hash]
	if n == nil || !n.live() {
		delete(l.utxos, op)
		return
	}
	o, ok := n.ownAt(op.Index)
	if !ok || slices.ContainsFunc(l.spenders[op], (*node).live) {
		delete(l.utxos, op)
		return
	}
	l.utxos[op] = utxo{n, o}
}
