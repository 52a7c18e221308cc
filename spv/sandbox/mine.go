package sandbox

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mining"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxLead is how far block times may run ahead of the clock: other nodes
// refuse two hours.
const maxLead = 90 * time.Minute

// Mine finds count blocks on the best chain, whose coinbases pay to pkScript
// (the faucet if nil), and returns their hashes, ascending. What is in the
// mempool is included, the best fee rates first. Block times are the clock's,
// strictly rising: blocks mined faster than one per second run ahead of it, by
// 90 minutes at most; then they follow the median of the last eleven. That is
// good for some 16,000 blocks in one moment; for more, move Options.Now.
func (n *Node) Mine(count int, pkScript []byte) ([]chainhash.Hash, error) {
	if !n.enter() {
		return nil, ErrClosed
	}
	defer n.leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.announce()
	if pkScript == nil {
		pkScript = n.faucet.script
	}
	hashes := make([]chainhash.Hash, 0, max(count, 0))
	for range count {
		if n.ctx.Err() != nil {
			return hashes, ErrClosed
		}
		block, err := n.template(pkScript)
		if err != nil {
			return hashes, err
		}
		if err := n.found(block); err != nil {
			return hashes, err
		}
		hashes = append(hashes, block.BlockHash())
	}
	return hashes, nil
}

// premine makes the first blocks, the coinbases going to scripts in turn. The
// caller is alone with the node.
func (n *Node) premine(count int, scripts [][]byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.announce()
	start := n.now().Add(-time.Duration(count) * blockSpacing)
	prev, height := n.params.GenesisBlock.Header, int32(0)
	for i := range count {
		if err := n.ctx.Err(); err != nil {
			return fmt.Errorf("sandbox: premine: %w", err)
		}
		at := start.Add(time.Duration(i+1) * blockSpacing)
		block, err := n.assemble(&prev, height+1, at, nil, scripts[i%len(scripts)])
		if err != nil {
			return err
		}
		if err := n.found(block); err != nil {
			return err
		}
		prev, height = block.Header, height+1
	}
	return nil
}

// found works on a block until its hash meets the target, and adds it.
func (n *Node) found(block *wire.MsgBlock) error {
	if err := solve(&block.Header); err != nil {
		return err
	}
	orphan, err := n.addBlock(btcutil.NewBlock(block))
	if err != nil {
		return fmt.Errorf("sandbox: own block refused: %w", err)
	}
	if orphan {
		return errors.New("sandbox: own block has no parent")
	}
	return nil
}

// template is a block on the tip with the mempool's transactions.
func (n *Node) template(pkScript []byte) (*wire.MsgBlock, error) {
	t, err := n.miner.NewBlockTemplate(nil)
	if err != nil {
		return nil, fmt.Errorf("sandbox: template: %w", err)
	}
	block := t.Block
	block.Transactions[0].TxOut[0].PkScript = pkScript
	prev, err := n.chain.HeaderByHash(&block.Header.PrevBlock)
	if err != nil {
		return nil, fmt.Errorf("sandbox: template: %w", err)
	}
	if block.Header.Timestamp, err = n.blockTime(&prev); err != nil {
		return nil, err
	}
	n.nonce++ // also recomputes the Merkle root
	if err := n.miner.UpdateExtraNonce(block, t.Height, uint64(n.nonce)); err != nil {
		return nil, fmt.Errorf("sandbox: template: %w", err)
	}
	return block, nil
}

// assemble is a block on any known parent with just the given transactions; its
// coinbase leaves their fees to nobody.
func (n *Node) assemble(prev *wire.BlockHeader, height int32, at time.Time, txs []*btcutil.Tx, pkScript []byte) (*wire.MsgBlock, error) {
	n.nonce++
	script, err := txscript.NewScriptBuilder().AddInt64(int64(height)).AddInt64(n.nonce).
		AddData([]byte("thistle sandbox")).Script()
	if err != nil {
		return nil, fmt.Errorf("sandbox: coinbase: %w", err)
	}
	coinbase := wire.NewMsgTx(wire.TxVersion)
	coinbase.AddTxIn(&wire.TxIn{
		PreviousOutPoint: wire.OutPoint{Index: math.MaxUint32},
		SignatureScript:  script,
		Sequence:         wire.MaxTxInSequenceNum,
	})
	coinbase.AddTxOut(wire.NewTxOut(blockchain.CalcBlockSubsidy(height, n.params), pkScript))
	all := append([]*btcutil.Tx{btcutil.NewTx(coinbase)}, txs...)
	mining.AddWitnessCommitment(all[0], all)
	all[0] = btcutil.NewTx(coinbase) // a fresh one: the old may remember its hash

	block := &wire.MsgBlock{Header: wire.BlockHeader{
		Version:    0x20000000, // BIP9, signalling nothing
		PrevBlock:  prev.BlockHash(),
		MerkleRoot: blockchain.CalcMerkleRoot(all, false),
		Timestamp:  at,
		Bits:       n.params.PowLimitBits,
	}}
	for _, tx := range all {
		if err := block.AddTransaction(tx.MsgTx()); err != nil {
			return nil, fmt.Errorf("sandbox: block: %w", err)
		}
	}
	return block, nil
}

// blockTime is the time of a block on prev: see Mine.
func (n *Node) blockTime(prev *wire.BlockHeader) (time.Time, error) {
	now, at := n.now(), prev.Timestamp.Add(time.Second)
	if now.After(at) {
		return now, nil
	}
	if at.Sub(now) < maxLead {
		return at, nil
	}
	median, err := n.chain.PastMedianTime(prev)
	if err != nil {
		return time.Time{}, fmt.Errorf("sandbox: block time: %w", err)
	}
	return median.Add(time.Second), nil
}

func solve(h *wire.BlockHeader) error {
	target := blockchain.CompactToBig(h.Bits)
	for nonce := uint32(0); nonce < math.MaxUint32; nonce++ {
		h.Nonce = nonce
		hash := h.BlockHash()
		if blockchain.HashToBig(&hash).Cmp(target) <= 0 {
			return nil
		}
	}
	return errors.New("sandbox: no nonce meets the target")
}
