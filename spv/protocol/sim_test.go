package protocol_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

var moreSeeds = flag.Int("seeds", 0, "so many more seeds for every simulation")

// seeds are run on every test; more of them unless -short.
func seeds(t *testing.T, fixed int) []uint64 {
	t.Helper()
	n := fixed
	if testing.Short() {
		n = max(1, fixed/4)
	}
	var list []uint64
	for s := range n + *moreSeeds {
		list = append(list, uint64(s)+1)
	}
	return list
}

// eachSeed runs a story with every seed.
func eachSeed(t *testing.T, fixed int, story func(t *testing.T, seed uint64)) {
	t.Helper()
	for _, seed := range seeds(t, fixed) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			story(t, seed)
		})
	}
}

// converged tells whether the machine is at the honest tip, headers current and
// all filters on disk.
func converged(s *spvtest.Sim, tip *spvtest.Block) func() bool {
	return func() bool {
		p := s.Machine().Progress()
		return p.HeadersCurrent && s.Disk().Tip().Hash == tip.Hash && p.FiltersTip.Hash == tip.Hash && p.FilterTip.Hash == tip.Hash &&
			s.Disk().Sound(p.FiltersFrom, tip.Height)
	}
}

// requireConverged lets time pass until all is well, and holds the disk against
// the truth.
func requireConverged(t *testing.T, s *spvtest.Sim, b spvtest.Branch, keep int32, within time.Duration) {
	t.Helper()
	ok := s.RunUntil(within, converged(s, b.Tip()))
	if !ok {
		t.Errorf("not converged: %+v, want %d", s.Machine().Progress(), b.Tip().Height)
	}
	s.Check(t)
	require.True(t, ok)
	requireTrueFilters(t, s, b, keep)
	stage := s.Machine().Progress().Stages.Filters
	require.Equal(t, stage.Total, stage.Done, "progress knows")
	requireHeld(t, s)
}

// requireHeld makes sure that what is said to be here for others is.
func requireHeld(t *testing.T, s *spvtest.Sim) {
	t.Helper()
	held, counted := s.Machine().FiltersHeld()
	require.Equal(t, counted, held)
}

// requireTrueFilters makes sure that no false filter survives unless its height
// is marked to be scanned by its block.
func requireTrueFilters(t *testing.T, s *spvtest.Sim, b spvtest.Branch, keep int32) {
	t.Helper()
	for _, blk := range b[keep:] {
		if s.Disk().Direct(blk.Height) {
			continue
		}
		if cfilter.Hash(s.Disk().Filter(blk.Hash)) != blk.FilterHash {
			t.Errorf("filter of %d is false or missing", blk.Height)
			s.Check(t)
			t.FailNow()
		}
	}
}

// requireQuiet makes sure that nothing goes on but pings once all is done.
func requireQuiet(t *testing.T, s *spvtest.Sim) {
	t.Helper()
	s.Run(time.Minute)
	sends := 0
	s.Watch = func(out protocol.Output) {
		if _, ok := out.(protocol.Send); ok {
			sends++
		}
	}
	s.Run(10 * time.Minute)
	s.Watch = nil
	peers := len(s.Machine().Peers())
	require.LessOrEqual(t, sends, 6*peers+6, "sends in ten quiet minutes with %d peers", peers)
	require.True(t, s.Machine().Next().After(s.Now()))
	s.Check(t)
}

