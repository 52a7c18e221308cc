package units_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/app/units"
)

func TestSumsAreChecked(t *testing.T) {
	t.Parallel()
	most := units.MaxAmount
	for _, c := range []struct{ a, b units.Amount }{
		{most, 1}, {math.MaxInt64, 1}, {math.MaxInt64, math.MaxInt64}, {-most, -1}, {math.MinInt64, math.MinInt64}, {math.MinInt64, -1},
	} {
		_, err := c.a.Add(c.b)
		require.ErrorIs(t, err, units.ErrOverflow)
	}
	_, err := units.Amount(-1).Sub(most)
	require.ErrorIs(t, err, units.ErrOverflow)
	_, err = units.Amount(0).Sub(math.MinInt64)
	require.ErrorIs(t, err, units.ErrOverflow)
	_, err = units.Sum(most, most, -most, -most)
	require.ErrorIs(t, err, units.ErrOverflow)

	sum, err := units.Sum(most-3, 1, 2)
	require.NoError(t, err)
	require.Equal(t, most, sum)
	sum, err = units.Sum()
	require.NoError(t, err)
	require.Zero(t, sum)
	diff, err := units.Amount(3).Sub(5)
	require.NoError(t, err)
	require.EqualValues(t, -2, diff)

	require.True(t, most.Valid())
	require.True(t, units.Amount(0).Valid())
	require.False(t, (most + 1).Valid())
	require.False(t, units.Amount(-1).Valid())
}

func TestFeeRoundsUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate units.FeeRate
		size units.VSize
		fee  units.Amount
	}{
		{1000, 141, 141}, {1500, 141, 212}, {100, 141, 15}, {1, 1, 1}, {1, 1000, 1}, {1, 1001, 2},
		{2000, 0, 0}, {0, 141, 0}, {-5, 141, 0}, {2000, -1, 0},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
	} {
		require.Equal(t, c.fee, c.rate.Fee(c.size), "%v %v", c.rate, c.size)
	}
	require.EqualValues(t, 1503, units.RateOf(212, 141))
	require.Zero(t, units.RateOf(212, 0))
	require.Zero(t, units.RateOf(0, 141))
	require.EqualValues(t, math.MaxInt64, units.RateOf(math.MaxInt64, 1))
}

// TestFeeIsExact compares with whole numbers of any size.
func TestFeeIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(1, 1e12).Draw(t, "rate")
		size := rapid.Int64Range(1, 1e9).Draw(t, "size")
		want := new(big.Int).Mul(big.NewInt(rate), big.NewInt(size))
		want.Add(want, big.NewInt(999)).Div(want, big.NewInt(1000))
		fee := units.FeeRate(rate).Fee(units.VSize(size))
		if !want.IsInt64() {
			require.EqualValues(t, math.MaxInt64, fee)
			return
		}
		require.EqualValues(t, want.Int64(), fee)
		back := units.RateOf(fee, units.VSize(size))
		require.GreaterOrEqual(t, int64(back), rate)
	})
}

func TestVSizeRoundsUp(t *testing.T) {
	t.Parallel()
	for w, want := range map[units.Weight]units.VSize{0: 0, -4: 0, 1: 1, 4: 1, 5: 2, 561: 141, 564: 141, 565: 142} {
		require.Equal(t, want, w.VSize())
	}
}
