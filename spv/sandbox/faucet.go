package sandbox

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	faucetRate  = 5    // sat/vB
	replaceRate = 25   // sat/vB, of transactions that displace others
	minCoin     = 1000 // sat; smaller ones cost more than they bring

	maxFaucetInputs = 500 // stays well below the standard weight limit
)

// Virtual bytes, rounded up, of the parts of a transaction that spends P2WPKH.
const (
	overheadVSize = 11
	inputVSize    = 69
	changeVSize   = 31
)

// ErrNoFunds is returned by Pay when the faucet's mature coins do not suffice:
// mine some blocks to it first.
var ErrNoFunds = errors.New("faucet is short of funds")

// faucet owns coins by one P2WPKH key. It never follows the chain's state: it
// remembers every output that ever paid it and asks chain and mempool about
// each when a coin is needed, so no reorganisation can confuse it.
type faucet struct {
	key    *btcec.PrivateKey
	script []byte
	coins  []coin                 // in order of appearance
	spent  []coin                 // found spent in the chain; back after a reorganisation
	values map[wire.OutPoint]coin // every output ever seen
}

type coin struct {
	op    wire.OutPoint
	value int64
}

func (n *Node) openFaucet() error {
	key, err := n.faucetKey(filepath.Join(n.dir, faucetName))
	if err != nil {
		return err
	}
	script, err := txscript.NewScriptBuilder().AddOp(txscript.OP_0).
		AddData(address.Hash160(key.PubKey().SerializeCompressed())).Script()
	if err != nil {
		return fmt.Errorf("sandbox: faucet: %w", err)
	}
	n.faucet = &faucet{key: key, script: script, values: map[wire.OutPoint]coin{}}
	return nil
}

// faucetKey reads the key, or makes one. One that is damaged is set aside.
func (n *Node) faucetKey(path string) (*btcec.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		raw, err := hex.DecodeString(string(text))
		if err == nil && len(raw) == btcec.PrivKeyBytesLen {
			key, _ := btcec.PrivKeyFromBytes(raw)
			return key, nil
		}
		n.log.Warn("the faucet's key is damaged; there will be another", "file", path)
		if _, err := SetAside(path); err != nil {
			return nil, fmt.Errorf("sandbox: faucet key: %w", err)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("sandbox: faucet key: %w", err)
	}
	key, err := btcec.NewPrivateKey()
	if err == nil {
		err = writeFile(path, []byte(hex.EncodeToString(key.Serialize())))
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: faucet key: %w", err)
	}
	return key, nil
}

// look remembers a block's outputs to the faucet.
func (f *faucet) look(block *btcutil.Block) {
	for _, tx := range block.Transactions() {
		f.lookTx(tx)
	}
}

func (f *faucet) lookTx(tx *btcutil.Tx) {
	for i, out := range tx.MsgTx().TxOut {
		op := wire.OutPoint{Hash: *tx.Hash(), Index: uint32(i)}
		if _, known := f.values[op]; known || string(out.PkScript) != string(f.script) {
			continue
		}
		c := coin{op, out.Value}
		f.values[op] = c
		if c.value >= minCoin {
			f.coins = append(f.coins, c)
		}
	}
}

// revive makes spent coins candidates again: their spending may be undone.
func (f *faucet) revive() {
	f.coins = append(f.spent, f.coins...)
	f.spent = nil
}

// FaucetScript is the script the faucet is paid by.
func (n *Node) FaucetScript() []byte { return slices.Clone(n.faucet.script) }

// Pay sends amount (sat) from the faucet to pkScript, at 5 sat/vB and open to
// replacement, into the mempool and to the peers. Output 0 is the payment.
// The error is ErrNoFunds if the faucet lacks mature coins, and a
// mempool.RuleError if the payment is refused, as dust is.
func (n *Node) Pay(pkScript []byte, amount int64) (chainhash.Hash, error) {
	return n.PayMany([]*wire.TxOut{wire.NewTxOut(amount, pkScript)})
}

// PayMany is Pay with several outputs in one transaction, in the order given,
// the change being the last.
func (n *Node) PayMany(outs []*wire.TxOut) (chainhash.Hash, error) {
	if !n.enter() {
		return chainhash.Hash{}, ErrClosed
	}
	defer n.leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	tx := wire.NewMsgTx(2)
	var amount int64
	for _, out := range outs {
		if out.Value <= 0 || out.Value > btcutil.MaxSatoshi {
			return chainhash.Hash{}, fmt.Errorf("sandbox: cannot pay %d sat", out.Value)
		}
		amount += out.Value
		tx.AddTxOut(wire.NewTxOut(out.Value, slices.Clone(out.PkScript)))
	}
	if err := n.fund(tx, amount); err != nil {
		return chainhash.Hash{}, err
	}
	return n.sendOwn(tx)
}

