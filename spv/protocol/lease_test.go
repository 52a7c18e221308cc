package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// pacedPeers are peers that deliver so many filters a second each, at a tenth of
// a second's distance.
func pacedPeers(b spvtest.Branch, perSecond ...int) []*spvtest.Peer {
	var peers []*spvtest.Peer
	for i, n := range perSecond {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: b, Latency: 50 * time.Millisecond,
			Slow: time.Second/time.Duration(n) - time.Millisecond})
	}
	return peers
}

// download is how a download of filters went.
type download struct {
	took  time.Duration // from the first question to the last filter
	asked int           // filters asked for, some of them twice
}

// fetchFilters lets all filters of a chain come from these peers.
func fetchFilters(t *testing.T, w world, seed uint64, within time.Duration, peers ...*spvtest.Peer) download {
	t.Helper()
	s := w.sim(seed, 1, peers...)
	var d download
	var begun time.Time
	s.Watch = func(out protocol.Output) {
		if start, stop, ok := filtersAsked(w.g, out); ok {
			if begun.IsZero() {
				begun = s.Now()
			}
			d.asked += int(stop-start) + 1
		}
	}
	if !s.RunUntil(within, converged(s, w.b.Tip())) {
		t.Errorf("not converged: %+v", s.Machine().Progress())
	}
	s.Check(t)
	d.took = s.Now().Sub(begun)
	return d
}

func TestPeersAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(31, 8000, true)
	one := fetchFilters(t, w, 31, 10*time.Minute, pacedPeers(w.b, 100)...)
	eight := fetchFilters(t, w, 31, 10*time.Minute, pacedPeers(w.b, 100, 100, 100, 100, 100, 100, 100, 100)...)
	t.Logf("one peer %v, eight %v, %d of 8000 filters asked", one.took, eight.took, eight.asked)
	require.Less(t, eight.took, one.took*10/70)
	require.Less(t, eight.asked, 8000*105/100)
}

// TestSlowPeersHoldNothingUp: the end comes when it could come at best, whatever
// one peer's pace.
func TestSlowPeersHoldNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(32, 6000, true)
	for name, paces := range map[string][]int{
		"one slow": {100, 100, 100, 100, 2}, "one fast": {3, 400, 3, 5, 1}, "all different": {10, 30, 90, 270}, "twice": {50, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sum := 0
			for _, n := range paces {
				sum += n
			}
			ideal := time.Duration(float64(6000) / float64(sum) * float64(time.Second))
			d := fetchFilters(t, w, 32, 20*time.Minute, pacedPeers(w.b, paces...)...)
			t.Logf("%v, at best %v, %d of 6000 filters asked", d.took, ideal, d.asked)
			require.Less(t, d.took, ideal*115/100+2*time.Second)
			require.Less(t, d.asked, 6000*130/100)
		})
	}
	t.Run("stalls", func(t *testing.T) {
		t.Parallel()
		peers := pacedPeers(w.b, 100, 100, 100, 100)
		peers[0].StallAfter = 9
		d := fetchFilters(t, w, 32, 20*time.Minute, peers...)
		t.Logf("%v, %d of 6000 filters asked", d.took, d.asked)
		require.Less(t, d.took, 25*time.Second)
	})
}

// TestAnyCompanyGivesFilters: slow, stalling, leaving and lying peers in any
// mixture, one of them good: all filters come, and true ones.
func TestAnyCompanyGivesFilters(t *testing.T) {
	t.Parallel()
	eachSeed(t, 24, func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 77))
		w := newWorld(seed, 700+rng.IntN(900), true)
		good := pacedPeers(w.b, 20+rng.IntN(200))[0]
		good.Name = "good"
		peers := []*spvtest.Peer{good}
		for i := range 1 + rng.IntN(7) {
			p := anyPeer(rng, fmt.Sprint("p", i), w.b)
			p.NoFilters = false
			peers = append(peers, p)
		}
		rng.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
		s := w.sim(seed, 1, peers...)
		ok := s.RunUntil(time.Hour, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash })
		s.Run(time.Hour) // audits, some of them seldom (disputePause)
		if p := s.Machine().Progress(); !ok || p.FiltersTip.Hash != w.b.Tip().Hash {
			t.Errorf("not settled: %+v", p)
		}
		s.Check(t)
		require.Zero(t, good.Banned())
		requireTrueFilters(t, s, w.b, 1)
	})
}

// filtersAsked is the range that an output asks a peer for filters of.
func filtersAsked(g *spvtest.Generator, out protocol.Output) (from, to int32, ok bool) {
	send, ok := out.(protocol.Send)
	if !ok {
		return 0, 0, false
	}
	get, ok := send.Msg.(*wire.MsgGetCFilters)
	if !ok {
		return 0, 0, false
	}
	return int32(get.StartHeight), g.Find(get.StopHash).Height, true
}
