package spv_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"
	"thistle/spv/store"

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
			require.Equal(t, chainhash.Hash{}, res.EndMark)
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

// TestMarksTellOfDisputes: what was searched by a filter that is in doubt since is
// told by the mark, though its filter header is as it was.
func TestMarksTellOfDisputes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		g := spvtest.NewGenerator(spvtest.Options{Seed: 7, Empty: true})
		w := newBottle(t, g, g.Mine(g.Genesis(), 120))
		w.add(7, 10*time.Millisecond, faults{})
		cfg := w.config(t.TempDir())
		before := make(map[int32]chainhash.Hash)
		look := func(ctx context.Context, l *life, marks map[int32]chainhash.Hash) []spv.Hit {
			time.Sleep(time.Minute)
			for _, h := range []int32{99, 100, 120} {
				l.c.Look(func(v spv.View) { marks[h], _ = v.FilterMark(h) })
				res, err := l.c.Match(ctx, nil, 1, h)
				require.NoError(t, err)
				require.Equal(t, marks[h], res.EndMark)
				if h == 120 {
					return res.Hits
				}
			}
			return nil
		}
		w.live(t, cfg, 1, func(ctx context.Context, l *life) { require.Empty(t, look(ctx, l, before)) })
		require.Equal(t, w.tip().FilterHeader, before[120])

		st, err := store.Open(store.Options{Dir: cfg.Dir, Net: cfg.Params.Net})
		require.NoError(t, err)
		_, err = st.Load()
		require.NoError(t, err)
		require.NoError(t, st.Commit(store.Batch{Direct: []int32{100}}))
		require.NoError(t, st.Close())

		after := make(map[int32]chainhash.Hash)
		w.live(t, cfg, 1, func(ctx context.Context, l *life) { require.Len(t, look(ctx, l, after), 1) })
		require.Equal(t, before[99], after[99])
		require.NotEqual(t, before[100], after[100])
		require.NotEqual(t, before[120], after[120])
	})
}
