package chain

import (
	"errors"
	"fmt"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// ErrStored says that stored headers do not form a chain on their base.
var ErrStored = errors.New("stored headers are damaged")

// Tree holds the best chain from a base on, and the side branches beside it.
type Tree struct {
	rules *rules
	line  *line
	side  side
	floor int32 // height of the last checkpoint passed, or of the base
}

// New begins a tree at base, which is one that p gives. A tree that begins
// below genesis holds the genesis header from the start: peers never send it.
// Initial tells of it, so that it can be saved.
func New(p *Params, base Base) *Tree {
	t := &Tree{rules: newRules(p), side: newSide(), floor: base.Height}
	t.line = newLine(base, t.rules.period)
	if base.Height < 0 {
		g := FromWire(&p.Net.GenesisBlock.Header)
		t.line.push(&g, t.line.known.of(g.Bits()).work)
	}
	return t
}

// Load begins a tree with headers that this program checked before it stored
// them: the best chain from base.Height+1 on, n*80 bytes, which the tree keeps.
// Links and checkpoints are checked, proof of work is not. The error is
// ErrStored.
func Load(p *Params, base Base, raw []byte) (*Tree, error) {
	t := New(p, base)
	if len(raw) == 0 {
		return t, nil
	}
	if base.Height < 0 {
		t.line = newLine(base, t.rules.period)
		if len(raw) < HeaderSize || chainhash.DoubleHashH(raw[:HeaderSize]) != *p.Net.GenesisHash {
			return nil, fmt.Errorf("first header is not genesis: %w", ErrStored)
		}
	}
	if err := t.line.load(raw); err != nil {
		return nil, err
	}
	for i := range p.Checkpoints {
		c := &p.Checkpoints[i]
		if h, ok := t.HashAt(c.Height); ok {
			if h != c.Hash {
				return nil, fmt.Errorf("header %d is not the checkpoint: %w", c.Height, ErrStored)
			}
			t.floor = c.Height
		}
	}
	return t, nil
}

// Initial is what a new tree holds before anything is added: the genesis
// header, or nothing if the base is a checkpoint.
func (t *Tree) Initial() Change {
	c := Change{Fork: t.line.base.Tip()}
	if t.line.base.Height < 0 {
		c.Connected = []Header{t.line.header(0)}
	}
	return c
}

// Tip ends the best chain. It is the base's when there are no headers.
func (t *Tree) Tip() Tip { return t.top().tip() }

// Base is where the tree begins.
func (t *Tree) Base() Base { return t.line.base }

// Work is summed from genesis through the tip.
func (t *Tree) Work() Work { return t.line.work }

// WorkFrom is the summed work of the best chain's headers from a height on, the
// one at that height included, which must be kept.
func (t *Tree) WorkFrom(height int32) (Work, bool) {
	i := t.line.position(height)
	if i < 0 || i >= t.line.n {
		return Work{}, false
	}
	return t.line.work.Sub(t.line.workThrough(i - 1)), true
}

// Len is the number of headers on the best chain.
func (t *Tree) Len() int { return t.line.n }

// HashAt is the hash of the best chain's block at height; the base's own
// height is included.
func (t *Tree) HashAt(height int32) (chainhash.Hash, bool) {
	if height < t.bottom() || height > t.top().height() {
		return chainhash.Hash{}, false
	}
	return t.line.hash(t.line.position(height)), true
}

// HeaderAt is the best chain's header at height.
func (t *Tree) HeaderAt(height int32) (Header, bool) {
	i := t.line.position(height)
	if i < 0 || i >= t.line.n {
		return Header{}, false
	}
	return t.line.header(i), true
}

// Find looks a hash up. best tells the best chain, the base included, from a
// side branch.
func (t *Tree) Find(hash chainhash.Hash) (tip Tip, best bool, ok bool) {
	p, ok := t.locate(&hash)
	if !ok {
		return Tip{}, false, false
	}
	return p.tip(), p.n == nil, true
}

// Fork is the last block that a known block's chain shares with the best one:
// the block itself if it is on it.
func (t *Tree) Fork(hash chainhash.Hash) (Tip, bool) {
	p, ok := t.locate(&hash)
	if !ok {
		return Tip{}, false
	}
	for p.n != nil {
		p = p.parent()
	}
	return p.tip(), true
}

// Locator lists hashes for a getheaders message, from a known block downwards:
// ten in a row, then with doubling gaps, and at last where the tree begins. It
// is nil for an unknown hash.
func (t *Tree) Locator(from chainhash.Hash) []chainhash.Hash {
	p, ok := t.locate(&from)
	if !ok {
		return nil
	}
	return p.locator()
}

// MedianTime is the median of the times of the best chain's 11 blocks ending
// at height; near the base, of those known.
func (t *Tree) MedianTime(height int32) (time.Time, bool) {
	i := t.line.position(height)
	if i < 0 || i >= t.line.n {
		return time.Time{}, false
	}
	m, ok := place{t: t, pos: i}.medianTime()
	return time.Unix(int64(m), 0).UTC(), ok
}

// top is the end of the best chain.
func (t *Tree) top() place { return place{t: t, pos: t.line.n - 1} }

// bottom is the lowest height with a hash: the base's, or genesis.
func (t *Tree) bottom() int32 { return max(t.line.base.Height, 0) }

// locate finds a hash anywhere.
func (t *Tree) locate(h *chainhash.Hash) (place, bool) {
	if *h == t.line.base.Hash && t.line.base.Height >= 0 {
		return place{t: t, pos: -1}, true
	}
	if i, ok := t.line.find(h); ok {
		return place{t: t, pos: i}, true
	}
	if n, ok := t.side.nodes[*h]; ok {
		return place{t: t, n: n}, true
	}
	return place{}, false
}
