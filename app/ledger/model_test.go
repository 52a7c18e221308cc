package ledger_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/ledger"
	"thistle/app/units"
)

// model computes what a ledger must say from everything that exists, from scratch
// and without any cleverness.
type model struct {
	w       *world
	scripts map[string]ledger.Ref
	known   map[chainhash.Hash]bool // the ledger may know it
	txs     map[chainhash.Hash]*mtx
	order   []*mtx // unconfirmed ones, newest first
	mined   map[wire.OutPoint]chainhash.Hash
	gone    map[wire.OutPoint]bool // spent by live transactions
}

type mtx struct {
	id     chainhash.Hash
	tx     *wire.MsgTx
	block  *testBlock // of the best chain
	index  int
	rank   int64
	sure   bool // the ledger must know it
	state  ledger.State
	winner *mtx
}

func newModel(w *world) *model {
	m := &model{w: w, scripts: make(map[string]ledger.Ref), known: make(map[chainhash.Hash]bool), txs: make(map[chainhash.Hash]*mtx),
		mined: make(map[wire.OutPoint]chainhash.Hash), gone: make(map[wire.OutPoint]bool)}
	first := make(map[chainhash.Hash]int64)
	for kc, s := range w.sources {
		for i := uint32(0); i <= w.last[kc]+3*testLookahead; i++ {
			if script, err := s.Script(i); err == nil {
				if _, ok := w.l.Owns(script); ok {
					m.scripts[string(script)] = ledger.Ref{Keychain: kc, Index: i}
				}
			}
		}
	}
	for _, b := range w.chain.blocks {
		for i, tx := range b.txs {
			n := m.add(tx)
			n.block, n.index, n.sure = b, i, true
			for _, in := range tx.TxIn {
				m.mined[in.PreviousOutPoint] = n.id
			}
		}
	}
	for id := range w.seen {
		m.add(w.txs[id]).sure = true
	}
	for id := range w.created {
		m.add(w.txs[id]).sure = true
	}
	for _, b := range w.given {
		for _, tx := range b.txs {
			id := m.add(tx).id
			if at := b.time.UnixNano(); first[id] == 0 || at < first[id] {
				first[id] = at
			}
		}
	}
	for _, n := range m.txs {
		if !m.ours(n) {
			delete(m.txs, n.id)
		}
	}
	for _, n := range m.txs {
		n.rank = m.rank(n, first)
	}
	m.checkLookahead()
	m.judge()
	for _, n := range m.txs {
		for _, in := range n.tx.TxIn {
			if n.live() {
				m.gone[in.PreviousOutPoint] = true
			}
		}
	}
	return m
}

// checkLookahead checks that as many scripts as promised are watched past every
// one that is paid. Which scripts those are the model takes from the ledger: what
// pays others is nothing to either.
func (m *model) checkLookahead() {
	for _, n := range m.txs {
		for _, o := range n.tx.TxOut {
			ref, ok := m.scripts[string(o.PkScript)]
			if !ok || n.block == nil && !n.sure {
				continue
			}
			for i := range uint32(testLookahead + 1) {
				script, err := m.w.sources[ref.Keychain].Script(ref.Index + i)
				if _, ok := m.w.l.Owns(script); err == nil && !ok {
					m.w.t.Fatalf("seed %d: %v is paid, %d after it is not watched", m.w.seed, ref, i)
				}
			}
		}
	}
}

func (m *model) add(tx *wire.MsgTx) *mtx {
	id := tx.TxHash()
	m.known[id] = true
	if m.txs[id] == nil {
		m.txs[id] = &mtx{id: id, tx: tx}
	}
	return m.txs[id]
}

func (m *model) ownOut(op wire.OutPoint) (ledger.Ref, int64, bool) {
	p := m.w.txs[op.Hash]
	if p == nil || !m.known[op.Hash] {
		return ledger.Ref{}, 0, false
	}
	o := p.TxOut[op.Index]
	ref, ok := m.scripts[string(o.PkScript)]
	return ref, o.Value, ok
}

func (m *model) credit(n *mtx) (sum int64) {
	for _, o := range n.tx.TxOut {
		if _, ok := m.scripts[string(o.PkScript)]; ok {
			sum += o.Value
		}
	}
	return sum
}

