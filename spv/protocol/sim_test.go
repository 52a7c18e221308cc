package protocol_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

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
		return p.HeadersCurrent && s.Disk().Tip().Hash == tip.Hash && p.FiltersTip.Hash == tip.Hash && p.FilterTip.Hash == tip.Hash
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
