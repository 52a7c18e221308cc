// Package hd derives keys (BIP32) and is the only place where a private key is
// a value.
//
// Key is a private extended key. It holds its secret behind a closure, so that
// printing it in any way shows nothing; it signs, derives and gives its public
// side, but never hands its secret out. It is hdkeychain's key, derived by
// Derive alone (DeriveNonStandard gives other keys), with every buffer copied
// where hdkeychain would share it, cleared by Wipe, and refused where BIP32 says
// so and hdkeychain does not.
//
// Single is a private key alone: one at the end of a path, or one from outside
// (ParseWIF), which has to be of the network. It makes every signature.
//
// Public is an account's extended public key as text or as a parent of keys. It
// goes through hdkeychain behind a strict check of our own (Check), because
// hdkeychain takes 8 of the 16 keys which BIP32's fifth vector calls invalid.
//
// Signatures are btcec's: ECDSA's are deterministic (RFC 6979), with a low S, of
// at most MaxSignature bytes; BIP340's are made with fresh randomness beside the
// key, so that a fault while signing tells nothing about it. Each is verified.
//
// Script and its kin are the output scripts of a key.
//
// Not done: a low R, which would make signatures one byte shorter half of the
// time and alike in size to those of Bitcoin Core. It takes trying several
// nonces, and no library here offers that. Not done either: clearing what
// hdkeychain and btcec leave in buffers of theirs, see package keystore.
//
// Not here: words and entropy (package mnemonic), transactions (package
// keystore).
package hd
