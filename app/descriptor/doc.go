// Package descriptor turns recipes of scripts into scripts, and addresses into
// scripts and back.
//
// A [Descriptor] is an output descriptor of BIP380 of one of the four single
// key kinds: pkh, sh(wpkh), wpkh and tr (BIP381, 382, 386), over a public key,
// as a rule a ranged extended one with its origin, as in
//
//	wpkh([d34db33f/84h/0h/0h]xpub6ERApfZ.../0/*)#checksum
//
// It says everything needed to find and to spend what is paid to a keychain,
// except the secret. [ForAccount] and its four short forms make one of an
// account's key. [ParseAll] reads what other wallets export, several paths in
// one text (BIP389) included, [FromKey] a bare xpub, ypub or zpub (SLIP-132),
// and [Multipath] writes both keychains as one text. [ParseAddress] reads the
// address a person was given and [AddressOf] writes the one that stands for a
// script.
//
// Guarantees: a descriptor holds no private key and refuses one, as it does what
// belongs to a wallet with several keys; a missing checksum is accepted by
// [ParseAllUnchecked] alone and a wrong one never; an address of another network
// and a witness program nobody can yet own are refused, each with its kind.
// Derivation is BIP32's, and an index without a key ([ErrNoKey]) is told, never
// replaced by another. Values are immutable and safe for concurrent use.
//
// Not here: private derivation (keystore), scripts with more than one key.
//
// To test: go test ./app/descriptor, against the vectors of BIP49, 84, 86,
// 173, 350, 380 to 382, 386 and 389 and of Bitcoin Core; every parser has a
// fuzz target.
package descriptor
