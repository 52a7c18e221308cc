package ledger

import (
	"cmp"
	"fmt"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// BlockRef names a block.
type BlockRef struct {
	Height int32
	Hash   chainhash.Hash
}

// Tip is the last block of a chain.
type Tip = BlockRef

// String prints height and hash.
func (b BlockRef) String() string { return fmt.Sprintf("%d:%v", b.Height, b.Hash) }

// compareRefs orders blocks by height, then by hash.
func compareRefs(a, b BlockRef) int {
	if c := cmp.Compare(a.Height, b.Height); c != 0 {
		return c
	}
	return compareHashes(a.Hash, b.Hash)
}

// block is what the ledger keeps of a block that concerns it.
type block struct {
	ref BlockRef
	// need is one more than the latest epoch in which a script came into the window
	// that hit the block, and applied the epoch up to which the block was searched:
	// 0 for none. The block is to be fetched while need > applied.
	need, applied uint32
	// far are scripts beyond the window that the block may concern, united. For
	// their sake it is not fetched.
	far []Span
	// spent are hashes of what it may spend by taproot keys, see [keySpends].
	spent []uint32
	// loose says that something of it was dropped, when everything was known, which
	// may spend an older output of ours.
	loose bool
	// stale blocks are known to have left the best chain.
	stale bool
	// anchored are the transactions with an anchor here.
	anchored []*node
}

func (b *block) unapplied() bool { return !b.stale && b.need > b.applied }

// blockAt returns the record of a block, made if there is none.
func (l *Ledger) blockAt(ref BlockRef) *block {
	if b := l.blocks[ref.Hash]; b != nil {
		return b
	}
	b := &block{ref: ref}
	l.blocks[ref.Hash] = b
	l.heights.insert(b)
	// Unless something is to be remembered of it, it goes when the fact is done.
	l.dirty(blockKey(ref.Hash))
	return b
}

// active reports whether the view holds the block to be part of the best chain.
// Of several candidates at one height, of which the view will soon disown all but
// one, the first by hash stands in.
func (l *Ledger) active(b *block) bool {
	if b.stale || !l.hasTip || b.ref.Height > l.tip.Height {
		return false
	}
	if b.ref.Height == l.tip.Height {
		return b.ref.Hash == l.tip.Hash
	}
	for _, other := range l.heights.at(b.ref.Height) {
		if !other.stale && len(other.anchored) > 0 {
			return other == b
		}
	}
	return false
}

// forgettable reports whether nothing is to be remembered of the block.
func (b *block) forgettable() bool {
	return b.need == 0 && b.applied == 0 && !b.stale && len(b.far) == 0 && len(b.anchored) == 0
}

func (l *Ledger) forgetBlock(b *block) {
	delete(l.blocks, b.ref.Hash)
	l.heights.remove(b)
}

// setMarks changes need and applied and keeps the set of unapplied hits.
func (l *Ledger) setMarks(b *block, need, applied uint32) {
	if b.need != need || b.applied != applied {
		b.need, b.applied = need, applied
		l.dirty(blockKey(b.ref.Hash))
	}
	if b.unapplied() {
		l.pendingHits[b.ref.Hash] = b
	} else {
		delete(l.pendingHits, b.ref.Hash)
	}
}

func (l *Ledger) setStale(b *block, stale bool) {
	if b.stale != stale {
		b.stale = stale
		l.dirty(blockKey(b.ref.Hash))
		l.touchHeight(b.ref.Height)
	}
	l.setMarks(b, 0, 0)
	l.setFar(b, nil)
	l.setSpent(b, nil)
	l.setLoose(b, false)
}

// touchHeight touches the transactions of all blocks at a height: one may win or
// lose the place.
func (l *Ledger) touchHeight(height int32) {
	for _, b := range l.heights.at(height) {
		l.touchBlock(b)
	}
}

func (l *Ledger) touchBlock(b *block) {
	for _, n := range b.anchored {
		l.touch(n)
	}
}
