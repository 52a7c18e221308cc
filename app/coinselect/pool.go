package coinselect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/units"
)

// scale is the number of parts a satoshi has in effective values, so that rate
// (sat per 1,000 vB) times weight (a quarter vB) needs no rounding. 21 million
// bitcoin still fit 63 bits.
const scale = 4 * 1000

// candidate is a coin with its price.
type candidate struct {
	coin   *Coin
	weight units.Weight
	eff    int64 // value less the cost of spending it, in parts of a satoshi
	anc    int   // unconfirmed ancestors
}

// tally is the sum of some candidates.
type tally struct {
	n      int
	value  units.Amount
	weight units.Weight
	eff    int64
	anc    int
}

func (t *tally) add(c *candidate) {
	t.n++
	t.value += c.coin.Value
	t.weight += c.weight
	t.eff += c.eff
	t.anc += c.anc
}

func (t *tally) remove(c *candidate) {
	t.n--
	t.value -= c.coin.Value
	t.weight -= c.weight
	t.eff -= c.eff
	t.anc -= c.anc
}

// candidates returns the coins a step admits that are worth their price, the
// best first, and the number of those that are not worth it. Coins of a script
// that cannot be spent here are passed over.
func candidates(coins []Coin, p *Params, admit func(*Coin) bool) (out []candidate, uneconomic int) {
	for i := range coins {
		c := &coins[i]
		weight, ok := InputWeight(c.PkScript)
		if !ok || !c.Spendable() || !admit(c) {
			continue
		}
		eff := int64(c.Value)*scale - int64(p.FeeRate)*int64(weight)
		if eff <= 0 {
			uneconomic++
			continue
		}
		out = append(out, candidate{c, weight, eff, c.ancestors()})
	}
	slices.SortFunc(out, func(a, b candidate) int {
		if d := cmp.Compare(b.eff, a.eff); d != 0 {
			return d
		}
		return less(a.coin.OutPoint, b.coin.OutPoint)
	})
	return out, uneconomic
}

// checkCoins refuses what would make the sums here meaningless.
func checkCoins(coins []Coin) error {
	seen := make(map[wire.OutPoint]bool, len(coins))
	var sum units.Amount
	for i := range coins {
		c := &coins[i]
		if seen[c.OutPoint] {
			return fmt.Errorf("%w: %v", ErrDuplicate, c.OutPoint)
		}
		seen[c.OutPoint] = true
		if !c.Value.Valid() {
			return fmt.Errorf("coin %v: %w", c.OutPoint, units.ErrOverflow)
		}
		if !c.Spendable() {
			continue // anybody can announce payments of all the money there is
		}
		var err error
		if sum, err = sum.Add(c.Value); err != nil {
			return fmt.Errorf("coins: %w", err)
		}
	}
	return nil
}

// bill is what a tally of inputs comes to, exactly.
type bill struct {
	enough bool
	fee    units.Amount
	change units.Amount
	weight units.Weight
	waste  int64 // in parts of a satoshi
}

// settle decides on change for these inputs: an output if it would hold at
// least MinChange, else the rest goes to the fee.
func (p *Params) settle(t *tally) bill {
	w := TxWeight(t.n, t.weight, p.Outputs, p.OutputWeight)
	least := p.FeeRate.Fee(w.VSize())
	if t.n == 0 || t.value-p.Target < least {
		return bill{weight: w}
	}
	extra := int64(t.weight) * int64(p.FeeRate-p.LongTermRate)
	wc := TxWeight(t.n, t.weight, p.Outputs+1, p.OutputWeight+p.ChangeWeight)
	fee := p.FeeRate.Fee(wc.VSize())
	if change := t.value - p.Target - fee; change >= max(p.MinChange, 1) {
		cost := int64(p.FeeRate)*int64(p.ChangeWeight) + int64(p.LongTermRate)*int64(P2WPKHInputWeight)
		return bill{enough: true, fee: fee, change: change, weight: wc, waste: extra + cost}
	}
	fee = t.value - p.Target
	return bill{enough: true, fee: fee, weight: w, waste: extra + int64(fee-least)*scale}
}

// fits reports whether inputs stay within the bounds of a transaction, change
// included.
func (p *Params) fits(t *tally) bool {
	w := TxWeight(t.n, t.weight, p.Outputs+1, p.OutputWeight+p.ChangeWeight)
	return w <= p.MaxWeight && t.anc <= MaxAncestors
}
