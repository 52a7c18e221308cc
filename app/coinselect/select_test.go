package coinselect_test

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/app/coinselect"
	"thistle/app/units"
)

var wpkh = append([]byte{0, 20}, make([]byte, 20)...)

const (
	outWeight = 4 * 31 // of a P2WPKH output
	dust      = 294
)

// coin makes a safe coin; n tells it from others.
func coin(n int, value units.Amount) coinselect.Coin {
	return coinselect.Coin{
		OutPoint: wire.OutPoint{Hash: chainhash.DoubleHashH([]byte{byte(n), byte(n >> 8)}), Index: uint32(n % 3)},
		Value:    value, PkScript: wpkh, Confirmations: 10, Own: n%2 == 0,
	}
}

func coins(values ...units.Amount) []coinselect.Coin {
	var out []coinselect.Coin
	for i, v := range values {
		out = append(out, coin(i, v))
	}
	return out
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// params pays one P2WPKH recipient at 2 sat/vB.
func params(target units.Amount) coinselect.Params {
	return coinselect.Params{
		Target: target, Outputs: 1, OutputWeight: outWeight, ChangeWeight: outWeight, MinChange: dust,
		FeeRate: 2000, LongTermRate: 10_000, MaxWeight: 400_000, Rand: dice(1),
	}
}

func total(cs []coinselect.Coin) (sum units.Amount) {
	for i := range cs {
		sum += cs[i].Value
	}
	return sum
}

func TestWeights(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, 272, coinselect.P2WPKHInputWeight)
	require.EqualValues(t, 124, coinselect.OutputWeight(wpkh))
	require.EqualValues(t, 4*43, coinselect.OutputWeight(make([]byte, 34)))
	require.EqualValues(t, 4*(8+3+253), coinselect.OutputWeight(make([]byte, 253)))
	// One input, two outputs: the everyday transaction of 141 vB.
	require.EqualValues(t, 141, coinselect.TxWeight(1, 272, 2, 248).VSize())
	// A count above 252 takes three bytes instead of one.
	require.EqualValues(t, 8, coinselect.TxWeight(253, 0, 1, 0)-coinselect.TxWeight(252, 0, 1, 0))
	_, ok := coinselect.InputWeight([]byte{0x6a})
	require.False(t, ok)
}

// TestExactMatchNeedsNoChange: 110 vB at 2 sat/vB cost 220 sat.
func TestExactMatchNeedsNoChange(t *testing.T) {
	t.Parallel()
	p := params(100_000)
	p.LongTermRate = 1000
	s, err := coinselect.Select(coins(1_000_000, 100_220, 60_000, 39_000), p)
	require.NoError(t, err)
	require.Equal(t, coinselect.BranchAndBound, s.Method)
	require.Len(t, s.Coins, 1)
	require.EqualValues(t, 220, s.Fee)
	require.Zero(t, s.Change)
	require.EqualValues(t, 438, s.Weight)
}

// TestLeastCoins: with nothing to gain from gathering, one coin and change beat
// many.
func TestLeastCoins(t *testing.T) {
	t.Parallel()
	p := params(100_000)
	p.FeeRate = 100_000
	s, err := coinselect.Select(coins(2_000_000, 40_000, 40_000, 40_000, 40_000, 40_000), p)
	require.NoError(t, err)
	require.Len(t, s.Coins, 1)
	require.EqualValues(t, 14_100, s.Fee)
	require.EqualValues(t, 2_000_000-100_000-14_100, s.Change)
}

func TestChangeBelowDustGoesToTheFee(t *testing.T) {
	t.Parallel()
	// With change the fee is 282: 293 sat would be left, one below the limit.
	s, err := coinselect.Select(coins(100_000+282+dust-1), params(100_000))
	require.NoError(t, err)
	require.Zero(t, s.Change)
	require.EqualValues(t, 282+dust-1, s.Fee)
	s, err = coinselect.Select(coins(100_000+282+dust), params(100_000))
	require.NoError(t, err)
	require.EqualValues(t, dust, s.Change)
	require.EqualValues(t, 282, s.Fee)
}

