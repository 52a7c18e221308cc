package spv_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// TestBlocksInsteadOfFilters: where nobody serves filters, Match names every block
// as one to be read.
func TestBlocksInsteadOfFilters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		g := spvtest.NewGenerator(spvtest.Options{Seed: 6, Empty: true})
		w := newBottle(t, g, g.Mine(g.Genesis(), 300))
		w.add(6, 10*time.Millisecond, faults{}).plain = true
		cfg := w.config(t.TempDir())
		w.live(t, cfg, 200, func(ctx context.Context, l *life) {
			time.Sleep(30 * time.Second)
			_, err := l.c.Match(ctx, nil, 200, 300)
			require.ErrorIs(t, err, spv.ErrNotReady)
			time.Sleep(40 * time.Second)
			require.Equal(t, spv.WhyFullBlocks, l.c.Status().Stages.Filters.Why)
			res, err := l.c.Match(ctx, nil, 200, 300)
			require.NoError(t, err)
			require.Len(t, res.Hits, 101)
			require.Equal(t, chainhash.Hash{}, res.EndHeader)
			for i, hit := range res.Hits {
				require.EqualValues(t, 200+i, hit.Height)
				require.Empty(t, hit.Scripts)
			}
			block, err := l.c.Block(ctx, res.Hits[7].Hash)
			require.NoError(t, err)
			require.EqualValues(t, 207, block.Height)
		})
		cfg.FullBlocks = -1
		w.live(t, cfg, 200, func(ctx context.Context, l *life) {
			time.Sleep(5 * time.Minute)
			_, err := l.c.Match(ctx, nil, 200, 300)
			require.ErrorIs(t, err, spv.ErrNotReady)
			require.Equal(t, spv.WhyNoFilterPeers, l.c.Status().Stages.Filters.Why)
		})
	})
}
