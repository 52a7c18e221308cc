package ledger

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// TestCoverageSets compares interval sets with sets of single heights.
func TestCoverageSets(t *testing.T) {
	t.Parallel()
	const top = 60
	hash := func(h int32) chainhash.Hash { return chainhash.Hash{byte(h), 1} }
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var set []Interval
		var plain [top]bool
		for range 40 {
			from := rng.Int32N(top)
			to := from + rng.Int32N(top-from)
			switch rng.IntN(6) {
			case 0:
				set = cutIntervals(set, BlockRef{from, hash(from)})
				clear(plain[from+1:])
			case 1:
				if next, ok := addInterval(set, Interval{from, to, chainhash.Hash{9}}); ok {
					if slices.ContainsFunc(set, func(s Interval) bool { return s.To == to }) {
						t.Fatalf("seed %d: two ends at %d", seed, to)
					}
					_ = next
				}
			default:
				var ok bool
				if set, ok = addInterval(set, Interval{from, to, hash(to)}); !ok {
					t.Fatalf("seed %d: refused", seed)
				}
				for h := from; h <= to; h++ {
					plain[h] = true
				}
			}
			checkSet(t, seed, set, plain[:], hash)
		}
	}
}

func checkSet(t *testing.T, seed uint64, set []Interval, plain []bool, hash func(int32) chainhash.Hash) {
	t.Helper()
	got := make([]bool, len(plain))
	for i, s := range set {
		if s.From > s.To || s.End != hash(s.To) || i > 0 && s.From <= set[i-1].To+1 {
			t.Fatalf("seed %d: set %v", seed, set)
		}
		for h := s.From; h <= s.To; h++ {
			got[h] = true
		}
	}
	if !slices.Equal(got, plain) {
		t.Fatalf("seed %d: set %v", seed, set)
	}
	within := Range{5, 50}
	for _, r := range lacking(set, within) {
		for h := r.From; h <= r.To; h++ {
			if got[h] || h < within.From || h > within.To {
				t.Fatalf("seed %d: %d is not lacking in %v", seed, h, set)
			}
			got[h] = true
		}
	}
	for h := within.From; h <= within.To; h++ {
		if !got[h] {
			t.Fatalf("seed %d: %d is lacking in %v", seed, h, set)
		}
	}
	if both := common(ranges(set), []Range{within}); len(lacking(set, within)) == 0 && (len(both) != 1 || both[0] != within) {
		t.Fatalf("seed %d: common %v of %v", seed, both, set)
	}
}
