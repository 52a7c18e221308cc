package merkle

import (
	"errors"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// The kinds of failure. Errors of this package wrap exactly one of them.
var (
	// ErrFormat: truncated, bytes left over, or not in the one canonical form.
	ErrFormat = errors.New("not a merkle block")
	// ErrCount: no transactions, or more than a block can hold.
	ErrCount = errors.New("impossible number of transactions")
	// ErrIndex: no transaction has this index.
	ErrIndex = errors.New("index out of range")
	// ErrTree: hashes and flags do not fit the tree of this many transactions.
	ErrTree = errors.New("wrong shape of the tree")
	// ErrEmpty: well-formed, but proves no transaction.
	ErrEmpty = errors.New("proves nothing")
	// ErrDuplicate: two different subtrees with one hash (CVE-2012-2459).
	ErrDuplicate = errors.New("repeated subtree")
	// ErrAmbiguous: an inner node could be a transaction (CVE-2017-12842).
	ErrAmbiguous = errors.New("inner node could be a transaction")
	// ErrRoot: the tree's root is not the header's.
	ErrRoot = errors.New("root differs from the header's")
)

const (
	// MaxTransactions is more than any block can hold: 4,000,000 units of
	// weight over the 240 of the smallest transaction there could be.
	MaxTransactions = 4_000_000 / (4 * 60)
	// AmbiguousSize is the size in bytes, witness not counted, at which a
	// transaction is hashed like an inner node. Such transactions are to be
	// refused in any block.
	AmbiguousSize = 2 * chainhash.HashSize
)

// Root computes the root over the txids in block order. mutated reports that
// the list repeats itself in a way that leaves the root unchanged
// (CVE-2012-2459): the block is damaged, though its header may be good. The
// root of no transactions is the zero hash.
func Root(txids []chainhash.Hash) (root chainhash.Hash, mutated bool) {
	if len(txids) == 0 {
		return chainhash.Hash{}, false
	}
	row := append([]chainhash.Hash(nil), txids...)
	for len(row) > 1 {
		m := false
		row, m = reduce(row)
		mutated = mutated || m
	}
	return row[0], mutated
}

// reduce computes the next row of the tree in place. mutated: two neighbours
// are equal.
func reduce(row []chainhash.Hash) (next []chainhash.Hash, mutated bool) {
	for i := 0; i < len(row); i += 2 {
		right := i
		if i+1 < len(row) {
			right = i + 1
			mutated = mutated || row[i] == row[right]
		}
		row[i/2] = parent(&row[i], &row[right])
	}
	return row[:(len(row)+1)/2], mutated
}

// parent hashes two nodes together.
func parent(left, right *chainhash.Hash) chainhash.Hash {
	b := join(left, right)
	return chainhash.DoubleHashH(b[:])
}

func join(left, right *chainhash.Hash) (b [AmbiguousSize]byte) {
	copy(b[:chainhash.HashSize], left[:])
	copy(b[chainhash.HashSize:], right[:])
	return b
}

// width is the number of nodes on the level this high above the leaves.
func width(total uint32, level int) uint32 {
	return uint32((uint64(total) + 1<<level - 1) >> level)
}

// depth is the number of levels above the leaves.
func depth(total uint32) int {
	d := 0
	for width(total, d) > 1 {
		d++
	}
	return d
}
