package store_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

// chainOf makes linked headers without hashing them for real: the store needs
// links only, and mixing up a hash for each would cost more than storing it.
func chainOf(r *rand.Rand, from chain.Tip, n int) chain.Change {
	c := chain.Change{Fork: from}
	prev := from.Hash
	for range n {
		h := header(r, prev, 0)
		c.Connected = append(c.Connected, h)
		prev = h.Hash
	}
	return c
}

// pieces cuts a change into changes of n headers, as messages bring them.
func pieces(c chain.Change, n int) []chain.Change {
	var out []chain.Change
	for len(c.Connected) > 0 {
		k := min(n, len(c.Connected))
		p := chain.Change{Fork: c.Fork, Connected: c.Connected[:k]}
		out = append(out, p)
		c.Fork, c.Connected = p.Tip(), c.Connected[k:]
	}
	return out
}

// BenchmarkCommit saves 100,000 headers: in batches as messages bring them, and
// in larger ones.
func BenchmarkCommit(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 70))
	all := chainOf(r, newModel().tip(), 100_000)
	for _, bench := range []struct {
		name string
		size int
	}{{"100k headers by 2000", 2000}, {"100k headers by 20000", 20_000}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := open(b, b.TempDir())
				b.StartTimer()
				for _, c := range pieces(all, bench.size) {
					if err := s.Commit(store.Batch{Headers: []chain.Change{c}}); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				require.NoError(b, s.Close())
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "headers/s")
		})
	}
	b.Run("98k headers below, by five periods", func(b *testing.B) {
		const n, step = 49 * 2016, 5 * 2016
		headers := append([]chain.Header{chain.FromWire(&net.GenesisBlock.Header)}, all.Connected[1:n]...)
		for i := range headers[1:] { // they link to genesis now
			h := headers[i+1]
			prev := headers[i].Hash
			copy(h.Raw[4:36], prev[:])
			headers[i+1] = chain.NewHeader(h.Raw)
		}
		base := baseAfter(headers)
		var lower []store.Lower
		for at := n; at > 0; {
			to := max(0, at-step)
			l := store.Lower{Base: baseAfter(headers[:to]), Headers: [][]byte{nil}}
			for _, h := range headers[max(to, 1):at] {
				l.Headers[0] = append(l.Headers[0], h.Raw[:]...)
			}
			lower, at = append(lower, l), to
		}
		for b.Loop() {
			b.StopTimer()
			s := open(b, b.TempDir())
			require.NoError(b, s.Commit(store.Batch{Reset: &base}))
			b.StartTimer()
			for i := 0; i < len(lower); i += 2 {
				if err := s.Commit(store.Batch{Lower: lower[i:min(i+2, len(lower))]}); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			require.NoError(b, s.Close())
			b.StartTimer()
		}
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "headers/s")
	})
	b.Run("one header at the tip", func(b *testing.B) {
		s := open(b, b.TempDir())
		require.NoError(b, s.Commit(store.Batch{Headers: []chain.Change{all}}))
		tip := all.Tip()
		next := pieces(chainOf(r, tip, 20_000), 1)
		i := 0
		for b.Loop() {
			if err := s.Commit(store.Batch{Headers: next[i : i+1]}); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
}

// BenchmarkOpen opens and loads a whole chain of 970,000 headers and as many
// filter headers.
func BenchmarkOpen(b *testing.B) {
	const n = 970_000
	r := rand.New(rand.NewPCG(2, 70))
	dir := b.TempDir()
	s := open(b, dir)
	tip := newModel().tip()
	for done := 0; done < n; done += 97_000 {
		c := chainOf(r, tip, 97_000)
		batch := store.Batch{Headers: []chain.Change{c}}
		if done == 0 {
			batch.FilterBase = &store.FilterBase{Height: 0}
		}
		batch.FilterHeaders = []store.FilterHeaderRun{{From: int32(done), Headers: hashes(r, 97_000)}}
		require.NoError(b, s.Commit(batch))
		tip = c.Tip()
	}
	require.NoError(b, s.Close())
	for b.Loop() {
		s, err := store.Open(store.Options{Dir: dir, Net: net})
		if err != nil {
			b.Fatal(err)
		}
		l, err := s.Load()
		if err != nil || l.Tip.Height != n-1 || l.FilterCount != n {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFilters appends and reads filters of a full block's size, and opens
// a folder that holds a year of them (small ones: opening does not read them).
func BenchmarkFilters(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 70))
	const n = 8000
	blocks := hashes(r, n)
	filter := make([]byte, 21_000)
	for i := range filter {
		filter[i] = byte(r.Uint32())
	}
	s := open(b, b.TempDir())
	b.Run("append", func(b *testing.B) {
		b.SetBytes(int64(len(filter)))
		i := 0
		for b.Loop() {
			if err := s.PutFilter(int32(i%n), blocks[i%n], filter); err != nil {
				b.Fatal(err)
			}
			if i%1000 == 999 {
				if err := s.SyncFilters(); err != nil {
					b.Fatal(err)
				}
			}
			i++
		}
	})
	for i, block := range blocks {
		require.NoError(b, s.PutFilter(int32(i), block, filter))
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(filter)))
		b.ReportAllocs()
		buf := make([]byte, len(filter)+100)
		i := 0
		for b.Loop() {
			if _, err := s.FilterInto(buf, int32(i%n), blocks[i%n]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	dir := b.TempDir()
	year := open(b, dir)
	for i := range 52_560 {
		require.NoError(b, year.PutFilter(int32(i), blocks[i%n], filter[:100]))
	}
	require.NoError(b, year.Close())
	b.Run("open a year", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(store.Options{Dir: dir, Net: net})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