// TestFourPeers is the mix the peer was built for: one honest peer, one that
// stalls, one that lies about headers, one that lies about filters.
func TestFourPeers(t *testing.T) {
	t.Parallel()
	headerLies := []spvtest.HeaderLie{spvtest.BadPoW, spvtest.BadBits, spvtest.OldTime, spvtest.Gap, spvtest.Unconnecting, spvtest.FromFuture, spvtest.Drip}
	filterLies := []spvtest.FilterLie{
		spvtest.Everywhere(spvtest.Every(7, spvtest.OmitOutput)),
		spvtest.Everywhere(spvtest.Every(11, spvtest.OmitSpent)),
		spvtest.Everywhere(spvtest.Every(13, spvtest.Superset)),
		spvtest.Everywhere(spvtest.From(150, spvtest.Every(9, spvtest.Garbage))),
		{False: spvtest.OmitOutput, InHeaders: true},
		{False: spvtest.OmitOutput, InFilters: true},
		{False: spvtest.OmitOutput, InCheckpoints: true},
		{False: spvtest.OmitOutput, InHeaders: true, Withholds: true},
	}
	eachSeed(t, 48, func(t *testing.T, seed uint64) {
		g := spvtest.NewGenerator(spvtest.Options{Seed: seed})
		b := g.Mine(g.Genesis(), 220+int(seed%3)*30)
		run := func() (*spvtest.Sim, *spvtest.Peer) {
			honest := &spvtest.Peer{Name: "honest", Chain: b, Latency: time.Duration(seed%5) * 100 * time.Millisecond, Jitter: 50 * time.Millisecond}
			stalls := &spvtest.Peer{Name: "stalls", Chain: b, StallAfter: int(seed % 6), NoBlocks: seed%2 == 0}
			if stalls.StallAfter == 0 {
				stalls.NoHeaders, stalls.NoCF = true, true
			}
			forger := &spvtest.Peer{Name: "forger", Chain: b, Headers: headerLies[seed%uint64(len(headerLies))], Claim: 5000 * int32(seed%2)}
			omits := &spvtest.Peer{Name: "omits", Chain: b, Filters: filterLies[seed%uint64(len(filterLies))], Latency: 10 * time.Millisecond}
			s := spvtest.NewSim(spvtest.SimConfig{Gen: g, Seed: seed, Keep: 1 + int32(seed%4)*50,
				Peers: []*spvtest.Peer{omits, stalls, forger, honest}, Pinned: seed%3 != 0})
			for _, blk := range b[3:6] {
				s.Want(blk.Hash)
			}
			return s, honest
		}
		s, honest := run()
		keep := 1 + int32(seed%4)*50
		settled := s.RunUntil(20*time.Minute, func() bool {
			p := s.Machine().Progress()
			return s.Disk().Tip().Hash == b.Tip().Hash && p.FiltersTip.Hash == b.Tip().Hash && len(s.Arrived) == 3
		})
		s.Run(2 * time.Minute) // audits
		if !settled {
			t.Errorf("not settled: %+v, %d blocks", s.Machine().Progress(), len(s.Arrived))
		}
		s.Check(t)
		require.True(t, settled)
		require.Zero(t, honest.Banned())
		require.Equal(t, b.Tip().Hash, s.Machine().Progress().FiltersTip.Hash)
		requireTrueFilters(t, s, b, keep)

		again, _ := run()
		again.RunUntil(s.Now().Sub(again.Now()), func() bool { return false })
		require.Equal(t, s.Trace(), again.Trace(), "the same seed gives the same run")
	})
}

// world is the usual beginning of a story.
type world struct {
	g *spvtest.Generator
	b spvtest.Branch
}

func newWorld(seed uint64, blocks int, empty bool) world {
	g := spvtest.NewGenerator(spvtest.Options{Seed: seed, Empty: empty})
	return world{g: g, b: g.Mine(g.Genesis(), blocks)}
}

func (w world) sim(seed uint64, keep int32, peers ...*spvtest.Peer) *spvtest.Sim {
	return spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: keep, Peers: peers, Pinned: true})
}

func TestOnePeerOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(1, 2500, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	s := w.sim(1, 1, a)
	s.Want(w.b[77].Hash)
	requireConverged(t, s, w.b, 1, time.Minute)
	require.True(t, s.RunUntil(time.Minute, func() bool { return len(s.Arrived) == 1 }))
	requireQuiet(t, s)
	// It goes on block by block.
	b := w.b
	for range 5 {
		b = w.g.Mine(b, 1)
		s.Grow(b, a)
		requireConverged(t, s, b, 1, 10*time.Second)
	}
	requireQuiet(t, s)
}

func TestBulkFromManyPeers(t *testing.T) {
	t.Parallel()
	w := newWorld(2, 9000, true)
	var peers []*spvtest.Peer
	for _, n := range []string{"a", "b", "c", "d"} {
		peers = append(peers, &spvtest.Peer{Name: n, Chain: w.b, Latency: 100 * time.Millisecond})
	}
	s := w.sim(2, 5000, peers...)
	headers := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "getheaders" {
			headers++
		}
	}
	requireConverged(t, s, w.b, 5000, time.Minute)
	require.LessOrEqual(t, headers, 14, "the same headers are not fetched from everybody")
	requireQuiet(t, s)
}

func TestReorgs(t *testing.T) {
	t.Parallel()
	eachSeed(t, 24, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 300, false)
		a := &spvtest.Peer{Name: "a", Chain: w.b, Latency: 40 * time.Millisecond, Invs: seed%3 == 0}
		c := &spvtest.Peer{Name: "c", Chain: w.b, Latency: 300 * time.Millisecond}
		lazy := &spvtest.Peer{Name: "lazy", Chain: w.b, NoFilters: true, Deaf: true}
		keep := int32(200)
		s := w.sim(seed, keep, a, c, lazy)
		b := w.b
		for i := range 12 {
			s.Run(time.Duration(s.Rand().IntN(3000)) * time.Millisecond)
			depth := 1 + s.Rand().IntN(12)
			if i == 7 {
				depth = 120 // below where filters begin
			}
			fork := max(int32(len(b)-1-depth), 1)
			b = w.g.Mine(b.To(fork), depth+1+s.Rand().IntN(3))
			s.Grow(b, a)
			// The others hear of it at different times; one may skip a reorg.
			if s.Rand().IntN(3) > 0 {
				late := b
				s.After(time.Duration(s.Rand().IntN(2000))*time.Millisecond, func() { s.Grow(late, c, lazy) })
			}
			if s.Rand().IntN(4) == 0 {
				s.CrashIn(time.Duration(s.Rand().IntN(500)) * time.Millisecond)
			}
		}
		s.Run(3 * time.Second)
		s.Grow(b, a, c, lazy)
		requireConverged(t, s, b, keep, 5*time.Minute)
		requireQuiet(t, s)
	})
}

func TestReorgDeeperThanOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(3, 5000, true)
	deep := w.g.Mine(w.b.To(700), 4500) // 5,200: forks 4,300 below
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	c := &spvtest.Peer{Name: "c", Chain: w.b}
	s := w.sim(3, 4000, a, c)
	requireConverged(t, s, w.b, 4000, time.Minute)
	s.Grow(deep, a)
	requireConverged(t, s, deep, 701, 2*time.Minute)
	require.Equal(t, int32(701), s.Machine().Progress().FiltersFrom, "what replaced blocks below the birthday is looked at")
	s.Grow(deep, c)
	requireConverged(t, s, deep, 701, 2*time.Minute)
	requireQuiet(t, s)
}

// TestDeepReorgKnownInPart: the peer that brought the first half of a deep
// branch leaves; the next must be followed through what is known already.
func TestDeepReorgKnownInPart(t *testing.T) {
	t.Parallel()
	w := newWorld(4, 6000, true)
	deep := w.g.Mine(w.b.To(700), 6000)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	half := &spvtest.Peer{Name: "half", Chain: deep.To(4700)} // two messages, less work
	s := w.sim(4, 5900, a, half)
	s.Run(time.Minute)
	require.Equal(t, w.b.Tip().Hash, s.Disk().Tip().Hash)
	s.Grow(deep, a)
	requireConverged(t, s, deep, 701, 2*time.Minute)
	requireQuiet(t, s)
}

func TestFiltersFromOlderBaseAfterReorg(t *testing.T) {
	t.Parallel()
	w := newWorld(5, 300, false)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	s := w.sim(5, 100, a)
	requireConverged(t, s, w.b, 100, time.Minute)
	// The program comes back wanting less, then the chain forks in between.
	s.SetKeep(250)
	s.Restart()
	requireConverged(t, s, w.b, 250, time.Minute)
	b := w.g.Mine(w.b.To(200), 110)
	s.Grow(b, a)
	requireConverged(t, s, b, 201, time.Minute)
	for h := int32(201); h <= b.Tip().Height; h++ {
		got, ok := s.Machine().FilterHeader(h)
		prev, _ := s.Machine().FilterHeader(h - 1)
		require.True(t, ok)
		require.Equal(t, cfilter.NextHeader(b[h].FilterHash, prev), got)
	}
}

// TestLateHonestPeer: whatever a liar had us believe, one honest peer that
// comes later puts right.
func TestLateHonestPeer(t *testing.T) {
	t.Parallel()
	lies := map[string]func(*spvtest.Block) []byte{
		"omits an output": spvtest.Every(37, spvtest.OmitOutput),
		"omits a spend":   spvtest.Every(37, spvtest.OmitSpent),
		"adds":            spvtest.Every(37, spvtest.Superset),
		"garbage":         spvtest.From(200, spvtest.Every(21, spvtest.Garbage)),
		"always":          spvtest.From(180, spvtest.OmitOutput),
	}
	for name, lie := range lies {
		for _, reads := range []bool{true, false} {
			for _, stays := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s reads=%v stays=%v", name, reads, stays), func(t *testing.T) {
					t.Parallel()
					w := newWorld(6, 260, false)
					liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(lie)}
					honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
					s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 6, Keep: 1, Peers: []*spvtest.Peer{liar, honest}, Pinned: true, NoReads: !reads})
					require.True(t, s.RunUntil(time.Minute, converged(s, w.b.Tip())), "the liar alone is believed")
					if !stays {
						liar.Refuses = true
						s.Kick(liar)
					}
					honest.Refuses = false
					s.Run(10 * time.Minute)
					requireConverged(t, s, w.b, 1, 10*time.Minute)
					undecidable := name == "omits a spend" || name == "adds"
					if !undecidable || !stays && !reads {
						require.Zero(t, s.Disk().Directs(), "the block decides, or nobody stands by ours")
					}
					requireQuiet(t, s)
				})
			}
		}
	}
}

// TestLateAuditByCheckpoints: a long chain, and a liar at a few heights.
func TestLateAuditByCheckpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(7, 6500, true)
	lie := func(b *spvtest.Block) []byte {
		if b.Height == 4321 || b.Height == 6100 {
			return spvtest.OmitOutput(b)
		}
		return nil
	}
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(lie)}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
	s := w.sim(7, 1, liar, honest)
	require.True(t, s.RunUntil(2*time.Minute, converged(s, w.b.Tip())))
	honest.Refuses = false
	reverted := int32(-1)
	require.True(t, s.RunUntil(5*time.Minute, func() bool {
		for _, e := range s.Events {
			if r, ok := e.(protocol.FiltersReverted); ok {
				reverted = r.Height
			}
		}
		return reverted >= 0
	}))
	require.Equal(t, int32(4321), reverted)
	require.Equal(t, protocol.ReasonBadFilterHeaders, liar.Banned())
	requireConverged(t, s, w.b, 1, 5*time.Minute)
	requireQuiet(t, s)
}

