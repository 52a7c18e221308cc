package message

import (
	"errors"
	"fmt"
	"math"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
)

// Hash is BIP322's hash of a text.
func Hash(text string) [32]byte {
	return *chainhash.TaggedHash([]byte("BIP0322-signed-message"), []byte(text))
}

// ToSpend is BIP322's transaction whose one output the signature spends. No
// chain can hold it.
func ToSpend(text string, pkScript []byte) *wire.MsgTx {
	hash := Hash(text)
	return &wire.MsgTx{
		TxIn: []*wire.TxIn{{
			PreviousOutPoint: wire.OutPoint{Index: math.MaxUint32},
			SignatureScript:  append([]byte{txscript.OP_0, txscript.OP_DATA_32}, hash[:]...),
		}},
		TxOut: []*wire.TxOut{{PkScript: pkScript}},
	}
}

// ToSign is BIP322's transaction that is signed, without the signature: its one
// input spends [ToSpend], whose output of value 0 pays to pkScript.
func ToSign(text string, pkScript []byte) *wire.MsgTx {
	return &wire.MsgTx{
		TxIn:  []*wire.TxIn{{PreviousOutPoint: wire.OutPoint{Hash: ToSpend(text, pkScript).TxHash()}}},
		TxOut: []*wire.TxOut{{PkScript: []byte{txscript.OP_RETURN}}},
	}
}

// The required rules of BIP322, whose breach makes a signature invalid, and all
// with the upgradable ones, whose breach leaves it undecided.
const (
	allRules   = txscript.StandardVerifyFlags
	upgradable = txscript.ScriptDiscourageUpgradableNops |
		txscript.ScriptVerifyDiscourageUpgradeableWitnessProgram |
		txscript.ScriptVerifyDiscourageUpgradeableTaprootVersion |
		txscript.ScriptVerifyDiscourageOpSuccess |
		txscript.ScriptVerifyDiscourageUpgradeablePubkeyType |
		txscript.ScriptVerifyWitnessPubKeyType
	requiredRules = allRules &^ upgradable
)

func verifySimple(text string, to descriptor.Destination, witness wire.TxWitness) Result {
	tx := ToSign(text, to.Script)
	tx.TxIn[0].Witness = witness
	switch to.Kind {
	case descriptor.P2PKH:
		return invalid(Simple, NoFormat, errors.New("a witness cannot spend from P2PKH"))
	case descriptor.P2SH:
		// A witness alone says the rest only if it is that of P2SH-P2WPKH.
		if len(witness) != 2 || len(witness[1]) != 33 {
			return invalid(Simple, NoFormat, errors.New("only P2WPKH inside P2SH is complete with a witness"))
		}
		program := append([]byte{txscript.OP_0, txscript.OP_DATA_20}, address.Hash160(witness[1])...)
		tx.TxIn[0].SignatureScript = append([]byte{byte(len(program))}, program...)
	}
	return run(Simple, tx, []wire.TxOut{{PkScript: to.Script}})
}

func verifyFull(text string, to descriptor.Destination, tx *wire.MsgTx) Result {
	if r := checkShape(Full, text, to, tx); r.Verdict != 0 {
		return r
	}
	if len(tx.TxIn) > 1 {
		return inconclusive(Full, UnknownInputs, errors.New("more than one input"))
	}
	return run(Full, tx, []wire.TxOut{{PkScript: to.Script}})
}

func verifyProof(text string, to descriptor.Destination, tx *wire.MsgTx, prevouts []wire.TxOut) Result {
	if r := checkShape(ProofOfFunds, text, to, tx); r.Verdict != 0 {
		return r
	}
	prevouts[0] = wire.TxOut{PkScript: to.Script}
	r := run(ProofOfFunds, tx, prevouts)
	if r.Verdict == Valid {
		for i, in := range tx.TxIn[1:] {
			r.Claims = append(r.Claims, Claim{in.PreviousOutPoint, prevouts[i+1]})
		}
	}
	return r
}

// maxInputs bounds the work: every signature of the older kind hashes the whole
// transaction anew.
const maxInputs = 100

