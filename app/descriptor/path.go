package descriptor

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// Hardened is the bit of an index that only a private key can derive (BIP32).
const Hardened uint32 = 1 << 31

// Path is a sequence of BIP32 indices, hardened ones with [Hardened] set.
type Path []uint32

// String prints the path from the master key: "m/84h/0h/0h/0/7".
func (p Path) String() string { return "m" + p.tail() }

func (p Path) tail() string {
	var b strings.Builder
	for _, i := range p {
		b.WriteByte('/')
		b.WriteString(strconv.FormatUint(uint64(i&^Hardened), 10))
		if i&Hardened != 0 {
			b.WriteByte('h')
		}
	}
	return b.String()
}

// parseStep reads one index, "0", "84h" or "84'", in its only spelling:
// without leading zeros, sign or space.
func parseStep(s string) (uint32, bool) {
	var hard uint32
	if strings.HasSuffix(s, "h") || strings.HasSuffix(s, "'") {
		s, hard = s[:len(s)-1], Hardened
	}
	if s == "" || len(s) > 10 || (s[0] == '0' && s != "0") {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n >= uint64(Hardened) {
		return 0, false
	}
	return uint32(n) | hard, true
}

// parseOrigin reads "d34db33f/84h/0h/0h".
func parseOrigin(s string) (fp [4]byte, path Path, err error) {
	steps := strings.Split(s, "/")
	if len(steps[0]) != 8 {
		return fp, nil, parseError(KindOrigin, "a key origin begins with a fingerprint of 8 hex digits")
	}
	if _, err := hex.Decode(fp[:], []byte(steps[0])); err != nil {
		return fp, nil, parseError(KindOrigin, "a key origin begins with a fingerprint of 8 hex digits")
	}
	for _, s := range steps[1:] {
		i, ok := parseStep(s)
		if !ok {
			return fp, nil, parseError(KindOrigin, "malformed path in the key origin")
		}
		path = append(path, i)
	}
	if len(path) > 255 {
		return fp, nil, parseError(KindOrigin, "the path in the key origin is too long")
	}
	return fp, path, nil
}
