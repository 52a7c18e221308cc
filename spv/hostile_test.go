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

	"github.com/btcsuite/btcd/chainhash/v2"
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
	from    int32 // where it begins
	covered int32
	coins   map[wire.OutPoint]int64
	at      map[wire.OutPoint]int32 // height of each
	genuine map[wire.OutPoint]int64 // of all chains there are
}

func newPurse(t *testing.T, c *spv.Client, l *spvtest.Land, from int32) *purse {
	p := &purse{t: t, c: c, from: from, covered: from - 1, coins: make(map[wire.OutPoint]int64), at: make(map[wire.OutPoint]int32), genuine: maps.Clone(l.Coins(l.Main))}
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
	p.covered = max(min(p.covered, height), p.from-1)
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

func (d *diary) warnedOfClock(addr string) bool {
	for w := range d.warned {
		if w.Kind == spv.WarnClock && w.Peer == addr {
			return true
		}
	}
	return false
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
	stop  func()
	fails func() error // waits for the run to end by itself
}

// try runs a client in a town while fn goes on, and holds what it has used
// against the limits. It must be called in a bubble.
func try(t *testing.T, town *spvtest.Town, h spvtest.Hostile, fn func(ctx context.Context, tr *trial)) {
	t.Helper()
	newTrial(t, town, h).run(fn)
}

func newTrial(t *testing.T, town *spvtest.Town, h spvtest.Hostile) *trial {
	d := &diary{ends: make(map[string][]spv.Reason), warned: make(map[spv.Warning]int)}
	root := town.Land.Main[spvtest.LandBirthday+29] // where checkpoints end
	cfg := spv.Config{Params: town.Land.Params, FilterCheckpoints: map[int32]chainhash.Hash{root.Height: root.FilterHeader},
		Dir: t.TempDir(), BirthdayHeight: spvtest.LandBirthday, Dial: town.Dial, Resolver: town,
		Log: slog.New(counted{slog.DiscardHandler, &d.logged})}
	if h.Needs == spvtest.NeedsNoCheckpoints {
		cfg.Params = town.Land.Gen.Params()
	}
	if h.Needs == spvtest.NeedsAll {
		cfg.BirthdayHeight, cfg.FilterCheckpoints = 1, nil
	}
	return &trial{t: t, town: town, cfg: cfg, diary: d}
}

func (tr *trial) run(fn func(ctx context.Context, tr *trial)) {
	t, town := tr.t, tr.town
	t.Helper()
	defer town.Close() // when it fails, too
	tr.live(fn)
	town.Close()
	for _, n := range town.Nodes() {
		requireDiscreet(t, n)
	}
	require.Less(t, tr.diary.logged.Load(), int64(hostileLog), "log")
	require.Less(t, size(t, tr.cfg.Dir), int64(hostileDisk), "disk")
	requireHeap(t)
}

// requireHeap holds what is in use against the bound. Other stories run beside this
// one: what they have thrown away is not counted.
func requireHeap(t *testing.T) {
	t.Helper()
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc >= hostileHeap {
		runtime.GC()
		runtime.ReadMemStats(&m)
	}
	require.Less(t, m.HeapAlloc, uint64(hostileHeap), "heap")
}

// requireDiscreet holds what a node was told against what nobody must be told.
func requireDiscreet(t *testing.T, n *spvtest.Node) {
	t.Helper()
	told := make(map[chainhash.Hash]bool)
	for _, m := range n.Heard() {
		switch m := m.(type) {
		case *wire.MsgInv:
			for _, inv := range m.InvList {
				told[inv.Hash] = true
			}
		case *wire.MsgTx:
			require.True(t, told[m.TxHash()], "a transaction that was not announced")
			require.Equal(t, land().Tx.TxHash(), m.TxHash())
		case *wire.MsgFilterLoad, *wire.MsgMemPool, *wire.MsgHeaders, *wire.MsgBlock, *wire.MsgCFilter, *wire.MsgCFHeaders, *wire.MsgCFCheckpt:
			require.Fail(t, "said to a peer", m.Command())
		}
	}
}

// live is runs of the client while fn goes on, one after the other.
func (tr *trial) live(fn func(ctx context.Context, tr *trial)) {
	ctx := tr.start()
	defer func() { tr.stop() }()
	fn(ctx, tr)
}

// start opens a client and runs it until stop.
func (tr *trial) start() context.Context {
	c, err := spv.Open(tr.cfg)
	require.NoError(tr.t, err)
	require.Empty(tr.t, c.SetAside())
	tr.c, tr.sub, tr.purse = c, c.Subscribe(), newPurse(tr.t, c, tr.town.Land, tr.cfg.BirthdayHeight)
	ctx, end := context.WithCancel(tr.t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	tr.fails = func() error {
		err := <-ran
		end()
		_ = c.Close() // which may fail with the same
		tr.stop = func() {}
		return err
	}
	tr.stop = func() {
		end()
		require.NoError(tr.t, <-ran)
		require.NoError(tr.t, c.Close())
	}
	c.KeepFilters(tr.cfg.BirthdayHeight)
	return ctx
}

// again ends the run and begins another.
func (tr *trial) again(ctx *context.Context) {
	tr.stop()
	*ctx = tr.start()
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

// tell logs how it went with each node.
func (tr *trial) tell() {
	tr.t.Helper()
	for _, n := range tr.town.Nodes() {
		said := make(map[string]int)
		for _, m := range n.Heard() {
			said[m.Command()]++
		}
		tr.t.Logf("%s: honest %v, dialled %d times, ends %v, was sent %v", n.Addr, n.Honest(), n.Dials(), tr.diary.ends[n.Addr], said)
	}
}

func (tr *trial) requireKnown(ctx context.Context, d time.Duration) {
	tr.t.Helper()
	began := time.Now()
	defer func() { tr.t.Logf("known after %v", time.Since(began).Round(time.Second)) }()
	if !tr.pass(ctx, d, false) {
		tr.tell()
		best := tr.town.Best()
		tr.t.Fatalf("not there: want %d %v and %v, is %+v with %v up to %d", best.Tip().Height, best.Tip().Hash,
			tr.town.Land.Coins(best), tr.c.Status(), tr.purse.coins, tr.purse.covered)
	}
}

// requireSent waits until an honest node has our transaction.
func (tr *trial) requireSent(ctx context.Context) {
	tr.t.Helper()
	for i := range 36 {
		if tr.town.Pool(land().Tx.TxHash()) != nil {
			tr.t.Logf("sent after %d minutes", 5*i)
			return
		}
		tr.pass(ctx, 5*time.Minute, true)
	}
	tr.tell()
	tr.t.Fatalf("our transaction stays here: %+v", tr.c.Status().Peers)
}

// dawn lets the bubble's clock come to where the land's chain is.
func dawn() time.Duration { return time.Until(land().Main[land().Start].Time().Add(time.Minute)) }

// eachHostile runs a test for each behaviour in a bubble of its own, or for each
// form and variant of each, and tells that there are 48.
func eachHostile(t *testing.T, all bool, story func(t *testing.T, h spvtest.Hostile, variant int)) {
	t.Helper()
	all = all || *moreSeeds > 0
	numbers := make(map[int]bool)
	for _, h := range spvtest.Hostiles() {
		if numbers[h.Number] && !all {
			continue
		}
		numbers[h.Number] = true
		n := 1
		if all {
			n = max(h.Variants, 1)
		}
		for v := range n {
			t.Run(fmt.Sprintf("%d.%d %s", h.Number, v, h.Name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(dawn())
					story(t, h, v)
				})
			})
		}
	}
	require.Len(t, numbers, 48)
}

// limited runs the whole of a test under a memory limit.
func limited(t *testing.T) {
	old := debug.SetMemoryLimit(256 << 20)
	t.Cleanup(func() { debug.SetMemoryLimit(old) })
}

// heard counts the messages of a kind that a node was sent, and what they list.
func heard[M wire.Message](n *spvtest.Node) (messages, items int) {
	for _, m := range n.Heard() {
		if _, ok := m.(M); !ok {
			continue
		}
		messages++
		if get, ok := m.(*wire.MsgGetData); ok {
			items += len(get.InvList)
		}
	}
	return messages, items
}

// beyond is what must hold for some behaviours besides.
var beyond = map[int]func(ctx context.Context, t *testing.T, tr *trial, bad *spvtest.Node){
	8: func(_ context.Context, t *testing.T, _ *trial, bad *spvtest.Node) {
		require.LessOrEqual(t, bad.Dials(), 2)
	},
	10: func(_ context.Context, t *testing.T, tr *trial, _ *spvtest.Node) {
		require.NotEmpty(t, tr.diary.agents)
		for _, a := range tr.diary.agents {
			require.NotRegexp(t, "[^ -~]", a)
			require.LessOrEqual(t, len(a), 256)
		}
	},
	17: func(_ context.Context, t *testing.T, _ *trial, bad *spvtest.Node) {
		n, _ := heard[*wire.MsgGetHeaders](bad)
		require.LessOrEqual(t, n, 13*bad.Dials(), "ten announcements of one connection are followed up")
		require.Less(t, bad.Dials(), 30, "one a minute")
	},
	18: func(_ context.Context, t *testing.T, tr *trial, bad *spvtest.Node) {
		_, items := heard[*wire.MsgGetData](bad)
		require.Positive(t, items)
		require.Less(t, items, 60_000)
	},
	19: func(_ context.Context, t *testing.T, tr *trial, _ *spvtest.Node) {
		require.Empty(t, tr.diary.events, "nobody has it")
	},
	25: func(_ context.Context, t *testing.T, tr *trial, bad *spvtest.Node) {
		require.LessOrEqual(t, len(tr.diary.warned), 3)
		if !tr.diary.banned(bad.Addr) {
			require.True(t, tr.diary.warnedOfClock(bad.Addr), "perhaps it is our clock: %v", tr.diary.warned)
			require.Equal(t, spv.HealthClock, tr.c.Health().Condition)
		}
	},
	31: func(_ context.Context, t *testing.T, tr *trial, _ *spvtest.Node) { require.Zero(t, tr.diary.turned) },
	32: requireSuspicion,
	33: requireSuspicion,
	46: func(_ context.Context, t *testing.T, tr *trial, _ *spvtest.Node) {
		for addr := range tr.town.Strays() {
			require.Regexp(t, `^[5-8]\d\.\d+\.\d+\.\d+:8333$`, addr, "no peer can be there")
		}
	},
	47: func(_ context.Context, t *testing.T, tr *trial, _ *spvtest.Node) {
		for _, p := range tr.c.Status().Peers {
			require.GreaterOrEqual(t, p.FeeFloor, int64(0))
			require.LessOrEqual(t, p.FeeFloor, int64(1_000_000), "who asks more wants no transactions")
		}
	},
}

// requireSuspicion tells that a person is told how old the tip is.
func requireSuspicion(ctx context.Context, t *testing.T, tr *trial, _ *spvtest.Node) {
	tr.pass(ctx, 90*time.Minute, true)
	h := tr.c.Health()
	require.Equal(t, spv.HealthEclipse, h.Condition)
	require.Greater(t, h.TipAge, 90*time.Minute)
}

// TestHostileAlone leaves a client with one hostile peer and nobody else.
func TestHostileAlone(t *testing.T) {
	limited(t)
	eachHostile(t, true, func(t *testing.T, h spvtest.Hostile, v int) {
		town := spvtest.NewTown(land())
		bad := town.Add(h.Make(v))
		try(t, town, h, func(ctx context.Context, tr *trial) {
			tr.pass(ctx, 5*time.Minute, true)
			town.Grow(land().Main.To(land().Start + 2))
			tr.c.Broadcast(land().Tx, 0)
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
			case spvtest.Doubtful:
			}
			if more := beyond[h.Number]; more != nil {
				more(ctx, t, tr, bad)
			}
			if h.Useful {
				require.True(t, tr.knows(), "%+v", tr.c.Status())
				if h.Number != 19 && h.Number != 47 { // who takes no transactions
					require.True(t, bad.Has(land().Tx.TxHash()), "our transaction")
				}
			}
		})
	})
}

