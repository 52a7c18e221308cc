package txbuild_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/app/coinselect"
	"thistle/app/txbuild"
	"thistle/app/units"
)

func TestBuildOnePayment(t *testing.T) {
	t.Parallel()
	w := newWallet()
	w.add(1_000_000)
	r := w.request(250_000)
	plan, err := txbuild.Build(r)
	require.NoError(t, err)
	require.EqualValues(t, 141, plan.VSize)
	require.EqualValues(t, 282, plan.Fee)
	require.EqualValues(t, 250_000, plan.Amount)
	require.EqualValues(t, 1_000_000-250_000-282, plan.Change)
	require.Len(t, plan.Inputs, 1)
	require.Len(t, plan.Outputs, 2)
	require.Equal(t, r.Change.PkScript, plan.Outputs[plan.ChangeIndex].PkScript)
	require.Equal(t, -1, plan.Outputs[plan.ChangeIndex].Recipient)
	require.Empty(t, plan.Warnings)

	tx := w.sign(t, plan)
	require.EqualValues(t, 2, tx.Version)
	require.Equal(t, uint32(0xfffffffd), tx.TxIn[0].Sequence)
	require.NoError(t, txbuild.LastLook(tx, plan, w.sources()))

	packet, err := plan.PSBT()
	require.NoError(t, err)
	change := packet.Outputs[plan.ChangeIndex].Bip32Derivation
	require.Len(t, change, 1)
	require.Equal(t, r.Change.Derivation.Path, change[0].Bip32Path)
	require.Equal(t, r.Change.Derivation.PubKey, change[0].PubKey)
	require.Empty(t, packet.Outputs[1-plan.ChangeIndex].Bip32Derivation, "a recipient's output is not ours")
}

func TestBuildMax(t *testing.T) {
	t.Parallel()
	w := newWallet()
	w.add(100_000)
	w.add(50_000)
	w.add(100) // costs more than it is worth
	r := w.request(0)
	r.Recipients[0].Max = true
	r.Recipients = append(r.Recipients, txbuild.Recipient{PkScript: foreign(2), Amount: 30_000})
	plan, err := txbuild.Build(r)
	require.NoError(t, err)
	require.Equal(t, -1, plan.ChangeIndex)
	require.Zero(t, plan.Change)
	require.Len(t, plan.Inputs, 2)
	require.EqualValues(t, 150_000, plan.Amount+plan.Fee)
	require.Equal(t, 120_000-plan.Fee, plan.Recipients[0].Amount)
	require.Equal(t, plan.FeeRate.Fee(plan.VSize), plan.Fee)
	require.Zero(t, r.Recipients[0].Amount, "the request is not written to")
	require.Equal(t, []txbuild.Warning{{Kind: txbuild.CoinsLeft, Count: 1}}, plan.Warnings)
	require.NoError(t, txbuild.LastLook(w.sign(t, plan), plan, w.sources()))

	// What would be left for Max is dust: not enough, rather than a payment
	// nobody relays.
	r.Recipients[1].Amount = 149_500
	var short *coinselect.InsufficientError
	_, err = txbuild.Build(r)
	require.ErrorAs(t, err, &short)
}

