// Package descriptor turns recipes of scripts into scripts, and addresses into
// scripts and back.
//
// A [Descriptor] is an output descriptor of BIP380 of one of the four single
// key kinds: pkh, sh(wpkh), wpkh and tr (BIP381, 382, 386), over a ranged
// extended public key with its origin, as in
//
//	wpkh([d34db33f/84h/0h/0h]xpub6ERApfZ.../0/*)#checksum
//
// It says everything needed to find and to spend what is paid to a keychain,
// except the secret. [ParseAddress] reads the address a person was given and
// [AddressOf] writes the one that stands for a script.
//
// Guarantees: a descriptor holds no private key and refuses one; a wrong
// checksum, an address of another network and a witness program nobody can
// yet own are refused, each with its kind. Derivation is BIP32's, and an index
// without a key ([ErrNoKey]) is told, never replaced by another. Values are
// immutable and safe for concurrent use.
//
// Not here: private derivation (keystore), scripts with more than one key.
//
// To test: go test ./app/descriptor, against the vectors of BIP84, 86, 173,
// 350 and 380 and of Bitcoin Core; every parser has a fuzz target.
package descriptor
