// Package hd derives keys (BIP32) and is the only place where a private key is
// a value.
//
// Key is a private extended key. It holds its secret behind a closure, so that
// printing it in any way shows nothing; it signs, derives and gives its public
// side, but never hands its secret out. Derivation of private keys is written
// here, over btcec's scalars and SHA-512, instead of through hdkeychain: that
// one leaves each key in buffers which nobody can clear. The same holds for the
// nonces of signatures. Both are tested against the vectors and the libraries.
//
// Public is an account's extended public key as text or as a parent of keys. It
// goes through hdkeychain behind a strict check of our own (Check), because
// hdkeychain takes 8 of the 16 keys which BIP32's fifth vector calls invalid.
//
// Signatures are deterministic (RFC 6979), have a low S, and a low R found by
// the same counter that Bitcoin Core uses, so that every one of them has at
// most 70 bytes and fees can be computed beforehand.
//
// Not here: words and entropy (package mnemonic), transactions (package
// keystore).
package hd