func TestInsufficient(t *testing.T) {
	t.Parallel()
	var short *coinselect.InsufficientError
	_, err := coinselect.Select(coins(100_219), params(100_000))
	require.ErrorAs(t, err, &short)
	require.Equal(t, coinselect.InsufficientError{Have: 100_219, Need: 100_220}, *short)

	_, err = coinselect.Select(nil, params(100_000))
	require.ErrorAs(t, err, &short)
	require.Equal(t, coinselect.InsufficientError{Have: 0, Need: 100_220}, *short)

	// Coins that cost more than they are worth do not help.
	p := params(100_000)
	p.FeeRate = 100_000
	_, err = coinselect.Select(coins(100_000, 6_775, 6_775, 6_775), p)
	require.ErrorAs(t, err, &short)
	require.EqualValues(t, 100_000, short.Have)

	_, err = coinselect.Select(coins(units.MaxAmount), params(units.MaxAmount))
	require.ErrorAs(t, err, &short)
}

func TestNeverChosen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*coinselect.Coin){
		"frozen":              func(c *coinselect.Coin) { c.Frozen = true },
		"immature":            func(c *coinselect.Coin) { c.Coinbase, c.Confirmations = true, 100 },
		"immature own":        func(c *coinselect.Coin) { c.Coinbase, c.Confirmations, c.Own = true, 0, true },
		"pending from others": func(c *coinselect.Coin) { c.Confirmations, c.Own = 0, false },
		"long chain":          func(c *coinselect.Coin) { c.Confirmations, c.Own, c.Ancestors = 0, true, 25 },
		"unknown script":      func(c *coinselect.Coin) { c.PkScript = []byte{0x51} },
	} {
		cs := coins(1_000_000)
		spoil(&cs[0])
		var short *coinselect.InsufficientError
		_, err := coinselect.Select(cs, params(1000))
		require.ErrorAs(t, err, &short, name)
		require.Zero(t, short.Have, name)
		_, err = coinselect.All(cs, params(0))
		require.ErrorAs(t, err, &short, name)
	}
	mature := coins(1_000_000)
	mature[0].Coinbase, mature[0].Confirmations = true, 101
	_, err := coinselect.Select(mature, params(1000))
	require.NoError(t, err)
}

// TestLadder: each step is taken only when the safer coins do not suffice.
func TestLadder(t *testing.T) {
	t.Parallel()
	deep, fresh, change, chain := coin(1, 100_000), coin(3, 100_000), coin(4, 100_000), coin(6, 100_000)
	deep.Confirmations, fresh.Confirmations = 6, 1
	change.Confirmations, change.Ancestors = 0, 0
	chain.Confirmations, chain.Ancestors = 0, 12
	all := []coinselect.Coin{chain, change, fresh, deep}
	for n, target := range []units.Amount{50_000, 150_000, 250_000, 350_000} {
		s, err := coinselect.Select(all, params(target))
		require.NoError(t, err)
		want := []coinselect.Coin{deep, fresh, change, chain}[:n+1]
		require.Len(t, s.Coins, n+1)
		require.ElementsMatch(t, outpoints(want), outpoints(s.Coins))
	}
}

func TestAncestorsTogether(t *testing.T) {
	t.Parallel()
	cs := coins(100_000, 0, 100_000, 0, 100_000)
	cs = []coinselect.Coin{cs[0], cs[2], cs[4]}
	for i := range cs {
		cs[i].Confirmations, cs[i].Ancestors = 0, 12
	}
	_, err := coinselect.Select(cs, params(150_000))
	require.NoError(t, err, "24 together")
	_, err = coinselect.Select(cs, params(250_000))
	require.ErrorIs(t, err, coinselect.ErrTooLongChain)
	_, err = coinselect.All(cs, params(0))
	require.ErrorIs(t, err, coinselect.ErrTooLongChain)
}

func TestTooHeavy(t *testing.T) {
	t.Parallel()
	cs := make([]coinselect.Coin, 1600)
	for i := range cs {
		cs[i] = coin(i, 10_000)
	}
	_, err := coinselect.Select(cs, params(15_000_000))
	require.ErrorIs(t, err, coinselect.ErrTooHeavy)
	_, err = coinselect.All(cs, params(0))
	require.ErrorIs(t, err, coinselect.ErrTooHeavy)
	s, err := coinselect.Select(cs, params(10_000_000))
	require.NoError(t, err)
	require.LessOrEqual(t, s.Weight, units.Weight(400_000))
	p := params(1000)
	p.OutputWeight = 400_000
	_, err = coinselect.Select(cs, p)
	require.ErrorIs(t, err, coinselect.ErrTooHeavy)
}

