// Package coinselect chooses which coins a payment spends.
//
// [Select] finds coins for an amount, [All] spends everything. Both take the
// coins as values and the dice as an argument and return the choice with its
// exact fee: the same coins, parameters and seed give the same choice, in
// whatever order the coins came.
//
// How: coins are worth their value less what spending them costs at the fee
// rate. A branch-and-bound search looks for coins that need no change; a single
// random draw and the largest coins first are tried beside it; the choice of
// least waste wins, waste being the cost of spending coins now rather than at
// the long-term rate, plus the cost of change, or plus what is overpaid
// without it. Coins are admitted in steps, the safest first, and a later step
// is taken only if the earlier ones do not suffice: confirmed ones, then our
// own pending change with few unconfirmed ancestors, then with more.
//
// Guarantees (tested as properties): inputs = outputs + fee; no coin twice; the
// fee is at least the rate times the exact virtual size; without change less is
// overpaid than change would cost and be worth; change is never below
// MinChange; coins that are frozen, immature or pending from others are never
// chosen, nor coins that cost more than they are worth; weight and number of
// unconfirmed ancestors stay within bounds.
//
// Not here: building the transaction (package txbuild) and knowing the coins
// (package ledger).
//
// To test: go test ./app/coinselect.
package coinselect
