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
func New(p *Params, base Base) *Tree { return newTree(p, base, nil) }

func newTree(p *Params, base Base, source Source) *Tree {
	t := emptyTree(p, base, source)
	if base.Height < 0 {
		g := FromWire(&p.Net.GenesisBlock.Header)
		t.line.push(&g, t.line.known.of(g.Bits()).work)
	}
	return t
}

// emptyTree lacks genesis even where it begins with it.
func emptyTree(p *Params, base Base, source Source) *Tree {
	t := &Tree{rules: newRules(p), side: newSide(), floor: base.Height}
	t.line = newLine(base, t.rules.period, source)
	return t
}

// Load begins a tree with headers that this program checked before it stored
// them: the best chain from base.Height+1 on, n*80 bytes. Links and checkpoints
// are checked, proof of work is not. The error is ErrStored.
func Load(p *Params, base Base, raw []byte) (*Tree, error) {
	if len(raw) == 0 {
		return New(p, base), nil
	}
	t := emptyTree(p, base, nil)
	if err := t.line.load(raw); err != nil {
		return nil, err
	}
	return t, t.takeIn()
}

// Stored is a best chain that this program checked and stored. Source has the
// raw headers of the heights Base.Height+1..Tip.Height, as they were stored or
// not at all.
type Stored struct {
	Base   Base
	Tip    Tip
	Work   Work
	Source Source
}

// Open begins a tree with a stored chain, of which it keeps the newest part in
// memory. It checks that the chain ends in Tip, with Work, that periods link to
// each other, and checkpoints; that single headers link is taken from Source.
// Where there are no headers the tree is a new one. The error is ErrStored or
// Source's.
func Open(p *Params, s Stored) (*Tree, error) {
	if s.Tip.Height <= s.Base.Height {
		return newTree(p, s.Base, s.Source), nil
	}
	t := emptyTree(p, s.Base, s.Source)
	if err := t.line.raws.Open(s.Base.Height+1, s.Tip.Height+1); err != nil {
		return nil, err
	}
	if err := t.takeIn(); err != nil {
		return nil, err
	}
	if t.Tip() != s.Tip || t.Work() != s.Work {
		return nil, fmt.Errorf("ends in %v with work %v, not %v with %v: %w", t.Tip(), t.Work(), s.Tip, s.Work, ErrStored)
	}
	return t, nil
}

// takeIn takes over what the line's column holds, and compares it with what is
// known of the network.
func (t *Tree) takeIn() error {
	err := t.line.takeIn(func(end Tip) error {
		c, ok := t.rules.checkpointAt(end.Height)
		if ok && c.Hash != end.Hash {
			return fmt.Errorf("header %d is not the checkpoint: %w", c.Height, ErrStored)
		}
		if ok {
			t.floor = c.Height
		}
		return nil
	})
	if err == nil && t.line.base.Height < 0 && t.line.hash(0) != *t.rules.Net.GenesisHash {
		err = fmt.Errorf("first header is not genesis: %w", ErrStored)
	}
	return err
}

// Release lets go of old headers that the source of Open has: those of the
// heights from..tip, if tip is on the best chain.
func (t *Tree) Release(from int32, tip Tip) {
	if h, ok := t.HashAt(tip.Height); ok && h == tip.Hash {
		t.line.raws.Release(from, tip.Height)
	}
}

// Err is why headers could not be read back, if that ever happened. The tree is
// of no more use then.
func (t *Tree) Err() error { return t.line.raws.Err() }

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
	work := t.line.work.Sub(t.line.workThrough(i - 1))
	return work, t.Err() == nil
}

// Len is the number of headers on the best chain.
func (t *Tree) Len() int { return t.line.n }

// HashAt is the hash of the best chain's block at height; the base's own
// height is included.
func (t *Tree) HashAt(height int32) (chainhash.Hash, bool) {
	if height < t.bottom() || height > t.top().height() {
		return chainhash.Hash{}, false
	}
	hash := t.line.hash(t.line.position(height))
	return hash, hash != chainhash.Hash{}
}

// HeaderAt is the best chain's header at height.
func (t *Tree) HeaderAt(height int32) (Header, bool) {
	i := t.line.position(height)
	if i < 0 || i >= t.line.n {
		return Header{}, false
	}
	return t.line.header(i), t.Err() == nil
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
	return time.Unix(int64(m), 0).UTC(), ok && t.Err() == nil
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