// TestPromisesStopNoPayment: what others only say that they pay us is no reason not
// to spend what is ours, be it all the money there is.
func TestPromisesStopNoPayment(t *testing.T) {
	t.Parallel()
	cs := coins(1_000_000, units.MaxAmount, units.MaxAmount)
	for i := range cs[1:] {
		cs[1+i].Confirmations, cs[1+i].Own = 0, false
	}
	s, err := coinselect.All(cs, params(0))
	require.NoError(t, err)
	require.Len(t, s.Coins, 1)
	require.Equal(t, cs[0].OutPoint, s.Coins[0].OutPoint)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	twice := coins(1000, 2000)
	twice[1].OutPoint = twice[0].OutPoint
	_, err := coinselect.Select(twice, params(100))
	require.ErrorIs(t, err, coinselect.ErrDuplicate)
	for _, v := range []units.Amount{-1, units.MaxAmount + 1} {
		_, err = coinselect.Select(coins(v), params(100))
		require.ErrorIs(t, err, units.ErrOverflow)
	}
	_, err = coinselect.All(coins(units.MaxAmount, 1), params(100))
	require.ErrorIs(t, err, units.ErrOverflow)
	for _, spoil := range []func(*coinselect.Params){
		func(p *coinselect.Params) { p.Target = -1 }, func(p *coinselect.Params) { p.FeeRate = 0 },
		func(p *coinselect.Params) { p.FeeRate = coinselect.MaxRate + 1 }, func(p *coinselect.Params) { p.LongTermRate = -1 },
		func(p *coinselect.Params) { p.Rand = nil }, func(p *coinselect.Params) { p.MaxWeight = 0 },
	} {
		p := params(100)
		spoil(&p)
		_, err := coinselect.Select(coins(1000), p)
		require.ErrorIs(t, err, coinselect.ErrParams)
		_, err = coinselect.All(coins(1000), p)
		require.ErrorIs(t, err, coinselect.ErrParams)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	p := params(0)
	s, err := coinselect.All(coins(100_000, 50_000, 136, 137), p)
	require.NoError(t, err)
	// 272 weight units at 2 sat/vB cost 136 sat: one of the two small coins is
	// worth it.
	require.Len(t, s.Coins, 3)
	require.Equal(t, 1, s.Uneconomic)
	require.Zero(t, s.Change)
	require.Equal(t, p.FeeRate.Fee(s.Weight.VSize()), s.Fee)
	require.EqualValues(t, 150_137, s.Rest+s.Fee)

	p.MinRest = dust
	var short *coinselect.InsufficientError
	_, err = coinselect.All(coins(220+dust-1), p)
	require.ErrorAs(t, err, &short)
	require.Equal(t, coinselect.InsufficientError{Have: 220 + dust - 1, Need: 220 + dust}, *short)
	s, err = coinselect.All(coins(220+dust), p)
	require.NoError(t, err)
	require.EqualValues(t, dust, s.Rest)
}

func outpoints(cs []coinselect.Coin) []wire.OutPoint {
	var out []wire.OutPoint
	for i := range cs {
		out = append(out, cs[i].OutPoint)
	}
	return out
}

// drawCoins makes a wallet with coins of every kind.
func drawCoins(t *rapid.T) []coinselect.Coin {
	n := rapid.IntRange(0, 40).Draw(t, "coins")
	out := make([]coinselect.Coin, n)
	for i := range out {
		c := coin(i, units.Amount(rapid.OneOf(
			rapid.Int64Range(0, 2000), rapid.Int64Range(10_000, 1_000_000), rapid.Just[int64](50_000),
			rapid.Int64Range(0, int64(units.MaxAmount)/100),
		).Draw(t, "value")))
		c.Confirmations = rapid.SampledFrom([]int32{0, 1, 5, 6, 100, 101}).Draw(t, "conf")
		c.Ancestors = rapid.IntRange(0, 26).Draw(t, "ancestors")
		c.Own = rapid.Bool().Draw(t, "own")
		c.Coinbase = rapid.IntRange(0, 9).Draw(t, "coinbase") == 0
		c.Frozen = rapid.IntRange(0, 9).Draw(t, "frozen") == 0
		out[i] = c
	}
	return out
}

func drawParams(t *rapid.T) coinselect.Params {
	p := params(units.Amount(rapid.OneOf(rapid.Int64Range(1, 2_000_000), rapid.Int64Range(1, int64(units.MaxAmount))).Draw(t, "target")))
	p.FeeRate = units.FeeRate(rapid.OneOf(rapid.Int64Range(1, 5000), rapid.Int64Range(1, 1_000_000)).Draw(t, "rate"))
	p.LongTermRate = units.FeeRate(rapid.Int64Range(0, 100_000).Draw(t, "longterm"))
	p.Outputs = rapid.IntRange(1, 260).Draw(t, "outputs")
	p.OutputWeight = units.Weight(outWeight * p.Outputs)
	p.MaxWeight = units.Weight(rapid.SampledFrom([]int{400_000, 40_000, 5000}).Draw(t, "max"))
	p.Rand = dice(rapid.Uint64().Draw(t, "seed"))
	return p
}

// aim sets the target so that a few of the coins pay for it about exactly, as
// chance seldom would.
func aim(t *rapid.T, cs []coinselect.Coin, p *coinselect.Params) {
	n := rapid.IntRange(0, min(4, len(cs))).Draw(t, "aim")
	if n == 0 {
		return
	}
	w := coinselect.TxWeight(n, units.Weight(272*n), p.Outputs, p.OutputWeight)
	target := total(cs[:n]) - p.FeeRate.Fee(w.VSize()) - units.Amount(rapid.Int64Range(0, 100).Draw(t, "off"))
	if target > 0 {
		p.Target = target
	}
}

func requireCoinsAllowed(t *rapid.T, cs []coinselect.Coin, p *coinselect.Params) {
	seen := map[wire.OutPoint]bool{}
	ancestors := 0
	for _, c := range cs {
		require.False(t, seen[c.OutPoint], "chosen twice")
		seen[c.OutPoint] = true
		require.False(t, c.Frozen)
		require.False(t, c.Coinbase && c.Confirmations < 101)
		require.True(t, c.Confirmations > 0 || c.Own)
		require.Greater(t, int64(c.Value)*4000, int64(p.FeeRate)*272, "costs more than it is worth")
		if c.Confirmations == 0 {
			ancestors += max(1, c.Ancestors)
		}
	}
	require.LessOrEqual(t, ancestors, 24)
}

func TestSelectProperties(t *testing.T) {
	t.Parallel()
	chosen := map[coinselect.Method]int{}
	rapid.Check(t, func(t *rapid.T) {
		cs, p := drawCoins(t), drawParams(t)
		aim(t, cs, &p)
		s, err := coinselect.Select(cs, p)
		if err != nil {
			var short *coinselect.InsufficientError
			if errors.As(err, &short) {
				require.Less(t, short.Have, short.Need)
				return
			}
			require.True(t, errors.Is(err, coinselect.ErrTooHeavy) || errors.Is(err, coinselect.ErrTooLongChain), err)
			return
		}
		chosen[s.Method]++
		requireCoinsAllowed(t, s.Coins, &p)
		n := len(s.Coins)
		in := units.Weight(272 * n)
		noChange := coinselect.TxWeight(n, in, p.Outputs, p.OutputWeight)
		withChange := coinselect.TxWeight(n, in, p.Outputs+1, p.OutputWeight+p.ChangeWeight)
		require.Equal(t, total(s.Coins), p.Target+s.Change+s.Fee, "in = out + fee")
		require.LessOrEqual(t, s.Weight, p.MaxWeight)
		if s.Change > 0 {
			require.GreaterOrEqual(t, s.Change, p.MinChange)
			require.Equal(t, withChange, s.Weight)
			require.Equal(t, p.FeeRate.Fee(withChange.VSize()), s.Fee)
			return
		}
		require.Equal(t, noChange, s.Weight)
		least := p.FeeRate.Fee(noChange.VSize())
		require.GreaterOrEqual(t, s.Fee, least)
		costOfChange := p.FeeRate.Fee(withChange.VSize()) - least + p.MinChange
		require.Less(t, s.Fee-least, costOfChange, "overpaid though change was worth it")
	})
	t.Log("methods chosen:", chosen)
	for _, m := range []coinselect.Method{coinselect.BranchAndBound, coinselect.RandomDraw, coinselect.LargestFirst} {
		require.NotZero(t, chosen[m], m)
	}
}

// TestSelectFindsWhatThereIs: when confirmed coins suffice by reckoning, a
// choice is found.
func TestSelectFindsWhatThereIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cs, p := drawCoins(t), drawParams(t)
		p.MaxWeight = 400_000
		var n int
		var sum units.Amount
		for _, c := range cs {
			if c.Confirmations > 0 && !c.Frozen && !(c.Coinbase && c.Confirmations < 101) && int64(c.Value)*4000 > int64(p.FeeRate)*272 {
				n++
				sum += c.Value
			}
		}
		need := p.Target + p.FeeRate.Fee(coinselect.TxWeight(n, units.Weight(272*n), p.Outputs, p.OutputWeight).VSize())
		_, err := coinselect.Select(cs, p)
		if n > 0 && sum >= need {
			require.NoError(t, err)
		}
	})
}