// Replace displaces an unconfirmed payment of the faucet by one that takes the
// money back at a higher fee, and returns the new transaction's hash.
func (n *Node) Replace(txid chainhash.Hash) (chainhash.Hash, error) {
	if !n.enter() {
		return chainhash.Hash{}, ErrClosed
	}
	defer n.leave()
	n.mu.Lock()
	defer n.mu.Unlock()
	old, err := n.pool.FetchTransaction(&txid)
	if err != nil {
		return chainhash.Hash{}, fmt.Errorf("sandbox: replace: %w", err)
	}
	tx, err := n.faucet.takeBack(old.MsgTx(), nil)
	if err != nil {
		return chainhash.Hash{}, err
	}
	if tx == nil {
		return chainhash.Hash{}, fmt.Errorf("sandbox: replace: %v is not the faucet's", txid)
	}
	return n.sendOwn(tx)
}

func (n *Node) sendOwn(msg *wire.MsgTx) (chainhash.Hash, error) {
	tx := btcutil.NewTx(msg)
	if err := n.submit(tx); err != nil {
		return chainhash.Hash{}, err
	}
	n.faucet.lookTx(tx)
	n.signal()
	return *tx.Hash(), nil
}

// fund adds inputs, change and signatures. Confirmed coins go first, in the
// order in which they came.
func (n *Node) fund(tx *wire.MsgTx, amount int64) error {
	vsize := int64(overheadVSize + changeVSize)
	for _, out := range tx.TxOut {
		vsize += int64(out.SerializeSize())
	}
	var total int64
	for _, confirmed := range []bool{true, false} {
		for _, c := range n.usable(confirmed) {
			tx.AddTxIn(&wire.TxIn{PreviousOutPoint: c.op, Sequence: wire.MaxTxInSequenceNum - 2})
			total += c.value
			vsize += inputVSize
			need := amount + vsize*faucetRate
			if total < need {
				if len(tx.TxIn) == maxFaucetInputs {
					return fmt.Errorf("sandbox: %d sat from %d coins: %w", amount, len(tx.TxIn), ErrNoFunds)
				}
				continue
			}
			if change := total - need; change >= minCoin {
				tx.AddTxOut(wire.NewTxOut(change, n.faucet.script))
			}
			return n.faucet.sign(tx)
		}
	}
	return fmt.Errorf("sandbox: %d sat wanted, %d there: %w", amount, total, ErrNoFunds)
}

// usable lists the coins that can be spent now: mature and unspent in the
// chain, or else unconfirmed change. Those spent in the chain are set aside.
func (n *Node) usable(confirmed bool) []coin {
	next := n.chain.BestSnapshot().Height + 1
	var found, keep []coin
	for _, c := range n.faucet.coins {
		entry, err := n.chain.FetchUtxoEntry(c.op)
		inChain := err == nil && entry != nil && !entry.IsSpent()
		inPool := n.pool.IsTransactionInPool(&c.op.Hash)
		if !inChain && !inPool {
			n.faucet.spent = append(n.faucet.spent, c)
			continue
		}
		keep = append(keep, c)
		if n.pool.CheckSpend(c.op) != nil || inChain != confirmed {
			continue
		}
		if inChain && entry.IsCoinBase() && next-entry.BlockHeight() < int32(n.params.CoinbaseMaturity) {
			continue
		}
		found = append(found, c)
	}
	n.faucet.coins = keep
	return found
}

// takeBack returns a transaction that spends the faucet's inputs of tx back to
// the faucet, leaving out those from the given transactions; nil if there are
// none, or if they cannot pay the fee.
func (f *faucet) takeBack(tx *wire.MsgTx, without map[chainhash.Hash]bool) (*wire.MsgTx, error) {
	back := wire.NewMsgTx(2)
	var total int64
	for _, in := range tx.TxIn {
		c, ours := f.values[in.PreviousOutPoint]
		if !ours || without[c.op.Hash] {
			continue
		}
		back.AddTxIn(&wire.TxIn{PreviousOutPoint: c.op, Sequence: wire.MaxTxInSequenceNum - 2})
		total += c.value
	}
	fee := int64(overheadVSize+changeVSize+inputVSize*len(back.TxIn)) * replaceRate
	if total < fee+minCoin {
		return nil, nil
	}
	back.AddTxOut(wire.NewTxOut(total-fee, f.script))
	return back, f.sign(back)
}

func (f *faucet) sign(tx *wire.MsgTx) error {
	prev := map[wire.OutPoint]*wire.TxOut{}
	for _, in := range tx.TxIn {
		prev[in.PreviousOutPoint] = wire.NewTxOut(f.values[in.PreviousOutPoint].value, f.script)
	}
	hashes := txscript.NewTxSigHashes(tx, txscript.NewMultiPrevOutFetcher(prev))
	for i, in := range tx.TxIn {
		witness, err := txscript.WitnessSignature(tx, hashes, i, prev[in.PreviousOutPoint].Value, f.script,
			txscript.SigHashAll, f.key, true)
		if err != nil {
			return fmt.Errorf("sandbox: faucet signs: %w", err)
		}
		in.Witness = witness
	}
	return nil
}
