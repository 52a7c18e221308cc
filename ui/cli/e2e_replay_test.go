//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// replay is the naive wallet: it reads every block a node ever had on its best
// chain, and knows what a wallet should know at each of them.
type replay struct {
	t      *testing.T
	node   *e2etest.Node
	ours   map[string]bool           // scripts
	blocks map[chainhash.Hash]*known // of all branches
	outs   map[wire.OutPoint]*wire.TxOut
}

// known is a block as the replay sees it.
type known struct {
	prev   *known
	height int32
	hash   chainhash.Hash
	filter []byte
	txs    int   // of ours, in this block
	gain   int64 // of ours, by this block
}

func newReplay(t *testing.T, node *e2etest.Node, account *e2etest.Account, addresses uint32) *replay {
	r := &replay{t: t, node: node, ours: make(map[string]bool),
		blocks: make(map[chainhash.Hash]*known), outs: make(map[wire.OutPoint]*wire.TxOut)}
	for i := range addresses {
		r.ours[string(account.External(i))], r.ours[string(account.Internal(i))] = true, true
	}
	r.blocks[*e2etest.Net.GenesisHash] = &known{hash: *e2etest.Net.GenesisHash}
	r.learn()
	return r
}

// learn reads what is new on the node's best chain, and returns its tip. It must
// be called before blocks are taken back.
func (r *replay) learn() *known {
	r.t.Helper()
	tip := r.node.TipHash()
	var fresh []*wire.MsgBlock
	for hash := tip; r.blocks[hash] == nil; {
		block, err := r.node.RPC.GetBlock(&hash)
		require.NoError(r.t, err)
		fresh = append(fresh, block)
		hash = block.Header.PrevBlock
	}
	for i := len(fresh) - 1; i >= 0; i-- {
		r.add(fresh[i])
	}
	return r.blocks[tip]
}

func (r *replay) add(block *wire.MsgBlock) {
	prev := r.blocks[block.Header.PrevBlock]
	b := &known{prev: prev, height: prev.height + 1, hash: block.BlockHash()}
	var spent [][]byte
	for i, tx := range block.Transactions {
		concerns := false
		if i > 0 {
			for _, in := range tx.TxIn {
				out := r.outs[in.PreviousOutPoint]
				require.NotNil(r.t, out)
				spent = append(spent, out.PkScript)
				if r.ours[string(out.PkScript)] {
					concerns, b.gain = true, b.gain-out.Value
				}
			}
		}
		for n, out := range tx.TxOut {
			r.outs[wire.OutPoint{Hash: tx.TxHash(), Index: uint32(n)}] = out
			if r.ours[string(out.PkScript)] {
				concerns, b.gain = true, b.gain+out.Value
			}
		}
		if concerns {
			b.txs++
		}
	}
	filter, err := builder.BuildBasicFilter(block, spent)
	require.NoError(r.t, err)
	b.filter, err = filter.NBytes()
	require.NoError(r.t, err)
	r.blocks[b.hash] = b
}

// sum is what a wallet has, and in how many transactions, when a block is the
// tip.
func (b *known) sum() (amount int64, txs int) {
	for ; b != nil; b = b.prev {
		amount, txs = amount+b.gain, txs+b.txs
	}
	return amount, txs
}

// at is b's ancestor of a height, or b itself.
func (b *known) at(height int32) *known {
	for b.height > height {
		b = b.prev
	}
	return b
}

// fork is the height of the last block that two branches share.
func fork(a, b *known) int32 {
	a, b = a.at(b.height), b.at(a.height)
	for a != b {
		a, b = a.prev, b.prev
	}
	return a.height
}
