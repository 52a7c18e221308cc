package coinselect

import (
	"bytes"

	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/units"
)

// Derivation tells whose key a script pays to.
type Derivation struct {
	Fingerprint [4]byte  // of the master key, first byte first
	Path        []uint32 // from the master key, hardened steps with the top bit
	PubKey      []byte   // compressed, 33 bytes
}

// Coin is an unspent output of ours.
type Coin struct {
	OutPoint wire.OutPoint
	Value    units.Amount
	PkScript []byte
	// PrevTx is the whole transaction that made the coin; a signer demands it
	// to be sure of the value. Selection does not look at it.
	PrevTx *wire.MsgTx

	Confirmations int32 // 0 while pending
	// Ancestors counts the unconfirmed transactions a pending coin hangs on,
	// the one that made it included. 0 is read as 1 when pending.
	Ancestors int
	Own       bool // made by a transaction of ours, as change is
	Coinbase  bool
	Frozen    bool // set aside by the person

	Derivation Derivation
}

const (
	// CoinbaseMaturity is the number of confirmations from which a coinbase is
	// spent. Consensus asks for 100 above it when the spend is mined; one more
	// keeps the spend valid through a reorg of one block.
	CoinbaseMaturity = 101
	// MaxAncestors is the number of unconfirmed ancestors every node accepts:
	// 25 with the transaction itself.
	MaxAncestors = 24
)

// Spendable reports whether the coin may be chosen at all: not frozen, not
// immature, and confirmed or our own.
func (c *Coin) Spendable() bool {
	switch {
	case c.Frozen:
		return false
	case c.Coinbase:
		return c.Confirmations >= CoinbaseMaturity
	case c.Confirmations <= 0:
		return c.Own && c.ancestors() <= MaxAncestors
	}
	return true
}

func (c *Coin) ancestors() int {
	if c.Confirmations > 0 {
		return 0
	}
	return max(c.Ancestors, 1)
}

// less orders coins by outpoint, so that a choice does not depend on the order
// they were given in.
func less(a, b wire.OutPoint) int {
	if d := bytes.Compare(a.Hash[:], b.Hash[:]); d != 0 {
		return d
	}
	return int(int64(a.Index) - int64(b.Index))
}

// The weight of an input that spends P2WPKH, at most: outpoint, sequence and an
// empty scriptSig, then in the witness the count, a signature of at most 72 bytes
// with its sighash byte (71 of DER: R may be high, S is low), and the public key.
const (
	inputBase         = 4 * (36 + 4 + 1)
	wpkhWitness       = 1 + 1 + 72 + 1 + 33
	P2WPKHInputWeight = units.Weight(inputBase + wpkhWitness)
)

// InputWeight returns the weight of an input that spends this script, at most,
// if it is of a kind that can be spent here: P2WPKH.
func InputWeight(pkScript []byte) (units.Weight, bool) {
	if txscript.IsPayToWitnessPubKeyHash(pkScript) {
		return P2WPKHInputWeight, true
	}
	return 0, false
}

// OutputWeight returns the weight of an output with this script.
func OutputWeight(pkScript []byte) units.Weight {
	n := len(pkScript)
	return units.WitnessScale * units.Weight(8+wire.VarIntSerializeSize(uint64(n))+n)
}

// TxWeight returns the weight of a transaction with a witness, from the number
// and total weight of its inputs and outputs.
func TxWeight(inputs int, inputWeight units.Weight, outputs int, outputWeight units.Weight) units.Weight {
	const versionAndLockTime, markerAndFlag = 4 + 4, 2
	counts := wire.VarIntSerializeSize(uint64(inputs)) + wire.VarIntSerializeSize(uint64(outputs))
	return units.WitnessScale*units.Weight(versionAndLockTime+counts) + markerAndFlag + inputWeight + outputWeight
}
