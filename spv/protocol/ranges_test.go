package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// anchored is a chain of many periods with a checkpoint after each. Tests share
// it, and must not mine on it.
type anchored struct {
	g      *spvtest.Generator
	b      spvtest.Branch
	late   spvtest.Branch // leaves b above the last checkpoint, and has more work
	forged spvtest.Branch // leaves b in the midst, and passes the checkpoints by
	marks  []chain.Base
}

func newAnchored(period, periods, above int) anchored {
	spacing := time.Duration(period) * 10 * time.Minute / time.Duration(period-1) // keeps the target
	g := spvtest.NewGenerator(spvtest.Options{Seed: 77, Period: period, Spacing: spacing, Empty: true})
	w := anchored{g: g, b: g.Mine(g.Genesis(), period*periods+above)}
	for n := 1; n <= periods; n++ {
		w.marks = append(w.marks, g.Checkpoint(w.b, int32(n*period)-1))
	}
	w.late = g.Mine(w.b.To(int32(period*periods+above/2)), above)
	w.forged = g.Mine(w.b.To(int32(period*periods/2+period/3)), period*periods/2)
	g.Params().Checkpoints = w.marks
	return w
}

// In short a range is one message, in long it is two.
var (
	short = sync.OnceValue(func() anchored { return newAnchored(20, 130, 15) })
	long  = sync.OnceValue(func() anchored { return newAnchored(2500, 9, 300) })
)

func (w anchored) peer(name string, latency time.Duration) *spvtest.Peer {
	return &spvtest.Peer{Name: name, Chain: w.b, Latency: latency}
}

// sim begins at the newest checkpoint.
func (w anchored) sim(seed uint64, headers int32, peers ...*spvtest.Peer) *spvtest.Sim {
	return spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Base: w.marks[len(w.marks)-1], Headers: headers, Peers: peers, Pinned: true})
}

// lowered tells whether headers reach down to a height.
func lowered(s *spvtest.Sim, base int32) func() bool {
	return func() bool { return s.Disk().Base().Height == base && s.Machine().Progress().HeadersCurrent }
}

func requireLowered(t *testing.T, s *spvtest.Sim, base int32, within time.Duration) {
	t.Helper()
	ok := s.RunUntil(within, lowered(s, base))
	if !ok {
		t.Errorf("headers begin above %d, want above %d", s.Disk().Base().Height, base)
	}
	s.Check(t)
	require.True(t, ok)
}

// rangedSends counts the requests for old headers, by peer.
func rangedSends(s *spvtest.Sim) map[string]int {
	sends := make(map[string]int)
	s.Watch = func(out protocol.Output) {
		send, ok := out.(protocol.Send)
		if !ok {
			return
		}
		if msg, ok := send.Msg.(*wire.MsgGetHeaders); ok && msg.HashStop != (chainhash.Hash{}) {
			for _, p := range s.Machine().Peers() {
				if p.ID == send.Peer {
					sends[p.Addr]++
				}
			}
		}
	}
	return sends
}

// TestOldHeaders: what is wanted below comes from all peers at once, nothing
// twice, after the tip.
func TestOldHeaders(t *testing.T) {
	t.Parallel()
	w := long()
	var peers []*spvtest.Peer
	for i := range 4 {
		peers = append(peers, w.peer(fmt.Sprint("p", i), 100*time.Millisecond))
	}
	s := w.sim(1, 3500, peers...)
	sends := rangedSends(s)
	require.True(t, s.RunUntil(time.Minute, func() bool { return len(sends) > 0 }))
	require.True(t, s.Machine().Progress().HeadersCurrent, "the tip comes first")
	require.Equal(t, int32(22_500), s.Machine().Progress().Base)
	require.Equal(t, int32(2500), s.Machine().Progress().BaseWanted)
	stage := s.Machine().Progress().Stages.Headers
	require.Equal(t, int32(301), stage.Done)
	require.Equal(t, int32(20_301), stage.Total)
	began := s.Now()
	requireLowered(t, s, 2499, time.Minute)
	require.Less(t, s.Now().Sub(began), 1500*time.Millisecond, "two round trips")
	total := 0
	for _, n := range sends {
		require.NotZero(t, n)
		total += n
	}
	require.Len(t, sends, 4)
	require.Equal(t, 8*2, total, "nothing is asked for twice")
	stage = s.Machine().Progress().Stages.Headers
	require.True(t, stage.Complete())
	s.KeepHeaders(3999) // there already
	s.KeepHeaders(0)
	requireLowered(t, s, -1, time.Minute)
	requireQuiet(t, s)
	var bases []int32
	for _, e := range s.Events {
		if e, ok := e.(protocol.HeadersLowered); ok {
			bases = append(bases, e.Base.Height)
		}
	}
	require.True(t, slices.IsSortedFunc(bases, func(a, b int32) int { return int(b - a) }))
}

