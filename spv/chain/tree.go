package chain

import (
	"errors"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// ErrStored says that stored headers do not form a chain on their base.
var ErrStored = errors.New("stored headers are damaged")

// Tree holds the best chain from a base on, and the side branches beside it.
type Tree struct {
}

// New begins a tree at base, which is one that p gives. A tree that begins
// below genesis holds the genesis header from the start: peers never send it.
// Initial tells of it, so that it can be saved.
func New(p *Params, base Base) *Tree { panic("unfinished") }

// Load begins a tree with headers that this program checked before it stored
// them: the best chain from base.Height+1 on, n*80 bytes, which the tree keeps.
// Links and checkpoints are checked, proof of work is not. The error is
// ErrStored.
func Load(p *Params, base Base, raw []byte) (*Tree, error) { panic("unfinished") }

// Initial is what a new tree holds before anything is added: the genesis
// header, or nothing if the base is a checkpoint.
func (t *Tree) Initial() Change { panic("unfinished") }

// Add judges consecutive headers, of which the first is known or links to a
// known one, on the best chain or a branch. Headers already known are passed
// over. If one is refused, those before it are kept and the error is a
// *RuleError. now is the local clock.
func (t *Tree) Add(now time.Time, headers []Header) (Result, error) { panic("unfinished") }

// Tip ends the best chain. It is the base's when there are no headers.
func (t *Tree) Tip() Tip { panic("unfinished") }

// Base is where the tree begins.
func (t *Tree) Base() Base { panic("unfinished") }

// Work is summed from genesis through the tip.
func (t *Tree) Work() Work { panic("unfinished") }

// Len is the number of headers on the best chain.
func (t *Tree) Len() int { panic("unfinished") }

// HashAt is the hash of the best chain's block at height; the base's own
// height is included.
func (t *Tree) HashAt(height int32) (chainhash.Hash, bool) { panic("unfinished") }

// HeaderAt is the best chain's header at height.
func (t *Tree) HeaderAt(height int32) (Header, bool) { panic("unfinished") }

// Find looks a hash up. best tells the best chain, the base included, from a
// side branch.
func (t *Tree) Find(hash chainhash.Hash) (tip Tip, best bool, ok bool) { panic("unfinished") }

// Locator lists hashes for a getheaders message, from a known block downwards:
// ten in a row, then with doubling gaps, and at last where the tree begins. It
// is nil for an unknown hash.
func (t *Tree) Locator(from chainhash.Hash) []chainhash.Hash { panic("unfinished") }

// MedianTime is the median of the times of the best chain's 11 blocks ending
// at height; near the base, of those known.
func (t *Tree) MedianTime(height int32) (time.Time, bool) { panic("unfinished") }
