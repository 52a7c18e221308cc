package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/descriptor"
)

// batch is a set of scripts that never changes, and what was searched for them.
type batch struct {
	id       uint32
	spans    []Span
	coverage []Interval
}

// Gap is a run of heights, both ends included, that is yet to be matched against
// the scripts of a batch.
type Gap struct {
	Batch    uint32
	From, To int32
	View     Tip // when the gap was found
	// Far says that all scripts of the batch are beyond the window: what is ours
	// does not depend on the answer yet.
	Far bool
}

// Hit is a block that may concern scripts of a batch: those at the places Scripts
// of what [Ledger.Scripts] gave; a place after the last stands for something else
// that was asked about, for which the block is wanted. Without any, only the block
// itself can tell.
type Hit struct {
	BlockRef
	Scripts []int
}

// Answer makes the fact that a gap, narrowed at will, was matched up to the block
// end. It is asked for after matching, and reports false if hashAt, the best chain
// as it is then, does not hold both the view and end: the chain has moved, the
// answer may be about another branch, and both must be asked for anew.
func (g Gap) Answer(end chainhash.Hash, hits []Hit, hashAt func(height int32) (chainhash.Hash, bool)) (Scanned, bool) {
	for _, ref := range []BlockRef{g.View, {g.To, end}, g.View} {
		if hash, ok := hashAt(ref.Height); !ok || hash != ref.Hash {
			return Scanned{}, false
		}
	}
	return Scanned{Gap: g, End: end, Hits: hits}, true
}

func (l *Ledger) newBatch(spans []Span, coverage []Interval) {
	b := &batch{id: l.config.NextBatch, spans: spans, coverage: coverage}
	l.config.NextBatch++
	l.batches = append(l.batches, b)
	l.dirty(batchKey(b.id))
	l.dirty(Key{Kind: RowConfig})
}

func (l *Ledger) batch(id uint32) *batch {
	for _, b := range l.batches {
		if b.id == id {
			return b
		}
	}
	return nil
}

// scanned records coverage and hits. What cannot be trusted any more is ignored:
// the gap is still in Missing and will be asked for again.
func (l *Ledger) scanned(f Scanned) error {
	g := f.Gap
	if g.From < 0 || g.From > g.To || g.To > g.View.Height || g.To == g.View.Height && f.End != g.View.Hash {
		return fmt.Errorf("scanned %d to %d: %w", g.From, g.To, ErrFact)
	}
	for _, h := range f.Hits {
		if h.Height < g.From || h.Height > g.To {
			return fmt.Errorf("scanned: hit at %d outside %d to %d: %w", h.Height, g.From, g.To, ErrFact)
		}
		if slices.ContainsFunc(h.Scripts, func(place int) bool { return place < 0 }) {
			return fmt.Errorf("scanned: hit of script %v: %w", h.Scripts, ErrFact)
		}
	}
	b := l.batch(g.Batch)
	if b == nil || !l.passed(g.View) || !l.onView(BlockRef{g.To, f.End}) {
		return nil
	}
	if slices.ContainsFunc(f.Hits, func(h Hit) bool { return !l.onView(h.BlockRef) }) {
		return nil
	}
	coverage, ok := addInterval(b.coverage, Interval{From: g.From, To: g.To, End: f.End})
	if !ok {
		return nil
	}
	l.recordHits(b, f.Hits)
	if !slices.Equal(coverage, b.coverage) {
		b.coverage = coverage
		l.dirty(batchKey(b.id))
		l.mergeBatches()
	}
	return nil
}

// onView reports whether nothing known speaks against the block being part of
// the view's chain.
func (l *Ledger) onView(ref BlockRef) bool {
	if !l.hasTip || ref.Height > l.tip.Height {
		return false
	}
	if ref.Height == l.tip.Height && ref.Hash != l.tip.Hash {
		return false
	}
	b := l.blocks[ref.Hash]
	return b == nil || (!b.stale && b.ref == ref)
}

// mergeBatches makes one of all batches with the same coverage, so that filters
// are asked once for all of them. It gets a new name: answers for its parts do not
// count for the whole.
func (l *Ledger) mergeBatches() {
	for i := 0; i < len(l.batches); i++ {
		a := l.batches[i]
		same := func(b *batch) bool { return slices.Equal(a.coverage, b.coverage) }
		if !slices.ContainsFunc(l.batches[i+1:], same) {
			continue
		}
		var spans []Span
		l.batches = slices.DeleteFunc(l.batches, func(b *batch) bool {
			if !same(b) {
				return false
			}
			spans = append(spans, b.spans...)
			l.dirty(batchKey(b.id))
			return true
		})
		l.newBatch(joinSpans(spans), a.coverage)
		i--
	}
}

// joinSpans sorts spans and makes one of neighbours.
func joinSpans(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Keychain, b.Keychain), cmp.Compare(a.First, b.First))
	})
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].Keychain == s.Keychain && out[n-1].Last+1 == s.First {
			out[n-1].Last = s.Last
			continue
		}
		out = append(out, s)
	}
	return out
}

// setCoverage replaces the coverage of every batch.
func (l *Ledger) setCoverage(f func([]Interval) []Interval) {
	for _, b := range l.batches {
		if next := f(b.coverage); !slices.Equal(next, b.coverage) {
			b.coverage = next
			l.dirty(batchKey(b.id))
		}
	}
	l.mergeBatches()
}

