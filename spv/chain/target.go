package chain

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// uint256 is a 256-bit number, least significant word first.
type uint256 [4]uint64

func (a uint256) cmp(b uint256) int {
	for i := 3; i >= 0; i-- {
		switch {
		case a[i] < b[i]:
			return -1
		case a[i] > b[i]:
			return 1
		}
	}
	return 0
}

func (a uint256) big() *big.Int {
	b := Work(a).Bytes()
	return new(big.Int).SetBytes(b[:])
}

// uint256FromBig reads n, which must be in [0, 2^256).
func uint256FromBig(n *big.Int) uint256 {
	var b [32]byte
	n.FillBytes(b[:])
	return uint256(WorkFromBytes(b))
}

// hashNumber is a block hash as the number that is compared with the target.
func hashNumber(h *chainhash.Hash) uint256 {
	var n uint256
	for i := range n {
		n[i] = binary.LittleEndian.Uint64(h[8*i:])
	}
	return n
}

// targetFromCompact expands the compact form: one byte of length, 23 bits of
// mantissa and a sign bit between them. It is false for what no header may
// say: negative, zero or longer than 256 bits.
func targetFromCompact(c uint32) (uint256, bool) {
	size, word := c>>24, c&0x7fffff
	if size <= 3 {
		word >>= 8 * (3 - size)
	}
	switch {
	case word == 0, c&0x800000 != 0:
		return uint256{}, false
	case size > 34, word > 0xff && size > 33, word > 0xffff && size > 32:
		return uint256{}, false
	case size <= 3:
		return uint256{uint64(word)}, true
	}
	var n uint256
	shift := 8 * (size - 3)
	i, off := shift/64, shift%64
	n[i] = uint64(word) << off
	if i < 3 {
		n[i+1] = uint64(word) >> (64 - off)
	}
	return n, true
}

// compact rounds down to the compact form.
func (a uint256) compact() uint32 {
	size := uint32(0)
	for i := 3; i >= 0; i-- {
		if a[i] != 0 {
			size = uint32(8*i + (bits.Len64(a[i])+7)/8)
			break
		}
	}
	var c uint32
	if size <= 3 {
		c = uint32(a[0] << (8 * (3 - size)))
	} else {
		shift := 8 * (size - 3)
		i, off := shift/64, shift%64
		w := a[i] >> off
		if i < 3 && off > 0 {
			w |= a[i+1] << (64 - off)
		}
		c = uint32(w) & 0xffffff
	}
	if c&0x800000 != 0 {
		// The highest bit of the mantissa is the sign.
		c >>= 8
		size++
	}
	return c | size<<24
}

// scale returns a*num/den rounded down, or limit if that is more. The product
// is taken in full width, as on networks with an easy limit it passes 256 bits.
func (a uint256) scale(num, den uint64, limit uint256) uint256 {
	var prod [5]uint64
	var carry uint64
	for i := range a {
		hi, lo := bits.Mul64(a[i], num)
		var c uint64
		prod[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	prod[4] = carry
	var rem uint64
	for i := 4; i >= 0; i-- {
		prod[i], rem = bits.Div64(rem, prod[i], den)
	}
	out := uint256(prod[:4])
	if prod[4] != 0 || out.cmp(limit) > 0 {
		return limit
	}
	return out
}
