package sandbox

import (
	"fmt"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// Fate says what a reorganisation does with the transactions of the blocks it
// removes.
type Fate int

const (
	// Return puts them back into the mempool, here and on the linked nodes;
	// the new branch is empty. The next Mine confirms them again.
	Return Fate = iota

	// Remine puts each into the new branch at its old height.
	Remine

	// Forget keeps them out of the branch and of this node's mempool. Other
	// nodes still put them into theirs.
	Forget

	// Conflict confirms, in the place of each payment of this node's faucet,
	// another transaction that takes the money back: the payment can never
	// confirm again. All other transactions return to the mempool.
	Conflict
)

// String names the fate.
func (f Fate) String() string {
	switch f {
	case Return:
		return "return"
	case Remine:
		return "remine"
	case Forget:
		return "forget"
	case Conflict:
		return "conflict"
	}
	return fmt.Sprintf("Fate(%d)", int(f))
}

// Reorg replaces the last depth blocks by a branch of newBlocks, which must be
// more. The branch is built beside the chain until it overtakes, so that the
// chain changes in one step, as on a real network. The fate of the removed
// transactions is Return unless given.
func (n *Node) Reorg(depth, newBlocks int, fate ...Fate) error {
	if !n.enter() {
		return ErrClosed
	}
	defer n.leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.announce()

	how := Return
	if len(fate) > 0 {
		how = fate[0]
	}
	tip := n.chain.BestSnapshot().Height
	if depth < 1 || int64(depth) > int64(tip) || newBlocks <= depth {
		return fmt.Errorf("sandbox: cannot replace %d of %d blocks by %d", depth, tip, newBlocks)
	}
	fork := tip - int32(depth)
	plan, err := n.plan(fork, tip, how)
	if err != nil {
		return err
	}
	n.forget = how == Forget
	defer func() { n.forget = false }()
	return n.branch(fork, newBlocks, plan)
}

// branch builds blocks on the block at height fork.
func (n *Node) branch(fork int32, count int, plan map[int32][]*btcutil.Tx) error {
	parent, err := n.chain.BlockByHeight(fork)
	if err != nil {
		return fmt.Errorf("sandbox: fork: %w", err)
	}
	prev := parent.MsgBlock().Header
	for height := fork + 1; height <= fork+int32(count); height++ {
		at, err := n.blockTime(&prev)
		if err != nil {
			return err
		}
		block, err := n.assemble(&prev, height, at, plan[height], n.faucet.script)
		if err != nil {
			return err
		}
		if err := n.found(block); err != nil {
			return err
		}
		prev = block.Header
	}
	return nil
}

// plan says which transactions the new branch confirms at which height. Those
// that spend a removed coinbase are impossible, and so are their children.
func (n *Node) plan(fork, tip int32, how Fate) (map[int32][]*btcutil.Tx, error) {
	if how == Return || how == Forget {
		return nil, nil
	}
	plan := map[int32][]*btcutil.Tx{}
	lost := map[chainhash.Hash]bool{}
	for height := fork + 1; height <= tip; height++ {
		block, err := n.chain.BlockByHeight(height)
		if err != nil {
			return nil, fmt.Errorf("sandbox: plan: %w", err)
		}
		lost[*block.Transactions()[0].Hash()] = true
		for _, tx := range block.Transactions()[1:] {
			if how == Conflict {
				other, err := n.faucet.takeBack(tx.MsgTx(), lost)
				if err != nil {
					return nil, err
				}
				lost[*tx.Hash()] = true
				if other != nil {
					plan[height] = append(plan[height], btcutil.NewTx(other))
				}
				continue
			}
			if spendsAny(tx.MsgTx(), lost) {
				lost[*tx.Hash()] = true
				continue
			}
			plan[height] = append(plan[height], tx)
		}
	}
	return plan, nil
}

func spendsAny(tx *wire.MsgTx, txids map[chainhash.Hash]bool) bool {
	for _, in := range tx.TxIn {
		if txids[in.PreviousOutPoint.Hash] {
			return true
		}
	}
	return false
}
