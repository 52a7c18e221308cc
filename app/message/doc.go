// Package message verifies that the holder of an address signed a text.
//
// [Verify] reads every signature people exchange today: the simple and full
// ones of BIP322 and its proof of funds, with or without the prefix that names
// them, and the older ones of 65 bytes, which began with P2PKH and which
// Electrum, Trezor and others made for segwit addresses too (BIP137). Scripts
// run in txscript's engine, so that addresses of several keys and of time locks
// are verified as well.
//
// A [Result] is valid, invalid with a [Reason], or inconclusive: then the
// script uses what only a later version of the rules could judge. Valid means
// that whoever signed could have spent from the address, no sooner than
// [Result.Time] and [Result.Age] say; not that there is, or will be, anything
// to spend. The outputs a proof of funds claims are listed and their scripts
// were satisfied, but whether they exist on the chain and are unspent is for
// the caller to find out.
//
// Guarantees: the text is taken byte by byte, nothing is trimmed or normalised;
// what is decoded has one spelling only; a signature cannot make the parser
// allocate more than its own length allows. Everything is a function of its
// arguments.
//
// Not here: signing, which takes a key (keystore); [ToSpend] and [ToSign] are
// the transactions that are signed.
//
// To test: go test ./app/message, against all vectors of BIP322, valid and not,
// and signatures of the tests of Bitcoin Core and Trezor; Verify has a fuzz
// target.
package message
