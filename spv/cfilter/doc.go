// Package cfilter reads the compact block filters of BIP158 and the chain of
// filter headers of BIP157.
//
// A filter says, in about 2.6 bytes per script, which scripts a block pays to
// or spends from. It never says no to a script that is there; to one that is
// not, it says maybe once in 784,931 times. That is how a wallet finds its
// blocks without telling anybody what it looks for: it downloads every filter
// and asks them at home.
//
// The set is stored as N numbers below N·784931: each script hashed by
// SipHash-2-4 under a key that is the first 16 bytes of the block's hash, the
// numbers sorted, and the differences written as Golomb-Rice codes (quotient in
// unary, then 19 bits, most significant bit first).
//
// [Matcher.Match] is the hot loop of a restore, so it is written for speed: one
// unaligned 64-bit load yields up to two differences, a bit map of the decoded
// numbers answers most questions with one load, and a worker's scratch memory
// is used again for every filter. [Matcher] is per worker; a [Query] is shared.
//
// Guarantees. Only what an honest encoder writes is accepted: a count that the
// length can hold, numbers in range, nothing missing, nothing left over, zero
// padding; all else is [ErrMalformed], never a panic and never an unbounded
// loop. A filter that decodes may still be false: that is for the filter
// headers ([Hash], [NextHeader]) and for the block itself ([Missing]) to say.
//
// Not here: fetching, storing, and deciding between peers that disagree.
//
// The tests hold this package against BIP158's vectors, against real blocks and
// filter headers, and by fuzzing against btcutil's gcs:
//
//	go test ./spv/cfilter
//	go test ./spv/cfilter -fuzz FuzzDecode -fuzztime 10s
//	go test ./spv/cfilter -bench .
package cfilter
