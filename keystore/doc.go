// Package keystore keeps a wallet's keys and signs with them. It never meets
// the network: what it signs is handed in, and what it hands out is public or
// asked for by its owner.
//
// A keystore is one file (package vault) under one password, with two keys in
// it (package seal). Unlock brings the view key into memory, and with it the
// accounts' extended public keys and SealKey, from which the wallet's database
// is sealed. What can spend stays sealed: SignPSBT, Words, Passphrase, ExtendedKey
// and PrepareAccounts ask for the password each time, unwrap the spend key, use it
// and clear it before they return. So the memory of an unlocked, idle wallet does
// not contain what can spend.
//
// A wallet comes from recovery words, from an extended master key, or from the
// extended key of one account (Source). Of the first two the extended public
// keys of BIP44's, 49's, 84's and 86's accounts 0 to 19 are derived at once and
// sealed under the view key, so that restoring and adding an account do not ask
// for the password; PrepareAccounts adds more, up to number 49. All of it has one
// size in the file, which does not tell what there is.
//
// Guarantees:
//
//   - Create never overwrites anything; what is written has been read back.
//   - A wrong password, a damaged file, an altered file and a file of another
//     network are different errors (see errors.go).
//   - SignPSBT signs an input only if the key derived from the entropy owns the
//     output it spends, with the amount taken from the whole previous
//     transaction, whose hash is checked, for taproot too. It signs with
//     SIGHASH_ALL only, or taproot's default, all inputs or none, and runs every
//     signature through the script engine before it touches the packet. An output that claims to be our change is derived
//     again; if it is not ours nothing is signed.
//   - SignWithWIF does the same with a private key from outside, which needs no
//     keystore and is not kept. It does not know whose the outputs are.
//   - Secrets are byte slices, cleared after use, and held behind closures, so
//     that printing any value of this package reveals nothing.
//   - In the memory of an unlocked, idle wallet that has signed and shown its
//     words, a test finds nothing that can spend, and no view key after Lock;
//     the exceptions are named below.
//
// Memory. Ciphers, key stretching, derivation and signatures are the libraries'
// (x/crypto, the standard library, btcsuite), which leave copies of secrets in
// objects that they drop and nobody can clear: the words and their hash in
// PBKDF2's string and HMAC; the seed and the private keys from master to coin
// type in hash states of hdkeychain, and all down to the leaf in scalars; private
// key and nonce in RFC 6979's HMAC; the spend key in HKDF's; what the password
// gives in Argon2's blocks. Of the libraries' objects only the AEAD and the
// private keys handed to us are cleared in place. The collector frees the others
// and leaves their contents: in 20 of 20 runs nearly all of them were found,
// with or without a collection and the return of free pages. So each call that
// handles secrets, and Lock, takes the free places of the heap once, which
// clears them (overwriteHeap: a processor's 8 ms on a small heap; 80 ms on one
// of 50 MB full of pointers, most of which a collection takes), and
// overwrites the stack and the vector registers that it used.
//
// TestMemory looks for 38 forms of secrets. Of the 32 it began with, none was
// found whole in 150 runs on a busy machine (load 11 to 15 on two processors),
// nor in 40 runs beside four goroutines that allocate. What remains possible:
//
//   - Registers. Where the scheduler interrupts a call, it stores what was copied
//     last, half of a key in each register, in records of its own, until the next
//     interruption. It does so after ten milliseconds without a pause, also when
//     another program had the processor meanwhile, and for a collection begun
//     elsewhere. Calls pause between their steps (breathe). Found after 5 of 350
//     runs on the busy machine (of which 200 counted every find), and after 15 of
//     400, every find counted, before calls paused and cleared registers at their
//     end. The test logs these and does not fail.
//   - A freed place that another goroutine takes before it is cleared, and does
//     not fill; places of less than 16 bytes.
//   - While a call lasts, all of it; and what the caller makes of password,
//     entropy and words outside of these calls. Swap and core dumps.
//
// A toolchain built with GOEXPERIMENT=runtimesecret could erase what a call
// allocates, by runtime/secret; it is experimental, and not used.
//
// SignMessage signs messages for an address of ours: the legacy form for P2PKH,
// BIP322 for the rest. Verifying takes no key and is done elsewhere.
//
// Not done: signatures with a low R (package hd).
//
// Compatibility. A file that any version of this package has written opens in
// every later one, with the same accounts, SealKey and words, and is never changed
// in place. There are two formats, each with a frozen file in testdata:
//
//   - 1 (testdata/v1): English words, and of the accounts BIP84's number 0.
//   - 2 (testdata/v2): the rest. Programs that know 1 only say ErrVersion.
//
// Unlock upgrades a file of format 1: it derives the accounts, makes sure that
// the one there was is among them, writes the new file beside the old one, reads
// it back, gives the old one a second name (….v1- and the time in UTC), and only
// then puts the new one in its place. Whatever fails leaves the old file where it
// was, and in use. Nothing here deletes the one kept aside, which opens with the
// password of its time: like a backup it has to be thought of when a password is
// changed because somebody knows it.
//
// The passphrase (BIP39's
// extra input) belongs to the words; the password opens the file.
//
// Not here: addresses (derived elsewhere from the extended public key), fees,
// coin choice, broadcast.
//
// Tests use keystoretest, whose key derivation costs next to nothing; it is
// passed explicitly, and a real file made so is refused by the default bounds.
// What is so cheap is not overwritten in memory either; there is no other way to
// have that left out (sweep).
package keystore
