package spv_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// TestOlderWallets wants more and more of the past, life after life, while nodes
// fail and the tip is reorganised: headers are put under those that are there,
// and filters follow.
func TestOlderWallets(t *testing.T) {
	t.Parallel()
	const period, periods = 2016, 6
	first := spvtest.NewGenerator(spvtest.Options{Seed: 40, Empty: true, Period: period})
	long := first.Mine(first.Genesis(), period*periods+60)
	shared := make(map[chainhash.Hash]*spvtest.Block)
	for _, b := range long {
		shared[b.Hash] = b
	}
	for k := int32(1); k <= periods; k++ {
		first.Params().Checkpoints = append(first.Params().Checkpoints, first.Checkpoint(long, k*period-1))
	}
	eachSeed(t, 5, func(t *testing.T, seed uint64) {
		dice := rand.New(rand.NewPCG(seed, 4))
		time.Sleep(time.Until(bottleTime))
		w := newBottle(t, spvtest.NewGenerator(spvtest.Options{Seed: seed, Empty: true, Period: period}), long)
		w.params, w.shared = first.Params(), shared
		w.add(seed, 20*time.Millisecond, faults{})
		for range 2 + dice.IntN(2) {
			w.add(seed, time.Duration(dice.IntN(300))*time.Millisecond, faults{
				hangUp: 0.1 * dice.Float64(), ignore: 0.2 * dice.Float64(), delay: 0.05 * dice.Float64(),
				flip: 0.01 * dice.Float64(), cut: 0.01 * dice.Float64(),
			})
		}
		cfg := w.config(t.TempDir())
		keep := int32(period*periods + 30)
		for keep > 1 {
			if keep = dice.Int32N(keep) - 500; dice.IntN(4) == 0 || keep < 1 {
				keep = 1
			}
			for _, stage := range []string{"headers", "cfheaders", "cfilter"} {
				depth, more := 1+dice.IntN(50), 1+dice.IntN(3)
				w.when(stage, 1+dice.IntN(8), func() { w.reorg(depth, more) })
			}
			if dice.IntN(2) == 0 {
				cfg.BirthdayHeight = keep // else KeepFilters alone asks for headers
			}
			w.live(t, cfg, keep, func(ctx context.Context, l *life) {
				l.follow(ctx, time.Duration(dice.IntN(4000))*time.Millisecond, dice)
			})
		}
		w.live(t, cfg, keep, func(ctx context.Context, l *life) {
			l.requireKnown(ctx, dice)
			require.Zero(t, l.c.Base())
			for _, b := range w.tip().Range(0) {
				hash, ok := l.c.HashAt(b.Height)
				require.True(t, ok)
				require.Equal(t, b.Hash, hash)
			}
		})
		w.requireDisk(t, cfg.Dir, keep)
		t.Logf("%d reorgs; messages of the nodes: %v", w.reorgs, w.sent)
	})
}
