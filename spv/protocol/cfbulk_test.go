package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// longWorld is one long chain for all stories that only read it.
var longWorld = sync.OnceValue(func() world { return newWorld(70, 24_300, true) })

// midWorld is long enough for a bulk.
var midWorld = sync.OnceValue(func() world { return newWorld(71, 7_300, true) })

// cfCount counts what is asked about filter headers, and holds the machine to
// its bounds.
type cfCount struct {
	cfheaders, checkpts int
	before              int // questions for filters while most filter headers were missing
	reverted            []int32
	first               time.Time // of the questions
	staged              int       // answers in memory or under way, at most
}

func watchCF(s *spvtest.Sim) *cfCount {
	c := &cfCount{}
	s.Watch = func(out protocol.Output) {
		claims, _ := s.Machine().Staged()
		c.staged = max(c.staged, claims)
		switch out := out.(type) {
		case protocol.Send:
			switch out.Msg.(type) {
			case *wire.MsgGetCFHeaders:
				c.cfheaders++
			case *wire.MsgGetCFCheckpt:
				c.checkpts++
			case *wire.MsgGetCFilters:
				if p := s.Machine().Progress(); p.Tip.Height-p.FilterTip.Height > 2000 {
					c.before++
				}
				return
			default:
				return
			}
			if c.first.IsZero() {
				c.first = s.Now()
			}
		case protocol.Emit:
			if e, ok := out.Event.(protocol.FiltersReverted); ok {
				c.reverted = append(c.reverted, e.Height)
			}
		}
	}
	return c
}

// headersTo tells whether the filter headers are at the tip.
func headersTo(s *spvtest.Sim, tip *spvtest.Block) func() bool {
	return func() bool { return s.Machine().Progress().FilterTip.Hash == tip.Hash }
}

// requireTrueHeaders holds the filter headers themselves against the truth.
func requireTrueHeaders(t *testing.T, s *spvtest.Sim, b spvtest.Branch, from int32) {
	t.Helper()
	for _, blk := range b[from:] {
		got, ok := s.Machine().FilterHeader(blk.Height)
		require.True(t, ok, blk.Height)
		require.Equal(t, blk.FilterHeader, got, blk.Height)
	}
}

// TestBulkFilterHeaders: from eight peers all ranges come in two round trips,
// and no range comes twice.
func TestBulkFilterHeaders(t *testing.T) {
	t.Parallel()
	w := longWorld()
	sync := func(n int) (time.Duration, *cfCount) {
		var peers []*spvtest.Peer
		for i := range n {
			// They show no filters, so that the story is of headers alone.
			peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Latency: 50 * time.Millisecond,
				Filters: spvtest.FilterLie{Withholds: true}})
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 70, Keep: 1, Peers: peers, Pinned: true})
		count := watchCF(s)
		require.True(t, s.RunUntil(time.Minute, headersTo(s, w.b.Tip())))
		took := s.Now().Sub(count.first)
		s.Check(t)
		requireTrueHeaders(t, s, w.b, 1)
		return took, count
	}
	const roundTrip = 100 * time.Millisecond
	took, count := sync(8)
	t.Logf("8 peers: %v, %+v", took, count)
	require.LessOrEqual(t, took, 3*roundTrip, "checkpoints, ranges, what follows the last checkpoint")
	require.Equal(t, 8, count.checkpts)
	require.Zero(t, count.before, "filter headers do not come behind filters")
	require.Equal(t, 12+8, count.cfheaders, "one answer for each range, one of everybody for the end")

	alone, count := sync(1)
	t.Logf("1 peer: %v, %+v", alone, count)
	require.LessOrEqual(t, alone, 5*roundTrip, "four ranges at a time")
	require.Greater(t, alone, took)
	require.Equal(t, 13, count.cfheaders)
}

