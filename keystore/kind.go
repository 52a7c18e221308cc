package keystore

import (
	"bytes"
	"fmt"

	"github.com/btcsuite/btcd/psbt/v2"

	"thistle/keystore/hd"
)

// scriptKind is what an output of one key looks like.
type scriptKind uint8

const (
	p2pk scriptKind = iota + 1
	p2pkh
	p2shP2wpkh
	p2wpkh
	p2tr
)

// kindOf is the kind of an account's outputs, 0 if there is none.
func kindOf(purpose uint32) scriptKind {
	switch purpose {
	case hd.PurposeBIP44:
		return p2pkh
	case hd.PurposeBIP49:
		return p2shP2wpkh
	case hd.PurposeBIP84:
		return p2wpkh
	case hd.PurposeBIP86:
		return p2tr
	}
	return 0
}

// segwit tells whether the outputs are unlocked by a witness.
func (k scriptKind) segwit() bool { return k >= p2shP2wpkh }

// redeem is the script behind the hash of an output, nil if it has none.
func (k scriptKind) redeem(public []byte) []byte {
	if k != p2shP2wpkh {
		return nil
	}
	return hd.ScriptP2WPKH(public)
}

// internal is the x-only key behind a taproot output, nil for other kinds.
func (k scriptKind) internal(public []byte) []byte {
	if k != p2tr {
		return nil
	}
	return public[1:]
}

// checkFields wants what a packet says about unlocking an output to be exactly
// what this kind needs.
func (k scriptKind) checkFields(in *psbt.PInput, public []byte) error {
	if !bytes.Equal(in.RedeemScript, k.redeem(public)) {
		return fmt.Errorf("%w: redeem script", ErrPSBT)
	}
	if !bytes.Equal(in.TaprootInternalKey, k.internal(public)) {
		return fmt.Errorf("%w: internal key", ErrPSBT)
	}
	return nil
}
