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
	account      *account
	chain, index uint32
	script       []byte
	amount       int64 // sat
}

// examinePSBT checks everything that can be checked by the extended public key,
// so that nothing secret is unsealed for a packet that will be refused.
func examinePSBT(p *psbt.Packet, ours accounts) (*signPlan, error) {
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
		if err := examineOutput(&p.Outputs[i], out, ours); err != nil {
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

func examineInput(in *psbt.PInput, spends wire.OutPoint, ours accounts) (*plannedInput, error) {
	if err := checkKind(in); err != nil {
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
	if len(in.Bip32Derivation) != 1 {
		return nil, fmt.Errorf("%w: %d derivations", ErrNotOurs, len(in.Bip32Derivation))
	}
	d := in.Bip32Derivation[0]
	if d == nil || !ours.claimed(d.MasterKeyFingerprint) {
		return nil, fmt.Errorf("%w: fingerprint", ErrNotOurs)
	}
	a, chain, index := ours.owner(d, out.PkScript)
	if a == nil {
		return nil, ErrNotOurs
	}
	return &plannedInput{
		account: a, chain: chain, index: index, script: bytes.Clone(out.PkScript), amount: out.Value,
	}, nil
}

// checkKind refuses inputs that are signed already or meant for other scripts
// than P2WPKH.
func checkKind(in *psbt.PInput) error {
	if in.SighashType != 0 && in.SighashType != txscript.SigHashAll {
		return fmt.Errorf("%w: not %v", ErrSighash, in.SighashType)
	}
	if in.FinalScriptSig != nil || in.FinalScriptWitness != nil || len(in.PartialSigs) != 0 {
		return fmt.Errorf("%w: signed already", ErrPSBT)
	}
	if len(in.RedeemScript) != 0 || len(in.WitnessScript) != 0 || len(in.TaprootKeySpendSig) != 0 ||
		len(in.TaprootScriptSpendSig) != 0 || len(in.TaprootLeafScript) != 0 || len(in.TaprootBip32Derivation) != 0 ||
		len(in.TaprootInternalKey) != 0 || len(in.TaprootMerkleRoot) != 0 {
		return fmt.Errorf("%w: a script of another kind", ErrPSBT)
	}
	return nil
}

// examineOutput derives again what claims to be ours: change sent to a script
// that nobody can sign for is lost.
func examineOutput(out *psbt.POutput, tx *wire.TxOut, ours accounts) error {
	for _, d := range out.TaprootBip32Derivation {
		if d != nil && ours.claimed(d.MasterKeyFingerprint) {
			return ErrForeignChange
		}
	}
	for _, d := range out.Bip32Derivation {
		if d == nil || !ours.claimed(d.MasterKeyFingerprint) {
			continue
		}
		if a, _, _ := ours.owner(d, tx.PkScript); a == nil {
			return ErrForeignChange
		}
	}
	return nil
}

// owner derives the key at a derivation's path, and returns its account if the
// script and the public key are that key's, and nil if not.
func (list accounts) owner(d *psbt.Bip32Derivation, script []byte) (a *account, chain, index uint32) {
	a, chain, index = list.at(d.Bip32Path)
	if a == nil {
		return nil, 0, 0
	}
	want, public, err := a.script(chain, index)
	if err != nil || !bytes.Equal(want, script) || !bytes.Equal(public, d.PubKey) {
		return nil, 0, 0
	}
	return a, chain, index
}