// TestUndecidable: the block cannot tell, so the height is scanned by its block
// and nobody is banned.
func TestUndecidable(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(*spvtest.Block) []byte{
		"omits a spend": spvtest.OmitSpent, "adds": spvtest.Superset,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(8, 220, false)
			few := func(b *spvtest.Block) []byte {
				if b.Height < 200 || b.Height > 210 {
					return nil
				}
				return lie(b)
			}
			liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(few)}
			honest := &spvtest.Peer{Name: "honest", Chain: w.b}
			s := w.sim(8, 1, liar, honest)
			requireConverged(t, s, w.b, 1, 5*time.Minute)
			for h := int32(1); h <= 220; h++ {
				lied := few(w.b[h]) != nil
				require.Equal(t, lied, s.Disk().Direct(h), "height %d", h)
			}
			require.Zero(t, liar.Banned())
			require.Zero(t, honest.Banned())
			requireQuiet(t, s)
			// A restart does not open the dispute again.
			disputes := s.Disk().Directs()
			s.Restart()
			requireConverged(t, s, w.b, 1, 5*time.Minute)
			require.Equal(t, disputes, s.Disk().Directs())
		})
	}
}

func TestUndecidableFloodIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(9, 400, true)
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(spvtest.Superset)}
	h1 := &spvtest.Peer{Name: "h1", Chain: w.b}
	h2 := &spvtest.Peer{Name: "h2", Chain: w.b}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 9, Keep: 1, Peers: []*spvtest.Peer{liar, h1, h2}})
	requireConverged(t, s, w.b, 1, 10*time.Minute)
	require.LessOrEqual(t, s.Disk().Directs(), 60)
	require.True(t, s.Connected(h1) && s.Connected(h2), "the honest stay")
	s.Run(time.Hour)
	require.LessOrEqual(t, s.Disk().Directs(), 60+12, "it may be the only honest one, and is heard seldom")
	requireConverged(t, s, w.b, 1, 10*time.Minute)
}

// TestUndecidableMajority: many who leave something out together do not get rid of
// the one that does not.
func TestUndecidableMajority(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 160, false)
		honest := &spvtest.Peer{Name: "10.1.0.1:8333", Chain: w.b}
		peers := []*spvtest.Peer{honest}
		for i := range 5 {
			peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", 66+i), Chain: w.b, Malicious: true,
				Filters: spvtest.Everywhere(spvtest.OmitSpent)})
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: peers, Slots: 6})
		require.True(t, s.RunUntil(10*time.Minute, converged(s, w.b.Tip())))
		for range 24 {
			s.Run(time.Hour)
			require.True(t, s.Connected(honest))
			require.LessOrEqual(t, len(s.Machine().Peers()), 6)
		}
		requireConverged(t, s, w.b, 1, time.Hour)
	})
}

func TestAllLiarsThenHonest(t *testing.T) {
	t.Parallel()
	eachSeed(t, 8, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 240, false)
		peers := []*spvtest.Peer{
			{Name: "pow", Chain: w.b, Headers: spvtest.BadPoW},
			{Name: "bits", Chain: w.b, Headers: spvtest.BadBits},
			{Name: "gap", Chain: w.b, Headers: spvtest.Gap},
			{Name: "omits", Chain: w.b, Filters: spvtest.Everywhere(spvtest.Every(5, spvtest.OmitOutput))},
			{Name: "unfit", Chain: w.b, Filters: spvtest.FilterLie{False: spvtest.OmitOutput, InFilters: true}},
			{Name: "blocks", Chain: w.b, Blocks: spvtest.AlteredTx, NoFilters: true},
			{Name: "fork", Chain: w.g.Mine(w.b.To(100), 90), LowWork: true},
		}
		honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: append(peers, honest), Pinned: seed%2 == 0, Slots: 8})
		s.Want(w.b[120].Hash)
		s.Run(time.Minute)
		honest.Refuses = false
		require.True(t, s.RunUntil(time.Hour, func() bool { return s.Connected(honest) }))
		s.Run(10 * time.Minute)
		requireConverged(t, s, w.b, 1, 3*time.Hour)
		require.True(t, s.RunUntil(time.Hour, func() bool { return len(s.Arrived) == 1 }))
		s.Check(t)
	})
}

