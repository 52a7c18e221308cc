package ledger

import (
	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// signed reports whether every input of tx that spends a known output of ours
// does so validly. Without this look any peer could invent a transaction that
// makes our coins seem spent. Signatures for taproot outputs cover all outputs that
// tx spends: if one of them is not known, they count as invalid.
func (l *Ledger) signed(tx *wire.MsgTx) bool {
	prevs := txscript.NewMultiPrevOutFetcher(nil)
	var ours []int
	taproot := false
	for i, in := range tx.TxIn {
		p := l.txs[in.PreviousOutPoint.Hash]
		if p == nil {
			continue
		}
		if o, ok := p.ownAt(in.PreviousOutPoint.Index); ok {
			pkScript := l.chains[o.ref.Keychain].scripts[o.ref.Index].bytes
			prevs.AddPrevOut(in.PreviousOutPoint, wire.NewTxOut(int64(p.values[o.vout]), pkScript))
			ours = append(ours, i)
			taproot = taproot || txscript.IsPayToTaproot(pkScript)
		}
	}
	if len(ours) == 0 {
		return true
	}
	if taproot && !l.addForeign(tx, prevs) {
		return false
	}
	hashes := txscript.NewTxSigHashes(tx, knownOnly{prevs})
	for _, i := range ours {
		out := prevs.FetchPrevOutput(tx.TxIn[i].PreviousOutPoint)
		engine, err := txscript.NewEngine(out.PkScript, tx, i, txscript.StandardVerifyFlags,
			nil, hashes, out.Value, knownOnly{prevs})
		if err != nil || engine.Execute() != nil {
			return false
		}
	}
	return true
}

// addForeign adds the other outputs that tx spends, and reports whether all are
// known.
func (l *Ledger) addForeign(tx *wire.MsgTx, prevs *txscript.MultiPrevOutFetcher) bool {
	for _, in := range tx.TxIn {
		op := in.PreviousOutPoint
		if prevs.FetchPrevOutput(op) != nil {
			continue
		}
		p := l.txs[op.Hash]
		if p == nil || int(op.Index) >= len(p.values) {
			return false
		}
		prevs.AddPrevOut(op, p.tx().TxOut[op.Index])
	}
	return true
}

// knownOnly answers for outputs that are not known with an empty one. Only the
// signatures of taproot inputs cover foreign outputs, and for these all are known.
type knownOnly struct{ txscript.PrevOutputFetcher }

func (k knownOnly) FetchPrevOutput(op wire.OutPoint) *wire.TxOut {
	if out := k.PrevOutputFetcher.FetchPrevOutput(op); out != nil {
		return out
	}
	return &wire.TxOut{}
}

// named returns the scripts that an input's witness or signature script names by
// giving the key: if the input spends a P2PKH, P2WPKH or P2SH-P2WPKH output, its
// script is one of them. Consensus makes that certain in one direction only: the
// input may also spend something else that happens to carry such data.
func named(in *wire.TxIn) [][]byte {
	var out [][]byte
	if len(in.Witness) == 2 {
		if len(in.SignatureScript) == 0 {
			return [][]byte{witnessKeyHash(address.Hash160(in.Witness[1]))}
		}
		if s := in.SignatureScript; len(s) == 23 && s[0] == 22 {
			return [][]byte{scriptHash(address.Hash160(s[1:]))}
		}
	}
	if len(in.Witness) == 0 && len(in.SignatureScript) > 0 {
		if pushes, err := txscript.PushedData(in.SignatureScript); err == nil && len(pushes) == 2 {
			out = append(out, keyHash(address.Hash160(pushes[1])))
		}
	}
	return out
}

func witnessKeyHash(hash []byte) []byte {
	return append([]byte{txscript.OP_0, txscript.OP_DATA_20}, hash...)
}

func scriptHash(hash []byte) []byte {
	s := append([]byte{txscript.OP_HASH160, txscript.OP_DATA_20}, hash...)
	return append(s, txscript.OP_EQUAL)
}

func keyHash(hash []byte) []byte {
	s := append([]byte{txscript.OP_DUP, txscript.OP_HASH160, txscript.OP_DATA_20}, hash...)
	return append(s, txscript.OP_EQUALVERIFY, txscript.OP_CHECKSIG)
}

// namesUs reports whether an input may spend one of our scripts.
func (l *Ledger) namesUs(in *wire.TxIn) bool {
	for _, s := range named(in) {
		if _, ok := l.lookUp(s); ok {
			return true
		}
	}
	return false
}
