// Package walletdb keeps a wallet's ledger on disk: one bbolt file, wallet.db, in
// which every row is sealed. It holds no keys that spend, and all but labels,
// unconfirmed payments and addresses not paid yet can be rebuilt from the network.
//
// # Guarantees
//
//   - What [DB.Save] was given is on disk when it returns, whole or not at all.
//   - Without the key the file tells its network and wallet id, about how much is
//     in it, and nothing else: values are sealed with XChaCha20-Poly1305 and padded,
//     and stand under keyed hashes of their names.
//   - Every value is bound to its name, the wallet and the format. A sealed manifest,
//     written in the same transaction, holds the number of rows and a keyed sum
//     over all of them, so a row that vanishes or comes back from an older page is
//     noticed. Both of bbolt's meta pages must be whole and of consecutive
//     transactions, or its fall-back to an older state would go unnoticed.
//   - No damage to the file makes this package panic or run for ever: the page
//     structure is checked before bbolt sees it (it has no page checksums and
//     follows any pointer), and faults of the memory map come back as [ErrCorrupt].
//   - A damaged file is never deleted, and set aside by [SetAside] only.
//
// What cannot be noticed: a file put back as a whole to an older state, and damage
// that takes exactly the last meta page, which amounts to the same. The network
// brings back what it knows of what is missing then.
//
// # Compatibility
//
// Files of every released version open for ever: testdata/vN holds one of each.
// A migration copies, verifies and switches; the old file stays beside the new.
//
// # Not here
//
// What rows mean (app/ledger), where the key comes from (keystore), when to give a
// file up (app).
//
// # Testing it
//
// go test ./app/walletdb; among others it kills writers, fills the disk, and
// damages files in seeded ways (-walletdb.seed=N runs one again).
package walletdb
