package chain

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strings"
)

// ErrBits says that a compact target is negative, zero or beyond 256 bits.
var ErrBits = errors.New("compact target out of range")

// ErrWork says that text is not a 256-bit hexadecimal number.
var ErrWork = errors.New("not a 256-bit hexadecimal number")

// Work is an expected number of hashes, 256 bits, least significant word
// first. Summed along a chain it is the measure that decides between chains.
type Work [4]uint64

// BlockWork is the work that a block with this compact target stands for:
// 2^256 / (target+1), rounded down. The error is ErrBits.
func BlockWork(compact uint32) (Work, error) {
	t, ok := targetFromCompact(compact)
	if !ok {
		return Work{}, fmt.Errorf("work of %08x: %w", compact, ErrBits)
	}
	n := new(big.Int).Lsh(big.NewInt(1), 256)
	n.Div(n, new(big.Int).Add(t.big(), big.NewInt(1)))
	return Work(uint256FromBig(n)), nil
}

// Add returns w+o. Sums of work cannot pass 256 bits: the whole range is what
// exhausting all hashes would take.
func (w Work) Add(o Work) Work {
	var c uint64
	for i := range w {
		w[i], c = bits.Add64(w[i], o[i], c)
	}
	return w
}

// times is w multiplied by n, modulo 2^256.
func (w Work) times(n uint64) Work {
	var carry uint64
	for i := range w {
		hi, lo := bits.Mul64(w[i], n)
		var c uint64
		w[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	return w
}

// Sub returns w-o, modulo 2^256.
func (w Work) Sub(o Work) Work {
	var b uint64
	for i := range w {
		w[i], b = bits.Sub64(w[i], o[i], b)
	}
	return w
}

// Cmp is -1, 0 or +1 as w is less than, equal to or more than o.
func (w Work) Cmp(o Work) int { return uint256(w).cmp(uint256(o)) }

// IsZero reports whether there is no work at all.
func (w Work) IsZero() bool { return w == Work{} }

// Bytes is the big-endian form.
func (w Work) Bytes() [32]byte {
	var b [32]byte
	for i := range w {
		binary.BigEndian.PutUint64(b[8*i:], w[3-i])
	}
	return b
}

// WorkFromBytes reads the big-endian form.
func WorkFromBytes(b [32]byte) Work {
	var w Work
	for i := range w {
		w[3-i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return w
}

// String is hexadecimal without leading zeros, as node software prints it.
func (w Work) String() string {
	b := w.Bytes()
	s := strings.TrimLeft(hex.EncodeToString(b[:]), "0")
	if s == "" {
		return "0"
	}
	return s
}

// WorkFromHex reads what String prints; leading zeros are allowed. The error
// is ErrWork.
func WorkFromHex(s string) (Work, error) {
	if s == "" || len(s) > 64 {
		return Work{}, fmt.Errorf("work %q: %w", s, ErrWork)
	}
	var b [32]byte
	if _, err := hex.Decode(b[:], []byte(strings.Repeat("0", 64-len(s))+s)); err != nil {
		return Work{}, fmt.Errorf("work %q: %w", s, ErrWork)
	}
	return WorkFromBytes(b), nil
}
