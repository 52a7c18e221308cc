// Package payuri writes and reads payment requests, the "bitcoin:" links of
// BIP321 and its forerunner BIP21.
//
// [Request.URI] writes one and [Parse] reads one that came from a stranger: a
// link, a picture, the clipboard.
//
// Guarantees: a request that cannot be honoured whole is refused, with a kind
// and a sentence, rather than honoured in part: something required but unknown
// ("req-"), an amount twice or not plainly written, an address under the key of
// another network. What a stranger wrote for the eye loses the characters that
// could reorder or hide text. Nothing is ever opened or fetched; "pop",
// "lightning" and "r" are not acted on.
//
// Not here: whether the addresses are right (package descriptor), and whether
// to pay.
//
// To test: go test ./app/payuri; Parse has a fuzz target.
package payuri
