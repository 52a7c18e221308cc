package spv_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"thistle/spv"
	"thistle/spv/chain"
	"thistle/spv/store"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// longChain writes a chain.db of n headers, and as many filter headers, which
// nobody has mined. It returns how large the file was with the headers only, and
// with both.
func longChain(t testing.TB, dir string, n int) (headers, both int64) {
	t.Helper()
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "chain.db"))
		require.NoError(t, err)
		return info.Size()
	}
	const step = 20_000
	s, err := store.Open(store.Options{Dir: dir, Net: &chaincfg.RegressionNetParams})
	require.NoError(t, err)
	genesis := chain.FromWire(&chaincfg.RegressionNetParams.GenesisBlock.Header)
	base := chain.Base{Height: -1, Bits: chaincfg.RegressionNetParams.PowLimitBits}
	require.NoError(t, s.Commit(store.Batch{Reset: &base,
		Headers: []chain.Change{{Fork: base.Tip(), Connected: []chain.Header{genesis}}}}))
	tip, raw := chain.Tip{Height: 0, Hash: genesis.Hash}, genesis.Raw
	for left := n - 1; left > 0; left -= step {
		c := chain.Change{Fork: tip}
		for i := range min(step, left) {
			prev := tip.Hash
			if i > 0 {
				prev = c.Connected[i-1].Hash
			}
			copy(raw[4:36], prev[:])
			binary.LittleEndian.PutUint32(raw[68:], binary.LittleEndian.Uint32(raw[68:])+600)
			c.Connected = append(c.Connected, chain.NewHeader(raw))
		}
		tip = c.Tip()
		require.NoError(t, s.Commit(store.Batch{Headers: []chain.Change{c}}))
	}
	headers = size()
	rng := rand.New(rand.NewPCG(1, 1))
	require.NoError(t, s.Commit(store.Batch{FilterBase: &store.FilterBase{}}))
	for from := 0; from < n; from += step {
		run := store.FilterHeaderRun{From: int32(from), Headers: make([]chainhash.Hash, min(step, n-from))}
		for i := range run.Headers {
			binary.LittleEndian.PutUint64(run.Headers[i][rng.IntN(24):], rng.Uint64())
		}
		require.NoError(t, s.Commit(store.Batch{FilterHeaders: []store.FilterHeaderRun{run}}))
	}
	require.NoError(t, s.Close())
	return headers, size()
}

func openLong(t testing.TB, dir string) *spv.Client {
	t.Helper()
	p, err := chain.ParamsFor(&chaincfg.RegressionNetParams, nil)
	require.NoError(t, err)
	c, err := spv.Open(spv.Config{Params: p, Dir: dir})
	require.NoError(t, err)
	return c
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What a client keeps in memory of a long chain is little, and all of it is at
// hand.
func TestOpenLongChain(t *testing.T) {
	const n = 100_000 // 11 MB
	dir := t.TempDir()
	longChain(t, dir, n)
	before := heap()
	c := openLong(t, dir)
	defer func() { require.NoError(t, c.Close()) }()
	require.Equal(t, int32(n-1), c.Tip().Height)
	require.Less(t, heap()-before, int64(4<<20))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		h := rng.Int32N(n)
		header, ok := c.HeaderAt(h)
		require.True(t, ok)
		require.Equal(t, chainhash.DoubleHashH(header.Raw[:]), header.Hash)
		found, ok := c.HeightOf(header.Hash)
		require.True(t, ok)
		require.Equal(t, h, found)
		c.Look(func(v spv.View) {
			_, ok := v.FilterMark(h)
			require.True(t, ok)
		})
	}
	require.Less(t, heap()-before, int64(8<<20), "what was read lately may stay")
}

// BenchmarkOpen opens a client on 1,000,000 headers and as many filter headers.
func BenchmarkOpen(b *testing.B) {
	const n = 1_000_000
	dir := b.TempDir()
	began := time.Now()
	headers, both := longChain(b, dir, n)
	b.Logf("written in %v", time.Since(began))
	before := heap()
	var kept int64
	for b.Loop() {
		c := openLong(b, dir)
		b.StopTimer()
		kept = heap() - before
		require.NoError(b, c.Close())
		b.StartTimer()
	}
	b.ReportMetric(float64(headers)/n, "B/header")
	b.ReportMetric(float64(both-headers)/n, "B/filter-header")
	b.ReportMetric(float64(kept)/(1<<20), "MB-heap")
}

// BenchmarkHashAt asks for hashes of random old blocks.
func BenchmarkHashAt(b *testing.B) {
	const n = 1_000_000
	dir := b.TempDir()
	longChain(b, dir, n)
	c := openLong(b, dir)
	defer func() { require.NoError(b, c.Close()) }()
	rng := rand.New(rand.NewPCG(1, 3))
	worst := time.Duration(0)
	for b.Loop() {
		began := time.Now()
		if _, ok := c.HashAt(rng.Int32N(n)); !ok {
			b.Fatal("no such block")
		}
		worst = max(worst, time.Since(began))
	}
	b.ReportMetric(float64(worst.Microseconds()), "µs-worst")
}