func (l *Ledger) setBirthday(f BirthdaySet) error {
	if f.Height < 0 {
		return fmt.Errorf("birthday: %w", ErrFact)
	}
	if l.config.Birthday < 0 || f.Height < l.config.Birthday {
		l.config.Birthday = f.Height
		l.dirty(Key{Kind: RowConfig})
		l.reopen(-1)
		if f.Anew {
			l.rescan(Rescan{From: f.Height})
		}
	}
	return nil
}

// wanted is the run of heights that every batch is to cover.
func (l *Ledger) wanted() (Range, bool) {
	if !l.hasTip || l.config.Birthday < 0 || l.config.Birthday > l.tip.Height {
		return Range{}, false
	}
	return Range{l.config.Birthday, l.tip.Height}, true
}

// Missing returns what is yet to be matched: what the balance waits for before
// what it does not, newest first.
func (l *Ledger) Missing() []Gap {
	within, ok := l.wanted()
	if !ok {
		return nil
	}
	var out []Gap
	for _, b := range l.batches {
		for _, r := range lacking(b.coverage, within) {
			out = append(out, Gap{Batch: b.id, From: r.From, To: r.To, View: l.tip, Far: l.isFar(b)})
		}
	}
	slices.SortFunc(out, func(a, b Gap) int {
		if a.Far != b.Far {
			if b.Far {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.To, a.To), cmp.Compare(a.Batch, b.Batch))
	})
	return out
}

// Oldest returns what of Missing comes first where heights must be matched in
// order: one of the lowest gaps of all batches, what the balance waits for before
// what it does not, and of those the shortest way to go.
func (l *Ledger) Oldest() (Gap, bool) {
	lowest := make(map[uint32]Gap)
	for _, g := range l.Missing() {
		lowest[g.Batch] = g // they come newest first
	}
	var best Gap
	found := false
	for _, b := range l.batches {
		g, ok := lowest[b.id]
		if ok && (!found || best.Far && !g.Far || best.Far == g.Far && g.From > best.From) {
			best, found = g, true
		}
	}
	return best, found
}

// Searched returns the height up to which, from the birthday on, everything has
// been matched for the window's scripts, and from the height from on, if that is
// higher, for the far ones as well. It reports false while nothing can be missing
// yet.
func (l *Ledger) Searched(from int32) (through int32, ok bool) {
	within, ok := l.wanted()
	if !ok {
		return 0, false
	}
	through = within.To
	for _, b := range l.batches {
		r := within
		if l.isFar(b) {
			r.From = max(r.From, from)
		}
		if lacks := lacking(b.coverage, r); len(lacks) > 0 {
			through = min(through, lacks[0].From-1)
		}
	}
	return through, true
}

// Scripts returns the scripts of a batch, nil if there is none of that name any
// more. The scripts themselves are not to be changed. Those beyond the window are
// among them.
func (l *Ledger) Scripts(id uint32) [][]byte {
	b := l.batch(id)
	if b == nil {
		return nil
	}
	var out [][]byte
	for _, r := range l.refs(b) {
		out = append(out, l.chains[r.Keychain].scripts[r.Index].bytes)
	}
	return out
}

// refs names the scripts of a batch in the order of [Ledger.Scripts].
func (l *Ledger) refs(b *batch) []Ref {
	var out []Ref
	for _, s := range b.spans {
		for i := s.First; i <= s.Last; i++ {
			if l.chains[s.Keychain].scripts[i].bytes != nil {
				out = append(out, Ref{s.Keychain, i})
			}
		}
	}
	return out
}

// Unapplied returns the hits whose blocks are yet to be applied, newest first.
func (l *Ledger) Unapplied() []BlockRef {
	out := make([]BlockRef, 0, len(l.pendingHits))
	for _, b := range l.pendingHits {
		out = append(out, b.ref)
	}
	slices.SortFunc(out, func(a, b BlockRef) int { return compareRefs(b, a) })
	return out
}

// Coverage returns the heights from the birthday on that have been searched for
// every script of the window.
func (l *Ledger) Coverage() []Range {
	within, ok := l.wanted()
	if !ok {
		return nil
	}
	out := []Range{within}
	for _, b := range l.batches {
		if !l.isFar(b) {
			out = common(out, ranges(b.coverage))
		}
	}
	return out
}

// Final reports whether everything was searched for the window's scripts and every
// hit of theirs applied: what the ledger says is all there is to know up to the
// view.
func (l *Ledger) Final() bool {
	within, ok := l.wanted()
	return ok && len(l.pendingHits) == 0 && !slices.ContainsFunc(l.batches, func(b *batch) bool {
		return !l.isFar(b) && len(lacking(b.coverage, within)) > 0
	})
}

// Matches returns how many blocks of the best chain were hit by scripts of the
// window.
func (l *Ledger) Matches() int {
	n := 0
	for _, b := range l.blocks {
		if !b.stale && b.need > 0 {
			n++
		}
	}
	return n
}

// ScriptCount returns how many scripts the windows hold.
func (l *Ledger) ScriptCount() int {
	n := 0
	for _, k := range l.chains {
		for _, s := range k.scripts[:k.live] {
			if s.bytes != nil {
				n++
			}
		}
	}
	return n
}

// Birthday returns the height from which on blocks may concern us.
func (l *Ledger) Birthday() (height int32, known bool) {
	return max(l.config.Birthday, 0), l.config.Birthday >= 0
}

// Descriptor returns the text of a keychain's source.
func (l *Ledger) Descriptor(kc descriptor.Keychain) string { return l.chains[kc].source.String() }
