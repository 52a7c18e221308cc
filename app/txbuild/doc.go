// Package txbuild plans transactions and looks at them once more when they are
// signed.
//
// [Build] takes recipients, coins, a fee rate and a change script, and returns
// a [Plan]: which coins are spent, what every output is for, the exact fee,
// warnings for the person, and the unsigned transaction as a PSBT of BIP174
// for the signer. [LastLook] compares the signed transaction with the plan and
// with what the wallet knows by itself, and runs every input through the script
// engine. Nothing is announced that it did not pass.
//
// Guarantees: sizes are summed as weight and rounded once, the fee is rounded
// up, so the signed transaction pays at least the rate asked for and is never
// larger than planned; no output is below the dust limit of 3 sat/vB, whatever
// the peers' relay floor is; a fee above 0.1 BTC or 1,000 sat/vB is refused
// unless asked for in so many words; at most 24 unconfirmed ancestors and
// 400,000 weight units, as nodes relay; version 2, replaceable (BIP125), locked
// to the tip against fee sniping when the tip is fresh; inputs and outputs in
// random order. Time and dice are arguments.
//
// Not here: which coins to prefer (package coinselect), keys, and replacing or
// bumping a transaction.
//
// To test: go test ./app/txbuild signs what it builds with real keys.
package txbuild