func (m *model) debit(n *mtx) (sum int64, inputs int) {
	for _, in := range n.tx.TxIn {
		if _, v, ok := m.ownOut(in.PreviousOutPoint); ok {
			sum += v
			inputs++
		}
	}
	return sum, inputs
}

func (m *model) ours(n *mtx) bool {
	_, inputs := m.debit(n)
	return inputs > 0 || slices.ContainsFunc(n.tx.TxOut, func(o *wire.TxOut) bool {
		_, ok := m.scripts[string(o.PkScript)]
		return ok
	})
}

func (m *model) rank(n *mtx, first map[chainhash.Hash]int64) int64 {
	if at, ok := m.w.created[n.id]; ok {
		return at.UnixNano()
	}
	if at, ok := m.w.seen[n.id]; ok {
		return at.UnixNano()
	}
	return first[n.id]
}

func isCoinbase(tx *wire.MsgTx) bool { return tx.TxIn[0].PreviousOutPoint.Hash == chainhash.Hash{} }

// clash reports whether two transactions spend the same.
func clash(a, b *mtx) bool {
	if a == b || isCoinbase(a.tx) || isCoinbase(b.tx) {
		return false
	}
	for _, x := range a.tx.TxIn {
		for _, y := range b.tx.TxIn {
			if x.PreviousOutPoint == y.PreviousOutPoint {
				return true
			}
		}
	}
	return false
}

func (m *model) parents(n *mtx) (out []*mtx) {
	for _, in := range n.tx.TxIn {
		if p := m.txs[in.PreviousOutPoint.Hash]; p != nil {
			out = append(out, p)
		}
	}
	return out
}

func (m *model) isParent(p, n *mtx) bool { return slices.Contains(m.parents(n), p) }

func (m *model) lost(n, w *mtx) ledger.State {
	_, a := m.debit(n)
	_, b := m.debit(w)
	_, seen := m.w.seen[w.id]
	_, created := m.w.created[w.id]
	if (!seen && !created || w.rank >= n.rank) && (a > 0) == (b > 0) {
		return ledger.Replaced
	}
	return ledger.Conflicted
}

func (m *model) fell(n *mtx) {
	for _, c := range m.order {
		if c.state == ledger.Pending && m.isParent(n, c) {
			c.state, c.winner = ledger.Conflicted, n.winner
			if n.state == ledger.GivenUp {
				c.state = ledger.GivenUp
			}
			m.fell(c)
		}
	}
}

func (m *model) judge() {
	for _, n := range m.txs {
		n.state = ledger.Confirmed
		if n.block == nil {
			n.state = ledger.Pending
			m.order = append(m.order, n)
		}
	}
	slices.SortFunc(m.order, func(a, b *mtx) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), bytes.Compare(b.id[:], a.id[:]))
	})
	var lost []*mtx
	for _, n := range m.order {
		if isCoinbase(n.tx) {
			n.state = ledger.Conflicted
		} else if _, ok := m.w.abandoned[n.id]; ok {
			n.state = ledger.GivenUp
		} else if w := m.confirmedClash(n); w != nil {
			n.state, n.winner = m.lost(n, w), w
		} else {
			continue
		}
		lost = append(lost, n)
	}
	for _, n := range lost {
		m.fell(n)
	}
	var accepted []*mtx
	for _, n := range m.order {
		if n.state != ledger.Pending || slices.Contains(accepted, n) {
			continue
		}
		line := m.line(n, nil)
		for _, x := range line {
			if slices.ContainsFunc(line, func(y *mtx) bool { return clash(x, y) }) {
				n.state = ledger.Conflicted
			}
		}
		if n.state != ledger.Pending {
			m.fell(n)
			continue
		}
		for _, x := range line {
			if slices.Contains(accepted, x) {
				continue
			}
			accepted = append(accepted, x)
			for _, r := range m.order {
				if r.state == ledger.Pending && clash(x, r) {
					r.state, r.winner = m.lost(r, x), x
					m.fell(r)
				}
			}
		}
	}
}

func (m *model) confirmedClash(n *mtx) *mtx {
	for _, in := range n.tx.TxIn {
		if id, ok := m.mined[in.PreviousOutPoint]; ok && id != n.id && m.txs[id] != nil {
			return m.txs[id]
		}
	}
	return nil
}

