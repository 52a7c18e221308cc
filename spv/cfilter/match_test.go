package cfilter_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/btcsuite/btcd/btcutil/v2/gcs"
	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/cfilter"
)

// fill returns n scripts of the lengths that wallets use, or of one length.
func fill(r *rand.Rand, n, size int) [][]byte {
	sizes := []int{22, 23, 25, 34, 35, 67}
	out := make([][]byte, n)
	for i := range out {
		l := size
		if l == 0 {
			l = sizes[r.IntN(len(sizes))]
		}
		out[i] = make([]byte, l)
		for j := range out[i] {
			out[i][j] = byte(r.Uint32())
		}
	}
	return out
}

func randomHash(r *rand.Rand) (h chainhash.Hash) {
	for i := 0; i < len(h); i += 8 {
		binary.LittleEndian.PutUint64(h[i:], r.Uint64())
	}
	return h
}

// TestMatchAgainstBtcutil compares, script by script, with btcutil's answer,
// for queries of mixed lengths in any order.
func TestMatchAgainstBtcutil(t *testing.T) {
	t.Parallel()
	const seed = 158
	r := rand.New(rand.NewPCG(seed, seed))
	var m cfilter.Matcher
	for _, n := range []int{1, 2, 3, 10, 100, 1000, 8000} {
		block := randomHash(r)
		inside := fill(r, n, 0)
		filter := cfilter.Build(inside, &block)
		theirs, err := gcs.FromNBytes(builder.DefaultP, builder.DefaultM, filter)
		require.NoError(t, err)
		require.EqualValues(t, n, theirs.N())
		key := builder.DeriveKey(&block)

		asked := append(fill(r, 300, 0), inside[:min(n, 50)]...)
		r.Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
		got, err := m.Match(filter, &block, cfilter.NewQuery(asked))
		require.NoError(t, err)
		var want []int
		for i, s := range asked {
			ok, err := theirs.Match(key, s)
			require.NoError(t, err)
			if ok {
				want = append(want, i)
			}
		}
		require.Equal(t, want, got, "seed %d n %d", seed, n)
	}
}

// TestFalsePositiveRate asks enough for false positives to occur, and holds
// them against the rate that BIP158 promises: one in 784,931 for each question,
// whatever the filter's size.
func TestFalsePositiveRate(t *testing.T) {
	t.Parallel()
	const seed, rounds, asked = 7, 150, 100_000
	r := rand.New(rand.NewPCG(seed, seed))
	q := cfilter.NewQuery(fill(r, asked, 22))
	inside := fill(r, 500, 34)
	var m cfilter.Matcher
	hits := 0
	for range rounds {
		block := randomHash(r)
		got, err := m.Match(cfilter.Build(inside, &block), &block, q)
		require.NoError(t, err)
		hits += len(got)
	}
	const want = rounds * asked / 784931.0 // 19.1, so 4.4 is one standard deviation
	require.InDelta(t, want, hits, 20, "seed %d", seed)
	require.Positive(t, hits)
}

func TestMatchOddQueries(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	block := randomHash(r)
	inside := fill(r, 20, 0)
	filter := cfilter.Build(inside, &block)
	var m cfilter.Matcher

	got, err := m.Match(filter, &block, cfilter.NewQuery(nil))
	require.NoError(t, err)
	require.Nil(t, got)

	q := cfilter.NewQuery([][]byte{nil, inside[3], {}, inside[3], inside[0], {}})
	require.Equal(t, 6, q.Len())
	got, err = m.Match(filter, &block, q)
	require.NoError(t, err)
	require.Equal(t, []int{1, 3, 4}, got)

	q.Wipe()
	got, err = m.Match(filter, &block, q)
	require.NoError(t, err)
	require.Nil(t, got)
	require.Equal(t, 6, q.Len())

	got, err = m.Match([]byte{0}, &block, cfilter.NewQuery(inside))
	require.NoError(t, err)
	require.Nil(t, got)
	other := randomHash(r)
	got, err = m.Match(filter, &other, cfilter.NewQuery(inside))
	require.NoError(t, err)
	require.Nil(t, got, "another block's key")
}

func TestMatchDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	block := randomHash(r)
	filter := cfilter.Build(fill(r, 2000, 22), &block)
	q := cfilter.NewQuery(fill(r, 200, 22))
	var m cfilter.Matcher
	require.Zero(t, testing.AllocsPerRun(20, func() {
		if got, err := m.Match(filter, &block, q); err != nil || got != nil {
			t.Fatal(got, err)
		}
	}))
}

// TestMatcherForgets makes sure that nothing of one filter is left in the next,
// smaller one or after a malformed one.
func TestMatcherForgets(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	block := randomHash(r)
	big, small := fill(r, 3000, 22), fill(r, 5, 22)
	q := cfilter.NewQuery(append(append([][]byte{}, big...), small...))
	bigFilter, smallFilter := cfilter.Build(big, &block), cfilter.Build(small, &block)
	var m cfilter.Matcher
	for range 3 {
		got, err := m.Match(bigFilter, &block, q)
		require.NoError(t, err)
		require.Len(t, got, 3000)
		_, err = m.Match(bigFilter[:len(bigFilter)-1], &block, q)
		require.ErrorIs(t, err, cfilter.ErrMalformed)
		got, err = m.Match(smallFilter, &block, q)
		require.NoError(t, err)
		require.Equal(t, []int{3000, 3001, 3002, 3003, 3004}, got)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	s := fill(r, 6, 22)
	for i := range s {
		s[i][0] = 0
	}
	data := []byte{0x6a, 1, 2}
	block := &wire.MsgBlock{}
	for _, outs := range [][][]byte{{s[0], s[1], nil}, {s[2], s[1], data}, {s[3], s[4]}} {
		tx := &wire.MsgTx{}
		for _, o := range outs {
			tx.AddTxOut(&wire.TxOut{PkScript: o})
		}
		block.Transactions = append(block.Transactions, tx)
	}
	hash := block.BlockHash()

	got, err := cfilter.Missing(cfilter.Build(s, &hash), block) // s[5] is a spent script, say
	require.NoError(t, err)
	require.Nil(t, got)
	got, err = cfilter.Missing(cfilter.Build([][]byte{s[0], s[2], s[5]}, &hash), block)
	require.NoError(t, err)
	require.Equal(t, [][]byte{s[1], s[3], s[4]}, got)
	got, err = cfilter.Missing([]byte{0}, block)
	require.NoError(t, err)
	require.Equal(t, [][]byte{s[0], s[1], s[2], s[3], s[4]}, got)
	_, err = cfilter.Missing(nil, block)
	require.ErrorIs(t, err, cfilter.ErrMalformed)
}
