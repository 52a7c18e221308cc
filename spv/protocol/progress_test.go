package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// forward watches the stages of a sim: unless it is told to pass over something,
// no count ever goes back.
type forward struct {
	t    *testing.T
	s    *spvtest.Sim
	last protocol.Stages
	seen int // of the sim's events
}

func named(st protocol.Stages) map[string]protocol.Stage {
	return map[string]protocol.Stage{"headers": st.Headers, "filter headers": st.FilterHeaders, "filters": st.Filters, "blocks": st.Blocks}
}

// check is to be called after every step.
func (f *forward) check() {
	f.t.Helper()
	back := f.setBack()
	now := f.s.Machine().Progress().Stages
	last := named(f.last)
	for name, st := range named(now) {
		if st.Done < 0 || st.Done > st.Total || st.Rate < 0 || st.Left < 0 || st.Complete() && (st.Rate != 0 || st.Left != 0) {
			require.Failf(f.t, "not possible", "%s %+v", name, st)
		}
		if !back && (st.Done < last[name].Done || st.Total < last[name].Total) {
			f.s.Check(f.t)
			require.Failf(f.t, "progress goes back", "%v: %s %+v after %+v", f.s.Now(), name, st, last[name])
		}
	}
	f.last = now
}

// setBack tells whether something has happened since that takes work back.
func (f *forward) setBack() (back bool) {
	for _, e := range f.s.Events[f.seen:] {
		switch e := e.(type) {
		case protocol.HeadersAdvanced:
			back = back || len(e.Change.Disconnected) > 0
		case protocol.FiltersReverted:
			back = true
		}
	}
	f.seen = len(f.s.Events)
	return back
}

// until lets time pass, looking at every step.
func (f *forward) until(within time.Duration, done func() bool) bool {
	f.t.Helper()
	return f.s.RunUntil(within, func() bool {
		f.check()
		return done()
	})
}

// requireAllDone makes sure that every stage is at its end and says nothing more.
func requireAllDone(t *testing.T, s *spvtest.Sim) {
	t.Helper()
	st := s.Machine().Progress().Stages
	for name, one := range named(st) {
		require.Equal(t, protocol.Stage{Done: one.Total, Total: one.Total}, one, name)
	}
	require.Zero(t, st.Peers.Why)
}

// TestProgressGoesForward: whatever peers do, short of forks and lies, counts
// never go back, and in the end all is done.
func TestProgressGoesForward(t *testing.T) {
	t.Parallel()
	eachSeed(t, 12, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 2600+int(seed)*37, true)
		peers := pacedPeers(w.b, 60, 200, 3, 90)
		peers[1].HangUp = 0.1
		peers[2].StallAfter = 12
		peers[3].Chain = w.b.To(w.b.Tip().Height - 30) // it will hear of the rest
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1 + int32(seed%3)*700, Peers: peers, Pinned: seed%2 == 0})
		f := &forward{t: t, s: s}
		for _, blk := range w.b[40:50] {
			s.Want(blk.Hash)
		}
		s.After(2*time.Second, func() { s.Grow(w.b, peers[3]) })
		b := w.b
		for i := range 4 {
			s.After(time.Duration(5+6*i)*time.Second, func() {
				b = w.g.Mine(b, 1)
				s.Grow(b, peers...)
			})
		}
		s.After(9*time.Second, func() { s.Kick(peers[0]) })
		s.After(11*time.Second, func() { s.Want(w.b[60].Hash) })
		f.until(25*time.Second, func() bool { return false })
		require.True(t, f.until(10*time.Minute, converged(s, b.Tip())))
		require.True(t, f.until(time.Minute, func() bool { return len(s.Arrived) == 11 }))
		requireAllDone(t, s)
		s.Check(t)
	})
}

// TestProgressOfARestore: from the newest checkpoint down to the birthday and all
// filters from there.
func TestProgressOfARestore(t *testing.T) {
	t.Parallel()
	w := long()
	var peers []*spvtest.Peer
	for i := range 4 {
		peers = append(peers, w.peer(fmt.Sprint("p", i), 100*time.Millisecond))
	}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 3, Base: w.marks[len(w.marks)-1], Keep: 15_500, Peers: peers, Pinned: true})
	f := &forward{t: t, s: s}
	goals := make(map[int32]bool)
	rates := 0
	require.True(t, f.until(5*time.Minute, func() bool {
		if st := f.last; st.Headers.Done > 400 {
			goals[st.Filters.Total] = true
			if st.Filters.Rate > 0 {
				rates++
			}
		}
		return converged(s, w.b.Tip())() && s.Disk().Base().Height == 14_999
	}))
	require.Equal(t, map[int32]bool{w.b.Tip().Height - 15_499: true}, goals, "the goal is known from the beginning")
	require.Positive(t, rates)
	requireAllDone(t, s)
	s.Check(t)
}

