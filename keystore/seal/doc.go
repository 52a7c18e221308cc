// Package seal is the envelope around a wallet's secrets: bytes in, bytes out.
//
// A vault is sealed by two random keys. The view key opens what merely reveals
// (extended public keys, scripts, history) and stays in memory while a wallet
// is unlocked. The spend key opens what can spend (the entropy behind the
// recovery words, and their passphrase); it is unwrapped inside one signing
// call and cleared again. Both are wrapped under one password:
//
//	KEK    = Argon2id(NFC(password), salt, t, m, p, 64 bytes)
//	wrap   = nonce ‖ XChaCha20-Poly1305(KEK[:32], key, AAD = label ‖ header)
//	commit = HMAC-SHA256(KEK[32:], "…commit" ‖ KDF parameters ‖ salt)
//	sum    = SHA-256(everything before it)
//
// The three checks tell three troubles apart. The sum is not keyed: it fails
// when the bytes are damaged (ErrCorrupt). The commitment fails when the
// password is wrong (ErrWrongPassword), and also makes sure that a ciphertext
// opens under one password only, which Poly1305 alone does not. A tag that
// fails after both held means that somebody who knew how to mend the sum has
// been at the file (ErrTampered). The commitment covers the KDF's input and
// not the whole header, so that a header altered elsewhere (another network,
// say) is told as tampering and not as a wrong password.
//
// Records are sealed one by one under keys derived from one of the two, bound
// to the wallet, bucket and name they belong to, and carry a sum of their own,
// because the database below has no page checksums.
//
// The cost of the KDF is read from the file, hence from whoever wrote it: it is
// checked against Bounds before a single byte of memory is spent on it.
//
// The ciphers, HMAC, HKDF and Argon2 are the libraries'. What is ours in memory
// is cleared, and so is the key inside the AEAD; what HMAC, HKDF and Argon2 keep
// in objects of their own is left to the caller (package keystore).
//
// Not here: files (package vault), what the records mean (package keystore),
// clocks and dice: randomness is an argument.
//
// The tests are round trips, one test for each kind of trouble, a bit flip at
// every position, and fuzz targets for both decoders.
package seal