// TestHostileMajority puts each behaviour among six others, and one honest peer
// against them.
func TestHostileMajority(t *testing.T) {
	limited(t)
	all := spvtest.Hostiles()
	eachHostile(t, false, func(t *testing.T, h spvtest.Hostile, v int) {
		dice := rand.New(rand.NewPCG(uint64(h.Number), uint64(v)))
		cast, names := []spvtest.Deviation{h.Make(v)}, []int{h.Number}
		for range 6 {
			other := all[dice.IntN(len(all))]
			names = append(names, other.Number)
			cast = append(cast, other.Make(dice.IntN(max(other.Variants, 1))))
		}
		t.Logf("%v", names)
		outnumbered(t, h, cast, dice, (*trial).requireSpared)
	})
}

// TestHostileCrowd has seven peers do the same, against one honest.
func TestHostileCrowd(t *testing.T) {
	limited(t)
	eachHostile(t, false, func(t *testing.T, h spvtest.Hostile, v int) {
		var cast []spvtest.Deviation
		for range 7 {
			cast = append(cast, h.Make(v))
		}
		outnumbered(t, h, cast, rand.New(rand.NewPCG(uint64(h.Number), 7)), func(tr *trial) {
			tr.requireSpared()
			for _, n := range tr.town.Nodes() {
				require.False(t, h.Ending <= spvtest.Left && tr.diary.banned(n.Addr), "%s: %v", n.Addr, tr.diary.ends[n.Addr])
			}
		})
	})
}

