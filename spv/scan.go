package spv

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"sync/atomic"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"

	"golang.org/x/sync/errgroup"
)

// matchStep is how many filters a worker takes at a time.
const matchStep = 64

// timeSlack is how far block times may lie before the time they were found at,
// by the two-hour rule.
const timeSlack = 2 * time.Hour

// snapshot is the part of the chain that one Match looks at, so that a reorg
// meanwhile changes nothing under its feet.
type snapshot struct {
	from    int32
	blocks  []chainhash.Hash
	headers []chainhash.Hash // filter headers, beginning one before from
	direct  []bool           // the block must be read whatever the filter says
	asked   []bool           // the person's own node is asked instead
	mark    chainhash.Hash   // at the end
}

// AsksOwnNode tells whether the person's own node is asked about blocks whose
// filters are not here.
func (c *Client) AsksOwnNode() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Light()
}

// Match is Search for scripts of which nothing is known.
func (c *Client) Match(ctx context.Context, scripts [][]byte, from, to int32) (MatchResult, error) {
	return c.Search(ctx, Query{Scripts: scripts}, from, to)
}

// Search asks the filters of blocks from..to, which must be on disk, about
// scripts. Nothing of it leaves this computer, and the scripts are forgotten;
// but for what the person's own node is asked in place of filters (Config.Bloom).
// Errors: ErrNotReady, ErrReorged, the context's.
func (c *Client) Search(ctx context.Context, q Query, from, to int32) (MatchResult, error) {
	if from > to {
		return MatchResult{}, fmt.Errorf("match %d..%d: empty range", from, to)
	}
	snap, err := c.snapshot(from, to)
	if err != nil {
		return MatchResult{}, err
	}
	hits, err := c.askFilters(ctx, q.Scripts, snap)
	if err == nil {
		err = c.askOwnNode(ctx, q, snap, hits)
	}
	if err != nil {
		return MatchResult{}, err
	}
	return c.matchResult(snap, hits)
}