// TestWhoIsBanned: what can be proved bans, nothing else does.
func TestWhoIsBanned(t *testing.T) {
	t.Parallel()
	often := spvtest.Every(3, spvtest.OmitOutput)
	cases := map[string]struct {
		liar spvtest.Peer
		want protocol.Reason
	}{
		"pow":          {spvtest.Peer{Headers: spvtest.BadPoW}, protocol.ReasonBadHeaders},
		"bits":         {spvtest.Peer{Headers: spvtest.BadBits}, protocol.ReasonBadHeaders},
		"old time":     {spvtest.Peer{Headers: spvtest.OldTime}, protocol.ReasonBadHeaders},
		"gap":          {spvtest.Peer{Headers: spvtest.Gap}, protocol.ReasonBadHeaders},
		"omits":        {spvtest.Peer{Filters: spvtest.Everywhere(often)}, protocol.ReasonBadFilterHeaders},
		"no filter":    {spvtest.Peer{Filters: spvtest.Everywhere(spvtest.Garbage)}, protocol.ReasonBadFilterHeaders},
		"false filter": {spvtest.Peer{Filters: spvtest.FilterLie{False: often, InFilters: true}}, protocol.ReasonBadFilter},
		"false hash":   {spvtest.Peer{Filters: spvtest.FilterLie{False: often, InHeaders: true}}, protocol.ReasonBadFilter},

		"unconnected": {spvtest.Peer{Headers: spvtest.Unconnecting}, 0},
		"future":      {spvtest.Peer{Headers: spvtest.FromFuture}, 0},
		"drip":        {spvtest.Peer{Headers: spvtest.Drip}, 0},
		"adds":        {spvtest.Peer{Filters: spvtest.Everywhere(spvtest.Every(30, spvtest.Superset))}, 0},
		"hides spend": {spvtest.Peer{Filters: spvtest.Everywhere(spvtest.Every(30, spvtest.OmitSpent))}, 0},
		"withholds":   {spvtest.Peer{Filters: spvtest.FilterLie{False: often, InHeaders: true, Withholds: true}}, 0},
		"stalls":      {spvtest.Peer{StallAfter: 2}, 0},
		"hangs up":    {spvtest.Peer{HangUp: 0.3}, 0},
		"no block":    {spvtest.Peer{NotFound: true}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(26, 230, false)
			liar := c.liar
			// First in line and quick, so that it is heard first.
			liar.Name, liar.Chain, liar.Latency, liar.Malicious = "liar", w.b, 5*time.Millisecond, true
			honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: 50 * time.Millisecond}
			s := w.sim(26, 1, &liar, honest)
			require.True(t, s.RunUntil(10*time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
			s.Run(time.Minute)
			s.Check(t)
			require.Equal(t, c.want, liar.Banned())
			require.Zero(t, honest.Banned())
			requireTrueFilters(t, s, w.b, 1)
			if c.want != 0 {
				dials := liar.Dials()
				s.Run(23 * time.Hour)
				require.Equal(t, dials, liar.Dials(), "refused for a day")
				s.Run(2 * time.Hour)
				require.Greater(t, liar.Dials(), dials)
			}
		})
	}
}

func TestLowWorkFork(t *testing.T) {
	t.Parallel()
	w := newWorld(10, 300, false)
	fork := w.g.Mine(w.b.To(50), 200)
	liar := &spvtest.Peer{Name: "liar", Chain: fork, LowWork: true, Latency: time.Millisecond, Claim: 1000}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: 500 * time.Millisecond}
	s := w.sim(10, 1, liar, honest)
	require.True(t, s.RunUntil(5*time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
	requireTrueFilters(t, s, w.b, 1)
	requireQuiet(t, s)
}

// TestSilentAtGenesis: btcd does not answer getheaders at height 0, and mines
// its first block while the question is open.
func TestSilentAtGenesis(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{time.Second, 5 * time.Second, time.Minute} {
		for _, invs := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v invs=%v", after, invs), func(t *testing.T) {
				t.Parallel()
				w := newWorld(11, 1, false)
				p := &spvtest.Peer{Name: "btcd", Chain: w.g.Genesis(), NoHeaders: true, NoCF: true, Invs: invs, Claim: -1}
				s := w.sim(11, 1, p)
				s.Run(after)
				require.Equal(t, after > protocol.SilentPeer, s.Machine().Progress().HeadersCurrent)
				p.NoHeaders, p.NoCF = false, false
				s.Grow(w.b, p)
				requireConverged(t, s, w.b, 1, 30*time.Second)
				requireQuiet(t, s)
			})
		}
	}
}

// TestSilentWithOldTip: a peer that claims more than we have and says nothing
// must not make us believe that we are current.
func TestSilentWithOldTip(t *testing.T) {
	t.Parallel()
	w := newWorld(12, 150, false)
	old := &spvtest.Peer{Name: "old", Chain: w.b, NoHeaders: true, NoCF: true}
	s := w.sim(12, 1, old)
	for range 300 {
		s.Run(time.Second)
		require.False(t, s.Machine().Progress().HeadersCurrent)
	}
	require.Zero(t, old.Banned())
	s.Check(t)

	// With somebody else who answers, filters begin though it stays silent.
	honest := &spvtest.Peer{Name: "honest", Chain: w.b.To(140)}
	s = w.sim(12, 1, old, honest)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Height == 140 }))
	require.False(t, s.Machine().Progress().HeadersCurrent)
	s.Grow(w.b, honest)
	requireConverged(t, s, w.b, 1, time.Minute)
}

func TestPinnedAddressThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(13, 20, false)
	for name, dead := range map[string]*spvtest.Peer{
		"refuses": {Name: "dead", Chain: w.b, Refuses: true},
		"hangs":   {Name: "dead", Chain: w.b, Hangs: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &spvtest.Peer{Name: "a", Chain: w.b}
			s := w.sim(13, 1, a, dead)
			start := s.Now()
			require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().HeadersCurrent }))
			if dead.Hangs {
				require.Equal(t, protocol.PinnedGrace, s.Now().Sub(start))
			} else {
				require.Less(t, s.Now().Sub(start), time.Second)
			}
			requireConverged(t, s, w.b, 1, time.Minute)
		})
	}
}

func TestDisconnectsInMidLease(t *testing.T) {
	t.Parallel()
	eachSeed(t, 16, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 1500, true)
		var peers []*spvtest.Peer
		for i := range 4 {
			peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: w.b, HangUp: 0.1,
				Jitter: 200 * time.Millisecond, Slow: time.Duration(seed%3) * 5 * time.Millisecond})
		}
		s := w.sim(seed, 1, peers...)
		for range 10 {
			s.After(time.Duration(s.Rand().IntN(20_000))*time.Millisecond, func() { s.Kick(peers[s.Rand().IntN(4)]) })
		}
		for _, blk := range w.b[10:30] {
			s.Want(blk.Hash)
		}
		requireConverged(t, s, w.b, 1, 10*time.Minute)
		require.True(t, s.RunUntil(10*time.Minute, func() bool { return len(s.Arrived) == 20 }), "%d blocks", len(s.Arrived))
		s.Check(t)
	})
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	eachSeed(t, 24, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 1200, true)
		liar := &spvtest.Peer{Name: "liar", Chain: w.b, Latency: 10 * time.Millisecond,
			Filters: spvtest.Everywhere(spvtest.Every(300, spvtest.OmitOutput))}
		a := &spvtest.Peer{Name: "a", Chain: w.b, Latency: 80 * time.Millisecond, Refuses: true}
		s := w.sim(seed, 1, liar, a)
		b := w.b
		for i := range 15 {
			s.CrashIn(time.Duration(s.Rand().IntN(1200)) * time.Millisecond)
			s.Run(1500 * time.Millisecond)
			if i == 7 {
				a.Refuses = false
			}
			if i%4 == 3 {
				b = w.g.Mine(b.To(b.Tip().Height-2), 4)
				s.Grow(b, liar, a)
			}
		}
		requireConverged(t, s, b, 1, 5*time.Minute)
		s.Run(2 * time.Minute)
		requireConverged(t, s, b, 1, 5*time.Minute)
		requireQuiet(t, s)
	})
}

func TestFilterLost(t *testing.T) {
	t.Parallel()
	w := newWorld(14, 400, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b, Slow: 5 * time.Millisecond}
	s := w.sim(14, 1, a)
	lose := func(h int32) {
		s.Disk().Lose(w.b[h].Hash)
		s.Input(protocol.FilterLost{Height: h, Block: w.b[h].Hash})
	}
	// In mid-download, within a running lease, and of what is not there yet.
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Filter(w.b[20].Hash) != nil }))
	lose(3)
	lose(20)
	lose(390)
	// FiltersAdvanced may have told of a filter that was lost later.
	requireConverged(t, s, w.b, 1, 2*time.Minute)
	lose(1)
	lose(200)
	s.Input(protocol.FilterLost{Height: 200, Block: w.b[199].Hash}) // another block: nothing
	require.Equal(t, int32(0), s.Machine().Progress().FiltersTip.Height)
	requireConverged(t, s, w.b, 1, 2*time.Minute)
	requireQuiet(t, s)
}

