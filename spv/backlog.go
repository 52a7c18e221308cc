package spv

import (
	"context"
	"sync"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// maxBacklog is how many bytes may wait for the disk before the machine waits
// too, and with it the peers. They are in memory twice: with a slow disk, more
// would make the heap larger, and nothing faster.
const maxBacklog = 4 << 20

// backlog counts bytes that wait for the disk.
type backlog struct {
	mu    sync.Mutex
	bytes int
	less  chan struct{} // holds a token when there may be room
}

// add waits until there is room, and for anything while nothing waits. False
// means that the run has ended.
func (b *backlog) add(ctx context.Context, n int) bool {
	for {
		b.mu.Lock()
		if b.bytes == 0 || b.bytes+n <= maxBacklog {
			b.bytes += n
			b.mu.Unlock()
			return true
		}
		b.mu.Unlock()
		select {
		case <-b.less:
		case <-ctx.Done():
			return false
		}
	}
}

func (b *backlog) done(n int) {
	b.mu.Lock()
	b.bytes -= n
	b.mu.Unlock()
	select {
	case b.less <- struct{}{}:
	default:
	}
}

// weigh is about how many bytes outputs hold on to.
func weigh(outs []protocol.Output) (n int) {
	for _, out := range outs {
		switch out := out.(type) {
		case protocol.SaveHeaders:
			n += len(out.Change.Connected) * (chain.HeaderSize + chainhash.HashSize)
		case protocol.SaveLower:
			for _, run := range out.Runs {
				n += len(run.Raw())
			}
		case protocol.SaveFilterHeaders:
			n += len(out.Headers) * chainhash.HashSize
		case protocol.SaveFilter:
			n += len(out.Data)
		}
	}
	return n
}