// askFilters gives the scripts that the filter of each block may hold, nil where it
// holds none, or is not needed.
func (c *Client) askFilters(ctx context.Context, scripts [][]byte, snap *snapshot) ([][]int, error) {
	query := cfilter.NewQuery(scripts)
	defer query.Wipe()
	hits := make([][]int, len(snap.blocks)) // nil where nothing matched
	var next atomic.Int64
	var lost atomic.Bool
	group, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), len(snap.blocks)/matchStep+1) {
		group.Go(func() error {
			w := matchWorker{c: c, query: query}
			for {
				first := int(next.Add(matchStep)) - matchStep
				if first >= len(snap.blocks) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				for i := first; i < min(first+matchStep, len(snap.blocks)); i++ {
					scripts, there := w.match(snap, i)
					if !there {
						lost.Store(true) // look on, so that all are asked for at once
					}
					hits[i] = scripts
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if lost.Load() {
		return nil, ErrNotReady
	}
	return hits, nil
}

func (c *Client) snapshot(from, to int32) (*snapshot, error) {
	have, tip := c.Filters()
	if have < 0 || from < have || to > tip.Height {
		return nil, ErrNotReady
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := &snapshot{from: from}
	prev, known := c.machine.FilterHeader(from - 1)
	s.headers = append(s.headers, prev)
	for h := from; h <= to; h++ {
		hash, ok1 := c.tree.HashAt(h)
		header, ok2 := c.machine.FilterHeader(h)
		whole, own := c.machine.ReadWhole(h), c.machine.AskOwn(h)
		if !ok1 || !whole && !own && !(known && ok2) {
			return nil, ErrReorged
		}
		known = ok2
		s.blocks = append(s.blocks, hash)
		s.headers = append(s.headers, header)
		s.direct = append(s.direct, c.direct[h] || whole)
		s.asked = append(s.asked, own)
	}
	if !slices.Contains(s.asked, true) {
		s.mark = c.mark(to, s.headers[len(s.headers)-1])
	}
	return s, nil
}

// matchWorker asks one filter after the other, with memory of its own.
type matchWorker struct {
	c       *Client
	query   *cfilter.Query
	matcher cfilter.Matcher
	buf     []byte
}

// wholeBlock stands for a block that only itself can tell about.
var wholeBlock = []int{}

// match reads a filter, checks it against its filter header and asks it: nil if
// nothing matches. It reports false for there if the disk does not have it after
// all.
func (w *matchWorker) match(s *snapshot, i int) (scripts []int, there bool) {
	switch {
	case s.asked[i]:
		return nil, true
	case s.direct[i]:
		return wholeBlock, true
	}
	height := s.from + int32(i)
	filter, err := w.c.store.FilterInto(w.buf, height, s.blocks[i])
	if err == nil {
		w.keep(filter)
		if cfilter.NextHeader(cfilter.Hash(filter), s.headers[i]) == s.headers[i+1] {
			matches, err := w.matcher.Match(filter, &s.blocks[i], w.query)
			if err != nil {
				return wholeBlock, true // committed to, and yet no filter
			}
			return matches, true
		}
	}
	w.c.filterGone(height, s.blocks[i], err)
	return nil, false
}

// keep makes room for what is to come, as the filters of a time are of a size.
func (w *matchWorker) keep(filter []byte) {
	const record = 128 // what FilterInto reads beside the filter
	if need := len(filter) + record; cap(w.buf) < need {
		w.buf = make([]byte, 0, need+need/4)
	}
}

// filterGone asks again for a filter that the disk does not have after all.
func (c *Client) filterGone(height int32, block chainhash.Hash, err error) {
	c.log.Info("filter is gone from disk, asking again", "height", height, "err", err)
	// In this order: the news that it has come again must not be undone.
	c.savedMu.Lock()
	if height < c.filtersFrom {
		c.savedMu.Unlock()
		return // given up meanwhile
	}
	if c.filtersTip.Height >= height {
		c.filtersTip = Tip{Height: height - 1}
	}
	c.savedMu.Unlock()
	c.commands.put(protocol.FilterLost{Height: height, Block: block})
}

func (c *Client) matchResult(s *snapshot, hits [][]int) (MatchResult, error) {
	last := len(s.blocks) - 1
	res := MatchResult{From: s.from, To: s.from + int32(last), EndHash: s.blocks[last], EndMark: s.mark, OwnNode: slices.Contains(s.asked, true)}
	if now, ok := c.HashAt(res.To); !ok || now != res.EndHash {
		return MatchResult{}, ErrReorged
	}
	for i, scripts := range hits {
		if scripts != nil {
			res.Hits = append(res.Hits, Hit{BlockRef: BlockRef{Height: s.from + int32(i), Hash: s.blocks[i]}, Scripts: scripts})
		}
	}
	return res, nil
}

// HeightAt is the first height whose block may have been found after t: by its
// median time past, less two hours that block times may lie. The tip's height
// if all blocks are older. It reports false where the chain cannot be read back
// from disk, which ends Run.
func (c *Client) HeightAt(t time.Time) (int32, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	base, tip := c.tree.Base().Height+1, c.tree.Tip().Height
	t = t.Add(-timeSlack)
	n := sort.Search(int(tip-base), func(i int) bool {
		median, ok := c.tree.MedianTime(base + int32(i))
		return ok && !median.Before(t)
	})
	return max(base, min(base+int32(n), tip)), c.sound()
}

// Block fetches a block of the best chain from any peer, for as long as ctx
// allows, and checks it whole. Errors: ErrStale, the context's.
func (c *Client) Block(ctx context.Context, hash chainhash.Hash) (*Block, error) {
	wait := make(chan *protocol.BlockArrived, 1)
	c.waitMu.Lock()
	c.waiters[hash] = append(c.waiters[hash], wait)
	c.waitMu.Unlock()
	c.commands.put(protocol.WantBlock{Hash: hash})
	select {
	case arrived := <-wait:
		return c.finishBlock(arrived)
	case <-ctx.Done():
		c.unwait(hash, wait)
		return nil, ctx.Err()
	}
}

func (c *Client) unwait(hash chainhash.Hash, wait chan *protocol.BlockArrived) {
	c.waitMu.Lock()
	defer c.waitMu.Unlock()
	left := slices.DeleteFunc(c.waiters[hash], func(w chan *protocol.BlockArrived) bool { return w == wait })
	if c.waiters[hash] = left; len(left) == 0 {
		delete(c.waiters, hash)
		c.commands.put(protocol.DropBlock{Hash: hash})
	}
}

func (c *Client) blockArrived(b *protocol.BlockArrived) {
	c.waitMu.Lock()
	waiting := c.waiters[b.Hash]
	delete(c.waiters, b.Hash)
	c.waitMu.Unlock()
	for _, w := range waiting {
		w <- b
	}
}

// finishBlock looks the block up in the chain, and holds its filter against it:
// a filter that lacks one of the block's output scripts is a lie.
func (c *Client) finishBlock(b *protocol.BlockArrived) (*Block, error) {
	c.mu.RLock()
	tip, best, ok := c.tree.Find(b.Hash)
	header, _ := c.tree.HeaderAt(tip.Height)
	direct := c.direct[tip.Height]
	c.mu.RUnlock()
	if !ok || !best {
		return nil, ErrStale
	}
	if !direct {
		if filter, err := c.store.Filter(tip.Height, b.Hash); err == nil && lies(filter, b.Block) && c.fits(tip.Height, filter) {
			c.commands.put(protocol.FilterDisproved{Height: tip.Height, Block: b.Hash})
		}
	}
	return &Block{Height: tip.Height, Hash: b.Hash, Header: header.Raw, Txs: b.Block.Transactions}, nil
}

func lies(filter []byte, block *wire.MsgBlock) bool {
	missing, err := cfilter.Missing(filter, block)
	return err != nil || len(missing) > 0
}

// fits tells whether a filter is the one that our filter header commits to.
func (c *Client) fits(height int32, filter []byte) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	prev, ok1 := c.machine.FilterHeader(height - 1)
	header, ok2 := c.machine.FilterHeader(height)
	return ok1 && ok2 && cfilter.NextHeader(cfilter.Hash(filter), prev) == header
}

// Broadcast offers a transaction to peers, again and again, until Rest or
// Withdraw. fee is what it pays in satoshi, 0 if that is not known: peers whose
// floor lies higher are not told.
func (c *Client) Broadcast(tx *wire.MsgTx, fee int64) {
	c.commands.put(protocol.SubmitTx{Tx: tx, Fee: fee})
}

// Travel tells how far a transaction has got since Broadcast, false if there was
// none or it was withdrawn.
func (c *Client) Travel(txid chainhash.Hash) (Travel, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Travel(txid)
}

// Heard tells how many parts of the network have announced a transaction lately.
func (c *Client) Heard(txid chainhash.Hash) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Heard(txid)
}

// LowData tells that transactions are not announced to us.
func (c *Client) LowData() bool { return c.cfg.LowData }

// Rest ends Broadcast for a while. Whom the transaction was announced to is
// remembered: the next Broadcast needs nobody else.
func (c *Client) Rest(txid chainhash.Hash) { c.commands.put(protocol.RestTx{TxID: txid}) }

// Withdraw ends Broadcast.
func (c *Client) Withdraw(txid chainhash.Hash) { c.commands.put(protocol.WithdrawTx{TxID: txid}) }