func TestKeepFiltersLowered(t *testing.T) {
	t.Parallel()
	w := newWorld(15, 600, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	s := w.sim(15, 500, a)
	requireConverged(t, s, w.b, 500, time.Minute)
	again := 0
	s.Watch = func(out protocol.Output) {
		if f, ok := out.(protocol.SaveFilter); ok && f.Height >= 500 {
			again++
		}
	}
	s.Keep(550) // higher: nothing changes
	require.Equal(t, int32(500), s.Machine().Progress().FiltersFrom)
	s.Keep(100)
	requireConverged(t, s, w.b, 100, time.Minute)
	require.Zero(t, again, "what is on disk is not downloaded again")
	s.Keep(-5)
	requireConverged(t, s, w.b, 1, time.Minute)
	require.Equal(t, int32(1), s.Machine().Progress().FiltersFrom)
	requireQuiet(t, s)
}

func TestKeepFiltersAheadOfChain(t *testing.T) {
	t.Parallel()
	w := newWorld(16, 60, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b.To(40)}
	s := w.sim(16, 50, a)
	require.True(t, s.RunUntil(time.Minute, converged40(s, w)))
	s.Grow(w.b.To(46), a)
	s.Grow(w.b.To(52), a)
	s.Grow(w.b, a)
	requireConverged(t, s, w.b, 50, time.Minute)
	requireQuiet(t, s)
}

func converged40(s *spvtest.Sim, w world) func() bool {
	return func() bool {
		p := s.Machine().Progress()
		return p.HeadersCurrent && p.Tip.Hash == w.b[40].Hash && p.FiltersTip.Hash == w.b[40].Hash
	}
}

func TestFilterDisproved(t *testing.T) {
	t.Parallel()
	w := newWorld(17, 260, false)
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(spvtest.Every(100, spvtest.OmitOutput))}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
	s := w.sim(17, 1, liar, honest)
	require.True(t, s.RunUntil(time.Minute, converged(s, w.b.Tip())))
	s.Input(protocol.FilterDisproved{Height: 100, Block: w.b[99].Hash}) // not that block
	require.Zero(t, liar.Banned())
	s.Input(protocol.FilterDisproved{Height: 100, Block: w.b[100].Hash})
	require.Equal(t, protocol.ReasonBadFilterHeaders, liar.Banned())
	require.Equal(t, int32(99), s.Machine().Progress().FiltersTip.Height)
	honest.Refuses = false
	requireConverged(t, s, w.b, 1, time.Minute)
	requireQuiet(t, s)
}

func TestBlockLiars(t *testing.T) {
	t.Parallel()
	lies := map[string]spvtest.BlockLie{"tx": spvtest.AlteredTx, "witness": spvtest.AlteredWitness, "tail": spvtest.RepeatedTail}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(18, 140, false)
			liar := &spvtest.Peer{Name: "liar", Chain: w.b, Blocks: lie}
			honest := &spvtest.Peer{Name: "honest", Chain: w.b}
			s := w.sim(18, 1, liar, honest)
			requireConverged(t, s, w.b, 1, time.Minute)
			for _, b := range w.b[110:130] {
				s.Want(b.Hash)
			}
			require.True(t, s.RunUntil(5*time.Minute, func() bool { return len(s.Arrived) == 20 }))
			require.Equal(t, protocol.ReasonBadBlock, liar.Banned())
			s.Check(t)
		})
	}
}

// TestUnavailableBlocks: what nobody has does not keep back what somebody has,
// and a peer that was silent once is asked again.
func TestUnavailableBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(19, 60, false)
	stale := w.g.Mine(w.b.To(40), 8)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	other := &spvtest.Peer{Name: "other", Chain: w.b, Blocks: spvtest.OtherBlock, NotFound: false}
	s := w.sim(19, 1, a, other)
	for _, b := range stale[41:] {
		s.Want(b.Hash)
	}
	s.Want(w.b[7].Hash)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Arrived[w.b[7].Hash] != nil }))
	requireConverged(t, s, w.b, 1, time.Minute)

	a.NoBlocks = true
	s.Want(w.b[8].Hash)
	s.Run(5 * time.Minute)
	require.Nil(t, s.Arrived[w.b[8].Hash])
	a.NoBlocks = false
	require.True(t, s.RunUntil(3*time.Minute, func() bool { return s.Arrived[w.b[8].Hash] != nil }))
	for _, b := range stale[41:] {
		s.Input(protocol.DropBlock{Hash: b.Hash})
	}
	requireQuiet(t, s)
}

func TestClockBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(20, 50, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	start := time.Unix(int64(w.b[30].Header.Time()), 0).UTC()
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 20, Keep: 1, Peers: []*spvtest.Peer{a}, Pinned: true, Start: start})
	s.Run(time.Minute)
	require.False(t, s.Machine().Progress().HeadersCurrent, "not current while the chain lies in the future")
	require.Contains(t, s.Events, protocol.Event(protocol.Warned{Warning: protocol.Warning{Kind: protocol.WarnClock, Height: 43, Peer: "a"}}))
	requireConverged(t, s, w.b, 1, 4*time.Hour)

	// One liar about time does not keep the others from being believed.
	future := &spvtest.Peer{Name: "future", Chain: w.b, Headers: spvtest.FromFuture}
	s = w.sim(20, 1, a, future)
	requireConverged(t, s, w.b, 1, time.Minute)
}

// TestCircle: a peer that gives the same headers for ever neither leads for
// ever nor keeps us from being current.
func TestCircle(t *testing.T) {
	t.Parallel()
	w := newWorld(21, 9000, true)
	circle := &spvtest.Peer{Name: "circle", Chain: w.b, Headers: spvtest.Circle, Latency: time.Millisecond}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: 200 * time.Millisecond}
	s := w.sim(21, 8990, circle, honest)
	require.True(t, s.RunUntil(5*time.Minute, func() bool { return s.Disk().Tip().Hash == w.b.Tip().Hash }), "%v", s.Machine().Progress())
	circle.Refuses = true
	requireConverged(t, s, w.b, 8990, 10*time.Minute)
}