// line is n with all its unconfirmed ancestors, parents first.
func (m *model) line(n *mtx, line []*mtx) []*mtx {
	if n.block != nil || slices.Contains(line, n) {
		return line
	}
	for _, p := range m.parents(n) {
		line = m.line(p, line)
	}
	return append(line, n)
}

func (n *mtx) live() bool { return n.state == ledger.Pending || n.state == ledger.Confirmed }

func (m *model) trusted(n *mtx) bool {
	if n.state != ledger.Pending {
		return false
	}
	for _, in := range n.tx.TxIn {
		if _, _, ok := m.ownOut(in.PreviousOutPoint); !ok {
			return false
		}
		if p := m.txs[in.PreviousOutPoint.Hash]; p.block == nil && !m.trusted(p) {
			return false
		}
	}
	return true
}

// coins says which outputs are ours and unspent, and what they count as.
func (m *model) coins() map[wire.OutPoint]string {
	coins := make(map[wire.OutPoint]string)
	for _, n := range m.txs {
		for i, o := range n.tx.TxOut {
			op := wire.OutPoint{Hash: n.id, Index: uint32(i)}
			ref, ok := m.scripts[string(o.PkScript)]
			if !ok || !n.live() || m.gone[op] {
				continue
			}
			coins[op] = fmt.Sprintf("%d sat of %v, state %d, %d confirmations, %d ancestors",
				o.Value, ref, m.coinState(n), m.confirmations(n), len(m.line(n, nil)))
		}
	}
	return coins
}

func (m *model) coinState(n *mtx) ledger.CoinState {
	switch {
	case n.block != nil && isCoinbase(n.tx) && m.confirmations(n) < 101:
		return ledger.CoinImmature
	case n.block != nil:
		return ledger.CoinConfirmed
	case m.trusted(n):
		return ledger.CoinTrusted
	}
	return ledger.CoinUntrusted
}

func (m *model) confirmations(n *mtx) int32 {
	if n.block == nil {
		return 0
	}
	return m.w.chain.tip().Height - n.block.ref.Height + 1
}

func (m *model) balance() ledger.Balance {
	b := ledger.Balance{Final: true, Height: m.w.chain.tip().Height}
	for op := range m.coins() {
		n := m.txs[op.Hash]
		v := n.tx.TxOut[op.Index].Value
		switch m.coinState(n) {
		case ledger.CoinConfirmed:
			b.Confirmed += units.Amount(v)
		case ledger.CoinTrusted:
			b.TrustedPending += units.Amount(v)
		case ledger.CoinUntrusted:
			b.UntrustedPending += units.Amount(v)
		case ledger.CoinImmature:
			b.Immature += units.Amount(v)
		}
	}
	b.Spendable = b.Confirmed + b.TrustedPending
	b.Total = b.Spendable + b.UntrustedPending + b.Immature
	return b
}

// line of the history, without what the model does not compute.
func (m *model) entry(n *mtx) string {
	debit, _ := m.debit(n)
	fee := "nil"
	if f, ok := m.fee(n); ok {
		fee = fmt.Sprint(f)
	}
	height, at := int32(-1), time.Unix(0, n.rank)
	if n.block != nil {
		height, at = n.block.ref.Height, n.block.time
	}
	winner := ""
	if n.winner != nil {
		winner = n.winner.id.String()
	}
	return fmt.Sprintf("%v %v height %d, %d confirmations, %v, %d sat, fee %s, proved %t, trusted %t, at %d, lost to %s",
		n.id, isCoinbase(n.tx), height, m.confirmations(n), n.state, m.credit(n)-debit, fee,
		n.block != nil, m.trusted(n), at.Unix(), winner)
}

func (m *model) fee(n *mtx) (int64, bool) {
	if isCoinbase(n.tx) {
		return 0, false
	}
	var fee int64
	for _, in := range n.tx.TxIn {
		p := m.txs[in.PreviousOutPoint.Hash]
		if p == nil {
			return 0, false
		}
		fee += p.tx.TxOut[in.PreviousOutPoint.Index].Value
	}
	for _, o := range n.tx.TxOut {
		fee -= o.Value
	}
	return fee, fee >= 0
}
