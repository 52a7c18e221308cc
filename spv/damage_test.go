package spv_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// page is the size of a page of chain.db, and of the blocks that disks lose.
const page = 4096

// damages are the ways in which a file is harmed: by a bit, by what a disk
// loses or mixes up, and by writes that were torn when the power went.
var damages = []struct {
	name string
	do   func(r *rand.Rand, b []byte) []byte
}{
	{"a bit", func(r *rand.Rand, b []byte) []byte { return flip(r, b, r.IntN(len(b))) }},
	{"a bit in the first pages", func(r *rand.Rand, b []byte) []byte { return flip(r, b, r.IntN(min(len(b), 4*page))) }},
	{"a bit in the head of a page", func(r *rand.Rand, b []byte) []byte {
		return flip(r, b, min(pageOf(r, b)+r.IntN(16), len(b)-1))
	}},
	{"a bit in each of many pages", func(r *rand.Rand, b []byte) []byte {
		for range 1 + len(b)/page/2 {
			b = flip(r, b, r.IntN(len(b)))
		}
		return b
	}},
	{"a zeroed page", func(r *rand.Rand, b []byte) []byte {
		at := pageOf(r, b)
		clear(b[at:min(at+page, len(b))])
		return b
	}},
	{"a zeroed sector", func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b)) / 512 * 512
		clear(b[at:min(at+512, len(b))])
		return b
	}},
	{"a page of garbage", func(r *rand.Rand, b []byte) []byte {
		at := pageOf(r, b)
		for i := at; i < min(at+page, len(b)); i++ {
			b[i] = byte(r.Uint32())
		}
		return b
	}},
	{"a page copied over another", func(r *rand.Rand, b []byte) []byte {
		from, to := pageOf(r, b), pageOf(r, b)
		copy(b[to:min(to+page, len(b))], b[from:min(from+page, len(b))])
		return b
	}},
	{"half a page of another", func(r *rand.Rand, b []byte) []byte {
		from, to := pageOf(r, b), pageOf(r, b)
		copy(b[to:min(to+page/2, len(b))], b[from:min(from+page/2, len(b))])
		return b
	}},
	{"cut anywhere", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }},
	{"cut at a page", func(r *rand.Rand, b []byte) []byte { return b[:pageOf(r, b)] }},
	{"cut near the end", func(r *rand.Rand, b []byte) []byte { return b[:len(b)-1-r.IntN(min(len(b)-1, 200))] }},
	{"zeros to the end", func(r *rand.Rand, b []byte) []byte {
		clear(b[r.IntN(len(b)):])
		return b
	}},
	{"bytes appended", func(r *rand.Rand, b []byte) []byte {
		for range 1 + r.IntN(2*page) {
			b = append(b, byte(r.Uint32()))
		}
		return b
	}},
	{"nothing left", func(*rand.Rand, []byte) []byte { return nil }},
}

func flip(r *rand.Rand, b []byte, at int) []byte {
	b[at] ^= 1 << r.IntN(8)
	return b
}

// pageOf is where a random page begins.
func pageOf(r *rand.Rand, b []byte) int { return r.IntN(len(b)) / page * page }

// goodFolder is the folder of a client that knew all of a chain, which has grown
// by five blocks since.
func goodFolder(t *testing.T) (dir string, gen *spvtest.Generator, grown spvtest.Branch) {
	t.Helper()
	gen = spvtest.NewGenerator(spvtest.Options{Seed: 31, Empty: true})
	branch := gen.Mine(gen.Genesis(), 2300)
	dir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		w := newBottle(t, gen, branch)
		w.add(1, time.Millisecond, faults{})
		w.live(t, w.config(dir), 1, func(ctx context.Context, l *life) { l.requireKnown(ctx, rand.New(rand.NewPCG(1, 2))) })
	})
	return dir, gen, gen.Mine(branch, 5)
}

// TestDamagedFolder harms a file of a client that knew all, and lets the chain
// grow. Whatever is lost is noticed and downloaded again, and nothing else; it is
// told once, and the next start finds nothing wrong.
func TestDamagedFolder(t *testing.T) {
	t.Parallel()
	good, gen, grown := goodFolder(t)
	names, err := filepath.Glob(filepath.Join(good, "filters", "*"))
	require.NoError(t, err)
	require.Len(t, names, 4, "segments and their lists")
	for range len(names) { // as often as all of them
		names = append(names, filepath.Join(good, "chain.db"))
	}
	eachSeed(t, 5*len(damages), func(t *testing.T, seed uint64) {
		dice := rand.New(rand.NewPCG(seed, 3))
		time.Sleep(time.Until(bottleTime))
		w := newBottle(t, gen, grown)
		w.add(seed, time.Millisecond, faults{})
		cfg := w.config(t.TempDir())
		require.NoError(t, os.CopyFS(cfg.Dir, os.DirFS(good)))
		name, err := filepath.Rel(good, names[dice.IntN(len(names))])
		require.NoError(t, err)
		how := damages[seed%uint64(len(damages))]
		path := filepath.Join(cfg.Dir, name)
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, how.do(dice, b), 0o600))
		t.Logf("%s: %s", name, how.name)

		told := w.mend(t, cfg)
		require.LessOrEqual(t, told, 1)
		inChain := strings.HasPrefix(name, "chain.db")
		if inChain {
			require.Equal(t, 5, w.counted("cfilter"), "filters that are there are not fetched again")
		} else {
			require.Zero(t, told, "headers were not harmed")
			require.LessOrEqual(t, w.counted("headers"), 2)
		}
		w.requireDisk(t, cfg.Dir, 1)
		aside, err := filepath.Glob(filepath.Join(cfg.Dir, "chain.db.*"))
		require.NoError(t, err)
		require.Len(t, aside, told, "what was set aside is kept")

		before := w.counted("cfilter")
		w.live(t, cfg, 1, func(ctx context.Context, l *life) { l.requireKnown(ctx, dice) })
		require.Equal(t, before, w.counted("cfilter"), "all is there")
	})
}

