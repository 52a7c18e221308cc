package txbuild

import (
	"github.com/btcsuite/btcd/txscript/v2"

	"thistle/app/coinselect"
	"thistle/app/units"
)

// DustRate is the rate the dust limit is reckoned at, 3 sat/vB. It is not the
// relay floor and did not sink with it.
const DustRate = 3 * units.SatPerVB

// Dust returns the least amount that nodes relay in an output with this
// script: what the output and spending it cost at [DustRate].
func Dust(pkScript []byte) units.Amount {
	const legacySpend, witnessSpend = 148, 67
	size := coinselect.OutputWeight(pkScript).VSize()
	if txscript.IsWitnessProgram(pkScript) {
		return DustRate.Fee(size + witnessSpend)
	}
	return DustRate.Fee(size + legacySpend)
}

// payable reports whether a script is one that an address can stand for. Others
// are refused: a payment to them is most likely lost.
func payable(pkScript []byte) bool {
	switch txscript.GetScriptClass(pkScript) {
	case txscript.PubKeyHashTy, txscript.ScriptHashTy, txscript.WitnessV0PubKeyHashTy,
		txscript.WitnessV0ScriptHashTy, txscript.WitnessV1TaprootTy:
		return true
	}
	return false
}
