package app

import (
	"context"
	"sync"
	"time"

	"thistle/app/ledger"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// blocksAhead is how many blocks are fetched at once: one that nobody serves
// must not keep the others waiting.
const blocksAhead = 16

// fetcher gets the blocks that were named, beside everything else: a block may
// be long in coming.
type fetcher struct {
	chain *spv.Client
	under map[chainhash.Hash]context.CancelFunc
	done  chan fetched
	group sync.WaitGroup
	again time.Time // nothing is begun before
}

// fetched is the end of one attempt.
type fetched struct {
	hash  chainhash.Hash
	block *spv.Block // nil if there is none of that hash on the best chain
}

func newFetcher(chain *spv.Client) *fetcher {
	return &fetcher{chain: chain, under: make(map[chainhash.Hash]context.CancelFunc), done: make(chan fetched)}
}

// want makes refs all that is being fetched, the first of them first.
func (f *fetcher) want(ctx context.Context, refs []ledger.BlockRef) {
	wanted := make(map[chainhash.Hash]bool, len(refs))
	for _, r := range refs {
		wanted[r.Hash] = true
	}
	for hash, cancel := range f.under {
		if !wanted[hash] {
			cancel()
			delete(f.under, hash)
		}
	}
	for _, r := range refs {
		if len(f.under) >= blocksAhead || f.held() {
			return
		}
		if f.under[r.Hash] == nil {
			f.begin(ctx, r.Hash)
		}
	}
}

func (f *fetcher) begin(ctx context.Context, hash chainhash.Hash) {
	ctx, cancel := context.WithCancel(ctx)
	f.under[hash] = cancel
	f.group.Go(func() {
		block, _ := f.chain.Block(ctx, hash) // errors: stale, or ctx's
		select {
		case f.done <- fetched{hash, block}:
		case <-ctx.Done():
		}
	})
}

// held reports that a block turned out not to be on the best chain. The news of
// that is on its way to the ledger.
func (f *fetcher) held() bool { return time.Now().Before(f.again) }

// ended takes note of an attempt's end.
func (f *fetcher) ended(r fetched) {
	if cancel := f.under[r.hash]; cancel != nil {
		cancel()
		delete(f.under, r.hash)
	}
	if r.block == nil {
		f.again = time.Now().Add(retryPause)
	}
}

// stop ends all attempts.
func (f *fetcher) stop() {
	for _, cancel := range f.under {
		cancel()
	}
	f.group.Wait()
}

// takeFetched applies the blocks that have come.
func (w *Wallet) takeFetched(f *fetcher) (done bool, err error) {
	for {
		select {
		case r := <-f.done:
			if err := w.takeBlock(f, r); err != nil {
				return false, err
			}
			done = true
		default:
			return done, nil
		}
	}
}

func (w *Wallet) takeBlock(f *fetcher, r fetched) error {
	f.ended(r)
	if r.block == nil {
		return nil
	}
	return w.applyBlock(r.block)
}

func (w *Wallet) applyBlock(b *spv.Block) error {
	fact := ledger.BlockApplied{
		Block: ledger.BlockRef{Height: b.Height, Hash: b.Hash},
		Time:  time.Unix(b.Time(), 0),
		Txs:   b.Txs,
		Proof: func(i int) []byte {
			proof, err := b.Prove(i)
			if err != nil {
				w.env.log().Error("prove transaction", "height", b.Height, "err", err)
				return nil
			}
			return proof.MerkleBlock()
		},
	}
	if err := w.apply(fact); err != nil {
		return failure("apply block", err)
	}
	w.hub.publish(BlockScanned{Height: b.Height, Hash: b.Hash})
	return nil
}
