package present_test

import (
	"strings"
	"testing"

	"thistle/app/units"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount              units.Amount
		btc, number, signed string
	}{
		{0, "0.000 000 00 BTC", "0.000 000 00", "0.000 000 00"},
		{2_500_000, "0.025 000 00 BTC", "0.025 000 00", "+0.025 000 00"},
		{-123_456_789_012, "−1 234.567 890 12 BTC", "−1 234.567 890 12", "−1 234.567 890 12"},
		{units.MaxAmount, "21 000 000.000 000 00 BTC", "21 000 000.000 000 00", "+21 000 000.000 000 00"},
	} {
		require.Equal(t, c.btc, present.BTC(c.amount))
		require.Equal(t, c.number, present.Number(c.amount))
		require.Equal(t, c.signed, present.Signed(c.amount))
	}
}

func TestAddressGroups(t *testing.T) {
	t.Parallel()
	require.Equal(t, "", present.Address(""))
	require.Equal(t, "abcd", present.Address("abcd"))
	require.Equal(t, "abcd e", present.Address("abcde"))
	const address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
	grouped := present.Address(address)
	require.Equal(t, "bc1q w508 d6qe jxtd g4y5 r3za rvar y0c5 xw7k v8f3 t4", grouped)
	require.Equal(t, address, strings.ReplaceAll(grouped, " ", ""))
}

func TestCountsAndHeights(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"no peers", "1 peer", "2 peers"},
		[]string{present.Count(0, "peer", "peers"), present.Count(1, "peer", "peers"), present.Count(2, "peer", "peers")})
	require.Equal(t, "840 000", present.Height(840_000))
}

func FuzzPlain(f *testing.F) {
	f.Add("rent & \"more\"")
	f.Add("\x1b[31m\r\n\u202e\u200b\xff")
	f.Add("é日本語")
	f.Fuzz(func(t *testing.T, s string) {
		out := present.Plain(s)
		for _, r := range out {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e {
				t.Fatalf("%q became %q", s, out)
			}
		}
		if present.Plain(out) != out {
			t.Fatalf("%q is not plain yet", out)
		}
	})
}
