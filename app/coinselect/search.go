package coinselect

import (
	"math"

	"thistle/app/units"
)

// maxTries bounds the steps of the branch-and-bound search; 100,000 take a few
// milliseconds.
const maxTries = 100_000

// branchAndBound looks for the coins of least waste that need no change: a
// depth-first walk over "with this coin" and "without it", best coins first,
// that turns back where the sum is too large or can no longer be reached.
func (p *Params) branchAndBound(pool []candidate) ([]candidate, bool) {
	rest := make([]int64, len(pool)+1) // rest[i]: worth of pool[i:]
	for i := len(pool) - 1; i >= 0; i-- {
		rest[i] = rest[i+1] + pool[i].eff
	}
	low := int64(p.Target)*scale + int64(p.FeeRate)*int64(TxWeight(0, 0, p.Outputs, p.OutputWeight))
	// Sums are exact but for the rounding of the size and of the fee, and for
	// the counts growing; settle has the last word between low and high.
	const counts = 2 * 4 * 8
	high := low + int64(p.FeeRate)*int64(p.ChangeWeight+counts) + int64(p.MinChange+1)*scale
	extra := int64(p.FeeRate - p.LongTermRate)

	var picks, best []int
	var t tally
	found, leastWaste := false, int64(math.MaxInt64)
	next := 0
	for range maxTries {
		b := bill{}
		if t.eff >= low && t.eff <= high && p.fits(&t) {
			b = p.settle(&t)
		}
		switch {
		case b.enough:
			if b.change == 0 && b.waste < leastWaste {
				found, leastWaste = true, b.waste
				best = append(best[:0], picks...)
			}
		case next < len(pool) && t.eff+rest[next] >= low && t.eff <= high && p.fits(&t) &&
			(extra <= 0 || int64(t.weight)*extra < leastWaste):
			t.add(&pool[next])
			picks = append(picks, next)
			next++
			continue
		}
		if len(picks) == 0 {
			break
		}
		// Turn back: leave the last coin out, and with it those like it, which
		// would only lead to the same sums again.
		last := picks[len(picks)-1]
		picks = picks[:len(picks)-1]
		t.remove(&pool[last])
		for next = last + 1; next < len(pool) && alike(&pool[next], &pool[last]); next++ {
		}
	}
	out := make([]candidate, len(best))
	for i, j := range best {
		out[i] = pool[j]
	}
	return out, found
}

func alike(a, b *candidate) bool {
	return a.eff == b.eff && a.weight == b.weight && a.anc == b.anc
}

// The change a random draw aims at lies between these, so that its size tells
// little of the amount paid.
const (
	leastChange units.Amount = 50_000
	mostChange  units.Amount = 1_000_000
)

// randomDraw takes coins in random order until there is enough for a change of
// random size, or for the payment at least when all are drawn.
func (p *Params) randomDraw(pool []candidate) ([]candidate, bool) {
	goal := leastChange
	if top := min(2*p.Target, mostChange); top > leastChange {
		goal += units.Amount(p.Rand.Int64N(int64(top - leastChange + 1)))
	}
	goal = max(goal, p.MinChange)
	var picks []candidate
	var t tally
	for _, i := range p.Rand.Perm(len(pool)) {
		c := pool[i]
		if t.anc+c.anc > MaxAncestors {
			continue
		}
		t.add(&c)
		picks = append(picks, c)
		for !p.fits(&t) {
			j := poorest(picks)
			t.remove(&picks[j])
			picks[j] = picks[len(picks)-1]
			picks = picks[:len(picks)-1]
		}
		if b := p.settle(&t); b.enough && b.change >= goal {
			return picks, true
		}
	}
	return picks, p.settle(&t).enough
}

func poorest(picks []candidate) int {
	j := 0
	for i := range picks {
		if picks[i].eff < picks[j].eff {
			j = i
		}
	}
	return j
}

// largestFirst takes the best coins until there is enough. It finds a choice
// whenever the bounds on weight and ancestors let there be one of the best
// coins.
func (p *Params) largestFirst(pool []candidate) ([]candidate, bool) {
	var picks []candidate
	var t tally
	for i := range pool {
		if t.anc+pool[i].anc > MaxAncestors {
			continue
		}
		t.add(&pool[i])
		picks = append(picks, pool[i])
		if !p.fits(&t) {
			return nil, false
		}
		if p.settle(&t).enough {
			return picks, true
		}
	}
	return nil, false
}
