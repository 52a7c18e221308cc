package chain

import (
	"slices"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// place is a known block, on the best chain or a branch, from which one can
// walk back. Going below the first header held ends at the base, of which
// nothing but the hash is known.
type place struct {
	t   *Tree
	n   *node // on a branch, else nil
	pos int   // on the best chain; -1 is the base
}

func (p place) isBase() bool { return p.n == nil && p.pos < 0 }

func (p place) isTip() bool { return p.n == nil && p.pos == p.t.line.n-1 }

func (p place) height() int32 {
	if p.n != nil {
		return p.n.height
	}
	return p.t.line.height(p.pos)
}

func (p place) hash() chainhash.Hash {
	if p.n != nil {
		return p.n.h.Hash
	}
	return p.t.line.hash(p.pos)
}

func (p place) tip() Tip { return Tip{p.height(), p.hash()} }

// raw is the header here; not to be asked of the base.
func (p place) raw() []byte {
	if p.n != nil {
		return p.n.h.Raw[:]
	}
	return p.t.line.raw(p.pos)
}

func (p place) work() Work {
	if p.n != nil {
		return p.n.work
	}
	return p.t.line.workThrough(p.pos)
}

// parent is one back; not to be asked of the base.
func (p place) parent() place {
	switch {
	case p.n == nil:
		p.pos--
	case p.n.parent != nil:
		p.n = p.n.parent
	default:
		p.pos, p.n = p.t.line.position(p.n.height-1), nil
	}
	return p
}

// at walks back to height, which must not be below the base's.
func (p place) at(height int32) place {
	for p.n != nil && p.n.height > height {
		p = p.parent()
	}
	if p.n == nil {
		p.pos = p.t.line.position(height)
	}
	return p
}

// medianBlocks is the number of blocks whose times the median is taken of.
const medianBlocks = 11

// medianTime is the median of the times of the blocks ending here, as many as
// are known; false at the base, where none is.
func (p place) medianTime() (uint32, bool) {
	var buf [medianBlocks]uint32
	n := p.times(&buf)
	if n == 0 {
		return 0, false
	}
	// Descending, so that of an even number the later of the middle two is
	// taken, as in every implementation.
	return buf[(n-1)/2], true
}

// medianAtLeast is a time that the median at this block cannot be earlier than:
// the median itself, or near a checkpoint, below which times are not known, the
// median if all of those were earliest. False when nothing can be said.
func (p place) medianAtLeast() (uint32, bool) {
	var buf [medianBlocks]uint32
	n := p.times(&buf)
	if n < medianBlocks && p.t.line.base.Height < 0 {
		return buf[max(n-1, 0)/2], n > 0
	}
	return buf[medianBlocks/2], n > medianBlocks/2
}

// times fills buf with the times of the blocks ending here, latest first, and
// returns how many are known.
func (p place) times(buf *[medianBlocks]uint32) int {
	n := 0
	for ; n < medianBlocks && !p.isBase(); n++ {
		// Sorted as they come: mostly each is earlier than all before.
		t := rawTime(p.raw())
		i := n
		for ; i > 0 && buf[i-1] < t; i-- {
			buf[i] = buf[i-1]
		}
		buf[i] = t
		p = p.parent()
	}
	return n
}

// locator is documented at Tree.Locator.
func (p place) locator() []chainhash.Hash {
	const dense = 10
	var out []chainhash.Hash
	bottom := p.t.bottom()
	step := int32(1)
	for {
		out = append(out, p.hash())
		if p.height() <= bottom {
			return slices.Clip(out)
		}
		if len(out) >= dense {
			step *= 2
		}
		p = p.at(max(p.height()-step, bottom))
	}
}
