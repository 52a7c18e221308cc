package spv_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// TestFilterLimit: filters that have served make room, are not fetched again by a
// later run, and come back for somebody who has seen less.
func TestFilterLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		g := spvtest.NewGenerator(spvtest.Options{Seed: 5, Empty: true})
		w := newBottle(t, g, g.Mine(g.Genesis(), 6500))
		w.add(5, 10*time.Millisecond, faults{})
		dir := t.TempDir()
		cfg := w.config(dir)
		cfg.FilterLimit = 1
		tip := w.tip().Height
		segments := func() int {
			files, err := filepath.Glob(filepath.Join(dir, "filters", "*.seg"))
			require.NoError(t, err)
			return len(files)
		}
		await := func(ctx context.Context, l *life, from int32) {
			t.Helper()
			require.Eventually(t, func() bool {
				have, to := l.c.Filters()
				return have == from && to.Height == tip
			}, time.Minute, time.Second)
		}
		scripts := [][]byte{script(9)}

		w.live(t, cfg, 1, func(ctx context.Context, l *life) {
			await(ctx, l, 1)
			require.Equal(t, 4, segments(), "nothing has served yet")
			l.c.FiltersUsed(5000)
			w.reorg(0, 1) // the next commit looks at how much there is
			tip++
			await(ctx, l, 4032)
			time.Sleep(time.Second)
			require.Equal(t, 2, segments())
			_, err := l.c.Match(ctx, scripts, 4031, tip)
			require.ErrorIs(t, err, spv.ErrNotReady)
			_, err = l.c.Match(ctx, scripts, 4032, tip)
			require.NoError(t, err)
		})
		sent := w.counted("cfilter")
		require.Greater(t, sent, 6000)
		w.live(t, cfg, 1, func(ctx context.Context, l *life) {
			await(ctx, l, 4032)
			require.Equal(t, sent, w.counted("cfilter"), "what has served is not fetched again")
			l.c.FiltersUsed(99)
			await(ctx, l, 100)
			_, err := l.c.Match(ctx, scripts, 100, tip)
			require.NoError(t, err)
			require.Equal(t, 4, segments())
		})
		// What is not known to have been deleted on purpose is missing.
		require.NoError(t, os.WriteFile(filepath.Join(dir, "filters", "floor"), []byte("damaged"), 0o600))
		w.live(t, cfg, 1, func(ctx context.Context, l *life) { await(ctx, l, 1) })
	})
}