func TestDust(t *testing.T) {
	t.Parallel()
	script := func(head []byte, n int, tail ...byte) []byte {
		return append(append(head, make([]byte, n)...), tail...)
	}
	for name, c := range map[string]struct {
		script []byte
		want   units.Amount
	}{
		"P2PKH":  {script([]byte{0x76, 0xa9, 20}, 20, 0x88, 0xac), 546},
		"P2SH":   {script([]byte{0xa9, 20}, 20, 0x87), 540},
		"P2WPKH": {script([]byte{0, 20}, 20), 294},
		"P2WSH":  {script([]byte{0, 32}, 32), 330},
		"P2TR":   {script([]byte{0x51, 32}, 32), 330},
		"P2A":    {[]byte{0x51, 2, 0x4e, 0x73}, 240},
	} {
		require.Equal(t, c.want, txbuild.Dust(c.script), name)
		if name == "P2A" {
			continue
		}
		w := newWallet()
		w.add(1_000_000)
		r := w.request(c.want)
		r.Recipients[0].PkScript = c.script
		plan, err := txbuild.Build(r)
		require.NoError(t, err, name)
		require.NoError(t, txbuild.LastLook(w.sign(t, plan), plan, w.sources()), name)
		r.Recipients[0].Amount--
		var dust *txbuild.DustError
		_, err = txbuild.Build(r)
		require.ErrorAs(t, err, &dust, name)
		require.Equal(t, txbuild.DustError{Recipient: 0, Amount: c.want - 1, Limit: c.want}, *dust)
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*txbuild.Request)
		want  error
	}{
		"nobody":   {func(r *txbuild.Request) { r.Recipients = nil }, txbuild.ErrNoRecipients},
		"zero":     {func(r *txbuild.Request) { r.Recipients[0].Amount = 0 }, txbuild.ErrAmount},
		"negative": {func(r *txbuild.Request) { r.Recipients[0].Amount = -1 }, txbuild.ErrAmount},
		"too much": {func(r *txbuild.Request) { r.Recipients[0].Amount = units.MaxAmount + 1 }, txbuild.ErrAmount},
		"sum too much": {func(r *txbuild.Request) {
			r.Recipients[0].Amount = units.MaxAmount
			r.Recipients = append(r.Recipients, r.Recipients[0])
		}, units.ErrOverflow},
		"no script":   {func(r *txbuild.Request) { r.Recipients[0].PkScript = nil }, txbuild.ErrScript},
		"unspendable": {func(r *txbuild.Request) { r.Recipients[0].PkScript = []byte{0x6a, 1, 1} }, txbuild.ErrScript},
		"anchor":      {func(r *txbuild.Request) { r.Recipients[0].PkScript = []byte{0x51, 2, 0x4e, 0x73} }, txbuild.ErrScript},
		"to change":   {func(r *txbuild.Request) { r.Recipients[0].PkScript = r.Change.PkScript }, txbuild.ErrPaysChange},
		"two max": {func(r *txbuild.Request) {
			r.Recipients[0].Max = true
			r.Recipients = append(r.Recipients, r.Recipients[0])
		}, txbuild.ErrTwoMax},
		"no rate":       {func(r *txbuild.Request) { r.FeeRate = 0 }, txbuild.ErrFeeRate},
		"no change":     {func(r *txbuild.Request) { r.Change.PkScript = nil }, txbuild.ErrScript},
		"no dice":       {func(r *txbuild.Request) { r.Rand = nil }, coinselect.ErrParams},
		"no prev tx":    {func(r *txbuild.Request) { r.Coins[0].PrevTx = nil }, txbuild.ErrCoin},
		"other prev tx": {func(r *txbuild.Request) { r.Coins[0].PrevTx = &wire.MsgTx{Version: 1} }, txbuild.ErrCoin},
		"other value":   {func(r *txbuild.Request) { r.Coins[0].Value++ }, txbuild.ErrCoin},
		"other script":  {func(r *txbuild.Request) { r.Coins[0].PkScript = foreign(9) }, txbuild.ErrCoin},
		"other index":   {func(r *txbuild.Request) { r.Coins[0].OutPoint.Index += 5 }, txbuild.ErrCoin},
		"other key":     {func(r *txbuild.Request) { r.Coins[0].Derivation.PubKey = make([]byte, 33) }, txbuild.ErrCoin},
	} {
		w := newWallet()
		w.add(1_000_000)
		r := w.request(250_000)
		c.spoil(&r)
		plan, err := txbuild.Build(r)
		require.ErrorIs(t, err, c.want, name)
		require.Nil(t, plan, name)
	}
}

func TestAbsurdFees(t *testing.T) {
	t.Parallel()
	w := newWallet()
	for range 400 {
		w.add(1_000_000)
	}
	r := w.request(250_000)
	r.FeeRate = units.MaxFeeRate + 1
	var absurd *txbuild.AbsurdFeeError
	_, err := txbuild.Build(r)
	require.ErrorAs(t, err, &absurd)
	require.Equal(t, units.MaxFeeRate+1, absurd.Rate)

	// All coins at 400 sat/vB: 27,244 vB, over 0.1 BTC.
	r.FeeRate = 400_000
	r.Recipients[0].Max = true
	_, err = txbuild.Build(r)
	require.ErrorAs(t, err, &absurd)
	require.Greater(t, absurd.Fee, txbuild.MaxFee)

	r.AllowAbsurdFee = true
	plan, err := txbuild.Build(r)
	require.NoError(t, err)
	require.NoError(t, txbuild.LastLook(w.sign(t, plan), plan, w.sources()))
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	w := newWallet()
	w.add(100_000)
	r := w.request(5_000)
	plan, err := txbuild.Build(r)
	require.NoError(t, err)
	require.Equal(t, []txbuild.Warning{{Kind: txbuild.FeeHigh, Amount: 282}}, plan.Warnings, "282 sat is more than 5 % of 5,000")
	r.Recipients[0].Amount = 5_640
	plan, err = txbuild.Build(r)
	require.NoError(t, err)
	require.Empty(t, plan.Warnings, "5 % exactly")
	r.Recipients[0].Amount = 100_000 - 220 - 200
	plan, err = txbuild.Build(r)
	require.NoError(t, err)
	require.Equal(t, []txbuild.Warning{{Kind: txbuild.ChangeGiven, Amount: 200}}, plan.Warnings)
	require.EqualValues(t, 420, plan.Fee)
}

