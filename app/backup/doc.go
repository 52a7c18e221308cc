// Package backup is the format of the file that holds a whole wallet: bytes in,
// bytes out.
//
//	header  = "thistle backup\n" | version u16 | network | created u64 |
//	          parts u8 | (kind u8 | size u64 | SHA-256) of each | SHA-256 of all before
//	file    = header | contents of the parts | header again | its length u16 |
//	          SHA-256 of all before
//
// Numbers are big-endian, network is its name behind a byte of length, created
// is in seconds since 1970 (UTC). The parts, each at most once and in the order
// of their kinds, are the files of the wallet as they are on disk, keystore.db
// and wallet.db, and its settings, all three sealed under the wallet's keys
// before they come here.
//
// What is readable without the password is what [Summary] says: network, time,
// which parts there are and how long they are; and what the two files
// themselves show, a random wallet id, by which two backups of one wallet can be
// known as such. The wallet's name is not in the container: names say "savings"
// or "Anna". Whoever writes a backup puts it into the sealed settings, and whoever
// restores one chooses a name anyway.
//
// # Guarantees
//
//   - [Parse] accepts what [Encode] wrote and nothing else: one spelling, every
//     byte under the last sum. Any damage is told, as damage ([ErrCorrupt]), as a
//     file that was cut off ([ErrCut]), as another sort of file ([ErrFormat]) or
//     as one of a later version ([ErrNewer]).
//   - [Salvage] gives the parts that are whole out of a damaged file, by their own
//     sums, as long as one of the two headers is: a wallet whose keystore is
//     whole has lost no coin.
//   - Sizes are checked against the bytes that are there before anything is made
//     of them, and contents are not copied.
//
// The sums are not keyed: they find accidents. Who alters a file on purpose and
// mends the sums is found by the seals of the parts.
//
// # Compatibility
//
// Files of every released version open for ever: testdata/vN holds one of each.
// A later version of this package writes its own and reads all.
//
// # Not here
//
// Passwords and seals (keystore), disks (app), what the parts mean.
//
// To test: go test ./app/backup; it cuts a file at every byte, flips every bit
// and damages it in 200 seeded ways (-backup.seed=N runs one again). Parse has
// a fuzz target.
package backup
