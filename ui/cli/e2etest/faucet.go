//go:build e2e

package e2etest

import (
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// faucetFee is what each transaction of a faucet pays unless told otherwise.
const faucetFee = 2_000

// rbf is a sequence that allows replacement and locks nothing.
const rbf = wire.MaxTxInSequenceNum - 2

// Faucet owns coins on one chain. It counts on what it makes being mined or in
// the mempools, in order.
type Faucet struct {
	// Script is where its coins are.
	Script []byte

	t     testing.TB
	key   *btcec.PrivateKey
	coins []faucetCoin
}

type faucetCoin struct {
	op    wire.OutPoint
	value int64
}

// NewFaucet mines coins for a new faucet on the node's chain, and buries them
// until they can be spent: count coins of a block's subsidy each, count + 100
// blocks.
func NewFaucet(t testing.TB, n *Node, count int) *Faucet {
	t.Helper()
	key, err := btcec.NewPrivateKey()
	require.NoError(t, err)
	f := &Faucet{t: t, key: key}
	f.Script, err = txscript.NewScriptBuilder().AddOp(txscript.OP_0).
		AddData(address.Hash160(key.PubKey().SerializeCompressed())).Script()
	require.NoError(t, err)
	for _, hash := range n.Mine(count, f.Script) {
		block, err := n.RPC.GetBlock(&hash)
		require.NoError(t, err)
		coinbase := block.Transactions[0]
		f.coins = append(f.coins, faucetCoin{wire.OutPoint{Hash: coinbase.TxHash()}, coinbase.TxOut[0].Value})
	}
	n.Mine(int(Net.CoinbaseMaturity), nil)
	return f
}

// Pay makes a transaction with one output for each script, all of one amount.
// It changes nothing on the chain yet.
func (f *Faucet) Pay(amount int64, scripts ...[]byte) *wire.MsgTx {
	f.t.Helper()
	tx := wire.NewMsgTx(2)
	for _, s := range scripts {
		tx.AddTxOut(&wire.TxOut{Value: amount, PkScript: s})
	}
	coin := f.take(amount*int64(len(scripts)) + faucetFee)
	f.finish(tx, coin, faucetFee)
	if change := tx.TxOut[len(tx.TxOut)-1]; len(tx.TxOut) > len(scripts) {
		f.coins = append(f.coins, faucetCoin{wire.OutPoint{Hash: tx.TxHash(), Index: uint32(len(scripts))}, change.Value})
	}
	return tx
}

// Replace makes a transaction that spends what the first one spends, and pays
// script instead, for a fee that lets nodes take it in the first one's place.
// The change of the first must not have been spent.
func (f *Faucet) Replace(first *wire.MsgTx, amount int64, script []byte) *wire.MsgTx {
	f.t.Helper()
	total := int64(faucetFee)
	for _, out := range first.TxOut {
		total += out.Value
	}
	for i, c := range f.coins {
		if c.op.Hash == first.TxHash() {
			f.coins = append(f.coins[:i:i], f.coins[i+1:]...)
			break
		}
	}
	tx := wire.NewMsgTx(2)
	tx.AddTxOut(&wire.TxOut{Value: amount, PkScript: script})
	f.finish(tx, faucetCoin{first.TxIn[0].PreviousOutPoint, total}, 10*faucetFee)
	if len(tx.TxOut) > 1 {
		f.coins = append(f.coins, faucetCoin{wire.OutPoint{Hash: tx.TxHash(), Index: 1}, tx.TxOut[1].Value})
	}
	return tx
}

func (f *Faucet) take(need int64) faucetCoin {
	f.t.Helper()
	for i, c := range f.coins {
		if c.value >= need {
			f.coins = append(f.coins[:i:i], f.coins[i+1:]...)
			return c
		}
	}
	require.FailNow(f.t, "the faucet is dry", "need %d sat", need)
	return faucetCoin{}
}

// finish adds input, change and signature.
func (f *Faucet) finish(tx *wire.MsgTx, coin faucetCoin, fee int64) {
	f.t.Helper()
	left := coin.value - fee
	for _, out := range tx.TxOut {
		left -= out.Value
	}
	if left >= 1000 {
		tx.AddTxOut(&wire.TxOut{Value: left, PkScript: f.Script})
	}
	tx.AddTxIn(&wire.TxIn{PreviousOutPoint: coin.op, Sequence: rbf})
	sign(f.t, tx, f.Script, coin.value, f.key)
}

// sign signs the only input of tx, which spends a P2WPKH output.
func sign(t testing.TB, tx *wire.MsgTx, script []byte, value int64, key *btcec.PrivateKey) {
	t.Helper()
	fetcher := txscript.NewCannedPrevOutputFetcher(script, value)
	witness, err := txscript.WitnessSignature(
		tx, txscript.NewTxSigHashes(tx, fetcher), 0, value, script, txscript.SigHashAll, key, true)
	require.NoError(t, err)
	tx.TxIn[0].Witness = witness
}
