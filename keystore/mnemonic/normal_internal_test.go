package mnemonic

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The room made before normalising is always enough, so that no outgrown copy
// of a secret is left behind.
func TestRoom(t *testing.T) {
	t.Parallel()
	checked := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		in := utf8.AppendRune(nil, r)
		out, err := nfkd(in)
		if err != nil || len(out) > growth*len(in) {
			t.Fatalf("%U: %d bytes become %d, %v", r, len(in), len(out), err)
		}
		if lower := utf8.RuneLen(unicode.ToLower(r)); lower > 2*len(in) {
			t.Fatalf("%U: lower case has %d bytes", r, lower)
		}
		checked++
	}
	require.Equal(t, 0x110000-0x800, checked)
}
