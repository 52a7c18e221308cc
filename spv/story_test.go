package spv_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"
	"thistle/spv/store"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

var moreSeeds = flag.Int("seeds", 0, "so many more seeds for every story of a whole client")

// eachSeed tells a story with every seed, each in a bubble of its own.
func eachSeed(t *testing.T, fixed int, story func(t *testing.T, seed uint64)) {
	t.Helper()
	for n := range fixed + *moreSeeds {
		t.Run(fmt.Sprintf("seed=%d", n+1), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { story(t, uint64(n)+1) })
		})
	}
}

// bottleTime is later than all blocks of a bottle.
var bottleTime = time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)

// life is one run of a client, and what its news make of the chain.
type life struct {
	t     *testing.T
	w     *bottle
	c     *spv.Client
	sub   *spv.Subscription
	chain map[int32]chainhash.Hash
	base  int32 // first height of chain
	tip   spv.Tip
}

// live opens a client, runs it while fn goes on, and closes it.
func (w *bottle) live(t *testing.T, cfg spv.Config, keep int32, fn func(ctx context.Context, l *life)) {
	t.Helper()
	require.NoError(t, w.attempt(t, cfg, keep, fn))
}

// attempt is live for a client whose run may fail, which ends fn's context.
func (w *bottle) attempt(t *testing.T, cfg spv.Config, keep int32, fn func(ctx context.Context, l *life)) (err error) {
	t.Helper()
	c, err := spv.Open(cfg)
	require.NoError(t, err)
	l := &life{t: t, w: w, c: c, sub: c.Subscribe(), chain: make(map[int32]chainhash.Hash), base: c.Base(), tip: c.Tip()}
	for h := l.base; h <= l.tip.Height; h++ {
		l.chain[h], _ = c.HashAt(h)
	}
	l.chain[l.base-1], _ = c.HashAt(l.base - 1)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() {
		ran <- c.Run(ctx)
		stop()
	}()
	defer func() {
		stop()
		err = <-ran
		require.NoError(t, c.Close())
	}()
	c.KeepFilters(keep)
	fn(ctx, l)
	return nil
}

// take follows the news: each change of the chain fits on those before, and
// filters are told of the chain that was told.
func (l *life) take(e spv.Event) {
	l.t.Helper()
	switch e := e.(type) {
	case spv.HeadersAdvanced:
		fork := e.Change.Fork
		if fork.Height >= 0 {
			require.Equal(l.t, l.chain[fork.Height], fork.Hash, "a change that forks from elsewhere")
		}
		require.Len(l.t, e.Change.Disconnected, int(l.tip.Height-fork.Height), "what is taken back")
		for i := range e.Change.Connected {
			l.chain[fork.Height+1+int32(i)] = e.Change.Connected[i].Hash
		}
		l.tip = e.Change.Tip()
	case spv.FiltersAdvanced:
		require.LessOrEqual(l.t, e.Tip.Height, l.tip.Height)
		if hash, ok := l.chain[e.Tip.Height]; ok || e.Tip.Height >= l.base {
			require.Equal(l.t, hash, e.Tip.Hash, "filters of another chain than was told")
		}
	case spv.HeadersLowered:
		require.Less(l.t, e.Base.Height+1, l.base)
		for h := e.Base.Height + 1; h < l.base; h++ {
			l.chain[h], _ = l.c.HashAt(h)
		}
		l.base = e.Base.Height + 1
	case spv.Warned:
		require.NotContains(l.t, []any{spv.WarnClock, spv.WarnFilterLie}, e.Warning, "nobody lies")
	case spv.Overflow:
		require.Fail(l.t, "events were lost")
	}
}

// follow takes news for a while, or until all is known if that comes first. Now
// and then it asks about scripts of the chain.
func (l *life) follow(ctx context.Context, d time.Duration, dice *rand.Rand) (known bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for {
		brief, stop := context.WithTimeout(ctx, time.Second) // Status changes without news, too
		e, err := l.sub.Next(brief)
		stop()
		switch {
		case err == nil:
			l.take(e)
		case l.knows():
			return true
		case ctx.Err() != nil:
			return false
		}
		if _, ok := e.(spv.FiltersAdvanced); ok && dice.IntN(8) == 0 {
			l.ask(ctx, dice)
		}
	}
}

// knows tells whether the client has arrived where the network is.
func (l *life) knows() bool {
	tip := l.w.tip()
	_, filters := l.c.Filters()
	return l.c.Status().Current && l.c.Tip().Hash == tip.Hash && filters.Hash == tip.Hash
}

