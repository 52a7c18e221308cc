package spv_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// What a client may take however it is treated.
const (
	hostileHeap = 200 << 20 // bytes
	hostileDisk = 8 << 20   // bytes of its folder
	hostileLog  = 64 << 10  // bytes of what is not for debugging, in a story
)

var land = sync.OnceValue(func() *spvtest.Land { return spvtest.NewLand(48) })

// purse is the least wallet: it searches for payments to the land's scripts and
// takes back what the chain or the filters take back.
type purse struct {
	t       *testing.T
	c       *spv.Client
	covered int32
	coins   map[wire.OutPoint]int64
	at      map[wire.OutPoint]int32 // height of each
	genuine map[wire.OutPoint]int64 // of all chains there are
}

func newPurse(t *testing.T, c *spv.Client, l *spvtest.Land) *purse {
	p := &purse{t: t, c: c, covered: spvtest.LandBirthday - 1, coins: make(map[wire.OutPoint]int64), at: make(map[wire.OutPoint]int32), genuine: l.Coins(l.Main)}
	for _, b := range l.Longer {
		maps.Copy(p.genuine, l.Coins(b))
	}
	return p
}

func (p *purse) take(ctx context.Context, e spv.Event) {
	switch e := e.(type) {
	case spv.HeadersAdvanced:
		p.back(e.Change.Fork.Height)
	case spv.FiltersReverted:
		p.back(e.Height - 1)
		p.search(ctx)
	case spv.FiltersAdvanced, nil:
		p.search(ctx)
	}
}

// back forgets what was found above a height.
func (p *purse) back(height int32) {
	p.covered = min(p.covered, height)
	for at, h := range p.at {
		if h > height {
			delete(p.coins, at)
			delete(p.at, at)
		}
	}
}

// search goes on from where it came to. What fails is tried again later.
func (p *purse) search(ctx context.Context) {
	_, tip := p.c.Filters()
	if tip.Height <= p.covered {
		return
	}
	res, err := p.c.Match(ctx, land().Ours, p.covered+1, tip.Height)
	if err != nil {
		require.True(p.t, errors.Is(err, spv.ErrReorged) || errors.Is(err, spv.ErrNotReady) || ctx.Err() != nil, "%v", err)
		return
	}
	for _, hit := range res.Hits {
		brief, stop := context.WithTimeout(ctx, 3*time.Minute)
		block, err := p.c.Block(brief, hit.Hash)
		stop()
		if err != nil {
			return
		}
		found := make(map[wire.OutPoint]int64)
		land().AddCoins(found, block.Txs)
		for at, value := range found {
			require.Equal(p.t, p.genuine[at], value, "a payment that never was")
			p.coins[at], p.at[at] = value, block.Height
		}
		p.covered = max(p.covered, hit.Height)
	}
	if hash, ok := p.c.HashAt(res.To); ok && hash == res.EndHash {
		p.covered = res.To
	}
}

// diary is what a client has said.
type diary struct {
	logged atomic.Int64
	ends   map[string][]spv.Reason // of connections and of attempts, by address
	agents []string
	turned int // reorgs
	warned map[spv.Warning]int
	events []spv.Event // that concern transactions
}

func (d *diary) take(e spv.Event) {
	switch e := e.(type) {
	case spv.PeerUp:
		d.agents = append(d.agents, e.Peer.UserAgent)
	case spv.PeerDown:
		d.ends[e.Peer.Addr] = append(d.ends[e.Peer.Addr], e.Reason)
	case spv.PeerFailed:
		d.ends[e.Addr] = append(d.ends[e.Addr], e.Reason)
	case spv.HeadersAdvanced:
		if len(e.Change.Disconnected) > 0 {
			d.turned++
		}
	case spv.Warned:
		d.warned[e.Warning]++
	case spv.TxSeen, spv.TxEchoed, spv.TxAcknowledged:
		d.events = append(d.events, e)
	}
}

func (d *diary) banned(addr string) bool {
	return slices.ContainsFunc(d.ends[addr], spv.Reason.Provable)
}

// counted is a log of which only the length matters.
type counted struct {
	slog.Handler
	n *atomic.Int64
}

func (h counted) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }
func (h counted) Handle(_ context.Context, r slog.Record) error {
	h.n.Add(int64(len(r.Message)))
	r.Attrs(func(a slog.Attr) bool {
		h.n.Add(int64(len(a.Key) + len(a.Value.String())))
		return true
	})
	return nil
}

// trial is a client in a town.
type trial struct {
	t     *testing.T
	town  *spvtest.Town
	cfg   spv.Config
	c     *spv.Client
	sub   *spv.Subscription
	purse *purse
	diary *diary
}

// try runs a client in a town while fn goes on, and holds what it has used
// against the limits. It must be called in a bubble.
func try(t *testing.T, town *spvtest.Town, rootless bool, fn func(ctx context.Context, tr *trial)) {
	t.Helper()
	d := &diary{ends: make(map[string][]spv.Reason), warned: make(map[spv.Warning]int)}
	cfg := spv.Config{Params: town.Land.Params, Dir: t.TempDir(), BirthdayHeight: spvtest.LandBirthday, Dial: town.Dial, Resolver: town,
		Log: slog.New(counted{slog.DiscardHandler, &d.logged})}
	if rootless {
		cfg.Params = town.Land.Gen.Params()
	}
	tr := &trial{t: t, town: town, cfg: cfg, diary: d}
	tr.live(fn)
	town.Close()
	require.Less(t, d.logged.Load(), int64(hostileLog), "log")
	require.Less(t, size(t, cfg.Dir), int64(hostileDisk), "disk")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	require.Less(t, m.HeapAlloc, uint64(hostileHeap), "heap")
}

