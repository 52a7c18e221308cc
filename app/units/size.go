package units

// Weight is a transaction's size in weight units of BIP141: 4 for each byte
// outside the witness, 1 for each byte in it.
type Weight int64

// VSize is a size in virtual bytes, a quarter of the weight.
type VSize int64

// WitnessScale is the weight of a byte outside the witness.
const WitnessScale Weight = 4

// VSize returns the weight in virtual bytes, rounded up. Sum weights first and
// round once: rounding the parts makes the whole too large.
func (w Weight) VSize() VSize {
	if w <= 0 {
		return 0
	}
	return VSize((w-1)/WitnessScale + 1)
}
