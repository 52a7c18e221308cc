package ledger

import (
	"cmp"
	"slices"
)

// notices tells what became of the touched transactions.
func (l *Ledger) notices() []Notice {
	var nodes []*node
	for n := range l.touched {
		if n.ours() && l.txs[n.id] == n {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), compareHashes(a.id, b.id))
	})
	var out []Notice
	for _, n := range nodes {
		kind, ok := l.touched[n].notice(n)
		if !ok {
			continue
		}
		notice := Notice{Kind: kind, TxID: n.id, Height: n.height(), Amount: n.net()}
		if n.winner != nil {
			w := n.winner.id
			notice.Winner = &w
		}
		out = append(out, notice)
	}
	for _, id := range l.refused {
		out = append(out, Notice{Kind: TxRefused, TxID: id, Height: -1})
	}
	return out
}

// notice compares a transaction with what it was.
func (b before) notice(n *node) (NoticeKind, bool) {
	if b.known && b.state == n.state && b.height == n.height() {
		return 0, false
	}
	switch n.state {
	case Confirmed:
		return TxConfirmed, true
	case Replaced:
		return TxReplaced, true
	case Conflicted:
		return TxConflicted, true
	case GivenUp:
		return TxAbandoned, true
	}
	switch {
	case !b.known:
		return TxSeen, true
	case b.state == Confirmed:
		return TxUnconfirmed, true
	}
	return TxRevived, true
}