// TestBulkWithDeadPeers: peers that never answer about filters, or fall silent
// in the midst, cost a moment and no more.
func TestBulkWithDeadPeers(t *testing.T) {
	t.Parallel()
	w := longWorld()
	for silent := range 7 {
		t.Run(fmt.Sprint(silent), func(t *testing.T) {
			t.Parallel()
			var peers []*spvtest.Peer
			for i := range 8 {
				p := &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Latency: 50 * time.Millisecond,
					Filters: spvtest.FilterLie{Withholds: true}}
				switch {
				case i < silent && i%2 == 0:
					p.NoCF = true
				case i < silent:
					p.NoCFHeaders = true // names its checkpoints, then falls silent
				}
				peers = append(peers, p)
			}
			s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 71, Keep: 1, Peers: peers, Pinned: true})
			count := watchCF(s)
			require.True(t, s.RunUntil(time.Minute, headersTo(s, w.b.Tip())))
			took := s.Now().Sub(count.first)
			t.Logf("%d silent: %v, %d questions", silent, took, count.cfheaders)
			require.LessOrEqual(t, took, 12*time.Second)
			require.LessOrEqual(t, count.cfheaders, 60)
			s.Check(t)
			requireTrueHeaders(t, s, w.b, 1)
		})
	}
}

// bulkLies are falsehoods at some heights of midWorld, told in all the
// ways there are.
func bulkLies() map[string]spvtest.FilterLie {
	at := func(f func(*spvtest.Block) []byte, heights ...int32) func(*spvtest.Block) []byte {
		return func(b *spvtest.Block) []byte {
			for _, h := range heights {
				if b.Height == h {
					return f(b)
				}
			}
			return nil
		}
	}
	omit := at(spvtest.OmitOutput, 1500, 4001, 6999)
	return map[string]spvtest.FilterLie{
		"everywhere":          spvtest.Everywhere(omit),
		"from a height":       spvtest.Everywhere(spvtest.From(4000, spvtest.OmitOutput)),
		"garbage":             spvtest.Everywhere(at(spvtest.Garbage, 4000)),
		"above checkpoints":   spvtest.Everywhere(at(spvtest.OmitOutput, 7200)),
		"in checkpoints":      {False: omit, InCheckpoints: true},
		"in headers":          {False: omit, InHeaders: true},
		"in filters":          {False: omit, InFilters: true},
		"in both headers":     {False: omit, InHeaders: true, InCheckpoints: true},
		"withheld":            {False: omit, InHeaders: true, InCheckpoints: true, Withholds: true},
		"adds, undecidable":   spvtest.Everywhere(at(spvtest.Superset, 1500, 4001)),
		"headers and filters": {False: omit, InHeaders: true, InFilters: true},
	}
}

// TestBulkLiars: one honest peer wins against any lie, told by one peer or by a
// majority in step, from the beginning or coming late.
func TestBulkLiars(t *testing.T) {
	t.Parallel()
	w := midWorld()
	for name, lie := range bulkLies() {
		for _, liars := range []int{1, 6} {
			for _, late := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s liars=%d late=%v", name, liars, late), func(t *testing.T) {
					t.Parallel()
					honest := &spvtest.Peer{Name: "10.99.0.1:8333", Chain: w.b, Latency: 300 * time.Millisecond, Refuses: late}
					var peers []*spvtest.Peer
					for i := range liars {
						peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Latency: 20 * time.Millisecond, Filters: lie})
					}
					s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 72, Keep: 7290, Peers: append(peers, honest), Pinned: true})
					s.Keep(1300)
					count := watchCF(s)
					if late {
						s.After(2*time.Second, func() { honest.Refuses = false })
					}
					require.True(t, s.RunUntil(time.Minute, func() bool { return s.Connected(honest) }))
					s.Run(time.Minute) // audits
					ok := s.RunUntil(2*time.Minute, headersTo(s, w.b.Tip()))
					s.Check(t)
					require.True(t, ok, "%+v", s.Machine().Progress())
					require.Zero(t, honest.Banned())
					requireTrueHashes(t, s, w.b, 1300)
					require.LessOrEqual(t, len(count.reverted), 6)
					require.LessOrEqual(t, count.staged, 32+2*8)
					require.LessOrEqual(t, count.cfheaders, 80)
				})
			}
		}
	}
}

