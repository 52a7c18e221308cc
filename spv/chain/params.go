package chain

import (
	"errors"
	"fmt"
	"sort"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Base is where a stored chain begins: the block at Height is known by its
// hash only, headers are kept from Height+1 on. Height+1 is the first of a
// difficulty period. Height -1 is the base below genesis: Hash and Work are
// zero and the first header is genesis.
type Base struct {
	Height int32
	Hash   chainhash.Hash
	Work   Work      // summed through the block at Height
	Bits   uint32    // compact target of the period that begins at Height+1
	Time   time.Time // of block Height+1, within TimeMargin
}

// Tip is the block the base stands on.
func (b Base) Tip() Tip { return Tip{b.Height, b.Hash} }

// TimeMargin bounds how far the time of a Base may be from the truth. Times of
// the newest checkpoints are computed from the targets, which wherever it could
// be compared was off by less than two hours (see thistle/assets), and a
// miner's clock may be two hours ahead. A day costs at most one period more of
// headers.
const TimeMargin = 24 * time.Hour

// Params are the rules of one network.
type Params struct {
	Net         *chaincfg.Params
	Checkpoints []Base // ascending, none at genesis
	// BIP54 turns on the time rules of the consensus clean-up, which is not
	// active on any network.
	BIP54 bool
}

// Row is a checkpoint as plain data: the first block of a period. It has the
// fields of assets.Checkpoint in the same order, so that one converts to the
// other.
type Row struct {
	Height int32    // of the first block of the period
	Prev   [32]byte // hash of the block before, in the order of the wire
	Bits   uint32   // compact target of the period
	Work   [32]byte // summed through the block before, big-endian
	Time   int64    // of the block at Height, seconds since 1970
	// Estimated says that Time was computed from the targets, not read from a
	// header.
	Estimated bool
}

// ErrCheckpoints says that a list of checkpoints contradicts itself or the
// network's rules.
var ErrCheckpoints = errors.New("bad checkpoint list")

// ParamsFor puts a network and its checkpoints together. No rows means no
// checkpoints: regtest, signet, testnet4. Rows must begin with the second
// period and leave none out; their targets and summed work are recomputed. The
// error is ErrCheckpoints.
func ParamsFor(net *chaincfg.Params, rows []Row) (*Params, error) {
	p := &Params{Net: net}
	r := newRules(p)
	work, bits := Work{}, net.PowLimitBits
	for i, row := range rows {
		bw, err := BlockWork(bits)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w: %w", row.Height, ErrCheckpoints, err)
		}
		for range r.period {
			work = work.Add(bw)
		}
		switch {
		case row.Height != int32(i+1)*r.period:
			return nil, fmt.Errorf("checkpoint %d: %w: not the next period", row.Height, ErrCheckpoints)
		case WorkFromBytes(row.Work) != work:
			return nil, fmt.Errorf("checkpoint %d: %w: work is %v, want %v",
				row.Height, ErrCheckpoints, WorkFromBytes(row.Work), work)
		case !r.permitted(bits, row.Bits):
			return nil, fmt.Errorf("checkpoint %d: %w: target %08x after %08x",
				row.Height, ErrCheckpoints, row.Bits, bits)
		}
		bits = row.Bits
		p.Checkpoints = append(p.Checkpoints, Base{
			Height: row.Height - 1,
			Hash:   row.Prev,
			Work:   work,
			Bits:   row.Bits,
			Time:   time.Unix(row.Time, 0).UTC(),
		})
	}
	return p, nil
}

// Genesis is the base below the first block.
func (p *Params) Genesis() Base {
	return Base{Height: -1, Bits: p.Net.PowLimitBits, Time: p.Net.GenesisBlock.Header.Timestamp}
}

// BaseBefore is the last base that surely begins before t: its time is earlier
// by more than TimeMargin. It is genesis when no checkpoint is early enough.
func (p *Params) BaseBefore(t time.Time) Base {
	limit := t.Add(-TimeMargin)
	return p.baseAt(sort.Search(len(p.Checkpoints), func(i int) bool {
		return !p.Checkpoints[i].Time.Before(limit)
	}))
}

// BaseBelow is the last base whose first header is at height or lower.
func (p *Params) BaseBelow(height int32) Base {
	return p.baseAt(sort.Search(len(p.Checkpoints), func(i int) bool {
		return p.Checkpoints[i].Height >= height
	}))
}

// baseAt is the base before checkpoint i.
func (p *Params) baseAt(i int) Base {
	if i == 0 {
		return p.Genesis()
	}
	return p.Checkpoints[i-1]
}

// MinWork is the least work a chain must have to be called caught up: what the
// last checkpoint stands on, zero if there is none.
func (p *Params) MinWork() Work {
	if n := len(p.Checkpoints); n > 0 {
		return p.Checkpoints[n-1].Work
	}
	return Work{}
}
