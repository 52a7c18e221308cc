// Package boltpages looks at the pages of a bbolt file before bbolt does.
//
// bbolt believes what its pages say: it has no checksums but on its two meta
// pages, and follows every pointer and length. Most of what damage makes it do is
// a panic or a fault of the memory map, which a caller can catch. Some is beyond
// catching: a branch that points at a page above it exhausts the stack, an
// overflow or a count of billions exhausts the memory, and both may show only
// when something is written. A free page that is in use, or a page used twice,
// destroys at the next write what was whole.
//
// # Guarantees
//
// A file that [Metas] and [Meta.Check] accept has, from the meta page that bbolt
// will choose, a tree of pages in which each is met once, is what and where its
// head says, and is as long as what it holds; elements lie one behind the other
// inside their page, in the order of their keys; the free pages are distinct, in
// the file and not in use. So bbolt comes to an end in it, with memory in
// proportion to what is there. Values are not looked at: whoever wrote them knows
// whether they are whole.
//
// The files are those of this program: buckets stand in the root, values in
// buckets. The check reads heads, tables and keys, and skips large values.
//
// # Not here
//
// Opening files, locks, what to do about damage, catching panics.
//
// # Testing
//
// go test ./boltpages flips bits of the structure of a real file and gives what
// is still accepted to bbolt, to be read and rewritten; FuzzCheck does so at random.
package boltpages