// requireTrueHashes makes sure that our filter headers commit to the true
// filters, but for heights that are scanned by their blocks.
func requireTrueHashes(t *testing.T, s *spvtest.Sim, b spvtest.Branch, from int32) {
	t.Helper()
	for _, blk := range b[from:] {
		prev, ok1 := s.Machine().FilterHeader(blk.Height - 1)
		got, ok2 := s.Machine().FilterHeader(blk.Height)
		require.True(t, ok1 && ok2, blk.Height)
		if !s.Disk().Direct(blk.Height) {
			require.Equal(t, cfilter.NextHeader(blk.FilterHash, prev), got, blk.Height)
		}
	}
}

// TestBulkUpheaval: reorgs, restarts, lost connections and latecomers at any
// moment of the bulk.
func TestBulkUpheaval(t *testing.T) {
	t.Parallel()
	eachSeed(t, 12, func(t *testing.T, seed uint64) {
		g := spvtest.NewGenerator(spvtest.Options{Seed: seed, Empty: true})
		b := g.Mine(g.Genesis(), 5300)
		var peers []*spvtest.Peer
		for i := range 5 {
			p := &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: b, Latency: time.Duration(40+30*i) * time.Millisecond, Jitter: 50 * time.Millisecond}
			if i == 0 && seed%2 == 0 {
				p.Filters = spvtest.Everywhere(spvtest.Every(1777, spvtest.OmitOutput))
			}
			p.Refuses = i == 3
			peers = append(peers, p)
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: g, Seed: seed, Keep: 5200, Peers: peers, Pinned: true})
		s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().HeadersCurrent })
		s.Keep(1)
		for range 6 {
			s.Run(time.Duration(s.Rand().IntN(400)) * time.Millisecond)
			switch s.Rand().IntN(5) {
			case 0:
				s.Restart()
			case 1, 2:
				depth := int32(1 + s.Rand().IntN(3))
				if s.Rand().IntN(3) == 0 {
					depth = 150 // below the last checkpoint
				}
				b = g.Mine(b.To(b.Tip().Height-depth), int(depth)+1)
				s.Grow(b, peers...)
			case 3:
				s.Kick(peers[1+s.Rand().IntN(4)])
			case 4:
				peers[3].Refuses = false
			}
		}
		peers[3].Refuses = false
		require.True(t, s.RunUntil(5*time.Minute, func() bool { return headersTo(s, b.Tip())() && s.Machine().Progress().Agreed >= 4 }), "%+v", s.Machine().Progress())
		s.Check(t)
		requireTrueHeaders(t, s, b, 1)
	})
}

// TestBulkKnownBeforehand: a filter header known beforehand judges a peer by its
// checkpoints alone, before a block is asked for.
func TestBulkKnownBeforehand(t *testing.T) {
	t.Parallel()
	w := longWorld()
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(spvtest.Every(7000, spvtest.Superset))}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Filters: spvtest.FilterLie{Withholds: true}}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 73, Keep: 1, Peers: []*spvtest.Peer{liar, honest}, Pinned: true,
		FilterCheckpoints: map[int32]chainhash.Hash{20_000: w.b[20_000].FilterHeader}})
	require.True(t, s.RunUntil(time.Minute, headersTo(s, w.b.Tip())))
	require.Equal(t, protocol.ReasonBadFilterHeaders, liar.Banned())
	require.Zero(t, s.Disk().Directs())
	requireTrueHeaders(t, s, w.b, 1)
	s.Check(t)
}

