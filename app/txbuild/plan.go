package txbuild

import (
	"encoding/binary"
	"fmt"

	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/coinselect"
	"thistle/app/units"
)

// Sequence is that of every input: replaceable (BIP125), lock time heeded.
const Sequence uint32 = 0xfffffffd

// Output is one output of a plan.
type Output struct {
	PkScript  []byte
	Value     units.Amount
	Recipient int // index into Plan.Recipients, or -1 for change
}

//go:generate go tool stringer -type=WarningKind

// WarningKind is something a person should know before signing.
type WarningKind uint8

// The kinds of [Warning].
const (
	// FeeHigh says that the fee is over 5 % of what the recipients get.
	FeeHigh WarningKind = iota + 1
	// ChangeGiven says that Amount was left over, too little for a change
	// output, and went to the fee.
	ChangeGiven
	// CoinsLeft says that sending everything left Count coins behind that cost
	// more than they are worth at this rate.
	CoinsLeft
)

// Warning is one of them, with its number.
type Warning struct {
	Kind   WarningKind
	Amount units.Amount
	Count  int
}

// Plan is a transaction to be signed, and what is known of it. The fields are
// for reading.
type Plan struct {
	Recipients []Recipient  // with the amount of the one who gets everything filled in
	Amount     units.Amount // what they get, together
	Fee        units.Amount
	FeeRate    units.FeeRate // as asked for; the fee pays at least this
	Weight     units.Weight  // of the signed transaction, at most
	VSize      units.VSize   // likewise

	Inputs      []coinselect.Coin // in the transaction's order
	Outputs     []Output          // in the transaction's order
	ChangeIndex int               // of the change output, or -1
	Change      units.Amount      // its value, or 0
	Derivation  coinselect.Derivation
	LockTime    uint32
	Method      coinselect.Method
	Warnings    []Warning

	allowAbsurd bool
}

// Tx returns the unsigned transaction, a new one each time.
func (p *Plan) Tx() *wire.MsgTx {
	tx := &wire.MsgTx{Version: 2, LockTime: p.LockTime}
	for i := range p.Inputs {
		tx.AddTxIn(&wire.TxIn{PreviousOutPoint: p.Inputs[i].OutPoint, Sequence: Sequence})
	}
	for _, o := range p.Outputs {
		tx.AddTxOut(&wire.TxOut{Value: int64(o.Value), PkScript: o.PkScript})
	}
	return tx
}

// PSBT returns the plan for a signer: every input with the output it spends,
// the whole transaction that made it, and the path of its key; the change
// output with the path of its key too, so that the signer can tell it is ours.
func (p *Plan) PSBT() (*psbt.Packet, error) {
	packet, err := psbt.NewFromUnsignedTx(p.Tx())
	if err != nil {
		return nil, fmt.Errorf("make psbt: %w", err)
	}
	for i := range p.Inputs {
		c := &p.Inputs[i]
		packet.Inputs[i] = psbt.PInput{
			NonWitnessUtxo:  c.PrevTx,
			WitnessUtxo:     &wire.TxOut{Value: int64(c.Value), PkScript: c.PkScript},
			SighashType:     txscript.SigHashAll,
			Bip32Derivation: bip32(&c.Derivation),
		}
	}
	if p.ChangeIndex >= 0 {
		packet.Outputs[p.ChangeIndex].Bip32Derivation = bip32(&p.Derivation)
	}
	return packet, nil
}

func bip32(d *coinselect.Derivation) []*psbt.Bip32Derivation {
	return []*psbt.Bip32Derivation{{
		PubKey: d.PubKey,
		// The library writes the number little-endian: the bytes come out in
		// their own order.
		MasterKeyFingerprint: binary.LittleEndian.Uint32(d.Fingerprint[:]),
		Bip32Path:            d.Path,
	}}
}
