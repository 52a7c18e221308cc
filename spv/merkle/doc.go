// Package merkle proves that a transaction is in a block.
//
// A block header commits to the block's transactions by one hash, the root of
// a binary tree whose leaves are the txids in order. The log2(n) hashes beside
// the path from a leaf to the root prove the leaf's membership to anyone who
// has the header: 320 bytes for a transaction among a thousand. Bitcoin Core
// exchanges such proofs as "merkle blocks" (gettxoutproof, verifytxoutproof);
// the package writes and reads exactly those bytes.
//
// # Two holes in the tree, and how they are closed
//
// A level with an odd number of nodes pairs the last with itself. So different
// lists of transactions can have one root: repeating the end changes nothing
// (CVE-2012-2459). Root reports such lists as mutated, and a proof in which two
// different subtrees have one hash is refused.
//
// Inner nodes and leaves are hashed alike: an inner node is the double hash of
// 64 bytes, and so is the txid of a 64-byte transaction (CVE-2017-12842). Whoever
// can make such a transaction can present an inner node as a leaf, or a leaf as
// an inner node and a made-up transaction below it. A proof that goes one level
// too deep shows by the count of transactions, but the header does not commit
// to that count. What is closed here: the depth always follows from the
// claimed count, the count is bounded by what a block can hold, and a proof in
// which an inner node on the way has the shape of a transaction is refused.
// What remains for the caller: to refuse transactions of AmbiguousSize bytes,
// and to believe whole blocks rather than proofs where it has them.
//
// # Not here
//
// Whether the header is on the best chain: ask spv/chain for its hash. The
// package is pure.
//
// # Testing
//
// go test ./spv/merkle compares proofs of every transaction of real blocks
// with their headers' roots and with btcd's merkle blocks, mutates them, and
// has a fuzz target for the parser (FuzzParse).
package merkle