// TestSilentLead: who is to feed us alone and says nothing costs seconds, and
// who is only slow is not given up for nothing.
func TestSilentLead(t *testing.T) {
	t.Parallel()
	w := newWorld(27, 9000, true)
	silent := &spvtest.Peer{Name: "silent", Chain: w.b, NoHeaders: true, NoCF: true, Latency: time.Millisecond}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: 100 * time.Millisecond}
	s := w.sim(27, 8990, silent, honest)
	began := s.Now()
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Tip().Hash == w.b.Tip().Hash }))
	require.Less(t, s.Now().Sub(began), 5*time.Second)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
	require.Less(t, s.Now().Sub(began), 6*time.Second)
	s.Check(t)

	// All are as slow: the line is. Few headers come twice.
	var slow []*spvtest.Peer
	for i := range 4 {
		slow = append(slow, &spvtest.Peer{Name: fmt.Sprint(i), Chain: w.b, Latency: 2 * time.Second})
	}
	s = w.sim(27, 0, slow...)
	asked := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "getheaders" {
			asked++
		}
	}
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Tip().Hash == w.b.Tip().Hash }))
	require.LessOrEqual(t, asked, 10, "five messages, one twice, and all at the end")
	s.Check(t)
}

// TestForgetfulAnnouncer: a peer that announces nothing is asked again in the
// end.
func TestForgetfulAnnouncer(t *testing.T) {
	t.Parallel()
	w := newWorld(22, 50, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b.To(45), Deaf: true}
	s := w.sim(22, 1, a)
	s.Run(time.Minute)
	s.Grow(w.b, a)
	requireConverged(t, s, w.b, 1, 31*time.Minute)
}

func TestSwitchesFromUselessFilterPeers(t *testing.T) {
	t.Parallel()
	w := newWorld(23, 80, true)
	var peers []*spvtest.Peer
	for i := range 4 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("10.", i, ".0.1:8333"), Chain: w.b, NoCF: true})
	}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 23, Keep: 1, Peers: peers})
	s.Run(time.Minute)
	good := &spvtest.Peer{Name: "10.9.0.1:8333", Chain: w.b}
	s.AddPeer(good)
	require.True(t, s.RunUntil(10*time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
	s.Check(t)
}

func TestReplacesDeadPeers(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 30, true)
		var peers []*spvtest.Peer
		for i := range 24 {
			peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, NoFilters: i%3 == 0, Refuses: i%5 == 4})
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: peers})
		for range 6 {
			requireConverged(t, s, w.b, 1, time.Minute)
			s.Run(10 * time.Second)
			infos := s.Machine().Peers()
			require.Len(t, infos, protocol.DefaultPeers)
			for _, p := range peers {
				if p.Name == infos[0].Addr {
					p.Refuses = true
					s.Kick(p)
				}
			}
		}
		s.Check(t)
	})
}

func TestFilterCheckpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(24, 300, false)
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(spvtest.Every(120, spvtest.Superset))}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 24, Keep: 1, Peers: []*spvtest.Peer{liar, honest}, Pinned: true,
		FilterCheckpoints: map[int32]chainhash.Hash{250: w.b[250].FilterHeader}})
	s.Run(time.Minute)
	require.Equal(t, protocol.ReasonBadFilterHeaders, liar.Banned())
	honest.Refuses = false
	requireConverged(t, s, w.b, 1, time.Minute)
	require.Zero(t, s.Disk().Directs(), "what a checkpoint settles needs no dispute")
}

func TestRetargetingNetworkFromCheckpoint(t *testing.T) {
	t.Parallel()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 25, Period: 50, Spacing: 5 * time.Minute, Empty: true})
	b := g.Mine(g.Genesis(), 240)
	base := g.Checkpoint(b, 99)
	g.Params().Checkpoints = []chain.Base{g.Checkpoint(b, 49), base}
	liar := &spvtest.Peer{Name: "liar", Chain: b, Headers: spvtest.BadBits}
	honest := &spvtest.Peer{Name: "honest", Chain: b}
	behind := &spvtest.Peer{Name: "behind", Chain: b.To(60)} // honest, but below our base
	s := spvtest.NewSim(spvtest.SimConfig{Gen: g, Seed: 25, Keep: 1, Base: base, Peers: []*spvtest.Peer{liar, honest, behind}, Pinned: true})
	requireConverged(t, s, b, 1, time.Minute)
	require.Equal(t, protocol.ReasonBadHeaders, liar.Banned())
	require.Equal(t, int32(1), s.Machine().Progress().FiltersFrom)
	require.Equal(t, int32(-1), s.Disk().Base().Height, "what filters need is fetched below")
	s.Restart()
	requireConverged(t, s, b, 1, time.Minute)
	requireQuiet(t, s)
}