// TestOldHeadersForFilters: filters wanted below the base wait for its lowering.
func TestOldHeadersForFilters(t *testing.T) {
	t.Parallel()
	w := short()
	s := w.sim(2, 0, w.peer("a", 30*time.Millisecond), w.peer("b", 200*time.Millisecond))
	s.Keep(1234)
	s.Watch = func(out protocol.Output) {
		if f, ok := out.(protocol.SaveFilter); ok {
			require.GreaterOrEqual(t, f.Height, int32(1234))
		}
	}
	requireConverged(t, s, w.b, 1234, time.Minute)
	require.Equal(t, int32(1219), s.Disk().Base().Height)
	s.Watch = nil
	s.Keep(15)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersFrom == 15 }))
	requireConverged(t, s, w.b, 15, time.Minute)
	require.Equal(t, int32(-1), s.Disk().Base().Height)
	require.Equal(t, int32(15), s.Machine().Progress().FiltersFrom)
	requireQuiet(t, s)
}

// TestWhyFiltersWait: filters wait for older headers, for the same reason as these
// or, while these come, for none.
func TestWhyFiltersWait(t *testing.T) {
	t.Parallel()
	w := long()
	p := w.peer("p", 20*time.Millisecond)
	silent := true
	p.Ranges = func(_ *spvtest.Sim, _ *spvtest.Peer, hs []chain.Header) []chain.Header {
		if silent {
			return nil
		}
		return hs
	}
	s := w.sim(6, 0, p)
	s.Keep(15)
	stages := func() protocol.Stages { return s.Machine().Progress().Stages }
	s.Run(30 * time.Second)
	for _, st := range []protocol.Stage{stages().Headers, stages().FilterHeaders, stages().Filters} {
		require.False(t, st.Complete())
		require.Equal(t, protocol.WhyNoAnswer, st.Why)
	}
	silent, p.Latency = false, 3*time.Second
	require.True(t, s.RunUntil(5*time.Minute, func() bool { return stages().Headers.Rate > 0 && stages().FilterHeaders.Done == 0 }))
	for _, st := range []protocol.Stage{stages().Headers, stages().FilterHeaders, stages().Filters} {
		require.False(t, st.Complete())
		require.Equal(t, protocol.WhyNone, st.Why)
	}
}

// TestOldHeadersLiars: one honest peer among those who do not know the
// checkpoints, are slow, or lie. Only what can be proved bans.
func TestOldHeadersLiars(t *testing.T) {
	t.Parallel()
	w := long()
	first := func(hs []chain.Header) int32 {
		if b := w.g.Find(hs[0].Hash); b != nil {
			return b.Height
		}
		return 0
	}
	forge := func(_ *spvtest.Sim, _ *spvtest.Peer, hs []chain.Header) []chain.Header {
		from := first(hs)
		if b := w.forged; from > 12_083 && int(from)+len(hs) <= len(b) {
			return b.Headers(from, from+int32(len(hs))-1)
		}
		if from <= 12_083 && int(from)+len(hs) > 12_083 {
			return w.forged.Headers(from, from+int32(len(hs))-1)
		}
		return hs
	}
	cases := map[string]struct {
		lie    spvtest.HeaderLie
		banned protocol.Reason
	}{
		"no work":    {spvtest.BadPoW, protocol.ReasonBadHeaders},
		"gap":        {spvtest.Gap, protocol.ReasonBadHeaders},
		"old time":   {spvtest.OldTime, protocol.ReasonBadHeaders},
		"other bits": {spvtest.BadBits, protocol.ReasonBadHeaders},
		"forged":     {forge, protocol.ReasonBadHeaders},

		"silence": {func(*spvtest.Sim, *spvtest.Peer, []chain.Header) []chain.Header { return nil }, 0},
		"empty":   {func(*spvtest.Sim, *spvtest.Peer, []chain.Header) []chain.Header { return []chain.Header{} }, 0},
		"partial": {func(_ *spvtest.Sim, _ *spvtest.Peer, hs []chain.Header) []chain.Header { return hs[:min(len(hs), 700)] }, 0},
		"drip":    {spvtest.Drip, 0},
		"genesis": {func(_ *spvtest.Sim, p *spvtest.Peer, _ []chain.Header) []chain.Header {
			return p.Chain.Headers(1, 2000)
		}, 0},
		"future": {spvtest.Unconnecting, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			liar := w.peer("liar", 5*time.Millisecond)
			liar.Ranges = c.lie
			honest := w.peer("honest", 150*time.Millisecond)
			s := w.sim(3, 1, liar, honest)
			requireLowered(t, s, -1, 3*time.Minute)
			require.Equal(t, c.banned, liar.Banned())
			require.Zero(t, honest.Banned())
			s.Run(time.Minute)
			s.Check(t)
		})
	}
}

