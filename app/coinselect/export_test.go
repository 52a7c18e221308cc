package coinselect

import "thistle/app/units"

// BranchAndBoundOnly runs that search alone, over all coins.
func BranchAndBoundOnly(coins []Coin, p Params) (picks []Coin, fee units.Amount, ok bool) {
	pool, _ := candidates(coins, &p, func(*Coin) bool { return true })
	found, ok := p.branchAndBound(pool)
	if !ok {
		return nil, 0, false
	}
	t := sum(found)
	return chosen(found), p.settle(&t).fee, true
}
