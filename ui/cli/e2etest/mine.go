//go:build e2e

package e2etest

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mining"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// oldest is how far in the past the first blocks are found: thousands of them
// fit in, one a second, and yet no wallet is younger than its payments.
const oldest = 100 * time.Minute

// nobody is an OP_TRUE output: coins that no test wants.
var nobody = []byte{txscript.OP_TRUE}

// Generate lets btcd's own miner find blocks, with what its mempool holds, for
// NodeOptions.MiningAddr.
func (n *Node) Generate(count uint32) []*chainhash.Hash {
	n.t.Helper()
	hashes, err := n.RPC.Generate(count)
	require.NoError(n.t, err)
	return hashes
}

// Mine finds count blocks without transactions, whose coinbases pay to script
// (to nobody if nil).
func (n *Node) Mine(count int, script []byte) []chainhash.Hash {
	n.t.Helper()
	return n.MineAll(make([][]*wire.MsgTx, count), script)
}

// MinePool finds one block with all of the node's mempool.
func (n *Node) MinePool() chainhash.Hash {
	n.t.Helper()
	return n.MineAll([][]*wire.MsgTx{n.pool()}, nil)[0]
}

// MineAll finds one block for each list of transactions.
func (n *Node) MineAll(lists [][]*wire.MsgTx, script []byte) []chainhash.Hash {
	n.t.Helper()
	return n.mine(lists, script, time.Now().Add(-oldest))
}

// MineOld finds blocks of an age: nodes whose tip is older than a day think
// that they are not up to date.
func (n *Node) MineOld(count int, age time.Duration) []chainhash.Hash {
	n.t.Helper()
	return n.mine(make([][]*wire.MsgTx, count), nil, time.Now().Add(-age))
}

func (n *Node) mine(lists [][]*wire.MsgTx, script []byte, notBefore time.Time) []chainhash.Hash {
	n.t.Helper()
	prev, height := n.TipHash(), n.Height()
	header, err := n.RPC.GetBlockHeader(&prev)
	require.NoError(n.t, err)
	at := header.Timestamp
	hashes := make([]chainhash.Hash, 0, len(lists))
	for _, txs := range lists {
		height++
		if at = at.Add(time.Second); at.Before(notBefore) {
			at = time.Unix(notBefore.Unix(), 0)
		}
		block := n.assemble(prev, height, at, script, txs)
		require.NoError(n.t, n.RPC.SubmitBlock(btcutil.NewBlock(block), nil), "height %d", height)
		prev = block.BlockHash()
		hashes = append(hashes, prev)
	}
	require.Equal(n.t, prev, n.TipHash(), "own blocks are the best chain")
	return hashes
}

// assemble puts a block together and solves it.
func (n *Node) assemble(prev chainhash.Hash, height int32, at time.Time, script []byte, txs []*wire.MsgTx) *wire.MsgBlock {
	n.t.Helper()
	if script == nil {
		script = nobody
	}
	n.nonce++
	var extra [8]byte
	binary.LittleEndian.PutUint64(extra[:], n.nonce)
	sig, err := txscript.NewScriptBuilder().AddInt64(int64(height)).AddData(extra[:]).AddData([]byte(n.Addr)).Script()
	require.NoError(n.t, err)
	coinbase := wire.NewMsgTx(2)
	coinbase.AddTxIn(&wire.TxIn{
		PreviousOutPoint: wire.OutPoint{Index: wire.MaxPrevOutIndex}, SignatureScript: sig, Sequence: wire.MaxTxInSequenceNum,
	})
	coinbase.AddTxOut(&wire.TxOut{Value: blockchain.CalcBlockSubsidy(height, Net), PkScript: script})
	all := []*btcutil.Tx{btcutil.NewTx(coinbase)}
	for _, tx := range txs {
		all = append(all, btcutil.NewTx(tx))
	}
	mining.AddWitnessCommitment(all[0], all)
	all[0] = btcutil.NewTx(coinbase) // without the hash of before the commitment
	block := &wire.MsgBlock{Header: wire.BlockHeader{
		Version: 0x20000000, PrevBlock: prev, MerkleRoot: blockchain.CalcMerkleRoot(all, false), Timestamp: at, Bits: Net.PowLimitBits,
	}}
	for _, tx := range all {
		block.Transactions = append(block.Transactions, tx.MsgTx())
	}
	solve(&block.Header)
	return block
}

func solve(h *wire.BlockHeader) {
	for ; ; h.Nonce++ {
		if hash := h.BlockHash(); blockchain.HashToBig(&hash).Cmp(Net.PowLimit) <= 0 {
			return
		}
	}
}

// pool is what the node's mempool holds, parents before children.
func (n *Node) pool() []*wire.MsgTx {
	n.t.Helper()
	ids, err := n.RPC.GetRawMempool()
	require.NoError(n.t, err)
	waiting := make(map[chainhash.Hash]*wire.MsgTx)
	for _, id := range ids {
		tx, err := n.RPC.GetRawTransaction(id)
		require.NoError(n.t, err)
		waiting[*id] = tx.MsgTx()
	}
	var sorted []*wire.MsgTx
	for len(waiting) > 0 {
		for id, tx := range waiting {
			if slices.ContainsFunc(tx.TxIn, func(in *wire.TxIn) bool { return waiting[in.PreviousOutPoint.Hash] != nil }) {
				continue
			}
			sorted = append(sorted, tx)
			delete(waiting, id)
		}
	}
	return sorted
}

// Invalidate makes the node drop a block and all that are built on it. What was
// in them is in its mempool again, if it can be.
func (n *Node) Invalidate(block chainhash.Hash) {
	n.t.Helper()
	require.NoError(n.t, n.RPC.InvalidateBlock(&block))
}
