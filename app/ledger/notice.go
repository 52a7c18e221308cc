package ledger

import (
	"cmp"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
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
	return append(out, l.contest...)
}

// contests notes which pending transactions an announced one competes with that
// does not concern us. Nothing of it is kept, and it fells none: whether what it
// spends is its to spend cannot be checked.
func (l *Ledger) contests(tx *wire.MsgTx, id chainhash.Hash) {
	told := make(map[*node]bool)
	for _, in := range tx.TxIn {
		for _, n := range l.spenders[in.PreviousOutPoint] {
			if n.state == Pending && n.ours() && !told[n] {
				told[n] = true
				l.contest = append(l.contest, Notice{Kind: TxContested, TxID: n.id, Height: -1, Amount: n.net(), Winner: &id})
			}
		}
	}
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
