package ledger

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/units"
)

// Coins returns every unspent output of ours, oldest first, unconfirmed ones
// last. Those with State.Spendable may be spent; the transaction that made one is
// given by [Ledger.Tx].
func (l *Ledger) Coins() []Coin {
	type place struct {
		coin  Coin
		index uint32
		order int64
	}
	places := make([]place, 0, len(l.utxos))
	for op, u := range l.utxos {
		p := place{coin: l.coin(op, u)}
		if a, ok := u.n.anchor(); ok {
			p.index = a.Index
		} else {
			p.order = u.n.order()
		}
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(uint32(a.coin.Height), uint32(b.coin.Height)),
			cmp.Compare(a.index, b.index), cmp.Compare(a.order, b.order),
			compareHashes(a.coin.OutPoint.Hash, b.coin.OutPoint.Hash),
			cmp.Compare(a.coin.OutPoint.Index, b.coin.OutPoint.Index))
	})
	coins := make([]Coin, len(places))
	for i, p := range places {
		coins[i] = p.coin
	}
	return coins
}

func (l *Ledger) coin(op wire.OutPoint, u utxo) Coin {
	c := Coin{
		OutPoint: op, Value: u.n.values[op.Index], Ref: u.out.ref,
		Script: bytes.Clone(l.Script(u.out.ref)), State: l.coinState(u.n),
		Height: u.n.height(), Confirmations: l.confirmations(u.n), Coinbase: u.n.coinbase,
	}
	if !u.n.confirmed() {
		c.Ancestors = len(l.ancestry(u.n, nil))
	}
	return c
}

// Tx returns a transaction that the ledger keeps.
func (l *Ledger) Tx(id chainhash.Hash) (*wire.MsgTx, bool) {
	n := l.txs[id]
	if n == nil {
		return nil, false
	}
	return n.tx(), true
}

// Proof returns where a confirmed transaction stands in the chain of the view,
// with the proof of it if there is one.
func (l *Ledger) Proof(id chainhash.Hash) (Anchor, bool) {
	n := l.txs[id]
	if n == nil {
		return Anchor{}, false
	}
	a, ok := n.anchor()
	a.Proof = bytes.Clone(a.Proof)
	return a, ok
}

// Outgoing is a transaction to be offered to peers until it confirms.
type Outgoing struct {
	Tx                   *wire.MsgTx
	TxID                 chainhash.Hash
	CreatedAt            int64        // nanoseconds since 1970
	Fee                  units.Amount // 0 if it is not known
	Acknowledged, Echoed []Receipt    // by peer
}

// Standing is what counts when two transactions spend the same.
type Standing struct {
	Pending, Confirmed bool
	Made               bool         // by this wallet, here
	Outgoing           bool         // it spends outputs of ours
	Net                units.Amount // effect on the wallet
}

// Standing tells how a transaction stands that the ledger keeps.
func (l *Ledger) Standing(id chainhash.Hash) (Standing, bool) {
	n := l.txs[id]
	if n == nil {
		return Standing{}, false
	}
	return Standing{
		Pending: n.state == Pending, Confirmed: n.confirmed(), Made: n.created != nil, Outgoing: n.fromUs(), Net: n.net(),
	}, n.ours()
}

// PendingLen returns how many transactions wait to be confirmed.
func (l *Ledger) PendingLen() int {
	n := 0
	for _, tx := range l.unconfirmed {
		if tx.state == Pending {
			n++
		}
	}
	return n
}

// Output is an output by what locks it.
type Output struct {
	OutPoint wire.OutPoint
	Script   []byte
}

// Watched returns the outputs whose spending is to be looked for from a height on:
// ours, but for those that a block before has spent, and what pending payments from
// others spend, as in [Ledger.Claims]. In no order.
func (l *Ledger) Watched(from int32) []Output {
	var out []Output
	for _, n := range l.txs {
		for _, o := range n.own {
			op := wire.OutPoint{Hash: n.id, Index: o.vout}
			spent := slices.ContainsFunc(l.spenders[op], func(s *node) bool { return s.confirmed() && s.height() < from })
			if !spent {
				out = append(out, Output{op, l.Script(o.ref)})
			}
		}
	}
	for _, n := range l.unconfirmed {
		if n.state != Pending || n.fromUs() || n.coinbase {
			continue
		}
		for _, in := range n.tx().TxIn {
			for _, pkScript := range named(in) {
				out = append(out, Output{in.PreviousOutPoint, pkScript})
			}
		}
	}
	return out
}

// maxClaims bounds what Claims returns: anyone can announce payments to us.
const maxClaims = 2000

// Claims returns the scripts that pending payments from others spend, as far as
// their inputs show them (a taproot key spend does not). Filters hold the scripts
// that a block spends, so asked about these as well they name the block of a
// double spend that does not pay us.
func (l *Ledger) Claims() [][]byte {
	var nodes []*node
	for _, n := range l.unconfirmed {
		if n.state == Pending && !n.fromUs() && !n.coinbase {
			nodes = append(nodes, n)
		}
	}
	var scripts [][]byte
	for _, n := range byPriority(nodes) {
		for _, in := range n.tx().TxIn {
			scripts = append(scripts, named(in)...)
		}
	}
	return scripts[:min(len(scripts), maxClaims)]
}

// Queue returns the pending transactions that we made, and those of ours that a
// reorganisation took out of their block: parents before children, else the
// oldest first.
func (l *Ledger) Queue() []Outgoing {
	var nodes []*node
	for _, n := range l.unconfirmed {
		if n.state == Pending && !n.coinbase && (n.created != nil || n.fromUs() && len(n.anchors) > 0) {
			nodes = append(nodes, n)
		}
	}
	nodes = byPriority(nodes)
	slices.Reverse(nodes)
	queued, done := make(map[*node]bool), make(map[*node]bool)
	for _, n := range nodes {
		queued[n] = true
	}
	var out []Outgoing
	for _, n := range nodes {
		for _, m := range l.ancestry(n, done) {
			done[m] = true
			if queued[m] {
				out = append(out, l.outgoing(m))
			}
		}
	}
	return out
}

func (l *Ledger) outgoing(n *node) Outgoing {
	o := Outgoing{Tx: n.tx(), TxID: n.id, CreatedAt: n.order()}
	if n.created != nil {
		o.CreatedAt = n.created.At
	}
	if fee := l.fee(n); fee != nil {
		o.Fee = *fee
	}
	o.Acknowledged, o.Echoed = l.Delivery(n.id)
	return o
}

// Delivery returns the peers that fetched a transaction of ours, and those that
// announced it to us without having got it from us.
func (l *Ledger) Delivery(id chainhash.Hash) (acknowledged, echoed []Receipt) {
	if d := l.deliveries[id]; d != nil {
		return slices.Clone(d.Acknowledged), slices.Clone(d.Echoed)
	}
	return nil, nil
}
