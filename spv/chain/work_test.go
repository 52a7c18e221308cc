package chain_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/spv/chain"
)

func workOf(n *big.Int) chain.Work {
	var b [32]byte
	n.FillBytes(b[:])
	return chain.WorkFromBytes(b)
}

func TestWorkAgainstBigNumbers(t *testing.T) {
	t.Parallel()
	mod := new(big.Int).Lsh(big.NewInt(1), 256)
	number := rapid.SliceOfN(rapid.Byte(), 0, 32)
	rapid.Check(t, func(t *rapid.T) {
		a := new(big.Int).SetBytes(number.Draw(t, "a"))
		b := new(big.Int).SetBytes(number.Draw(t, "b"))
		sum := new(big.Int).Mod(new(big.Int).Add(a, b), mod)
		diff := new(big.Int).Mod(new(big.Int).Sub(a, b), mod)
		wa, wb := workOf(a), workOf(b)
		if wa.Add(wb) != workOf(sum) || wa.Sub(wb) != workOf(diff) || wa.Cmp(wb) != a.Cmp(b) || wa.IsZero() != (a.Sign() == 0) {
			t.Fatal(a, b)
		}
		back, err := chain.WorkFromHex(wa.String())
		if err != nil || back != wa || wa.String() != a.Text(16) || chain.WorkFromBytes(wa.Bytes()) != wa {
			t.Fatal(a, wa, back, err)
		}
	})
}

func TestWorkFromHex(t *testing.T) {
	t.Parallel()
	w, err := chain.WorkFromHex("000100010001")
	require.NoError(t, err)
	require.Equal(t, chain.Work{0x100010001}, w)
	for _, s := range []string{"", "x", "-1", "0x1", " 1", "1" + w.String() + "0000000000000000000000000000000000000000000000000000000000000000"} {
		_, err := chain.WorkFromHex(s)
		require.ErrorIs(t, err, chain.ErrWork, s)
	}
}