// TestHostileHeaders has seven peers give the same headers again, or none, or one
// at a time: whoever gives more is asked instead, in the end when the others are
// left for being slow, after a minute.
func TestHostileHeaders(t *testing.T) {
	limited(t)
	for _, h := range spvtest.Hostiles() {
		if h.Number != 30 {
			continue
		}
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(dawn())
				town := spvtest.NewTown(land())
				for range 7 {
					town.Add(h.Make(0))
				}
				town.Add(spvtest.Deviation{})
				try(t, town, h, func(ctx context.Context, tr *trial) {
					tr.requireKnown(ctx, 2*time.Minute)
					town.Grow(land().Main.To(land().Start + 5))
					tr.requireKnown(ctx, 2*time.Minute)
				})
			})
		})
	}
}

// TestBrokenBlockIsAskedOfAnother: when a connection breaks inside a block, another
// peer is asked for it within a second.
func TestBrokenBlockIsAskedOfAnother(t *testing.T) {
	t.Parallel()
	for i, keep := range []func(n int) int{func(n int) int { return n / 2 }, func(int) int { return 10 }, func(n int) int { return n - 1 }} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(dawn())
				var mu sync.Mutex
				broken, asked := make(map[chainhash.Hash]time.Time), make(map[chainhash.Hash][]time.Time)
				asking := func(_ *spvtest.Link, m wire.Message, truth []wire.Message) []wire.Message {
					mu.Lock()
					defer mu.Unlock()
					if get, ok := m.(*wire.MsgGetData); ok {
						for _, inv := range get.InvList {
							asked[inv.Hash] = append(asked[inv.Hash], time.Now())
						}
					}
					return truth
				}
				breaking := func(_ *spvtest.Link, b []byte) ([]byte, bool) {
					if string(b[4:9]) != "block" {
						return b, false
					}
					mu.Lock()
					defer mu.Unlock()
					hash := chainhash.DoubleHashH(b[wire.MessageHeaderSize:][:wire.MaxBlockHeaderPayload])
					if broken[hash].IsZero() { // later nobody may be left to ask
						broken[hash] = time.Now()
					}
					return b[:keep(len(b))], true
				}
				town := spvtest.NewTown(land())
				town.Add(spvtest.Deviation{Reply: asking})
				for range 4 {
					town.Add(spvtest.Deviation{Reply: asking, Write: breaking})
				}
				try(t, town, spvtest.Hostile{}, func(ctx context.Context, tr *trial) { tr.requireKnown(ctx, 10*time.Minute) })
				require.NotEmpty(t, broken)
				for hash, at := range broken {
					require.True(t, slices.ContainsFunc(asked[hash], func(when time.Time) bool { return !when.Before(at) && when.Before(at.Add(time.Second)) }),
						"broken at %v, asked at %v", at, asked[hash])
				}
			})
		})
	}
}