// checkShape holds a transaction to BIP322's form of to_sign; its result has
// no verdict if all is well.
func checkShape(f Format, text string, to descriptor.Destination, tx *wire.MsgTx) Result {
	if len(tx.TxIn) > maxInputs {
		return inconclusive(f, TooLarge, fmt.Errorf("%d inputs", len(tx.TxIn)))
	}
	spent := wire.OutPoint{Hash: ToSpend(text, to.Script).TxHash()}
	seen := map[wire.OutPoint]bool{}
	for _, in := range tx.TxIn {
		if seen[in.PreviousOutPoint] {
			return invalid(f, Structure, errors.New("an output is spent twice"))
		}
		seen[in.PreviousOutPoint] = true
	}
	switch {
	case len(tx.TxIn) == 0:
		return invalid(f, Structure, errors.New("no input"))
	case len(tx.TxOut) != 1 || tx.TxOut[0].Value != 0 || string(tx.TxOut[0].PkScript) != string([]byte{txscript.OP_RETURN}):
		return invalid(f, Structure, errors.New("the output is not the empty OP_RETURN"))
	case tx.TxIn[0].PreviousOutPoint != spent:
		return invalid(f, Mismatch, errors.New("the first input spends another text or address"))
	}
	return Result{}
}

// run lets the engine judge every input, by the required rules and then by all.
func run(f Format, tx *wire.MsgTx, prevouts []wire.TxOut) Result {
	if err := execute(tx, prevouts, requiredRules); err != nil {
		return invalid(f, Mismatch, err)
	}
	for i, in := range tx.TxIn {
		if err := checkSigHash(in, prevouts[i].PkScript); err != nil {
			return invalid(f, SigHash, fmt.Errorf("input %d: %w", i, err))
		}
	}
	if tx.Version != 0 && tx.Version != 2 {
		return inconclusive(f, Version, fmt.Errorf("version %d", tx.Version))
	}
	if err := execute(tx, prevouts, allRules); err != nil {
		return inconclusive(f, Upgradable, err)
	}
	return Result{Verdict: Valid, Format: f, Time: tx.LockTime, Age: tx.TxIn[0].Sequence}
}

func execute(tx *wire.MsgTx, prevouts []wire.TxOut, rules txscript.ScriptFlags) error {
	spent := map[wire.OutPoint]*wire.TxOut{}
	for i, in := range tx.TxIn {
		spent[in.PreviousOutPoint] = &prevouts[i]
	}
	fetcher := txscript.NewMultiPrevOutFetcher(spent)
	hashes := txscript.NewTxSigHashes(tx, fetcher)
	for i := range tx.TxIn {
		engine, err := txscript.NewEngine(prevouts[i].PkScript, tx, i, rules, nil, hashes, prevouts[i].Value, fetcher)
		if err == nil {
			err = engine.Execute()
		}
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	return nil
}

// checkSigHash demands that whatever looks like a signature commits to the
// whole transaction. The engine does not say what it took for one, so data of
// the same form is held to the same.
func checkSigHash(in *wire.TxIn, pkScript []byte) error {
	elements := [][]byte(in.Witness)
	if descriptor.ScriptKindOf(pkScript) == descriptor.P2TR {
		if n := len(elements); n > 1 && len(elements[n-1]) > 0 && elements[n-1][0] == txscript.TaprootAnnexTag {
			elements = elements[:n-1]
		}
		if n := len(elements); n > 1 { // script path: the script and its proof are last
			elements = elements[:n-2]
		}
		for _, e := range elements {
			if len(e) == 65 && e[64] != byte(txscript.SigHashAll) {
				return fmt.Errorf("signature of type %#x", e[64])
			}
		}
		return nil
	}
	for t := txscript.MakeScriptTokenizer(0, in.SignatureScript); t.Next(); {
		elements = append(elements[:len(elements):len(elements)], t.Data())
	}
	for _, e := range elements {
		if len(e) < 9 || len(e) > 73 || e[len(e)-1] == byte(txscript.SigHashAll) {
			continue
		}
		if _, err := ecdsa.ParseDERSignature(e[:len(e)-1]); err == nil {
			return fmt.Errorf("signature of type %#x", e[len(e)-1])
		}
	}
	return nil
}