// live is one run of the client.
func (tr *trial) live(fn func(ctx context.Context, tr *trial)) {
	c, err := spv.Open(tr.cfg)
	require.NoError(tr.t, err)
	tr.c, tr.sub, tr.purse = c, c.Subscribe(), newPurse(tr.t, c, tr.town.Land)
	ctx, stop := context.WithCancel(tr.t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	defer func() {
		stop()
		require.NoError(tr.t, <-ran)
		require.NoError(tr.t, c.Close())
	}()
	c.KeepFilters(spvtest.LandBirthday)
	fn(ctx, tr)
}

func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		n += info.Size()
		return err
	}))
	return n
}

// pass follows the news for a while, or until the client knows all.
func (tr *trial) pass(ctx context.Context, d time.Duration, whole bool) (known bool) {
	tr.t.Helper()
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	for {
		brief, stop := context.WithTimeout(ctx, 10*time.Second)
		e, err := tr.sub.Next(brief)
		stop()
		if err == nil {
			tr.diary.take(e)
		}
		tr.purse.take(ctx, e)
		switch {
		case err == nil:
		case !whole && tr.knows():
			return true
		case ctx.Err() != nil:
			return tr.knows()
		}
	}
}

// knows tells whether the client has come to the honest tip and has found every
// payment, and nothing else.
func (tr *trial) knows() bool {
	best := tr.town.Best()
	tip := best.Tip()
	_, filters := tr.c.Filters()
	return tr.c.Status().Current && tr.c.Tip().Hash == tip.Hash && filters.Hash == tip.Hash &&
		tr.purse.covered == tip.Height && maps.Equal(tr.purse.coins, tr.town.Land.Coins(best))
}

func (tr *trial) requireKnown(ctx context.Context, d time.Duration) {
	tr.t.Helper()
	if !tr.pass(ctx, d, false) {
		best := tr.town.Best()
		tr.t.Fatalf("not there: want %d %v and %v, is %+v with %v up to %d\nends: %v", best.Tip().Height, best.Tip().Hash,
			tr.town.Land.Coins(best), tr.c.Status(), tr.purse.coins, tr.purse.covered, tr.diary.ends)
	}
}

// dawn lets the bubble's clock come to where the land's chain is.
func dawn() time.Duration { return time.Until(land().Main[land().Start].Time().Add(time.Minute)) }

// eachHostile runs a test for each variant of each behaviour, in a bubble, and
// tells that there are 48.
func eachHostile(t *testing.T, story func(t *testing.T, h spvtest.Hostile, variant int)) {
	t.Helper()
	numbers := make(map[int]bool)
	for _, h := range spvtest.Hostiles() {
		numbers[h.Number] = true
		for v := range max(h.Variants, 1) {
			t.Run(fmt.Sprintf("%d.%d %s", h.Number, v, h.Name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(dawn())
					story(t, h, v)
				})
			})
		}
	}
	require.Len(t, numbers, len(spvtest.Hostiles()))
}

// limited runs the whole of a test under a memory limit.
func limited(t *testing.T) {
	old := debug.SetMemoryLimit(256 << 20)
	t.Cleanup(func() { debug.SetMemoryLimit(old) })
}

// TestHostileAlone leaves a client with one hostile peer and nobody else.
func TestHostileAlone(t *testing.T) {
	limited(t)
	eachHostile(t, func(t *testing.T, h spvtest.Hostile, v int) {
		town := spvtest.NewTown(land())
		bad := town.Add(h.Make(v))
		try(t, town, h.Rootless, func(ctx context.Context, tr *trial) {
			tr.pass(ctx, 5*time.Minute, true)
			town.Grow(land().Main.To(land().Start + 2))
			tr.pass(ctx, 25*time.Minute, true)
			ends := tr.diary.ends[bad.Addr]
			t.Logf("%d connections, ends: %v", bad.Dials(), ends)
			switch h.Ending {
			case spvtest.Banned:
				require.True(t, tr.diary.banned(bad.Addr), "%v", ends)
				require.Len(t, ends, 1, "it is banned and met again")
			case spvtest.Left:
				require.NotEmpty(t, ends)
				require.False(t, tr.diary.banned(bad.Addr), "%v", ends)
			case spvtest.Borne:
				require.False(t, tr.diary.banned(bad.Addr), "%v", ends)
			}
			if h.Useful {
				require.True(t, tr.knows(), "%+v", tr.c.Status())
			}
		})
	})
}

// TestHostileMajority puts each behaviour among six others, and one honest peer
// against them.
func TestHostileMajority(t *testing.T) {
	limited(t)
	all := spvtest.Hostiles()
	eachHostile(t, func(t *testing.T, h spvtest.Hostile, v int) {
		dice := rand.New(rand.NewPCG(uint64(h.Number), uint64(v)))
		town := spvtest.NewTown(land())
		honest := dice.IntN(8)
		town.Add(h.Make(v))
		names := []int{h.Number}
		for i := 1; i < 8; i++ {
			if i == max(honest, 1) {
				town.Add(spvtest.Deviation{})
				continue
			}
			other := all[dice.IntN(len(all))]
			names = append(names, other.Number)
			town.Add(other.Make(dice.IntN(max(other.Variants, 1))))
		}
		t.Logf("with %v", names)
		good := town.Nodes()[max(honest, 1)]
		try(t, town, h.Rootless, func(ctx context.Context, tr *trial) {
			tr.requireKnown(ctx, 30*time.Minute)
			town.Grow(land().Main.To(land().Start + 2))
			tr.requireKnown(ctx, 2*time.Hour)
			town.Grow(land().Main.To(land().Start + 5))
			tr.requireKnown(ctx, 2*time.Hour)
			require.False(t, tr.diary.banned(good.Addr), "%v", tr.diary.ends)
		})
	})
}
