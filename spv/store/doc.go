// Package store keeps what the peer has learned of the public chain on disk:
// headers and filter headers in one bbolt file, chain.db, and compact filters
// in plain segment files beside it. It tells nothing of a wallet, and all of it
// can be downloaded again: losing it costs time, never coins.
//
// # chain.db
//
// A [Batch] is one transaction, so headers, filter headers, tip and work never
// disagree after a crash. Headers lie in chunks of 2,016, one value for each
// difficulty period, written when the period is complete, and one by one by
// height in the tail after them; filter headers likewise. Whole periods can be
// put below those that are there, which stay as they are. There is no index by
// hash: a random key for each block costs bbolt thirty times as long, and the
// index is cheaper built in memory.
//
//	meta     "state" → version, network, base, tip, work, ends of both series
//	hdr      BE32(height/2016) → 2016·80 bytes, checksum
//	hdrtail  BE32(height) → 80 bytes, checksum
//	fhdr, fhdrtail: the same with 32 bytes
//
// bbolt has no checksums of its own and panics on torn files, so every value
// carries one, the state pins the last, and every call into bbolt is guarded. Some
// damage would make it use up all memory, only when it writes: Open lets it see
// no file whose pages package boltpages has not looked at.
// The checksum is a CRC-32C that runs through a series from its first record,
// and anew through what was put below others, where the state pins its end too:
// a value that is damaged, missing, out of place or left over from an earlier
// time breaks it. That is against accidents, not against enemies: whoever can
// write this file could as well replace the program.
//
// # filters/
//
// A segment is an append-only file for each 2,016 heights. A record holds
// height, block hash and length under a checksum, the filter, and a checksum
// of that. Beside it lies a list of the records that are known to have reached
// the disk, so that opening does not read gigabytes; it is only a shortcut and
// is rebuilt when it is missing or wrong. Of several records for one height the
// last good one counts. Whoever reads a filter checks it against its filter
// header; the checksum is for noticing early. Only the
// segments used last are known in memory. A file named floor says below which
// height segments were deleted on purpose; it is written before they go.
//
// Headers and filter headers are read back one by one, through [Store.Headers]
// and [Store.FilterHeaders], beside a commit and without waiting for it: what is
// old is not kept in memory.
//
// # peers.db
//
// What is known of addresses, written whole under another name and then renamed,
// with a checksum over all: a few hundred kilobytes that change every quarter of
// an hour and are of use only together need no database. When it is lost, peers
// are looked for anew.
//
// # Guarantees
//
// What Commit has acknowledged survives the process and, as far as the disk
// keeps its word, the power. After a failed write the old state stands. A
// damaged, foreign or newer chain.db is renamed aside, never deleted, and a new
// one begun; [Loaded].SetAside tells of it once. Damage that shows only in use
// gives [ErrDamaged], and the next Open sets the file aside. Segment files can be cut,
// damaged or deleted at any time: what is lost is reported missing. Nothing on
// disk makes the package panic or return what was not stored. One process at a
// time: a second one gets [ErrInUse].
//
// # Format
//
// Version 2; version 1, which had nothing below anything, is read. A later
// version of this package reads both or sets them aside.
//
// # Not here
//
// Judging headers and filters (spv/chain, spv/cfilter), what a book of addresses
// means (spv/addrmgr), wallets.
//
// # Testing
//
//	go test ./spv/store
//
// compares random batches and reopenings with a naive model, kills a writing
// child process again and again, and damages both kinds of files in a few
// hundred seeded ways. go test -bench . measures.
package store
