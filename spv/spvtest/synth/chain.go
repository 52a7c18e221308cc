package synth

import (
	"errors"
	"math/big"
	"slices"
	"sync"
	"time"

	"thistle/spv/chain"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Options say what a Chain is.
type Options struct {
	Seed   uint64
	Height int32 // of the tip
	// Large makes filters of mainnet's size, about 21 kB, which hold nothing
	// that is in a block. Pay must be nil then.
	Large bool
	// End is the time of the tip's block, to a few minutes; the first of
	// January 2026 if zero. A client's clock must be later.
	End time.Time
	// Pay tells what a block pays besides its coinbase, nil for nothing. It is
	// called from many goroutines and must always say the same.
	Pay func(height int32) []*wire.TxOut
}

// Chain is a long chain of blocks, which can grow at its end.
type Chain struct {
	opt     Options
	net     *chaincfg.Params
	genesis *wire.MsgBlock
	limit   *big.Int
	start   int64 // seconds since 1970, what the schedule counts from
	pool    []poolFilter

	mu      sync.RWMutex
	periods []period
	raw     []byte // headers by height
	tip     chainhash.Hash
	index   index
	hashes  []chainhash.Hash // of filters, by height
	headers []chainhash.Hash // of filters, by height
}

var errPays = errors.New("synth: large filters cannot hold payments")

// New mines a chain.
func New(opt Options) (*Chain, error) {
	if opt.Large && opt.Pay != nil {
		return nil, errPays
	}
	if opt.End.IsZero() {
		opt.End = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	c := &Chain{opt: opt, limit: chaincfg.RegressionNetParams.PowLimit}
	if opt.Large {
		pool, err := newPool(opt.Seed)
		if err != nil {
			return nil, err
		}
		c.pool = pool
	}
	c.schedule(opt.Height)
	c.start = opt.End.Unix() - c.elapsed(opt.Height)
	c.makeGenesis()
	if err := c.grow(opt.Height); err != nil {
		return nil, err
	}
	return c, nil
}

// Extend mines n blocks more. No peer has them before it announces them.
func (c *Chain) Extend(n int32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	to := c.height() + n
	c.schedule(to)
	return c.grow(to)
}

// Tip is the last block.
func (c *Chain) Tip() chain.Tip {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return chain.Tip{Height: c.height(), Hash: c.tip}
}

// HashAt is the hash of the block at a height, which must be there.
func (c *Chain) HashAt(height int32) chainhash.Hash {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.hash(height)
}

// HeightOf finds a block.
func (c *Chain) HeightOf(hash chainhash.Hash) (int32, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.find(hash)
}

// Header is the 80 bytes of the header at a height.
func (c *Chain) Header(height int32) [chain.HeaderSize]byte {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return [chain.HeaderSize]byte(c.row(height))
}

// FilterHeader is the filter header of the block at a height.
func (c *Chain) FilterHeader(height int32) chainhash.Hash {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.headers[height]
}

// The methods from here on want c.mu held.

func (c *Chain) height() int32 { return int32(len(c.raw)/chain.HeaderSize) - 1 }

func (c *Chain) row(height int32) []byte {
	return c.raw[int(height)*chain.HeaderSize:][:chain.HeaderSize]
}

// hash is read from the header above, which links to it.
func (c *Chain) hash(height int32) chainhash.Hash {
	if height == c.height() {
		return c.tip
	}
	return chainhash.Hash(c.row(height + 1)[4:36])
}

func (c *Chain) find(hash chainhash.Hash) (int32, bool) {
	return c.index.find(hash, c.hash)
}

// grow mines up to a height, for which the schedule must be there.
func (c *Chain) grow(to int32) error {
	from := c.height() + 1
	if to < from {
		return nil
	}
	c.raw = slices.Grow(c.raw, int(to-from+1)*chain.HeaderSize)[:(int(to)+1)*chain.HeaderSize]
	err := inParallel(from, to, func(h int32) error { // the slow part of what needs no parent
		root := c.merkleRoot(h)
		copy(c.row(h)[36:68], root[:])
		return nil
	})
	if err != nil {
		return err
	}
	for h := from; h <= to; h++ {
		c.tip = c.mine(h, c.tip)
	}
	c.index.add(from, to, c.hash)
	return c.growFilters(from, to)
}