// TestOldHeadersSlowPeer: a range that stands still is given to another peer
// too, and what comes late is ignored.
func TestOldHeadersSlowPeer(t *testing.T) {
	t.Parallel()
	w := long()
	slow := w.peer("slow", 4*time.Second)
	quick := w.peer("quick", 20*time.Millisecond)
	slow.Claim = w.b.Tip().Height
	s := w.sim(4, 1, slow, quick)
	began := s.Now()
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Base().Height == -1 }))
	require.Less(t, s.Now().Sub(began), 25*time.Second)
	require.Zero(t, slow.Banned())
	s.Run(time.Minute)
	s.Check(t)
}

// TestOldHeadersAreBounded: while the topmost range is missing, no more than 8
// MB wait for it.
func TestOldHeadersAreBounded(t *testing.T) {
	t.Parallel()
	w := short()
	top := w.marks[len(w.marks)-1].Height
	p := w.peer("p", 50*time.Millisecond)
	stuck := true
	p.Ranges = func(_ *spvtest.Sim, _ *spvtest.Peer, hs []chain.Header) []chain.Header {
		if last := w.g.Find(hs[len(hs)-1].Hash); stuck && last != nil && last.Height == top {
			return nil
		}
		return hs
	}
	s := w.sim(5, 1, p)
	asked := make(map[chainhash.Hash]bool)
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok {
			if msg, ok := send.Msg.(*wire.MsgGetHeaders); ok {
				asked[msg.HashStop] = true
			}
		}
	}
	s.Run(40 * time.Second)
	require.Equal(t, top, s.Disk().Base().Height)
	require.Len(t, asked, 48+1, "and those after the tip")
	stuck = false
	requireLowered(t, s, -1, 10*time.Minute)
}

// TestOldHeadersCrashes: whatever was saved counts, and nothing has to be put
// right.
func TestOldHeadersCrashes(t *testing.T) {
	t.Parallel()
	eachSeed(t, 12, func(t *testing.T, seed uint64) {
		w := short()
		s := w.sim(seed, 1, w.peer("a", 30*time.Millisecond), w.peer("b", 90*time.Millisecond))
		base := s.Disk().Base().Height
		for range 20 {
			s.CrashIn(time.Duration(s.Rand().IntN(800)) * time.Millisecond)
			s.Run(time.Second)
			require.LessOrEqual(t, s.Disk().Base().Height, base)
			base = s.Disk().Base().Height
		}
		requireLowered(t, s, -1, time.Minute)
		requireQuiet(t, s)
	})
}

// TestOldHeadersReorg: the chain above forks while old headers come.
func TestOldHeadersReorg(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 200, 300, 400, 600, 900} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			w := long()
			a, b := w.peer("a", 30*time.Millisecond), w.peer("b", 100*time.Millisecond)
			s := w.sim(6, 1, a, b)
			s.Keep(4000)
			s.Run(after * time.Millisecond)
			s.Grow(w.late, a)
			s.After(time.Second, func() { s.Grow(w.late, b) })
			requireConverged(t, s, w.late, 4000, 2*time.Minute)
			requireLowered(t, s, -1, time.Minute)
		})
	}
}

