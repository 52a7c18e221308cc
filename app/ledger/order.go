package ledger

import (
	"cmp"
	"slices"
)

// order keeps our transactions as the history shows them, oldest first: the
// confirmed ones as in the chain, then the pending ones by time; the dead ones
// between them by time. Only what a fact moved is sorted anew.
type order struct {
	confirmed []*node
	waiting   []*node // with a new place, or none
	all       []*node // nil when out of date
}

// moved marks a transaction whose place may have changed.
func (o *order) moved(n *node) {
	o.all = nil
	if !n.moved {
		n.moved = true
		o.waiting = append(o.waiting, n)
	}
}

// nodes returns all of them.
func (o *order) nodes(l *Ledger) []*node {
	if o.all != nil {
		return o.all
	}
	o.place(l)
	var live, dead []*node
	for _, n := range l.unconfirmed {
		if !n.ours() {
			continue
		}
		if n.live() {
			live = append(live, n)
		} else {
			dead = append(dead, n)
		}
	}
	live, dead = byPriority(live), byPriority(dead)
	slices.Reverse(live)
	slices.Reverse(dead)
	o.all = make([]*node, 0, len(o.confirmed)+len(live)+len(dead))
	for _, part := range [][]*node{o.confirmed, live} {
		for _, n := range part {
			for len(dead) > 0 && dead[0].order() <= n.shownAt() {
				o.all, dead = append(o.all, dead[0]), dead[1:]
			}
			o.all = append(o.all, n)
		}
	}
	o.all = append(o.all, dead...)
	return o.all
}

// place puts what moved where it belongs among the confirmed.
func (o *order) place(l *Ledger) {
	if len(o.waiting) == 0 {
		return
	}
	kept := slices.DeleteFunc(o.confirmed, func(n *node) bool { return n.moved })
	var fresh []*node
	for _, n := range o.waiting {
		n.moved = false
		if n.confirmed() && n.ours() && l.txs[n.id] == n {
			fresh = append(fresh, n)
		}
	}
	o.waiting = nil
	slices.SortFunc(fresh, inChain)
	o.confirmed = make([]*node, 0, len(kept)+len(fresh))
	for _, n := range kept {
		for len(fresh) > 0 && inChain(fresh[0], n) < 0 {
			o.confirmed, fresh = append(o.confirmed, fresh[0]), fresh[1:]
		}
		o.confirmed = append(o.confirmed, n)
	}
	o.confirmed = append(o.confirmed, fresh...)
}

// inChain compares confirmed transactions by their place in the chain.
func inChain(a, b *node) int {
	x, y := &a.anchors[a.at], &b.anchors[b.at]
	return cmp.Or(cmp.Compare(x.Block.Height, y.Block.Height), cmp.Compare(x.Index, y.Index),
		compareHashes(a.id, b.id))
}
