package cfilter

import "math/bits"

// The four words that SipHash mixes its key into.
const (
	sip0 = 0x736f6d6570736575
	sip1 = 0x646f72616e646f6d
	sip2 = 0x6c7967656e657261
	sip3 = 0x7465646279746573
)

// appendWords appends a message cut into SipHash's 64-bit little-endian words,
// the last one holding what is left over and, in its top byte, the length
// modulo 256. Cutting once and hashing under many keys is what a query does.
func appendWords(words []uint64, msg []byte) []uint64 {
	last := uint64(len(msg)) << 56
	for len(msg) >= 8 {
		words = append(words, le64(msg))
		msg = msg[8:]
	}
	for i, b := range msg {
		last |= uint64(b) << (8 * i)
	}
	return append(words, last)
}

func le64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// sipRound is one SipRound.
func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v2 += v3
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v1
	v0 += v3
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}

// sipHash is SipHash-2-4 of a message cut by appendWords.
func sipHash(k0, k1 uint64, words []uint64) uint64 {
	v0, v1, v2, v3 := k0^sip0, k1^sip1, k0^sip2, k1^sip3
	for _, w := range words {
		v3 ^= w
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= w
	}
	v2 ^= 0xff
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	return v0 ^ v1 ^ v2 ^ v3
}

// sipHash2 hashes two messages of as many words at once: the two chains of
// operations do not wait for each other, so the processor runs them side by
// side.
func sipHash2(k0, k1 uint64, a, b []uint64) (uint64, uint64) {
	a0, a1, a2, a3 := k0^sip0, k1^sip1, k0^sip2, k1^sip3
	b0, b1, b2, b3 := a0, a1, a2, a3
	b = b[:len(a)]
	for i, w := range a {
		x := b[i]
		a3 ^= w
		b3 ^= x
		a0, a1, a2, a3 = sipRound(a0, a1, a2, a3)
		b0, b1, b2, b3 = sipRound(b0, b1, b2, b3)
		a0, a1, a2, a3 = sipRound(a0, a1, a2, a3)
		b0, b1, b2, b3 = sipRound(b0, b1, b2, b3)
		a0 ^= w
		b0 ^= x
	}
	a2 ^= 0xff
	b2 ^= 0xff
	for range 4 {
		a0, a1, a2, a3 = sipRound(a0, a1, a2, a3)
		b0, b1, b2, b3 = sipRound(b0, b1, b2, b3)
	}
	return a0 ^ a1 ^ a2 ^ a3, b0 ^ b1 ^ b2 ^ b3
}