// TestProgressAfterSetbacks: a reorg and a lie take counts back, and in the end
// they are true again.
func TestProgressAfterSetbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(63, 400, false)
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Claim: 9000, Filters: spvtest.Everywhere(spvtest.Every(90, spvtest.OmitOutput))}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
	s := w.sim(63, 1, liar, honest)
	claimed := int32(0)
	require.True(t, s.RunUntil(time.Minute, func() bool {
		claimed = max(claimed, s.Machine().Progress().Stages.Headers.Total)
		return s.Machine().Progress().FiltersTip.Height == 400
	}))
	require.Equal(t, int32(9001), claimed, "the only peer's word")
	require.Equal(t, int32(401), s.Machine().Progress().Stages.Headers.Total, "what it turned out to have")
	honest.Refuses = false
	b := w.g.Mine(w.b.To(380), 40)
	s.Grow(b, honest)
	s.Run(time.Minute)
	f := &forward{t: t, s: s, seen: len(s.Events)}
	require.True(t, f.until(10*time.Minute, converged(s, b.Tip())))
	requireAllDone(t, s)
	require.Equal(t, int32(421), s.Machine().Progress().Stages.Headers.Total)
	require.Equal(t, int32(420), s.Machine().Progress().Stages.Filters.Total)
	s.Check(t)
}

// TestRateAndTimeLeft: what peers deliver is what is shown, and a rate comes down
// when nothing moves.
func TestRateAndTimeLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(64, 9000, true)
	peers := pacedPeers(w.b, 50, 50)
	s := w.sim(64, 1, peers...)
	require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().Stages.Filters.Done > 2000 }))
	st := s.Machine().Progress().Stages.Filters
	require.InDelta(t, 100, st.Rate, 3)
	require.InDelta(t, 70, st.Left.Seconds(), 3)
	require.Zero(t, st.Why)
	for _, p := range peers {
		p.NoCF = true
		s.Kick(p)
	}
	s.Run(5 * time.Second)
	require.Less(t, s.Machine().Progress().Stages.Filters.Rate, 70.0)
	s.Run(15 * time.Second)
	st = s.Machine().Progress().Stages.Filters
	require.Zero(t, st.Rate)
	require.Zero(t, st.Left)
	require.Equal(t, protocol.WhyNoAnswer, st.Why)
	s.Check(t)
}

// TestWhy: what keeps things from going on is said after ten seconds.
func TestWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(65, 300, false)
	why := func(after time.Duration, wish func(*spvtest.Sim), peers ...*spvtest.Peer) protocol.Stages {
		t.Helper()
		s := w.sim(65, 1, peers...)
		if wish != nil {
			wish(s)
		}
		s.Run(after)
		st := s.Machine().Progress().Stages
		s.Check(t)
		return st
	}
	refuses := &spvtest.Peer{Name: "refuses", Chain: w.b, Refuses: true}
	st := why(5*time.Second, nil, refuses)
	require.Zero(t, st.Headers.Why, "not at once")
	st = why(15*time.Second, func(s *spvtest.Sim) { s.Want(w.b[9].Hash) }, refuses)
	for _, one := range []protocol.Stage{st.Peers, st.Headers, st.Blocks} {
		require.Equal(t, protocol.WhyNoPeers, one.Why)
	}

	st = why(15*time.Second, nil, &spvtest.Peer{Name: "plain", Chain: w.b, NoFilters: true})
	require.Zero(t, st.Peers.Why)
	require.Zero(t, st.Headers.Why)
	require.Equal(t, protocol.WhyNoFilterPeers, st.FilterHeaders.Why)
	require.Equal(t, protocol.WhyNoFilterPeers, st.Filters.Why)

	st = why(15*time.Second, nil, &spvtest.Peer{Name: "mute", Chain: w.b, NoCF: true})
	require.Equal(t, protocol.WhyNoAnswer, st.Filters.Why)
	require.Equal(t, protocol.WhyNoAnswer, st.FilterHeaders.Why)

	st = why(15*time.Second, nil, &spvtest.Peer{Name: "mute", Chain: w.b, NoHeaders: true})
	require.Equal(t, protocol.WhyNoAnswer, st.Headers.Why)
	require.Equal(t, int32(301), st.Headers.Total)

	st = why(20*time.Second, nil, &spvtest.Peer{Name: "future", Chain: w.b, Headers: spvtest.FromFuture})
	require.Equal(t, protocol.WhyClock, st.Headers.Why)

	few := spvtest.Everywhere(spvtest.Every(70, spvtest.OmitOutput))
	st = why(20*time.Second, nil, &spvtest.Peer{Name: "liar", Chain: w.b, Filters: few, NoBlocks: true},
		&spvtest.Peer{Name: "honest", Chain: w.b, NoBlocks: true})
	require.Equal(t, protocol.WhyDispute, st.FilterHeaders.Why)
	require.Equal(t, int32(70), st.FilterHeaders.Height)
	require.Equal(t, 2, st.FilterHeaders.Tried)
	require.Equal(t, protocol.WhyDispute, st.Filters.Why)

	st = why(20*time.Second, func(s *spvtest.Sim) { s.Want(w.b[9].Hash) }, &spvtest.Peer{Name: "empty", Chain: w.b, NotFound: true})
	require.Equal(t, protocol.Stage{Total: 1, Why: protocol.WhyBlock, Height: 9, Tried: 1}, st.Blocks)
}