// outnumbered has a client follow the chain and pay among bad peers and a good
// one, and looks at how it went in the end.
func outnumbered(t *testing.T, h spvtest.Hostile, cast []spvtest.Deviation, dice *rand.Rand, end func(*trial)) {
	t.Helper()
	cast = slices.Insert(cast, dice.IntN(len(cast)+1), spvtest.Deviation{})
	town := spvtest.NewTown(land())
	for _, d := range cast {
		town.Add(d)
	}
	town.Settle()
	try(t, town, h, func(ctx context.Context, tr *trial) {
		tr.requireKnown(ctx, 30*time.Minute)
		town.Grow(land().Main.To(land().Start + 2))
		tr.requireKnown(ctx, 30*time.Minute)
		tr.c.Broadcast(land().Tx, 0)
		town.Grow(land().Main.To(land().Start + 5))
		tr.requireKnown(ctx, 30*time.Minute)
		tr.requireSent(ctx)
		end(tr)
	})
}

// requireSpared tells that no honest peer was banned.
func (tr *trial) requireSpared() {
	tr.t.Helper()
	for _, n := range tr.town.Nodes() {
		if n.Honest() {
			require.False(tr.t, tr.diary.banned(n.Addr), "%s: %v", n.Addr, tr.diary.ends[n.Addr])
		}
	}
}

