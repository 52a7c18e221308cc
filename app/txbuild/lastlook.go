package txbuild

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/coinselect"
	"thistle/app/units"
)

//go:generate go tool stringer -type=LookKind

// LookKind is what [LastLook] found wrong.
type LookKind uint8

// The kinds of [LookError].
const (
	LookShape   LookKind = iota + 1 // version, lock time or sequence is not as planned
	LookInputs                      // other inputs than planned
	LookPrevOut                     // what an input spends is not what was planned
	LookOutputs                     // other outputs than planned
	LookChange                      // the change script is not ours
	LookFee                         // the fee is not as planned, or too low, or absurd
	LookSize                        // larger, or more than a virtual byte per input smaller, than planned
	LookScript                      // the script engine refuses an input
)

// LookError says why a signed transaction must not be announced.
type LookError struct {
	Kind  LookKind
	Index int // of the input or output, if it is about one
	Err   error
}

// Unwrap returns the cause.
func (e *LookError) Unwrap() error { return e.Err }

func (e *LookError) Error() string {
	return fmt.Sprintf("last look: %s at %d: %v", e.Kind, e.Index, e.Err)
}

// Sources are where [LastLook] takes the truth from, beside the plan.
type Sources struct {
	// PrevOut returns the output an input spends, from the wallet's own
	// verified transactions.
	PrevOut func(wire.OutPoint) (*wire.TxOut, error)
	// Script derives the script that a path of ours stands for, anew.
	Script func(coinselect.Derivation) ([]byte, error)
}

var errDiffers = errors.New("not as planned")

// LastLook compares a signed transaction with its plan: the same inputs and
// outputs, nothing else; amounts and fee reckoned again from the outputs that
// are really spent; the change script derived again; every input run through
// the script engine with the flags nodes use. Errors are of type *[LookError].
// A transaction that does not pass must not be announced.
func LastLook(tx *wire.MsgTx, plan *Plan, src Sources) error {
	if tx.Version != 2 || tx.LockTime != plan.LockTime {
		return &LookError{LookShape, 0, errDiffers}
	}
	prev, in, err := plan.lookInputs(tx, src)
	if err != nil {
		return err
	}
	out, err := plan.lookOutputs(tx, src)
	if err != nil {
		return err
	}
	if err := plan.lookFee(tx, in-out); err != nil {
		return err
	}
	return lookScripts(tx, prev)
}

// lookInputs checks what is spent and returns it with its sum.
func (p *Plan) lookInputs(tx *wire.MsgTx, src Sources) (prev []*wire.TxOut, total units.Amount, err error) {
	if len(tx.TxIn) == 0 || len(tx.TxIn) != len(p.Inputs) {
		return nil, 0, &LookError{LookInputs, 0, errDiffers}
	}
	seen := make(map[wire.OutPoint]bool, len(tx.TxIn))
	for i, txIn := range tx.TxIn {
		op := txIn.PreviousOutPoint
		if op != p.Inputs[i].OutPoint || seen[op] {
			return nil, 0, &LookError{LookInputs, i, errDiffers}
		}
		seen[op] = true
		if txIn.Sequence != Sequence || len(txIn.SignatureScript) != 0 {
			return nil, 0, &LookError{LookShape, i, errDiffers}
		}
		out, err := src.PrevOut(op)
		if err != nil {
			return nil, 0, &LookError{LookPrevOut, i, err}
		}
		if out == nil || out.Value != int64(p.Inputs[i].Value) || !bytes.Equal(out.PkScript, p.Inputs[i].PkScript) {
			return nil, 0, &LookError{LookPrevOut, i, errDiffers}
		}
		if total, err = total.Add(units.Amount(out.Value)); err != nil {
			return nil, 0, &LookError{LookPrevOut, i, err}
		}
		prev = append(prev, out)
	}
	return prev, total, nil
}

// lookOutputs checks that every output is a recipient's, once, or our change,
// and returns their sum.
func (p *Plan) lookOutputs(tx *wire.MsgTx, src Sources) (total units.Amount, err error) {
	if len(tx.TxOut) != len(p.Outputs) {
		return 0, &LookError{LookOutputs, 0, errDiffers}
	}
	paid := make([]bool, len(p.Recipients))
	for i, out := range tx.TxOut {
		want := p.Outputs[i]
		if out.Value != int64(want.Value) || out.Value <= 0 || !bytes.Equal(out.PkScript, want.PkScript) {
			return 0, &LookError{LookOutputs, i, errDiffers}
		}
		if total, err = total.Add(want.Value); err != nil {
			return 0, &LookError{LookOutputs, i, err}
		}
		if want.Recipient < 0 {
			if err := p.lookChange(i, src); err != nil {
				return 0, err
			}
			continue
		}
		if want.Recipient >= len(paid) || paid[want.Recipient] {
			return 0, &LookError{LookOutputs, i, errDiffers}
		}
		to := &p.Recipients[want.Recipient]
		if want.Value != to.Amount || !bytes.Equal(want.PkScript, to.PkScript) {
			return 0, &LookError{LookOutputs, i, errDiffers}
		}
		paid[want.Recipient] = true
	}
	for i, ok := range paid {
		if !ok {
			return 0, &LookError{LookOutputs, i, errDiffers}
		}
	}
	return total, nil
}

func (p *Plan) lookChange(i int, src Sources) error {
	if i != p.ChangeIndex {
		return &LookError{LookChange, i, errDiffers}
	}
	script, err := src.Script(p.Derivation)
	if err != nil {
		return &LookError{LookChange, i, err}
	}
	if !bytes.Equal(script, p.Outputs[i].PkScript) {
		return &LookError{LookChange, i, errDiffers}
	}
	return nil
}

func (p *Plan) lookFee(tx *wire.MsgTx, fee units.Amount) error {
	weight := Weight(tx)
	size := weight.VSize()
	if size > p.VSize || p.VSize-size > units.VSize(len(tx.TxIn)) || weight > MaxWeight {
		return &LookError{LookSize, 0, fmt.Errorf("%d vB, planned %d: %w", size, p.VSize, errDiffers)}
	}
	switch {
	case fee != p.Fee, fee < p.FeeRate.Fee(size):
		return &LookError{LookFee, 0, fmt.Errorf("%s, planned %s: %w", fee, p.Fee, errDiffers)}
	case fee > MaxFee && !p.allowAbsurd:
		return &LookError{LookFee, 0, &AbsurdFeeError{Fee: fee, Rate: p.FeeRate}}
	}
	return nil
}

// lookScripts runs every input through the script engine.
func lookScripts(tx *wire.MsgTx, prev []*wire.TxOut) error {
	outs := make(map[wire.OutPoint]*wire.TxOut, len(prev))
	for i, out := range prev {
		outs[tx.TxIn[i].PreviousOutPoint] = out
	}
	fetch := txscript.NewMultiPrevOutFetcher(outs)
	hashes := txscript.NewTxSigHashes(tx, fetch)
	for i, out := range prev {
		engine, err := txscript.NewEngine(out.PkScript, tx, i, txscript.StandardVerifyFlags, nil, hashes, out.Value, fetch)
		if err == nil {
			err = engine.Execute()
		}
		if err != nil {
			return &LookError{LookScript, i, err}
		}
	}
	return nil
}

// Weight returns the weight of a transaction.
func Weight(tx *wire.MsgTx) units.Weight {
	return units.Weight(3*tx.SerializeSizeStripped() + tx.SerializeSize())
}
