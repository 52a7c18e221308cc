package ledger

import (
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// reconcileDepth is how far below the fork blocks are still compared with the
// chain, in case a block was applied that was not on the view's chain.
const reconcileDepth = 2016

// trailDense is how many of the last blocks the trail keeps without gaps.
const trailDense = 64

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
		l.setCoverage(func(set []Interval) []Interval { return cutIntervals(set, f.Fork) })
		l.reopen(f.Fork.Height)
	}
	if !l.hasTip {
		old.Height = -1
	}
	// Blocks at the old and the new tip may gain or lose their place as well.
	low, high := min(old.Height, f.Tip.Height), max(old.Height, f.Tip.Height)
	l.trail = l.nextTrail(f)
	l.tip, l.hasTip = f.Tip, true
	l.dirty(Key{Kind: RowView})
	for _, b := range l.heights.between(low, high) {
		l.touchBlock(b)
	}
	return nil
}

// passed reports whether a block is the view or an earlier view on the same
// chain, of not long ago.
func (l *Ledger) passed(view Tip) bool {
	return l.hasTip && (view == l.tip || slices.Contains(l.trail, view))
}

// rescan drops coverage from a height on. It is cut at a block that is known to be
// on the view's chain, which may lie lower.
func (l *Ledger) rescan(f Rescan) {
	if l.tip.Height < f.From {
		return
	}
	at := BlockRef{Height: -1}
	for _, r := range l.trail {
		if r.Height < f.From {
			at = r
		}
	}
	l.setCoverage(func(set []Interval) []Interval { return cutIntervals(set, at) })
	l.reopen(at.Height)
}

// nextTrail returns the trail after a move: every block of the last trailDense,
// as far as known, and fewer and fewer of the older ones.
func (l *Ledger) nextTrail(f ViewMoved) []BlockRef {
	var all []BlockRef
	if l.hasTip {
		all = append(slices.Clone(l.trail), l.tip)
		all = slices.DeleteFunc(all, func(r BlockRef) bool { return r.Height >= f.Fork.Height })
		if f.Fork.Height >= 0 {
			all = append(all, f.Fork)
		}
	}
	all = append(all, f.Trail...)
	all = slices.DeleteFunc(all, func(r BlockRef) bool { return r.Height >= f.Tip.Height })
	slices.SortFunc(all, func(a, b BlockRef) int { return compareRefs(b, a) })
	kept := []BlockRef{f.Tip}
	for i, r := range all {
		last := kept[len(kept)-1].Height
		gap := max(1, (f.Tip.Height-last-trailDense)/8)
		if last-r.Height >= gap || i == len(all)-1 && r.Height < last {
			kept = append(kept, r)
		}
	}
	kept = slices.Clone(kept[1:])
	slices.Reverse(kept)
	return kept
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
	for _, r := range append(slices.Clone(l.trail), l.tip) {
		if r.Height == f.Fork.Height && r != f.Fork {
			return ErrFork
		}
	}
	for _, r := range f.Trail {
		if r.Height <= f.Fork.Height || r.Height >= f.Tip.Height {
			return ErrFact
		}
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
	move := ViewMoved{Tip: tip, Fork: l.fork(on)}
	for step := int32(1); tip.Height-step > max(move.Fork.Height, 0); step += max(1, (step-trailDense)/8) {
		if hash, ok := hashAt(tip.Height - step); ok {
			move.Trail = append(move.Trail, BlockRef{tip.Height - step, hash})
		}
	}
	from := 0
	if l.reconciled {
		from = l.heights.from(move.Fork.Height - reconcileDepth)
	}
	for _, b := range l.heights.list[from:] {
		if !b.stale && !on(b.ref) {
			move.Disconnected = append(move.Disconnected, b.ref)
		}
		if b.stale && on(b.ref) {
			move.Connected = append(move.Connected, b.ref)
		}
	}
	// The old tip itself need not be among the blocks.
	if l.hasTip && l.blocks[l.tip.Hash] == nil && !on(l.tip) {
		move.Disconnected = append(move.Disconnected, l.tip)
	}
	l.reconciled = true
	idle := l.hasTip && l.tip == tip && len(move.Disconnected) == 0 && len(move.Connected) == 0
	return move, !idle
}

// fork returns the highest block that is on the chain and is known for certain to
// have been on the view's.
func (l *Ledger) fork(on func(BlockRef) bool) BlockRef {
	if !l.hasTip {
		return BlockRef{Height: -1}
	}
	if on(l.tip) {
		return l.tip
	}
	refs := slices.Clone(l.trail)
	for _, b := range l.batches {
		for _, in := range b.coverage {
			refs = append(refs, BlockRef{in.To, in.End})
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
