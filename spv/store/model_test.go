package store_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

// TestModel commits random batches, reorganisations across chunks among them,
// and compares with the model, reopening now and then.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 20))
		dir := t.TempDir()
		s, m := open(t, dir), newModel()
		size := []int{40, 900, 2500}[seed%3]
		steps := []uint64{150, 60, 40}[seed%3]
		crossed, lowered := 0, 0
		for i := range steps {
			before := m.tip().Height
			if r.IntN(6) == 0 {
				spoil(t, s, m, r)
			}
			b := m.batch(r, i, size)
			for _, c := range b.Headers {
				if c.Fork.Height/2016 < before/2016 {
					crossed++
				}
			}
			lowered += len(b.Lower)
			require.NoError(t, s.Commit(b), "seed %d step %d", seed, i)
			if r.IntN(8) == 0 {
				require.NoError(t, s.Commit(store.Batch{}), "an empty batch")
				require.NoError(t, s.Close())
				s = open(t, dir)
			}
			if i%3 == 0 {
				m.require(t, load(t, s), "seed %d step %d", seed, i)
			}
		}
		require.NoError(t, s.Check(), "seed %d", seed)
		l := load(t, s)
		m.require(t, l, "seed %d", seed)
		require.Empty(t, l.SetAside)
		require.Positive(t, lowered, "seed %d", seed)
		if size > 2016 {
			require.Positive(t, crossed, "seed %d: no reorganisation crossed a chunk", seed)
		}
	}
}

// spoil commits a batch that does not fit: it is refused and changes nothing.
func spoil(t *testing.T, s *store.Store, m *model, r *rand.Rand) {
	t.Helper()
	then := m.clone()
	b := then.batch(r, 99, 50)
	tip := b.Headers[len(b.Headers)-1].Tip()
	kinds := 6
	if len(then.below) > 0 {
		kinds = 11
		b.Lower = then.lower(r)
	}
	switch r.IntN(kinds) {
	case 0:
		b.Headers[0].Fork.Hash[5] ^= 1
	case 1:
		b.Headers[0].Fork.Height += 3000
	case 2:
		b.Headers[0].Connected[0] = header(r, hashes(r, 1)[0], 0)
	case 3:
		b.FilterBase = &store.FilterBase{Height: tip.Height + 2}
	case 4:
		b.FilterBase = &store.FilterBase{Height: tip.Height}
		b.FilterHeaders = []store.FilterHeaderRun{{From: tip.Height, Headers: hashes(r, 2)}}
	case 5:
		b.Direct = append(b.Direct, tip.Height+1)
	case 6:
		b.Lower[0].Base.Hash[7] ^= 1
	case 7:
		b.Lower[0].Base.Work[0]++
	case 8:
		b.Lower[0].Base.Height++
	case 9:
		b.Lower[0].Headers = b.Lower[0].Headers[1:]
	case 10:
		last := len(b.Lower[0].Headers) - 1
		raw := slices.Clone(b.Lower[0].Headers[last])
		raw[len(raw)-1] ^= 1
		b.Lower[0].Headers[last] = raw
	}
	require.ErrorIs(t, s.Commit(b), store.ErrMismatch)
	m.require(t, load(t, s))
}

// TestCommitAgain commits a batch twice, as a caller may that was told of an
// error although the batch was saved.
func TestCommitAgain(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 21))
	s, m := open(t, t.TempDir()), newModel()
	for i := range uint64(3) {
		c := m.change(r, 5, 2100, i)
		b := store.Batch{Headers: []chain.Change{c}}
		m.apply(&b)
		if i == 0 {
			b.FilterBase = &store.FilterBase{Height: 7}
			m.apply(&store.Batch{FilterBase: b.FilterBase})
		}
		run := store.FilterHeaderRun{From: m.fbase + int32(len(m.fhs)), Headers: hashes(r, 1000)}
		b.FilterHeaders = []store.FilterHeaderRun{run}
		m.apply(&store.Batch{FilterHeaders: b.FilterHeaders})
		require.NoError(t, s.Commit(b))
		require.NoError(t, s.Commit(b))
		m.require(t, load(t, s))
	}
	require.NoError(t, s.Check())
}

// TestReorgBelowFilterBase takes the filter headers away with the block they
// stood on.
func TestReorgBelowFilterBase(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 21))
	s, m := open(t, t.TempDir()), newModel()
	c := m.change(r, 0, 100, 0)
	b := store.Batch{
		Headers:       []chain.Change{c},
		FilterBase:    &store.FilterBase{Height: 50, PrevHeader: hashes(r, 1)[0]},
		FilterHeaders: []store.FilterHeaderRun{{From: 50, Headers: hashes(r, 50)}},
		Direct:        []int32{60, 55, 60},
	}
	require.NoError(t, s.Commit(b))
	m.apply(&b)
	l := load(t, s)
	m.require(t, l)
	require.Equal(t, []int32{55, 60}, l.Direct)

	for _, depth := range []int{42, 12} { // to height 57, then to 49 after 4 new ones
		c = m.change(r, depth, 4, 1)
		require.NoError(t, s.Commit(store.Batch{Headers: []chain.Change{c}}))
		m.apply(&store.Batch{Headers: []chain.Change{c}})
		m.require(t, load(t, s))
	}
	l = load(t, s)
	require.EqualValues(t, 50, l.FilterBase)
	require.Empty(t, l.FilterHeaders)
	require.Empty(t, l.Direct)

	c = m.change(r, 5, 4, 1) // to 48: the base's own parent is another block now
	require.NoError(t, s.Commit(store.Batch{Headers: []chain.Change{c}}))
	m.apply(&store.Batch{Headers: []chain.Change{c}})
	l = load(t, s)
	m.require(t, l)
	require.EqualValues(t, -1, l.FilterBase)
	run := []store.FilterHeaderRun{{From: 49, Headers: hashes(r, 1)}}
	require.ErrorIs(t, s.Commit(store.Batch{FilterHeaders: run}), store.ErrMismatch)
}
