package txbuild_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/coinselect"
	"thistle/app/txbuild"
	"thistle/app/units"
)

// wallet holds real keys, the transactions that paid to them, and signs.
type wallet struct {
	keys map[string]*btcec.PrivateKey // by pkScript
	txs  map[chainhash.Hash]*wire.MsgTx
	n    uint64
	coin []coinselect.Coin
}

func newWallet() *wallet {
	return &wallet{keys: map[string]*btcec.PrivateKey{}, txs: map[chainhash.Hash]*wire.MsgTx{}}
}

// key makes the next key and its P2WPKH script.
func (w *wallet) key() (script []byte, d coinselect.Derivation) {
	w.n++
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("thistle test key"), w.n))
	priv, pub := btcec.PrivKeyFromBytes(seed[:])
	script = append([]byte{0, 20}, address.Hash160(pub.SerializeCompressed())...)
	w.keys[string(script)] = priv
	const h = 1 << 31
	return script, coinselect.Derivation{
		Fingerprint: [4]byte{0xd3, 0x4d, 0xb3, 0x3f},
		Path:        []uint32{84 | h, h, h, 1, uint32(w.n)}, PubKey: pub.SerializeCompressed(),
	}
}

// add puts a coin with a transaction of its own into the wallet.
func (w *wallet) add(value units.Amount) *coinselect.Coin {
	script, d := w.key()
	prev := &wire.MsgTx{Version: 2, LockTime: uint32(w.n)}
	prev.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Index: 7}})
	index := uint32(w.n % 3)
	for range index {
		prev.AddTxOut(&wire.TxOut{Value: 1, PkScript: []byte{txscript.OP_TRUE}})
	}
	prev.AddTxOut(&wire.TxOut{Value: int64(value), PkScript: script})
	hash := prev.TxHash()
	w.txs[hash] = prev
	w.coin = append(w.coin, coinselect.Coin{
		OutPoint: wire.OutPoint{Hash: hash, Index: index}, Value: value, PkScript: script,
		PrevTx: prev, Confirmations: 10, Derivation: d,
	})
	return &w.coin[len(w.coin)-1]
}

// request pays one recipient at 2 sat/vB on a fresh tip.
func (w *wallet) request(amount units.Amount) txbuild.Request {
	change, d := w.key()
	now := time.Unix(1_700_000_000, 0)
	return txbuild.Request{
		Recipients: []txbuild.Recipient{{PkScript: foreign(1), Amount: amount}},
		Coins:      w.coin, Change: txbuild.Change{PkScript: change, Derivation: d}, FeeRate: 2000,
		Tip: txbuild.Tip{Height: 800_000, Time: now.Add(-time.Hour)}, Now: now,
		Rand: rand.New(rand.NewPCG(1, 2)),
	}
}

// sources answers from the wallet's own records, as app does.
func (w *wallet) sources() txbuild.Sources {
	return txbuild.Sources{
		PrevOut: func(op wire.OutPoint) (*wire.TxOut, error) {
			tx := w.txs[op.Hash]
			if tx == nil || int(op.Index) >= len(tx.TxOut) {
				return nil, errors.New("unknown output")
			}
			return tx.TxOut[op.Index], nil
		},
		Script: func(d coinselect.Derivation) ([]byte, error) {
			script := append([]byte{0, 20}, address.Hash160(d.PubKey)...)
			if w.keys[string(script)] == nil {
				return nil, errors.New("not our key")
			}
			return script, nil
		},
	}
}

// foreign is a P2WPKH script of somebody else's.
func foreign(n byte) []byte { return append([]byte{0, 20}, bytes.Repeat([]byte{n}, 20)...) }

// sign goes the way a signer goes: from the serialised PSBT, checking what it
// says, to the final transaction.
func (w *wallet) sign(t testing.TB, plan *txbuild.Plan) *wire.MsgTx {
	t.Helper()
	packet, err := plan.PSBT()
	must(t, err)
	var raw bytes.Buffer
	must(t, packet.Serialize(&raw))
	packet, err = psbt.NewFromRawBytes(&raw, false)
	must(t, err)

	prev := txscript.NewMultiPrevOutFetcher(nil)
	for i, in := range packet.Inputs {
		op := packet.UnsignedTx.TxIn[i].PreviousOutPoint
		if in.NonWitnessUtxo.TxHash() != op.Hash {
			t.Fatalf("input %d: wrong previous transaction", i)
		}
		out := in.NonWitnessUtxo.TxOut[op.Index]
		if out.Value != in.WitnessUtxo.Value || !bytes.Equal(out.PkScript, in.WitnessUtxo.PkScript) {
			t.Fatalf("input %d: the two records of its output differ", i)
		}
		prev.AddPrevOut(op, out)
	}
	updater, err := psbt.NewUpdater(packet)
	must(t, err)
	hashes := txscript.NewTxSigHashes(packet.UnsignedTx, prev)
	for i, in := range packet.Inputs {
		d := in.Bip32Derivation
		if len(d) != 1 || d[0].MasterKeyFingerprint != 0x3fb34dd3 || len(d[0].Bip32Path) != 5 {
			t.Fatalf("input %d: derivation %+v", i, d)
		}
		key := w.keys[string(in.WitnessUtxo.PkScript)]
		sig, err := txscript.RawTxInWitnessSignature(packet.UnsignedTx, hashes, i, in.WitnessUtxo.Value, in.WitnessUtxo.PkScript, in.SighashType, key)
		must(t, err)
		outcome, err := updater.Sign(i, sig, d[0].PubKey, nil, nil)
		must(t, err)
		if outcome != psbt.SignSuccesful {
			t.Fatalf("input %d: outcome %d", i, outcome)
		}
	}
	must(t, psbt.MaybeFinalizeAll(packet))
	tx, err := psbt.Extract(packet)
	must(t, err)
	return tx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
