package chain

import (
	"errors"
	"fmt"
	"math"
)

// ErrLower says that a tree cannot be lowered to this base at all: it is not
// one of the network's, not below the tree's, or the network has none.
var ErrLower = errors.New("cannot lower the chain to this base")

// CanLower tells whether chains of the network can be begun late and lowered.
// Where single blocks may have the least difficulty, checkpoints say nothing of
// the targets between them.
func (p *Params) CanLower() bool {
	return len(p.Checkpoints) > 0 && (p.Net.PoWNoRetargeting || !p.Net.ReduceMinDifficulty)
}

// NewestBase is where a new chain begins: at the last checkpoint, where what is
// below can be had later.
func (p *Params) NewestBase() Base {
	if !p.CanLower() {
		return p.Genesis()
	}
	return p.Checkpoints[len(p.Checkpoints)-1]
}

// Lower puts headers under the tree: those of the heights to.Height+1 through
// Base().Height in ascending order, to being a checkpoint or genesis, from
// which on the tree begins then. The genesis header is not among runs, since
// peers never send it.
//
// They are judged as Add would have judged them with the same headers below,
// and must end in the block that the tree stands on. So is what the tree's own
// first headers were spared for want of what came before. On any error the tree
// is as it was: ErrLower, Err, or a *RuleError. Its height tells the run at fault;
// above Base().Height none is, but the tree's own chain, which an honest one
// will overtake.
func (t *Tree) Lower(to Base, runs []Run) error {
	if err := t.lowerable(to); err != nil {
		return err
	}
	low := newTree(t.rules.Params, to, nil)
	for _, r := range runs {
		if err := low.stack(r, t.line.base.Tip()); err != nil {
			return err
		}
	}
	if low.Tip() != t.line.base.Tip() {
		return &RuleError{Kind: NotLinked, Tip: low.Tip(), Detail: fmt.Sprintf("ends below %v", t.line.base.Tip())}
	}
	if low.line.work != t.line.base.Work {
		return fmt.Errorf("%w: work below %d does not add up", ErrLower, t.line.base.Height)
	}
	if err := low.join(t); err != nil {
		return err
	}
	if err := t.Err(); err != nil {
		return err
	}
	t.lower(low.line)
	return nil
}

func (t *Tree) lowerable(to Base) error {
	switch {
	case !t.rules.CanLower():
		return fmt.Errorf("%w: not on this network", ErrLower)
	case to.Height >= t.line.base.Height:
		return fmt.Errorf("%w: %d is not below %d", ErrLower, to.Height, t.line.base.Height)
	case t.rules.BaseBelow(to.Height+1) != to:
		return fmt.Errorf("%w: %d is no checkpoint", ErrLower, to.Height)
	}
	return nil
}

// stack appends a run that must not pass the block end.
func (t *Tree) stack(r Run, end Tip) error {
	height := t.Tip().Height
	switch {
	case r.Len() == 0:
		return nil
	case r.Prev() != t.Tip().Hash:
		return &RuleError{Kind: NotLinked, Tip: Tip{height + 1, r.Hash(0)}, Detail: "after " + t.Tip().Hash.String()}
	case int64(height)+int64(r.Len()) > int64(end.Height):
		return &RuleError{Kind: CheckpointMismatch, Tip: Tip{end.Height + 1, r.Last()}, Detail: fmt.Sprintf("passes %v", end)}
	}
	for i := range r.Len() {
		h := Header{Raw: [HeaderSize]byte(r.raw[i*HeaderSize:]), Hash: r.Hash(i)}
		// The run's own check has seen to the other medians.
		if err := t.stackOne(&h, i < medianBlocks); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tree) stackOne(h *Header, median bool) error {
	parent := t.top()
	height := parent.height() + 1
	if err := t.checkContext(parent, h, noClock, median); err != nil {
		return err
	}
	if c, ok := t.rules.checkpointAt(height); ok && c.Hash != h.Hash {
		return &RuleError{Kind: CheckpointMismatch, Tip: Tip{height, h.Hash}, Detail: "want " + c.Hash.String()}
	}
	if c, ok := t.rules.checkpointAt(height - 1); ok && c.Bits != h.Bits() {
		return &RuleError{Kind: BadBits, Tip: Tip{height, h.Hash}, Detail: fmt.Sprintf("the checkpoint says %08x", c.Bits)}
	}
	t.line.append(h, t.line.known.of(h.Bits()).work)
	return nil
}

// join judges the first headers of above, which begins where t ends, now that
// there is something below them.
func (t *Tree) join(above *Tree) error {
	n := t.line.n
	for i := range min(medianBlocks, above.line.n) {
		h := above.line.header(i)
		if err := t.checkContext(t.top(), &h, noClock, true); err != nil {
			return err
		}
		t.line.append(&h, t.line.known.of(h.Bits()).work)
	}
	if above.line.n == 0 {
		// No header to judge: the checkpoint's target speaks for it.
		if bits := t.nextBits(t.top(), 0); bits != above.line.base.Bits {
			return &RuleError{Kind: BadBits, Tip: t.Tip(), Detail: fmt.Sprintf("%08x follows, the checkpoint says %08x", bits, above.line.base.Bits)}
		}
	}
	t.line.truncate(n)
	return nil
}

// lower makes the tree begin with the headers of low.
func (t *Tree) lower(low *line) {
	l := t.line
	old := l.base.Height
	l.base = low.base
	l.raws.prepend(low.raws)
	l.starts = append(low.starts, l.starts...)
	l.n += low.n
	l.index.lowered(l, low.n)
	for _, n := range t.side.nodes {
		if n.height <= old+medianBlocks {
			// It was spared the median, and the likes of it can be had again.
			t.side.clear()
			break
		}
	}
}

// noClock is a time that no header is ahead of.
const noClock = math.MaxInt64 - maxAhead
