package mnemonic

import (
	"crypto/sha512"
	"encoding/binary"
)

// stretch is PBKDF2-HMAC-SHA512 (RFC 8018) for one block of output, which is
// all that a seed is. The library's makes a string of the words, which stays in
// memory until something else is put there; this one works in buffers that are
// cleared.
func stretch(words, salt []byte, rounds int) []byte {
	var pad [2][sha512.BlockSize]byte // inner and outer key
	defer clear(pad[:])
	key := pad[0][:]
	if len(words) > sha512.BlockSize {
		sum := sha512.Sum512(words)
		copy(key, sum[:])
		clear(sum[:])
	} else {
		copy(key, words)
	}
	for i, k := range key {
		pad[0][i], pad[1][i] = k^0x36, k^0x5c
	}
	first := make([]byte, 0, len(salt)+4)
	first = append(first, salt...)
	first = binary.BigEndian.AppendUint32(first, 1)
	defer clear(first)

	buf := make([]byte, 0, sha512.BlockSize+max(len(first), sha512.Size))
	defer func() { clear(buf[:cap(buf)]) }()
	var u [sha512.Size]byte
	defer clear(u[:])
	out := make([]byte, sha512.Size)
	message := first
	for range rounds {
		buf = append(append(buf[:0], pad[0][:]...), message...)
		u = sha512.Sum512(buf)
		buf = append(append(buf[:0], pad[1][:]...), u[:]...)
		u = sha512.Sum512(buf)
		message = u[:]
		for i := range out {
			out[i] ^= u[i]
		}
	}
	return out
}
