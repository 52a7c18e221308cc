// Package mnemonic turns entropy into recovery words and back, and words into
// the seed of a wallet (BIP39).
//
// Every text is brought to one form before anything is computed from it: valid
// UTF-8, NFKD, lower case, words parted by single spaces. The form matters:
// BIP39 stretches the sentence itself, so a double space that slips through
// gives another, empty wallet, and the library's own checks accept it. Two
// texts that look alike to a person give the same wallet here, or an error.
//
// Words are 12 or 24 when created, 12, 15, 18, 21 or 24 when restored, in all
// ten languages of BIP39. The seed depends on the sentence and so on the
// language: entropy is kept with its Language. Seed takes words of any other
// language too, because it does not depend on a list.
//
// The word lists are go-bip39's, but for the Portuguese one; PBKDF2 is the
// standard library's. go-bip39's packing
// of bits is not used: it works on strings and big.Int, which cannot be cleared,
// and leaves the entropy behind in memory. It is an encoding and nothing secret
// in itself; ours works on bytes and is tested against go-bip39's.
//
// What Seed leaves in memory: PBKDF2 wants the words as a string and copies
// them, or their hash, into its HMAC. Package keystore overwrites freed memory
// after use; who calls Seed from elsewhere does without.
//
// Errors never contain words, nor any part of them.
//
// The lists are pinned by their SHA-256. Tested with the Trezor and the Japanese
// vectors (the latter are the only published ones that need NFKD), against
// go-bip39, and by fuzzing.
package mnemonic