func TestAllProperties(t *testing.T) {
	t.Parallel()
	done := 0
	rapid.Check(t, func(t *rapid.T) {
		cs, p := drawCoins(t), drawParams(t)
		p.Target = units.Amount(rapid.Int64Range(0, 1_000_000).Draw(t, "others"))
		p.MinRest = dust
		s, err := coinselect.All(cs, p)
		if err != nil {
			return
		}
		done++
		requireCoinsAllowed(t, s.Coins, &p)
		require.Zero(t, s.Change)
		require.GreaterOrEqual(t, s.Rest, p.MinRest)
		require.Equal(t, total(s.Coins), p.Target+s.Rest+s.Fee)
		require.Equal(t, p.FeeRate.Fee(s.Weight.VSize()), s.Fee)
		// Nothing allowed and worth its price is left behind.
		left := 0
		for i := range cs {
			if cs[i].Spendable() && int64(cs[i].Value)*4000 > int64(p.FeeRate)*272 {
				left++
			}
		}
		require.Len(t, s.Coins, left)
	})
	require.NotZero(t, done)
}

// TestOrderDoesNotMatter: the same coins and seed give the same choice, in
// whatever order they come.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cs, p := drawCoins(t), drawParams(t)
		seed := rapid.Uint64().Draw(t, "dice")
		p.Rand = dice(seed)
		a, errA := coinselect.Select(cs, p)
		mixed := slices.Clone(cs)
		dice(seed+1).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		p.Rand = dice(seed)
		b, errB := coinselect.Select(mixed, p)
		require.Equal(t, errA, errB)
		require.Equal(t, a, b)
	})
}

