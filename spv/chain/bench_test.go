package chain_test

import (
	"testing"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// addMessages adds 100,000 real headers in messages of 2,000.
func addMessages(b *testing.B, hs []chain.Header) {
	p := &chain.Params{Net: &chaincfg.MainNetParams}
	tree := chain.New(p, p.Genesis())
	for from := 0; from < len(hs); from += 2000 {
		if _, err := tree.Add(realNow, hs[from:from+2000]); err != nil {
			b.Fatal(err)
		}
	}
	require.Equal(b, 100_000, tree.Len())
}

func rate(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "headers/s")
}

// BenchmarkAdd judges headers that a reader has hashed.
func BenchmarkAdd(b *testing.B) {
	hs := split(mainnetStart(b))
	b.ReportAllocs()
	for b.Loop() {
		addMessages(b, hs)
	}
	rate(b, len(hs))
}

// BenchmarkHashAndAdd hashes too, on one core.
func BenchmarkHashAndAdd(b *testing.B) {
	raw := mainnetStart(b)
	b.ReportAllocs()
	for b.Loop() {
		addMessages(b, split(raw))
	}
	rate(b, len(raw)/chain.HeaderSize)
}

// BenchmarkLoad opens a stored chain, links checked on all cores.
func BenchmarkLoad(b *testing.B) {
	raw := mainnetStart(b)
	p := &chain.Params{Net: &chaincfg.MainNetParams}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain.Load(p, p.Genesis(), raw); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, len(raw)/chain.HeaderSize)
}

// BenchmarkCheckRun hashes and checks messages of 2,000 on one core, as a
// reader does.
func BenchmarkCheckRun(b *testing.B) {
	raw := mainnetStart(b)
	p := &chain.Params{Net: &chaincfg.MainNetParams}
	b.ReportAllocs()
	for b.Loop() {
		realRuns(b, p, raw, 0, 100_000)
	}
	rate(b, 100_000)
}

// BenchmarkLower puts 98,784 checked headers under a tree, ten periods a time.
func BenchmarkLower(b *testing.B) {
	raw := mainnetStart(b)
	p, err := chain.ParamsFor(&chaincfg.MainNetParams, rowsFrom(boundaries(b)))
	require.NoError(b, err)
	runs := map[int32][]chain.Run{}
	for at := int32(98_784); at > 0; at = max(0, at-20_160) {
		runs[at] = realRuns(b, p, raw, max(at-20_160, 1), at)
	}
	b.ReportAllocs()
	for b.Loop() {
		tree := chain.New(p, p.BaseBelow(98_784))
		for at := int32(98_784); at > 0; at = max(0, at-20_160) {
			if err := tree.Lower(p.BaseBelow(max(at-20_160, 0)), runs[at]); err != nil {
				b.Fatal(err)
			}
		}
	}
	rate(b, 98_784)
}
