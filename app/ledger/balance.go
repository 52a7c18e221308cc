package ledger

import (
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/units"
)

// CoinbaseDepth is how many confirmations a coinbase needs to count as spendable.
// Consensus lets the block after the hundredth spend it; one more is the custom.
const CoinbaseDepth = 101

// Balance says what is ours. Every output of ours that no live transaction spends
// counts in exactly one of the first four.
type Balance struct {
	Confirmed        units.Amount // in blocks, mature
	TrustedPending   units.Amount // unconfirmed, undone by nobody but us: our change
	UntrustedPending units.Amount // unconfirmed, from others
	Immature         units.Amount // young coinbases
	Spendable        units.Amount // Confirmed and TrustedPending
	Total            units.Amount // the sum of the first four
	Final            bool         // all there is to know up to Height; else "found so far"
	Height           int32        // of the view, -1 while there is none
}

// utxo is an output of ours, of a live transaction, that no live one spends.
type utxo struct {
	n   *node
	out output
}

// CoinState says in which part of the balance a coin counts.
type CoinState uint8

// The states of a coin.
const (
	CoinConfirmed CoinState = iota + 1
	CoinTrusted
	CoinUntrusted
	CoinImmature
)

// Spendable reports whether a coin may be spent now.
func (s CoinState) Spendable() bool { return s == CoinConfirmed || s == CoinTrusted }

func (l *Ledger) coinState(n *node) CoinState {
	switch {
	case n.confirmed() && n.coinbase && l.confirmations(n) < CoinbaseDepth:
		return CoinImmature
	case n.confirmed():
		return CoinConfirmed
	case n.trusted:
		return CoinTrusted
	}
	return CoinUntrusted
}

// confirmations is tip - height + 1, 0 for none.
func (l *Ledger) confirmations(n *node) int32 {
	if !n.confirmed() {
		return 0
	}
	return l.tip.Height - n.height() + 1
}

// Balance adds up what is ours.
func (l *Ledger) Balance() Balance {
	b := Balance{Final: l.Final(), Height: -1}
	if l.hasTip {
		b.Height = l.tip.Height
	}
	for _, u := range l.utxos {
		value := u.n.values[u.out.vout]
		switch l.coinState(u.n) {
		case CoinConfirmed:
			b.Confirmed += value
		case CoinTrusted:
			b.TrustedPending += value
		case CoinImmature:
			b.Immature += value
		case CoinUntrusted:
			b.UntrustedPending += value
		}
	}
	b.Spendable = b.Confirmed + b.TrustedPending
	b.Total = b.Spendable + b.UntrustedPending + b.Immature
	return b
}

// Coin is an unspent output of ours.
type Coin struct {
	OutPoint      wire.OutPoint
	Value         units.Amount
	Ref           Ref
	Script        []byte
	State         CoinState
	Height        int32 // -1 if unconfirmed
	Confirmations int32
	Coinbase      bool
	// Ancestors counts the unconfirmed transactions that must confirm first, its
	// own included: 0 for a confirmed coin.
	Ancestors int
}
