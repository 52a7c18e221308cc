package coinselect

import (
	"slices"

	"thistle/app/units"
)

// steps are the rules by which coins are admitted, each wider than the one
// before.
var steps = []func(*Coin) bool{
	func(c *Coin) bool { return c.Confirmations >= 6 || c.Own && c.Confirmations >= 1 },
	func(c *Coin) bool { return c.Confirmations >= 1 },
	pendingUpTo(2),
	pendingUpTo(4),
	pendingUpTo(MaxAncestors / 2),
	pendingUpTo(MaxAncestors),
}

// pendingUpTo admits confirmed coins and own pending ones with few ancestors.
func pendingUpTo(n int) func(*Coin) bool {
	return func(c *Coin) bool { return c.ancestors() <= n }
}

// Select chooses coins that pay the target and the fee. Errors are
// *[InsufficientError], [ErrTooHeavy], [ErrTooLongChain], [ErrDuplicate],
// [ErrParams] and [units.ErrOverflow].
func Select(coins []Coin, p Params) (Selection, error) {
	if err := p.check(); err != nil {
		return Selection{}, err
	}
	if err := checkCoins(coins); err != nil {
		return Selection{}, err
	}
	if !p.fits(&tally{}) {
		return Selection{}, ErrTooHeavy
	}
	var pool []candidate
	tried := -1
	for _, admit := range steps {
		pool, _ = candidates(coins, &p, admit)
		if len(pool) == tried {
			continue // this step adds nothing
		}
		tried = len(pool)
		if s, ok := p.best(pool); ok {
			return s, nil
		}
	}
	return Selection{}, p.shortage(pool)
}

// All spends every coin worth its price; Selection.Rest is what is left beyond
// Target for the one recipient who gets everything, whose output is among
// Outputs. Errors are those of [Select].
func All(coins []Coin, p Params) (Selection, error) {
	if err := p.check(); err != nil {
		return Selection{}, err
	}
	if err := checkCoins(coins); err != nil {
		return Selection{}, err
	}
	pool, uneconomic := candidates(coins, &p, func(*Coin) bool { return true })
	t := sum(pool)
	w := TxWeight(t.n, t.weight, p.Outputs, p.OutputWeight)
	fee := p.FeeRate.Fee(w.VSize())
	rest := t.value - p.Target - fee
	least := max(p.MinRest, 1)
	switch {
	case t.n == 0 || rest < least:
		return Selection{}, &InsufficientError{Have: t.value, Need: p.need(&t) + least}
	case w > p.MaxWeight:
		return Selection{}, ErrTooHeavy
	case t.anc > MaxAncestors:
		return Selection{}, ErrTooLongChain
	}
	return Selection{
		Coins: chosen(pool), Fee: fee, Rest: rest, Weight: w,
		Waste:  units.Amount(int64(t.weight) * int64(p.FeeRate-p.LongTermRate) / scale),
		Method: Everything, Uneconomic: uneconomic,
	}, nil
}

// best runs the searches and returns the choice of least waste.
func (p *Params) best(pool []candidate) (Selection, bool) {
	searches := []struct {
		method Method
		run    func(*Params, []candidate) ([]candidate, bool)
	}{
		{BranchAndBound, (*Params).branchAndBound},
		{RandomDraw, (*Params).randomDraw},
		{LargestFirst, (*Params).largestFirst},
	}
	var best Selection
	var waste int64
	found := false
	for _, s := range searches {
		picks, ok := s.run(p, pool)
		if !ok {
			continue
		}
		t := sum(picks)
		b := p.settle(&t)
		if found && b.waste >= waste {
			continue
		}
		found, waste = true, b.waste
		best = Selection{
			Coins: chosen(picks), Fee: b.fee, Change: b.change, Weight: b.weight,
			Waste: units.Amount(b.waste / scale), Method: s.method,
		}
	}
	return best, found
}

// shortage says why these candidates, all there are, do not do.
func (p *Params) shortage(pool []candidate) error {
	t := sum(pool)
	switch need := p.need(&t); {
	case t.n == 0 || t.value < need:
		return &InsufficientError{Have: t.value, Need: need}
	case t.anc > MaxAncestors:
		return ErrTooLongChain
	default:
		return ErrTooHeavy
	}
}

// need is the target and the fee of spending all of t, or of one input, which
// no payment has less of.
func (p *Params) need(t *tally) units.Amount {
	n, inputs := t.n, t.weight
	if n == 0 {
		n, inputs = 1, P2WPKHInputWeight
	}
	return p.Target + p.FeeRate.Fee(TxWeight(n, inputs, p.Outputs, p.OutputWeight).VSize())
}

func sum(picks []candidate) tally {
	var t tally
	for i := range picks {
		t.add(&picks[i])
	}
	return t
}

// chosen copies the coins out, ordered by outpoint.
func chosen(picks []candidate) []Coin {
	out := make([]Coin, len(picks))
	for i := range picks {
		out[i] = *picks[i].coin
	}
	slices.SortFunc(out, func(a, b Coin) int { return less(a.OutPoint, b.OutPoint) })
	return out
}
