package ledger

import (
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// reconcileDepth is how far below the fork blocks are still compared with the
// chain: facts of a branch can be heard before the view is on it, but not from
// further ahead than this.
const reconcileDepth = 2016

// View returns the block up to which the ledger speaks, false if none is known.
func (l *Ledger) View() (Tip, bool) { return l.tip, l.hasTip }

// moveView follows the best chain.
func (l *Ledger) moveView(f ViewMoved) error {
	if err := l.checkMove(f); err != nil {
		return fmt.Errorf("move the view to %v: %w", f.Tip, err)
	}
	for _, ref := range f.Disconnected {
		l.setStale(l.blockAt(ref), true)
	}
	for _, ref := range f.Connected {
		if b := l.blocks[ref.Hash]; b != nil {
			l.setStale(b, false)
		}
	}
	if l.hasTip && f.Tip == l.tip {
		return nil
	}
	old := l.tip
	reorg := l.hasTip && f.Fork != old
	if reorg {
		l.config.Reorgs++
		l.dirty(Key{Kind: RowConfig})
		l.setCoverage(func(set []Interval) []Interval { return cutIntervals(set, f.Fork) })
		l.dropHits(f.Fork.Height)
	}
	if !l.hasTip {
		old.Height = -1
	}
	// Blocks at the old and the new tip may gain or lose their place as well.
	low, high := min(old.Height, f.Tip.Height), max(old.Height, f.Tip.Height)
	l.tip, l.hasTip = f.Tip, true
	l.dirty(Key{Kind: RowView})
	for _, b := range l.heights.between(low, high) {
		l.touchBlock(b)
	}
	return nil
}

// dropHits forgets hits above a height, which will be found again.
func (l *Ledger) dropHits(above int32) {
	for _, b := range l.heights.list[l.heights.from(above+1):] {
		l.setMarks(b, 0, 0)
	}
}

func (l *Ledger) checkMove(f ViewMoved) error {
	if f.Tip.Height < 0 {
		return ErrFact
	}
	for _, ref := range f.Connected {
		if ref.Height < 0 || slices.Contains(f.Disconnected, ref) {
			return ErrFact
		}
	}
	for _, ref := range f.Disconnected {
		if ref.Height < 0 || ref == f.Tip {
			return ErrFact
		}
		if b := l.blocks[ref.Hash]; b != nil && b.ref != ref {
			return ErrFact
		}
	}
	if !l.hasTip || f.Tip == l.tip {
		return nil
	}
	if f.Fork.Height > min(l.tip.Height, f.Tip.Height) {
		return ErrFork
	}
	if f.Fork.Height == l.tip.Height && f.Fork != l.tip {
		return ErrFork
	}
	return nil
}

// Reconcile compares everything the ledger holds about the chain with the chain
// itself and returns the move that brings the view to tip, false if there is
// nothing to do. hashAt gives the hashes of the best chain that ends in tip, and
// false where it has none. It is the safe way to make a [ViewMoved], after a start
// as well as for every new block.
func (l *Ledger) Reconcile(tip Tip, hashAt func(height int32) (chainhash.Hash, bool)) (ViewMoved, bool) {
	// Below its base the chain has no hashes, and no forks either: it stands on a
	// checkpoint.
	on := func(ref BlockRef) bool {
		if ref.Height >= tip.Height {
			return ref == tip
		}
		hash, ok := hashAt(ref.Height)
		return !ok || hash == ref.Hash
	}
	// What lies above the tip may come back.
	off := func(ref BlockRef) bool { return ref.Height <= tip.Height && !on(ref) }
	move := ViewMoved{Tip: tip, Fork: l.fork(tip, on)}
	from := 0
	if l.reconciled {
		from = l.heights.from(move.Fork.Height - reconcileDepth)
	}
	for _, b := range l.heights.list[from:] {
		if !b.stale && off(b.ref) {
			move.Disconnected = append(move.Disconnected, b.ref)
		}
		if b.stale && on(b.ref) {
			move.Connected = append(move.Connected, b.ref)
		}
	}
	// The old tip itself need not be among the blocks.
	if l.hasTip && l.blocks[l.tip.Hash] == nil && off(l.tip) {
		move.Disconnected = append(move.Disconnected, l.tip)
	}
	l.reconciled = true
	idle := l.hasTip && l.tip == tip && len(move.Disconnected) == 0 && len(move.Connected) == 0
	return move, !idle
}

// fork returns the highest block known to the ledger that is on the chain.
func (l *Ledger) fork(tip Tip, on func(BlockRef) bool) BlockRef {
	if !l.hasTip {
		return BlockRef{Height: -1}
	}
	if on(l.tip) {
		return l.tip
	}
	refs := []BlockRef{tip}
	for _, b := range l.batches {
		for _, in := range b.coverage {
			refs = append(refs, BlockRef{in.To, in.End})
		}
	}
	for _, b := range l.heights.list {
		if !b.stale {
			refs = append(refs, b.ref)
		}
	}
	slices.SortFunc(refs, func(a, b BlockRef) int { return compareRefs(b, a) })
	for _, ref := range refs {
		if ref.Height < l.tip.Height && on(ref) {
			return ref
		}
	}
	return BlockRef{Height: -1}
}
