package cfilter_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/btcsuite/btcd/btcutil/v2/gcs"
	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"

	"thistle/spv/cfilter"
)

// BenchmarkMatch asks a filter of a full block (8,000 elements, 21 kB) about Q
// scripts of a wallet, beside btcutil's MatchAny, which only says whether any
// matches. One operation is one filter.
func BenchmarkMatch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	type held struct {
		block  chainhash.Hash
		filter []byte
	}
	filters := make([]held, 64) // 1.3 MB, so that they do not all stay in the nearest cache
	for i := range filters {
		filters[i].block = randomHash(r)
		filters[i].filter = cfilter.Build(fill(r, 8000, 0), &filters[i].block)
	}
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "filters/s")
	}
	for _, n := range []int{40, 200, 2000, 10_000} {
		scripts := fill(r, n, 22)
		b.Run(fmt.Sprintf("ours/Q=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			q := cfilter.NewQuery(scripts)
			var m cfilter.Matcher
			for i := 0; b.Loop(); i++ {
				f := &filters[i%len(filters)]
				if _, err := m.Match(f.filter, &f.block, q); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
		b.Run(fmt.Sprintf("btcutil/Q=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f := &filters[i%len(filters)]
				theirs, err := gcs.FromNBytes(builder.DefaultP, builder.DefaultM, f.filter)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := theirs.MatchAny(builder.DeriveKey(&f.block), scripts); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
	}
}

// BenchmarkHash is the other cost of each downloaded filter.
func BenchmarkHash(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	block := randomHash(r)
	filter := cfilter.Build(fill(r, 8000, 0), &block)
	b.SetBytes(int64(len(filter)))
	for b.Loop() {
		cfilter.Hash(filter)
	}
}
