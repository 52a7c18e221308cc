// Package vault is the file of a wallet's keys: a small bbolt database which is
// written once, replaced whole, and never changed in place.
//
// It keeps an envelope (package seal) and records by name, all of them sealed or
// public, so the file alone gives nothing away but what the envelope's header
// says.
//
// Guarantees:
//
//   - A file appears complete or not at all: it is written beside its place,
//     synced, read back, and linked or renamed into place, then the folder is
//     synced. Creating never overwrites anything.
//   - One owner at a time: a lock file beside it is held while the vault is
//     open. Who comes second waits a moment and gets ErrInUse. The database's own
//     lock would not do: it belongs to the file that Replace moves away.
//   - A replaced vault leaves nothing of the former one in the new file: bbolt
//     copies on write, and the old wrapped keys would linger in free pages.
//   - ReplaceKeeping leaves the former file beside the new one, for changes of
//     format. Files of both schemas open: 1 has at most 11 KiB and is padded, 2 has
//     more. A program that knows schema 1 only says ErrVersion to the other.
//   - Whatever the bytes on disk are, opening gives the right data or an error.
//     bbolt has no page checksums and panics on torn files, so it only ever sees
//     an existing file read-only (which leaves the free list unread), after a
//     look at its pages, with faults turned into panics and panics into
//     ErrCorrupt; and every value read is checked by its own sum.
//   - Files are 0600, folders made here 0700; a looser file is put right.
//
// Not here: what the values mean, passwords, keys.
//
// The tests damage files in some hundred seeded ways, put back what a crash
// leaves behind at each step, and race for the lock.
package vault