// TestBranchAndBoundAgainstAllSubsets: with few coins every subset can be
// tried; a changeless choice is found exactly when there is one, and none
// wastes less.
func TestBranchAndBoundAgainstAllSubsets(t *testing.T) {
	t.Parallel()
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		var cs []coinselect.Coin
		for i := range n {
			c := coin(i, units.Amount(rapid.Int64Range(1000, 20_000).Draw(t, "value")))
			cs = append(cs, c)
		}
		p := params(units.Amount(rapid.Int64Range(1000, 60_000).Draw(t, "target")))
		p.FeeRate = units.FeeRate(rapid.Int64Range(10_000, 14_000).Draw(t, "rate")) // at or above the long-term rate
		best, exists := leastWaste(cs, &p)
		picks, fee, ok := coinselect.BranchAndBoundOnly(cs, p)
		require.Equal(t, exists, ok)
		if !ok {
			return
		}
		found++
		require.Equal(t, best, wasteOf(len(picks), fee, &p))
	})
	t.Log("changeless choices found:", found)
	require.NotZero(t, found)
}

func wasteOf(n int, fee units.Amount, p *coinselect.Params) int64 {
	least := p.FeeRate.Fee(coinselect.TxWeight(n, units.Weight(272*n), p.Outputs, p.OutputWeight).VSize())
	return int64(272*n)*int64(p.FeeRate-p.LongTermRate) + int64(fee-least)*4000
}

// leastWaste tries all subsets for the changeless one of least waste.
func leastWaste(cs []coinselect.Coin, p *coinselect.Params) (best int64, ok bool) {
	for set := 1; set < 1<<len(cs); set++ {
		var sum units.Amount
		for i := range cs {
			if set>>i&1 == 1 {
				sum += cs[i].Value
			}
		}
		n := bits.OnesCount(uint(set))
		in := units.Weight(272 * n)
		fee := sum - p.Target
		least := p.FeeRate.Fee(coinselect.TxWeight(n, in, p.Outputs, p.OutputWeight).VSize())
		withChange := p.FeeRate.Fee(coinselect.TxWeight(n, in, p.Outputs+1, p.OutputWeight+p.ChangeWeight).VSize())
		if fee < least || fee-withChange >= p.MinChange {
			continue
		}
		if w := wasteOf(n, fee, p); !ok || w < best {
			best, ok = w, true
		}
	}
	return best, ok
}

func BenchmarkSelect(b *testing.B) {
	r := dice(7)
	cs := make([]coinselect.Coin, 1000)
	for i := range cs {
		cs[i] = coin(i, units.Amount(r.Int64N(1_000_000)+1000))
	}
	for b.Loop() {
		p := params(33_333_333)
		p.Rand = r
		if _, err := coinselect.Select(cs, p); err != nil {
			b.Fatal(err)
		}
	}
}
