// Package keystore keeps a wallet's keys and signs with them. It never meets
// the network: what it signs is handed in, and what it hands out is public or
// asked for by its owner.
//
// A keystore is one file (package vault) under one password, with two keys in
// it (package seal). Unlock brings the view key into memory, and with it the
// account's extended public key and SealKey, from which the wallet's database
// is sealed. What can spend stays sealed: SignPSBT, Words and Passphrase ask for
// the password each time, unwrap the spend key, use it and clear it before they
// return. So the memory of an unlocked, idle wallet does not contain what can
// spend.
//
// Guarantees:
//
//   - Create never overwrites anything; what is written has been read back.
//   - A wrong password, a damaged file, an altered file and a file of another
//     network are different errors (see errors.go).
//   - SignPSBT signs an input only if the key derived from the entropy owns the
//     output it spends, with the amount taken from the whole previous
//     transaction, whose hash is checked. It signs with SIGHASH_ALL only, all
//     inputs or none, and runs every signature through the script engine before
//     it touches the packet. An output that claims to be our change is derived
//     again; if it is not ours nothing is signed.
//   - Secrets are byte slices, cleared after use, and held behind closures, so
//     that printing any value of this package reveals nothing. Clearing is best
//     effort in Go; what is left is looked for by a test, which searches the
//     memory of a process that has signed for everything that can spend, and
//     finds nothing.
//
// The accounts are BIP84's (native segwit), number 0. The passphrase (BIP39's
// extra input) belongs to the words; the password opens the file.
//
// Not here: addresses (derived elsewhere from the extended public key), fees,
// coin choice, broadcast.
//
// Tests use keystoretest, whose key derivation costs next to nothing; it is
// passed explicitly, and a real file made so is refused by the default bounds.
package keystore