// TestBulkWaitsForNoStraggler: who is slow to name its checkpoints is asked no
// second time; they are compared when they come.
func TestBulkWaitsForNoStraggler(t *testing.T) {
	t.Parallel()
	w := midWorld()
	var peers []*spvtest.Peer
	for i := range 5 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Latency: 50 * time.Millisecond})
	}
	slow := peers[4]
	slow.Latency = 900 * time.Millisecond
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 74, Keep: 7200, Peers: peers, Pinned: true})
	requireConverged(t, s, w.b, 7200, time.Minute)
	count := watchCF(s)
	s.Keep(1)
	require.True(t, s.RunUntil(time.Minute, headersTo(s, w.b.Tip())))
	require.LessOrEqual(t, s.Now().Sub(count.first), 500*time.Millisecond)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().Agreed == 5 }))
	require.LessOrEqual(t, s.Now().Sub(count.first), 4*time.Second, "one answer for the checkpoints, one for what follows")
	require.Equal(t, 5, count.checkpts)
	s.Check(t)
}

// TestBulkChaos: any company with one good peer in it, far behind, while the
// chain forks, connections break and the machine dies. The filter headers are
// the true ones in the end, and no honest peer was wronged.
func TestBulkChaos(t *testing.T) {
	t.Parallel()
	w := midWorld()
	eachSeed(t, 16, func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 98))
		honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: time.Duration(10+rng.IntN(300)) * time.Millisecond, Refuses: rng.IntN(3) == 0}
		peers := []*spvtest.Peer{honest}
		for i := range 1 + rng.IntN(7) {
			p := anyPeer(rng, fmt.Sprint("p", i), w.b)
			if lie := p.Filters.False; lie != nil {
				// Here and there only: the story is of headers, not of blocks.
				n := int32(300 + rng.IntN(3000))
				p.Filters.False = func(b *spvtest.Block) []byte {
					if b.Height%n != 7 {
						return nil
					}
					return spvtest.Superset(b)
				}
				if rng.IntN(2) == 0 {
					p.Filters.False = spvtest.Every(n, spvtest.OmitOutput)
				}
			}
			peers = append(peers, p)
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: int32(1 + rng.IntN(3000)), Peers: peers, Pinned: true})
		count := watchCF(s)
		for range 8 {
			s.Run(time.Duration(rng.IntN(1500)) * time.Millisecond)
			switch rng.IntN(5) {
			case 0:
				s.Kick(peers[rng.IntN(len(peers))])
			case 1:
				s.CrashIn(time.Duration(rng.IntN(500)) * time.Millisecond)
			case 2:
				honest.Refuses = false
			}
		}
		honest.Refuses = false
		ok := s.RunUntil(time.Hour, func() bool {
			return s.Connected(honest) && s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash
		})
		s.Run(5 * time.Minute) // audits
		ok = ok && s.RunUntil(time.Hour, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash })
		s.Check(t)
		require.True(t, ok, "%+v", s.Machine().Progress())
		require.Zero(t, honest.Banned())
		requireTrueHashes(t, s, w.b, s.Machine().Progress().FiltersFrom)
		require.LessOrEqual(t, count.staged, 32+2*8)
	})
}

// TestBulkDisputeTakesItsTime: a majority that claims filters and shows none
// holds the others up for seconds, once, however many they are.
func TestBulkDisputeTakesItsTime(t *testing.T) {
	t.Parallel()
	w := midWorld()
	for _, liars := range []int{1, 7} {
		t.Run(fmt.Sprint(liars), func(t *testing.T) {
			t.Parallel()
			peers := []*spvtest.Peer{{Name: "10.99.0.1:8333", Chain: w.b, Latency: 50 * time.Millisecond}}
			for i := range liars {
				peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Latency: 50 * time.Millisecond,
					Filters: bulkLies()["withheld"]})
			}
			s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 75, Keep: 1, Peers: peers, Pinned: true})
			count := watchCF(s)
			require.True(t, s.RunUntil(5*time.Minute, headersTo(s, w.b.Tip())))
			require.LessOrEqual(t, s.Now().Sub(count.first), 8*time.Second)
			require.Empty(t, count.reverted)
			s.Run(2 * time.Minute)
			require.True(t, s.RunUntil(5*time.Minute, headersTo(s, w.b.Tip())))
			s.Check(t)
			requireTrueHashes(t, s, w.b, 1)
		})
	}
}
