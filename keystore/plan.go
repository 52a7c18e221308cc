package keystore

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxSat is all the money there will ever be, in satoshis.
const maxSat = 21_000_000 * 100_000_000

// signPlan is a packet that has been found fit to sign, in copies of its own.
type signPlan struct {
	tx       *wire.MsgTx
	inputs   []plannedInput
	prevOuts *txscript.MultiPrevOutFetcher
}

// plannedInput is an output of ours, as its transaction tells it.
type plannedInput struct {
	kind         scriptKind
	uncompressed bool // the form of the public key, where there are two
	account      *account
	chain, index uint32 // below account
	script       []byte
	amount       int64 // sat
}

// owner knows without any secret what its keys own.
type owner interface {
	// input recognises the output that an input spends, and checks what the
	// input says about the key. Errors wrap ErrNotOurs or ErrPSBT.
	input(in *psbt.PInput, script []byte) (*plannedInput, error)
	// output refuses what claims to be ours and is not.
	output(out *psbt.POutput, script []byte) error
}

// examinePSBT checks everything that can be checked by public keys, so that
// nothing secret is unsealed for a packet that will be refused.
func examinePSBT(p *psbt.Packet, ours owner) (*signPlan, error) {
	if err := checkShape(p); err != nil {
		return nil, err
	}
	s := &signPlan{tx: p.UnsignedTx.Copy(), prevOuts: txscript.NewMultiPrevOutFetcher(nil)}
	var paid, spent int64
	var err error
	for i, out := range s.tx.TxOut {
		if paid, err = addAmount(paid, out.Value); err != nil {
			return nil, fmt.Errorf("output %d: %w", i, err)
		}
		if err := ours.output(&p.Outputs[i], out.PkScript); err != nil {
			return nil, fmt.Errorf("output %d: %w", i, err)
		}
	}
	for i, in := range s.tx.TxIn {
		planned, err := examineInput(&p.Inputs[i], in.PreviousOutPoint, ours)
		if err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
		if spent, err = addAmount(spent, planned.amount); err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
		s.inputs = append(s.inputs, *planned)
		s.prevOuts.AddPrevOut(in.PreviousOutPoint, &wire.TxOut{Value: planned.amount, PkScript: planned.script})
	}
	if paid > spent {
		return nil, fmt.Errorf("%w: outputs exceed inputs", ErrPSBT)
	}
	return s, nil
}

func checkShape(p *psbt.Packet) error {
	if p == nil || p.UnsignedTx == nil {
		return fmt.Errorf("%w: no transaction", ErrPSBT)
	}
	tx := p.UnsignedTx
	if len(tx.TxIn) == 0 || len(tx.TxOut) == 0 || len(tx.TxIn) != len(p.Inputs) || len(tx.TxOut) != len(p.Outputs) {
		return fmt.Errorf("%w: numbers of inputs and outputs", ErrPSBT)
	}
	seen := make(map[wire.OutPoint]bool, len(tx.TxIn))
	for i, in := range tx.TxIn {
		if in == nil || len(in.SignatureScript) != 0 || len(in.Witness) != 0 {
			return fmt.Errorf("%w: input %d is not unsigned", ErrPSBT, i)
		}
		if seen[in.PreviousOutPoint] {
			return fmt.Errorf("%w: input %d is spent twice", ErrPSBT, i)
		}
		seen[in.PreviousOutPoint] = true
	}
	if slices.Contains(tx.TxOut, nil) {
		return fmt.Errorf("%w: an output is nil", ErrPSBT)
	}
	return nil
}

// addAmount adds within what can exist.
func addAmount(sum, v int64) (int64, error) {
	if v < 0 || v > maxSat || sum+v > maxSat {
		return 0, fmt.Errorf("%w: impossible amount", ErrPSBT)
	}
	return sum + v, nil
}

// examineInput wants the whole previous transaction for every kind: signatures of
// taproot commit to the amounts, and the packet's word on them may still be
// false.
func examineInput(in *psbt.PInput, spends wire.OutPoint, ours owner) (*plannedInput, error) {
	if err := checkUnsigned(in); err != nil {
		return nil, err
	}
	prev := in.NonWitnessUtxo
	if prev == nil || prev.TxHash() != spends.Hash || uint64(spends.Index) >= uint64(len(prev.TxOut)) {
		return nil, ErrPrevTx
	}
	out := prev.TxOut[spends.Index]
	if w := in.WitnessUtxo; w != nil && (w.Value != out.Value || !bytes.Equal(w.PkScript, out.PkScript)) {
		return nil, fmt.Errorf("%w: the two accounts of the output differ", ErrPrevTx)
	}
	planned, err := ours.input(in, out.PkScript)
	if err != nil {
		return nil, err
	}
	if planned.kind == p2tr && in.SighashType != txscript.SigHashDefault {
		return nil, fmt.Errorf("%w: not %v", ErrSighash, in.SighashType)
	}
	if in.WitnessUtxo != nil && !planned.kind.segwit() {
		return nil, fmt.Errorf("%w: a witness output that has no witness", ErrPSBT)
	}
	planned.script, planned.amount = bytes.Clone(out.PkScript), out.Value
	return planned, nil
}

// checkUnsigned refuses inputs that are signed already, or are meant to be signed
// in part, or for other scripts than those with one key.
func checkUnsigned(in *psbt.PInput) error {
	if in.SighashType != 0 && in.SighashType != txscript.SigHashAll {
		return fmt.Errorf("%w: not %v", ErrSighash, in.SighashType)
	}
	if in.FinalScriptSig != nil || in.FinalScriptWitness != nil || len(in.PartialSigs) != 0 ||
		len(in.TaprootKeySpendSig) != 0 || len(in.TaprootScriptSpendSig) != 0 {
		return fmt.Errorf("%w: signed already", ErrPSBT)
	}
	if len(in.WitnessScript) != 0 || len(in.TaprootLeafScript) != 0 || len(in.TaprootMerkleRoot) != 0 {
		return fmt.Errorf("%w: a script of another kind", ErrPSBT)
	}
	return nil
}
