package sandbox

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	"github.com/btcsuite/btcd/blockchain/indexers"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/database"
	_ "github.com/btcsuite/btcd/database/ffldb" // the store of the chain
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/mining"
	"github.com/btcsuite/btcd/txscript/v2"
)

const (
	minRelayFee    = 1000 // sat/kvB, as Bitcoin Core had it for a decade
	maxBlockWeight = blockchain.MaxBlockWeight - 4000
	utxoCacheBytes = 4 << 20 // set aside at once, by every node
	cacheEntries   = 10_000
)

// regtest copies the parameters with deployments of their own: a chain writes
// its clock into them, and two nodes must not share one.
func regtest() *chaincfg.Params {
	p := chaincfg.RegressionNetParams
	for i := range p.Deployments {
		p.Deployments[i].DeploymentStarter = chaincfg.NewMedianTimeDeploymentStarter(time.Time{})
		p.Deployments[i].DeploymentEnder = chaincfg.NewMedianTimeDeploymentEnder(time.Time{})
	}
	return &p
}

// clock is the node's Now as btcd wants it: peers do not get to move it.
type clock func() time.Time

func (c clock) AdjustedTime() time.Time         { return c() }
func (c clock) AddTimeSample(string, time.Time) {}
func (c clock) Offset() time.Duration           { return 0 }

func (n *Node) openChain() error {
	db, err := database.Create("ffldb", filepath.Join(n.dir, chainName), n.params.Net)
	if err != nil {
		return fmt.Errorf("sandbox: create chain: %w", err)
	}
	n.db = db
	n.index = indexers.NewCfIndex(db, n.params)
	sigs := txscript.NewSigCache(cacheEntries)
	hashes := txscript.NewHashCache(cacheEntries)
	n.chain, err = blockchain.New(&blockchain.Config{
		DB:               db,
		UtxoCacheMaxSize: utxoCacheBytes,
		Interrupt:        n.ctx.Done(),
		ChainParams:      n.params,
		TimeSource:       clock(n.now),
		SigCache:         sigs,
		HashCache:        hashes,
		IndexManager:     indexers.NewManager(db, []indexers.Indexer{n.index}),
	})
	if err != nil {
		return fmt.Errorf("sandbox: open chain: %w", err)
	}
	n.chain.Subscribe(n.hear)
	n.pool = mempool.New(n.poolConfig(sigs, hashes))
	n.miner = mining.NewBlkTmplGenerator(&mining.Policy{BlockMaxWeight: maxBlockWeight, BlockMaxSize: blockchain.MaxBlockBaseSize},
		n.params, n.pool, n.chain, clock(n.now), sigs, hashes)
	return nil
}

// poolConfig holds the rules of relay on the public network, so that what is
// refused there is refused here.
func (n *Node) poolConfig(sigs *txscript.SigCache, hashes *txscript.HashCache) *mempool.Config {
	return &mempool.Config{
		Policy: mempool.Policy{
			MaxTxVersion:         2,
			DisableRelayPriority: true,
			MaxOrphanTxs:         100,
			MaxOrphanTxSize:      100_000,
			MaxSigOpCostPerTx:    blockchain.MaxBlockSigOpsCost / 4,
			MinRelayTxFee:        minRelayFee,
		},
		ChainParams:    n.params,
		FetchUtxoView:  n.chain.FetchUtxoView,
		BestHeight:     func() int32 { return n.chain.BestSnapshot().Height },
		MedianTimePast: func() time.Time { return n.chain.BestSnapshot().MedianTime },
		CalcSequenceLock: func(tx *btcutil.Tx, view *blockchain.UtxoViewpoint) (*blockchain.SequenceLock, error) {
			return n.chain.CalcSequenceLock(tx, view, true)
		},
		IsDeploymentActive: n.chain.IsDeploymentActive,
		SigCache:           sigs,
		HashCache:          hashes,
	}
}

// event is one block joining or leaving the best chain.
type event struct {
	block     *btcutil.Block
	connected bool
}

// change is the sum of events: the blocks that left the best chain, high to
// low, and those that joined it, ascending.
type change struct {
	gone, come []*btcutil.Block
}

func (c *change) add(e event) {
	last := len(c.come) - 1
	switch {
	case e.connected:
		c.come = append(c.come, e.block)
	case last >= 0 && c.come[last].Hash().IsEqual(e.block.Hash()):
		c.come = c.come[:last]
	default:
		c.gone = append(c.gone, e.block)
	}
}

// hear notes what the chain tells, in the goroutine that changes it.
func (n *Node) hear(note *blockchain.Notification) {
	block, ok := note.Data.(*btcutil.Block)
	switch {
	case !ok:
	case note.Type == blockchain.NTBlockAccepted:
		n.keepBlock(block)
	default:
		n.events = append(n.events, event{block, note.Type == blockchain.NTBlockConnected})
	}
}

// addBlock judges a block and lets mempool and faucet follow. The caller holds
// mu, and tells the peers by announce.
func (n *Node) addBlock(block *btcutil.Block) (orphan bool, err error) {
	_, orphan, err = n.chain.ProcessBlock(block, blockchain.BFNone)
	n.settle()
	return orphan, err
}

// settle makes mempool and faucet follow the events of the chain.
func (n *Node) settle() {
	var c change
	for _, e := range n.events {
		c.add(e)
		n.news.add(e)
	}
	n.events = nil
	for _, block := range c.come {
		for _, tx := range block.Transactions()[1:] {
			n.pool.RemoveTransaction(tx, false)
			n.pool.RemoveDoubleSpends(tx)
			n.pool.RemoveOrphan(tx)
			n.relayTxs(n.pool.ProcessOrphans(tx))
		}
		n.faucet.look(block)
	}
	if len(c.gone) > 0 {
		n.faucet.revive()
		n.refill(c.gone)
	}
}

// Invalidate declares a block and all after it invalid for this node, as
// btcd's invalidateblock does: the chain shrinks, or switches to another
// branch, and the transactions return to the mempool. Nothing is announced
// but blocks that replace them.
func (n *Node) Invalidate(hash chainhash.Hash) error {
	return n.alter(func() error { return n.chain.InvalidateBlock(&hash) })
}

// Reconsider takes an Invalidate back.
func (n *Node) Reconsider(hash chainhash.Hash) error {
	return n.alter(func() error { return n.chain.ReconsiderBlock(&hash) })
}

func (n *Node) alter(f func() error) error {
	if !n.enter() {
		return ErrClosed
	}
	defer n.leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	err := f()
	n.settle()
	n.announce()
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// haveBlock says whether a block is stored, on whichever branch.
func (n *Node) haveBlock(hash *chainhash.Hash) bool {
	have, err := n.chain.HaveBlock(hash)
	return err == nil && have
}