// TestDamagedWhileItRuns harms chain.db under a client that uses it. It may be
// noticed at once, later or never; what the client says about its headers is
// right all the time, and the next client is well.
func TestDamagedWhileItRuns(t *testing.T) {
	t.Parallel()
	good, gen, grown := goodFolder(t)
	eachSeed(t, 2*len(damages), func(t *testing.T, seed uint64) {
		dice := rand.New(rand.NewPCG(seed, 6))
		time.Sleep(time.Until(bottleTime))
		w := newBottle(t, gen, grown[:2301])
		w.add(seed, time.Millisecond, faults{})
		cfg := w.config(t.TempDir())
		require.NoError(t, os.CopyFS(cfg.Dir, os.DirFS(good)))
		how := damages[seed%uint64(len(damages))]
		t.Log(how.name)
		err := w.attempt(t, cfg, 1, func(ctx context.Context, l *life) {
			require.True(t, l.follow(ctx, time.Hour, dice))
			overwrite(t, filepath.Join(cfg.Dir, "chain.db"), func(b []byte) []byte { return how.do(dice, b) })
			w.mu.Lock()
			w.branch = grown
			w.mu.Unlock()
			w.nodes[0].announce()
			for h := range int32(2300) {
				if header, ok := l.c.HeaderAt(h); ok {
					require.Equal(t, grown[h].Hash, header.Hash, "height %d", h)
					require.Equal(t, grown[h].Header.Raw, header.Raw, "height %d", h)
				}
			}
			l.follow(ctx, time.Hour, dice)
		})
		if err != nil {
			t.Logf("the run ended with: %v", err)
			require.ErrorIs(t, err, spv.ErrDamaged)
		}
		require.LessOrEqual(t, w.mend(t, cfg), 1)
		w.requireDisk(t, cfg.Dir, 1)
	})
}

// overwrite changes a file in place, as it is while others have it open.
func overwrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	b = change(b)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(b, 0)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(int64(len(b))))
	require.NoError(t, f.Close())
}

// mend runs clients in a damaged folder until one knows all, and every filter
// has been read. It counts how often a file set aside was told of.
func (w *bottle) mend(t *testing.T, cfg spv.Config) (told int) {
	t.Helper()
	for range 2 {
		whole := false
		err := w.attempt(t, cfg, 1, func(ctx context.Context, l *life) {
			told += len(l.c.SetAside())
			whole = l.follow(ctx, time.Hour, rand.New(rand.NewPCG(5, 5))) && l.readAll(ctx)
		})
		if err == nil {
			require.True(t, whole)
			return told
		}
		t.Logf("the damage showed in use: %v", err)
		require.Zero(t, told, "damaged again after it was set aside")
	}
	t.Fatal("it fails again and again")
	return told
}

// readAll matches all filters, which finds those that are damaged, until none is.
func (l *life) readAll(ctx context.Context) bool {
	l.t.Helper()
	tip := l.w.tip()
	scripts := [][]byte{l.w.branch[100].Scripts()[0], l.w.branch[2200].Scripts()[0]}
	for range 5 {
		res, err := l.c.Match(ctx, scripts, 1, tip.Height)
		if err == nil {
			l.w.requireMatch(l.t, res, scripts)
			return true
		}
		require.ErrorIs(l.t, err, spv.ErrNotReady)
		if !l.follow(ctx, time.Hour, rand.New(rand.NewPCG(5, 5))) {
			return false
		}
	}
	return false
}

// What cannot be read back from disk is no answer: nobody takes a time for a
// later height, or a chain for another, because old headers are damaged.
func TestNoAnswerFromDamage(t *testing.T) {
	t.Parallel()
	gen := spvtest.NewGenerator(spvtest.Options{Seed: 32, Empty: true})
	branch := gen.Mine(gen.Genesis(), 4*2016+50)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		w := newBottle(t, gen, branch)
		w.add(1, time.Millisecond, faults{})
		cfg := w.config(t.TempDir())
		w.live(t, cfg, 8100, func(ctx context.Context, l *life) {
			require.True(t, l.follow(ctx, time.Hour, rand.New(rand.NewPCG(1, 2))))
		})
		born := time.Unix(int64(branch[1000].Header.Time()), 0)
		c, err := spv.Open(cfg)
		require.NoError(t, err)
		height, ok := c.HeightAt(born)
		require.True(t, ok)
		require.Less(t, height, int32(1000))
		require.True(t, c.Look(func(spv.View) {}))
		require.NoError(t, c.Close())

		cfg.Connect = []string{"10.9.9.9:18444"}
		c, err = spv.Open(cfg) // which reads nothing old, and hears nothing
		require.NoError(t, err)
		overwrite(t, filepath.Join(cfg.Dir, "chain.db"), func(b []byte) []byte {
			clear(b[4*page:])
			return b
		})
		ran := make(chan error, 1)
		go func() { ran <- c.Run(t.Context()) }()
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		require.False(t, c.Look(func(v spv.View) {
			_, ok := v.HashAt(3000)
			require.False(t, ok)
		}))
		_, ok = c.HeightAt(born)
		require.False(t, ok)
		require.ErrorIs(t, <-ran, spv.ErrDamaged)
		require.Zero(t, time.Since(began), "it ends at once")
		require.NoError(t, c.Close())
	})
}