// ask matches some scripts of the chain, and fetches a block that is named. A
// reorg may come in between.
func (l *life) ask(ctx context.Context, dice *rand.Rand) {
	l.t.Helper()
	from, tip := l.c.Filters()
	if tip.Height < from {
		return
	}
	var scripts [][]byte
	for b := l.w.tip(); b.Prev != nil && len(scripts) < 5; b = b.Prev {
		if dice.IntN(20) == 0 {
			scripts = append(scripts, b.Scripts()[0])
		}
	}
	if len(scripts) == 0 {
		return
	}
	res, err := l.c.Match(ctx, scripts, from, tip.Height)
	if err != nil {
		require.True(l.t, errors.Is(err, spv.ErrReorged) || errors.Is(err, spv.ErrNotReady) || ctx.Err() != nil, "%v", err)
		return
	}
	l.w.requireMatch(l.t, res, scripts)
	if len(res.Hits) == 0 {
		return
	}
	hit := res.Hits[dice.IntN(len(res.Hits))]
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	block, err := l.c.Block(ctx, hit.Hash)
	if err != nil {
		require.True(l.t, errors.Is(err, spv.ErrStale) || ctx.Err() != nil, "%v", err)
		return
	}
	want := l.w.find(hit.Hash)
	require.Equal(l.t, want.Height, block.Height)
	require.Len(l.t, block.Txs, len(want.Msg.Transactions))
}

// requireKnown waits for the end of a story.
func (l *life) requireKnown(ctx context.Context, dice *rand.Rand) {
	l.t.Helper()
	if !l.follow(ctx, 3*time.Hour, dice) {
		l.t.Fatalf("not there: want %d %v, is %+v", l.w.tip().Height, l.w.tip().Hash, l.c.Status())
	}
	require.Equal(l.t, l.c.Tip(), l.tip, "the news led elsewhere")
	require.Empty(l.t, l.c.SetAside())
}

// requireDisk compares the folder with the branch.
func (w *bottle) requireDisk(t *testing.T, dir string, keep int32) {
	t.Helper()
	st, err := store.Open(store.Options{Dir: dir, Net: w.params.Net})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	for _, b := range w.tip().Range(keep) {
		filter, err := st.Filter(b.Height, b.Hash)
		require.NoError(t, err, "height %d", b.Height)
		require.True(t, bytes.Equal(b.Filter, filter), "height %d", b.Height)
	}
	require.NoError(t, st.Check())
}

// TestWholeClient runs a client with its disk among nodes that stall, hang up
// and garble, over several lives. The chain is reorganised at the moment when a
// message of a chosen kind has been sent, and while nobody looks.
func TestWholeClient(t *testing.T) {
	t.Parallel()
	stages := []string{"headers", "cfcheckpt", "cfheaders", "cfilter", "block", "inv"}
	eachSeed(t, 30, func(t *testing.T, seed uint64) {
		dice := rand.New(rand.NewPCG(seed, 1))
		time.Sleep(time.Until(bottleTime))
		long := seed%10 == 0 // several messages of headers, and a full chunk of the disk's
		gen := spvtest.NewGenerator(spvtest.Options{Seed: seed, Empty: long})
		blocks := 120 + dice.IntN(150)
		if long {
			blocks = 2100 + dice.IntN(2200)
		}
		w := newBottle(t, gen, gen.Mine(gen.Genesis(), blocks))
		w.add(seed, 20*time.Millisecond, faults{})
		for range 2 + dice.IntN(2) {
			w.add(seed, time.Duration(dice.IntN(300))*time.Millisecond, faults{
				refuse: 0.3 * dice.Float64(), hangUp: 0.1 * dice.Float64(), ignore: 0.2 * dice.Float64(),
				delay: 0.1 * dice.Float64(), flip: 0.01 * dice.Float64(), cut: 0.01 * dice.Float64(),
			})
		}
		depth := func() int {
			switch dice.IntN(6) {
			case 0:
				return 1 + dice.IntN(blocks)
			case 1:
				return 20 + dice.IntN(80)
			}
			return 1 + dice.IntN(8)
		}
		cfg := w.config(t.TempDir())
		keep := int32(1)
		if dice.IntN(3) == 0 {
			keep = 1 + dice.Int32N(int32(blocks))
		}
		for range 2 + dice.IntN(3) {
			for range 2 {
				stage, n := stages[dice.IntN(len(stages))], 1+dice.IntN(4)
				if stage == "cfilter" {
					n = 1 + dice.IntN(blocks)
				}
				deep, more := depth(), 1+dice.IntN(3)
				w.when(stage, n, func() { w.reorg(deep, more) })
			}
			w.live(t, cfg, keep, func(ctx context.Context, l *life) {
				l.follow(ctx, time.Duration(dice.IntN(60_000))*time.Millisecond, dice)
			})
			if dice.IntN(2) == 0 {
				w.reorg(depth(), 1+dice.IntN(3))
			}
		}
		w.live(t, cfg, keep, func(ctx context.Context, l *life) { l.requireKnown(ctx, dice) })
		w.requireDisk(t, cfg.Dir, keep)
		t.Logf("%d blocks, %d reorgs; messages of the nodes: %v", w.tip().Height, w.reorgs, w.sent)
	})
}