// TestHostileSchedules lets anything happen at any time among honest and hostile
// peers: blocks, reorgs, cut lines, restarts, newcomers.
func TestHostileSchedules(t *testing.T) {
	limited(t)
	all := spvtest.Hostiles()
	eachSeed(t, 8, func(t *testing.T, seed uint64) {
		time.Sleep(dawn())
		dice := rand.New(rand.NewPCG(seed, 48))
		town := spvtest.NewTown(land())
		newcomer := func() {
			h := all[dice.IntN(len(all))]
			town.Add(h.Make(dice.IntN(max(h.Variants, 1))))
		}
		town.Add(spvtest.Deviation{})
		for range 2 + dice.IntN(8) {
			newcomer()
		}
		height := land().Start
		happen := []func(){
			newcomer,
			func() { height++; town.Grow(land().Main.To(height)) },
			func() { town.Grow(land().Longer[[]int32{1, 3, 10, 100}[dice.IntN(4)]]) },
			func() { town.Cut(true) },
			func() { town.Cut(false) },
			func() {},
		}
		h := spvtest.Hostile{}
		if dice.IntN(3) == 0 {
			h.Needs = spvtest.NeedsNoCheckpoints
		}
		try(t, town, h, func(ctx context.Context, tr *trial) {
			for range 6 {
				happen[dice.IntN(len(happen))]()
				tr.pass(ctx, time.Duration(dice.IntN(600_000))*time.Millisecond, true)
				if dice.IntN(3) == 0 {
					tr.again(&ctx)
				}
			}
			town.Cut(false)
			town.Grow(land().Main.To(max(height, land().Start+2)))
			tr.c.Broadcast(land().Tx, 0)
			tr.requireKnown(ctx, time.Hour)
			tr.requireSent(ctx)
			tr.requireSpared()
		})
	})
}