// TestAudit: all headers down to genesis, when there is nothing else to do, one
// range at a time, and on from where it was.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := short()
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 7, Base: w.marks[len(w.marks)-1], Keep: 2501, Audit: true, Pinned: true,
		Peers: []*spvtest.Peer{w.peer("a", 50*time.Millisecond), w.peer("b", 50*time.Millisecond)}})
	wanted := w.g.Params().BaseBelow(2501).Height
	under := 0
	s.Watch = func(out protocol.Output) {
		switch out := out.(type) {
		case protocol.Send:
			if msg, ok := out.Msg.(*wire.MsgGetHeaders); ok && msg.HashStop != (chainhash.Hash{}) && s.Disk().Base().Height <= wanted {
				under++
				require.Equal(t, 1, under, "one at a time")
				require.Equal(t, w.b.Tip().Hash, s.Machine().Progress().FiltersTip.Hash, "everything else comes first")
			}
		case protocol.SaveLower:
			under = 0
		}
	}
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Base().Height < 1500 }))
	under = 0
	s.Restart()
	require.Less(t, s.Machine().Progress().Base, int32(1501))
	requireLowered(t, s, -1, 2*time.Minute)
	requireQuiet(t, s)
}

// TestOldHeadersInAnyCompany: random mixes with one honest peer.
func TestOldHeadersInAnyCompany(t *testing.T) {
	t.Parallel()
	eachSeed(t, 30, func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 5))
		w := long()
		if seed%2 == 0 {
			w = short()
		}
		n := len(w.b)
		lies := []spvtest.HeaderLie{nil, nil, spvtest.BadPoW, spvtest.Gap, spvtest.Drip, spvtest.Unconnecting,
			func(*spvtest.Sim, *spvtest.Peer, []chain.Header) []chain.Header { return nil },
			func(*spvtest.Sim, *spvtest.Peer, []chain.Header) []chain.Header { return []chain.Header{} },
			func(_ *spvtest.Sim, p *spvtest.Peer, hs []chain.Header) []chain.Header {
				return p.Chain.Headers(1, int32(len(hs)))
			},
			func(_ *spvtest.Sim, _ *spvtest.Peer, hs []chain.Header) []chain.Header {
				if b := w.g.Find(hs[len(hs)-1].Hash); b != nil && int(b.Height) < len(w.forged) {
					return w.forged.Headers(b.Height-int32(len(hs))+1, b.Height)
				}
				return hs
			},
		}
		honest := w.peer("honest", time.Duration(10+rng.IntN(400))*time.Millisecond)
		peers := []*spvtest.Peer{honest}
		for i := range 1 + rng.IntN(6) {
			p := w.peer(fmt.Sprint("p", i), time.Duration(5+rng.IntN(3000))*time.Millisecond)
			p.Jitter = time.Duration(rng.IntN(200)) * time.Millisecond
			p.Ranges = lies[rng.IntN(len(lies))]
			p.NoFilters = rng.IntN(3) == 0
			switch rng.IntN(6) {
			case 0:
				p.HangUp = 0.1
			case 1:
				p.StallAfter = 1 + rng.IntN(10)
			case 2:
				p.Chain, p.Claim = w.b.To(int32(rng.IntN(n))), int32(n)
			}
			peers = append(peers, p)
		}
		rng.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Base: w.marks[len(w.marks)-1], Headers: int32(1 + rng.IntN(n)), Peers: peers, Pinned: true})
		for range 6 {
			s.Run(time.Duration(rng.IntN(3000)) * time.Millisecond)
			switch rng.IntN(5) {
			case 0:
				s.Kick(peers[rng.IntN(len(peers))])
			case 1:
				s.CrashIn(time.Duration(rng.IntN(500)) * time.Millisecond)
			case 2:
				s.KeepHeaders(int32(1 + rng.IntN(n)))
			case 3:
				s.Keep(int32(n - 1 - rng.IntN(n/4)))
			}
		}
		s.KeepHeaders(1)
		sends := rangedSends(s)
		ok := s.RunUntil(time.Hour, func() bool { return s.Disk().Base().Height == -1 && s.Disk().Tip().Hash == w.b.Tip().Hash })
		if !ok {
			t.Errorf("headers from %d to %d", s.Disk().Base().Height, s.Disk().Tip().Height)
		}
		s.Check(t)
		require.Zero(t, honest.Banned())
		total := 0
		for _, n := range sends {
			total += n
		}
		require.Less(t, total, 1000, "130 ranges of one message, or 9 of two")
	})
}
