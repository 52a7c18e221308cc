package descriptor

import "strings"

// The alphabets of BIP380: the characters a descriptor may hold, ordered so
// that likely slips change one symbol only, and those of the checksum.
const (
	inputCharset = "0123456789()[],'/*abcdefgh@:$%{}" +
		"IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~" +
		"ijklmnopqrstuvwxyzABCDEFGH`#\"\\ "
	checksumCharset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	checksumLen     = 8
)

// polyMod is one step of the BCH code over GF(32) of BIP380.
func polyMod(c, val uint64) uint64 {
	top := c >> 35
	c = (c&0x7ffffffff)<<5 ^ val
	for i, g := range [5]uint64{0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd} {
		if top>>i&1 == 1 {
			c ^= g
		}
	}
	return c
}

// Checksum returns the 8 characters that BIP380 appends after "#" to this
// descriptor, which must not have them yet.
func Checksum(desc string) (string, error) {
	c := uint64(1)
	class, classes := uint64(0), 0
	for i := range len(desc) {
		pos := strings.IndexByte(inputCharset, desc[i])
		if pos < 0 {
			return "", parseError(KindCharacter, "a character outside the descriptor alphabet")
		}
		c = polyMod(c, uint64(pos)&31)
		class = class*3 + uint64(pos)>>5
		if classes++; classes == 3 {
			c = polyMod(c, class)
			class, classes = 0, 0
		}
	}
	if classes > 0 {
		c = polyMod(c, class)
	}
	for range checksumLen {
		c = polyMod(c, 0)
	}
	c ^= 1
	var out [checksumLen]byte
	for i := range out {
		out[i] = checksumCharset[c>>(5*(checksumLen-1-i))&31]
	}
	return string(out[:]), nil
}