func TestLockTime(t *testing.T) {
	t.Parallel()
	w := newWallet()
	w.add(1_000_000)
	r := w.request(250_000)
	const rounds = 2000
	back := 0
	for range rounds {
		plan, err := txbuild.Build(r)
		require.NoError(t, err)
		require.LessOrEqual(t, plan.LockTime, uint32(800_000))
		require.Greater(t, plan.LockTime, uint32(800_000-100))
		if plan.LockTime != 800_000 {
			back++
		}
	}
	// One in ten, less the hundredth of these that go back by nothing.
	require.InDelta(t, rounds*0.099, back, rounds*0.03)

	r.Tip.Time = r.Now.Add(-8 * time.Hour)
	plan, err := txbuild.Build(r)
	require.NoError(t, err)
	require.Zero(t, plan.LockTime, "a stale tip")
	r.Tip.Time = r.Now.Add(time.Hour)
	r.Tip.Height = 3
	for range 200 {
		plan, err = txbuild.Build(r)
		require.NoError(t, err)
		require.LessOrEqual(t, plan.LockTime, uint32(3))
	}
}

// TestOrderIsRandom: change stands in either place about equally often.
func TestOrderIsRandom(t *testing.T) {
	t.Parallel()
	w := newWallet()
	w.add(1_000_000)
	r := w.request(250_000)
	first := 0
	const rounds = 1000
	for range rounds {
		plan, err := txbuild.Build(r)
		require.NoError(t, err)
		if plan.ChangeIndex == 0 {
			first++
		}
	}
	require.InDelta(t, rounds/2, first, rounds*0.08)
}

// TestSameDiceSamePlan: with the same seed nothing differs.
func TestSameDiceSamePlan(t *testing.T) {
	t.Parallel()
	w := newWallet()
	for i := range 20 {
		w.add(units.Amount(100_000 + i))
	}
	r := w.request(750_000)
	var ids [2]string
	for i := range ids {
		r.Rand = rand.New(rand.NewPCG(5, 6))
		plan, err := txbuild.Build(r)
		require.NoError(t, err)
		ids[i] = plan.Tx().TxHash().String()
	}
	require.Equal(t, ids[0], ids[1])
}

// TestSignedProperties builds and really signs random payments, and holds the
// result against what was promised.
func TestSignedProperties(t *testing.T) {
	t.Parallel()
	signed := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := newWallet()
		for range rapid.IntRange(1, 12).Draw(rt, "coins") {
			w.add(units.Amount(rapid.Int64Range(300, 2_000_000).Draw(rt, "value")))
		}
		r := w.request(0)
		r.Rand = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		r.FeeRate = units.FeeRate(rapid.Int64Range(100, 60_000).Draw(rt, "rate"))
		r.Recipients = nil
		kinds := [][]byte{foreign(1), append([]byte{0x51, 32}, make([]byte, 32)...), append(append([]byte{0xa9, 20}, make([]byte, 20)...), 0x87)}
		for range rapid.IntRange(1, 5).Draw(rt, "recipients") {
			r.Recipients = append(r.Recipients, txbuild.Recipient{
				PkScript: rapid.SampledFrom(kinds).Draw(rt, "script"),
				Amount:   units.Amount(rapid.Int64Range(600, 400_000).Draw(rt, "amount")),
			})
		}
		r.Recipients[0].Max = rapid.IntRange(0, 4).Draw(rt, "max") == 0
		plan, err := txbuild.Build(r)
		if err != nil {
			var short *coinselect.InsufficientError
			require.True(rt, errors.As(err, &short), err)
			return
		}
		signed++
		tx := w.sign(t, plan)
		require.NoError(rt, txbuild.LastLook(tx, plan, w.sources()))

		size := txbuild.Weight(tx).VSize()
		require.LessOrEqual(rt, size, plan.VSize)
		require.LessOrEqual(rt, int64(plan.VSize-size), int64(len(tx.TxIn)))
		require.GreaterOrEqual(rt, plan.Fee, r.FeeRate.Fee(size))
		var in, out units.Amount
		for _, c := range plan.Inputs {
			in += c.Value
		}
		for _, o := range tx.TxOut {
			require.GreaterOrEqual(rt, units.Amount(o.Value), txbuild.Dust(o.PkScript))
			out += units.Amount(o.Value)
		}
		require.Equal(rt, in, out+plan.Fee)
		require.Equal(rt, plan.Amount+plan.Change, out)
		require.False(rt, r.Recipients[0].Max && plan.ChangeIndex >= 0, "Max leaves no change")
	})
	require.NotZero(t, signed)
	t.Log("signed:", signed)
}

// TestManyInputs: the count of inputs takes three bytes from 253 on.
func TestManyInputs(t *testing.T) {
	t.Parallel()
	for _, n := range []int{252, 253} {
		w := newWallet()
		for range n {
			w.add(10_000)
		}
		r := w.request(0)
		r.Recipients[0].Max = true
		plan, err := txbuild.Build(r)
		require.NoError(t, err)
		require.Len(t, plan.Inputs, n)
		tx := w.sign(t, plan)
		require.NoError(t, txbuild.LastLook(tx, plan, w.sources()))
		// Signatures have 72 bytes or one less, about as often.
		require.InDelta(t, n/2, int(plan.Weight-txbuild.Weight(tx)), float64(n)/5)
		size := txbuild.Weight(tx).VSize()
		require.LessOrEqual(t, size, plan.VSize)
		require.LessOrEqual(t, int64(plan.VSize-size), int64(n))
	}
}
