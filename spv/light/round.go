package light

import (
	"maps"
	"slices"

	"thistle/spv/merkle"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// MaxRound is how many blocks a round may have: a filter grows by what matches, by
// chance too, until the next is sent.
const MaxRound = 100

// Round is a run of blocks that a node is asked about with one filter. It must not
// be used by several goroutines at once.
type Round struct {
	watch  *Watch
	parts  []part
	places map[chainhash.Hash]int   // of blocks among parts
	wants  map[chainhash.Hash][]int // parts that a transaction is named in
}

// part is one block.
type part struct {
	hash     chainhash.Hash
	answered bool
	named    []chainhash.Hash
	txs      map[chainhash.Hash]*wire.MsgTx
	whole    []*wire.MsgTx // of the block, where it had to be read
}

func (p *part) complete() bool {
	return p.whole != nil || p.answered && len(p.txs) == len(p.named)
}

// NewRound asks about blocks of the best chain, in ascending order, at most
// MaxRound.
func NewRound(w *Watch, blocks []chainhash.Hash) *Round {
	r := &Round{watch: w, places: make(map[chainhash.Hash]int), wants: make(map[chainhash.Hash][]int)}
	for i, hash := range blocks {
		r.places[hash] = i
		r.parts = append(r.parts, part{hash: hash})
	}
	return r
}

// Ask makes the message that asks for what is not here. What came of a block that
// lacks something is asked for once more.
func (r *Round) Ask() *wire.MsgGetData {
	msg := wire.NewMsgGetDataSizeHint(uint(len(r.parts)))
	for i := range r.parts {
		if p := &r.parts[i]; !p.complete() {
			*p = part{hash: p.hash}
			_ = msg.AddInvVect(wire.NewInvVect(wire.InvTypeFilteredBlock, &p.hash)) // room for all
		}
	}
	return msg
}

// Filtered takes an answer, if it is about a block that was asked for and is not
// here. That its header is the block's is shown by the hash.
func (r *Round) Filtered(b *merkle.Block) {
	i, asked := r.places[b.BlockHash]
	if !asked || r.parts[i].answered || r.parts[i].whole != nil {
		return
	}
	p := &r.parts[i]
	p.answered, p.txs = true, make(map[chainhash.Hash]*wire.MsgTx)
	for _, m := range b.Matches {
		p.named = append(p.named, m.TxID)
		r.wants[m.TxID] = append(r.wants[m.TxID], i)
	}
}

// Tx takes a transaction, if it was named. One that could be an inner node of the
// tree is none.
func (r *Round) Tx(tx *wire.MsgTx) {
	if tx.SerializeSizeStripped() == merkle.AmbiguousSize {
		return
	}
	id := tx.TxHash()
	for _, i := range r.wants[id] {
		if p := &r.parts[i]; slices.Contains(p.named, id) {
			p.txs[id] = tx
		}
	}
}

// Whole takes all transactions of a block that was checked.
func (r *Round) Whole(block chainhash.Hash, txs []*wire.MsgTx) {
	if i, asked := r.places[block]; asked {
		r.parts[i].whole = txs
	}
}

// Left lists the blocks about which nothing was said, and those of which something
// that was named has not come.
func (r *Round) Left() (silent, lacking []chainhash.Hash) {
	for i := range r.parts {
		switch p := &r.parts[i]; {
		case p.complete():
		case p.answered:
			lacking = append(lacking, p.hash)
		default:
			silent = append(silent, p.hash)
		}
	}
	return silent, lacking
}

// Complete tells whether nothing is left.
func (r *Round) Complete() bool {
	silent, lacking := r.Left()
	return len(silent)+len(lacking) == 0
}

// Hits gives for each block the places of the scripts that it pays, or whose coins
// it spends, ascending; nil if there are none. The coins are known to the watch
// from then on. The round must be complete.
func (r *Round) Hits() [][]int {
	hits := make([][]int, len(r.parts))
	for i := range r.parts {
		p, found := &r.parts[i], make(map[int]bool)
		for _, id := range p.named {
			if tx := p.txs[id]; tx != nil && p.whole == nil {
				r.watch.note(tx, found)
			}
		}
		for _, tx := range p.whole {
			r.watch.note(tx, found)
		}
		if len(found) > 0 {
			hits[i] = slices.Sorted(maps.Keys(found))
		}
	}
	return hits
}

// Doubt says that the proof of a block could mean two things: it is to be read.
func (r *Round) Doubt(block chainhash.Hash) {
	if i, asked := r.places[block]; asked && !r.parts[i].answered {
		r.parts[i].answered, r.parts[i].named = true, []chainhash.Hash{{}}
	}
}
