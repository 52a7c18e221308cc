package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	"github.com/btcsuite/btcd/blockchain/indexers"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/database"
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/mining"
	"github.com/btcsuite/btcd/wire/v2"
)

// ErrClosed is returned by every call on a node that was closed.
var ErrClosed = errors.New("sandbox node is closed")

// Node is one full node of the sandbox.
//
// Locks, outermost first: life (held for reading by whoever uses the database,
// for writing by Close), mu (the one writer of chain and mempool), then the
// small ones.
type Node struct {
	opt    Options
	log    *slog.Logger
	params *chaincfg.Params
	dir    string
	temp   string // removed at the end; empty for nothing
	kept   *kept

	db     database.DB
	chain  *blockchain.BlockChain
	pool   *mempool.TxPool
	index  *indexers.CfIndex
	miner  *mining.BlkTmplGenerator
	faucet *faucet

	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	stopped  func() bool // unhooks Close from the caller's context
	wg       sync.WaitGroup

	life   sync.RWMutex
	closed bool // under life
	once   sync.Once
	closeE error

	mu     sync.Mutex // every change of chain and mempool
	events []event    // what the chain told during the current change
	news   change     // what peers have not been told yet
	forget bool       // removed transactions do not return to the mempool
	nonce  int64      // makes every coinbase unlike any other

	notBefore time.Time // the clock's least, while kept blocks are judged again

	linksMu sync.Mutex
	links   map[*link]struct{}
	leaving bool

	changedMu sync.Mutex
	changed   chan struct{}

	muted muteSet
	began bool // this start mined the network's chain
}

// Start makes a node and returns once it listens and has its funds. The node
// lives until Close or until ctx ends.
func Start(ctx context.Context, o Options) (*Node, error) {
	o.fill()
	n := &Node{
		opt:     o,
		log:     o.Log,
		params:  regtest(),
		links:   map[*link]struct{}{},
		changed: make(chan struct{}),
	}
	n.ctx, n.cancel = context.WithCancel(ctx)
	n.Mute(o.Mute...)
	if err := n.start(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.stopped = context.AfterFunc(ctx, func() { _ = n.closeOnce() })
	return n, nil
}

func (n *Node) start() error {
	if err := n.openFolder(); err != nil {
		return err
	}
	if err := n.openChain(); err != nil {
		return err
	}
	if err := n.openFaucet(); err != nil {
		return err
	}
	if err := n.takeUp(); err != nil {
		return err
	}
	if n.opt.Premine > 0 && n.chain.BestSnapshot().Height == 0 {
		if err := n.premine(n.opt.Premine, [][]byte{n.faucet.script}); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", n.opt.Listen)
	if err != nil {
		return fmt.Errorf("sandbox: listen: %w", err)
	}
	n.listener = l
	n.wg.Go(n.acceptLoop)
	for _, addr := range n.opt.Connect {
		n.wg.Go(func() { n.dialLoop(addr) })
	}
	return nil
}

// Close drops all links, waits for whatever is being done, and removes what is
// temporary. It may be called again and from anywhere.
func (n *Node) Close() error {
	if n.stopped != nil {
		n.stopped()
	}
	return n.closeOnce()
}

func (n *Node) closeOnce() error {
	n.once.Do(func() { n.closeE = n.shut() })
	return n.closeE
}

func (n *Node) shut() error {
	n.cancel()
	var errs []error
	if n.listener != nil {
		errs = append(errs, n.listener.Close())
	}
	n.dropLinks()
	n.wg.Wait()

	n.life.Lock()
	n.closed = true
	n.life.Unlock()

	if n.chain != nil {
		errs = append(errs, n.chain.FlushUtxoCache(blockchain.FlushRequired))
	}
	if n.db != nil {
		errs = append(errs, n.db.Close())
	}
	if n.temp != "" {
		errs = append(errs, os.RemoveAll(n.temp))
	}
	if n.kept != nil {
		n.mu.Lock()
		n.keep()
		n.mu.Unlock()
		errs = append(errs, n.kept.close())
	}
	n.signal()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sandbox: close: %w", err)
	}
	return nil
}

// enter admits a user of the database; leave lets him go.
func (n *Node) enter() bool {
	n.life.RLock()
	if n.closed {
		n.life.RUnlock()
		return false
	}
	return true
}

func (n *Node) leave() { n.life.RUnlock() }

// Addr is the host:port the node listens on.
func (n *Node) Addr() string { return n.listener.Addr().String() }

// Tip is the last block of the node's best chain.
func (n *Node) Tip() (height int32, hash chainhash.Hash) {
	best := n.chain.BestSnapshot()
	return best.Height, best.Hash
}

// Block returns a block the node knows, also one that is stale.
func (n *Node) Block(hash chainhash.Hash) (*wire.MsgBlock, error) {
	if !n.enter() {
		return nil, ErrClosed
	}
	defer n.leave()
	return n.fetchBlock(&hash)
}

// HashAt returns the hash of the block at a height of the best chain.
func (n *Node) HashAt(height int32) (chainhash.Hash, error) {
	hash, err := n.chain.BlockHashByHeight(height)
	if err != nil {
		return chainhash.Hash{}, fmt.Errorf("sandbox: height %d: %w", height, err)
	}
	return *hash, nil
}

func (n *Node) fetchBlock(hash *chainhash.Hash) (*wire.MsgBlock, error) {
	var raw []byte
	err := n.db.View(func(tx database.Tx) error {
		b, err := tx.FetchBlock(hash)
		raw = bytes.Clone(b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: block %v: %w", hash, err)
	}
	block := new(wire.MsgBlock)
	if err := block.Deserialize(bytes.NewReader(raw)); err != nil {
		return nil, fmt.Errorf("sandbox: block %v: %w", hash, err)
	}
	return block, nil
}

// Await blocks until cond holds. It is asked at once and again whenever the
// node's tip, mempool or peers have changed, so it should be about those. The
// error is that of ctx, or ErrClosed.
func (n *Node) Await(ctx context.Context, cond func() bool) error {
	for {
		n.changedMu.Lock()
		changed := n.changed
		n.changedMu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-n.ctx.Done():
			return ErrClosed
		}
	}
}

// signal wakes everybody in Await.
func (n *Node) signal() {
	n.changedMu.Lock()
	defer n.changedMu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}

// now is the node's clock in the resolution of block headers.
func (n *Node) now() time.Time { return maxTime(time.Unix(n.opt.Now().Unix(), 0), n.notBefore) }

var _ io.Closer = (*Node)(nil)
