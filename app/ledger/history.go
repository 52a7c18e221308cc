package ledger

import (
	"bytes"
	"slices"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/descriptor"
	"thistle/app/units"
)

// Entry is a line of the history.
type Entry struct {
	TxID          chainhash.Hash
	Time          time.Time // of the block, or first seen or made
	Height        int32     // -1 if not confirmed
	Confirmations int32
	State         State
	Winner        *chainhash.Hash // whom it lost to, where that is known
	Amount        units.Amount    // net effect on the wallet; had, if it is dead
	Fee           *units.Amount   // nil while an input's amount is unknown
	Balance       units.Amount    // after this and all older live ones
	Label         string
	Proved        bool // an inclusion proof is kept
	Trusted       bool // pending, and nobody but us can undo it
	Coinbase      bool
	Outgoing      bool // it spends outputs of ours
	Recipients    []Payment
}

// Payment is an output that a transaction pays on purpose: of one that spends our
// outputs all but the change, of others what we get.
type Payment struct {
	Script []byte
	Amount units.Amount
	Label  string
	Ours   *Ref // set if it pays us
}

// HistoryLen returns how many lines the history has.
func (l *Ledger) HistoryLen() int { return len(l.history.nodes(l)) }

// History returns up to limit lines, newest first, skipping the first skip. A
// negative limit means all.
func (l *Ledger) History(skip, limit int) []Entry {
	nodes := l.history.nodes(l)
	end := max(0, len(nodes)-max(skip, 0))
	start := 0
	if limit >= 0 {
		start = max(0, end-limit)
	}
	var balance units.Amount
	out := make([]Entry, 0, end-start)
	for i, n := range nodes[:end] {
		if n.live() {
			balance += n.net()
		}
		if i >= start {
			e := l.entry(n)
			e.Balance = balance
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

// Entry returns the line of one transaction, with its Balance left zero.
func (l *Ledger) Entry(id chainhash.Hash) (Entry, bool) {
	n := l.txs[id]
	if n == nil || !n.ours() {
		return Entry{}, false
	}
	return l.entry(n), true
}

// BalanceAfter returns what the history's line of a transaction has as Balance.
func (l *Ledger) BalanceAfter(id chainhash.Hash) units.Amount {
	var balance units.Amount
	for _, n := range l.history.nodes(l) {
		if n.live() {
			balance += n.net()
		}
		if n.id == id {
			return balance
		}
	}
	return 0
}

// HasPaid reports whether a live transaction that spends outputs of ours pays
// this script.
func (l *Ledger) HasPaid(pkScript []byte) bool {
	for _, n := range l.txs {
		// Looked for in the bytes first: most transactions need not be parsed.
		if !n.live() || !n.fromUs() || !bytes.Contains(n.raw, pkScript) {
			continue
		}
		for _, out := range n.tx().TxOut {
			if bytes.Equal(out.PkScript, pkScript) {
				return true
			}
		}
	}
	return false
}

// LabelledAt returns when a transaction was last labelled, false if it never was.
func (l *Ledger) LabelledAt(id chainhash.Hash) (time.Time, bool) {
	row, ok := l.labels[id]
	return time.Unix(0, row.At), ok
}

// shownAt is the time that the history shows, in nanoseconds.
func (n *node) shownAt() int64 {
	if a, ok := n.anchor(); ok {
		return a.Time * int64(time.Second)
	}
	if n.created != nil {
		return n.created.At
	}
	return n.order()
}

func (l *Ledger) entry(n *node) Entry {
	e := Entry{
		TxID: n.id, Time: time.Unix(0, n.shownAt()).UTC(), Height: n.height(),
		Confirmations: l.confirmations(n), State: n.state, Amount: n.net(),
		Fee: l.fee(n), Label: l.label(n), Trusted: n.trusted, Coinbase: n.coinbase,
		Outgoing: n.fromUs(), Recipients: l.payments(n),
	}
	if n.winner != nil {
		w := n.winner.id
		e.Winner = &w
	}
	if a, ok := n.anchor(); ok {
		e.Proved = len(a.Proof) > 0
	}
	return e
}

// fee is what the inputs hold over the outputs, if every input's amount is known.
func (l *Ledger) fee(n *node) *units.Amount {
	if n.coinbase {
		return nil
	}
	var fee units.Amount
	for _, in := range n.ins {
		p := l.txs[in.Hash]
		if p == nil || int(in.Index) >= len(p.values) {
			return nil
		}
		if fee += p.values[in.Index]; fee > units.MaxAmount {
			return nil // some of it is invented
		}
	}
	for _, v := range n.values {
		fee -= v
	}
	if fee < 0 {
		return nil
	}
	return &fee
}

// label is the transaction's own, else that of its creation, else, for a payment
// to us, that of the first labelled address it pays.
func (l *Ledger) label(n *node) string {
	if row, ok := l.labels[n.id]; ok {
		return row.Text
	}
	if n.created != nil && n.created.Label != "" {
		return n.created.Label
	}
	if n.fromUs() {
		return ""
	}
	for _, o := range n.own {
		if row := l.chains[o.ref.Keychain].address[o.ref.Index]; row != nil && row.Label != "" {
			return row.Label
		}
	}
	return ""
}

func (l *Ledger) payments(n *node) []Payment {
	var out []Payment
	if n.created != nil && len(n.created.Recipients) > 0 {
		for _, r := range n.created.Recipients {
			p := Payment{Script: slices.Clone(r.Script), Amount: r.Amount, Label: r.Label}
			if ref, ok := l.lookUp(r.Script); ok {
				p.Ours = &ref
			}
			out = append(out, p)
		}
		return out
	}
	for i, o := range n.tx().TxOut {
		p := Payment{Script: o.PkScript, Amount: n.values[i]}
		if own, ok := n.ownAt(uint32(i)); ok {
			ref := own.ref
			p.Ours = &ref
			if row := l.chains[ref.Keychain].address[ref.Index]; row != nil {
				p.Label = row.Label
			}
		}
		change := p.Ours != nil && p.Ours.Keychain == descriptor.Internal
		if n.fromUs() && !change || !n.fromUs() && p.Ours != nil {
			out = append(out, p)
		}
	}
	return out
}
