package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestNewBlockInOneRoundTrip: a new block's header, filter header and filter are
// on disk one round trip after the first announcement, whatever other filter
// peers do.
func TestNewBlockInOneRoundTrip(t *testing.T) {
	t.Parallel()
	const latency = 50 * time.Millisecond
	others := map[string]spvtest.Peer{
		"none else":          {Refuses: true},
		"also good":          {Latency: 80 * time.Millisecond},
		"silent, later":      {Latency: 80 * time.Millisecond, NoCF: true},
		"silent, before":     {Latency: 20 * time.Millisecond, NoCF: true},
		"no headers, before": {Latency: 20 * time.Millisecond, NoCFHeaders: true},
		"no filter, before":  {Latency: 20 * time.Millisecond, Filters: spvtest.FilterLie{Withholds: true}},
		"very slow":          {Latency: 3 * time.Second},
		"serves no filters":  {Latency: 80 * time.Millisecond, NoFilters: true},
	}
	for name, other := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(80, 120, false)
			a := &spvtest.Peer{Name: "a", Chain: w.b, Latency: latency}
			o := other
			o.Name, o.Chain = "other", w.b
			s := w.sim(80, 1, a)
			requireConverged(t, s, w.b, 1, time.Minute)
			s = spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 80, Keep: 1, Peers: []*spvtest.Peer{a, &o}, Pinned: true})
			require.True(t, s.RunUntil(time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == w.b.Tip().Hash }))
			s.Run(5 * time.Minute) // whoever was let go is back
			b := w.b
			for range 5 {
				b = w.g.Mine(b, 1)
				tip := b.Tip()
				s.Grow(b, a, &o)
				first := s.Now().Add(latency)
				require.True(t, s.RunUntil(time.Minute, func() bool { return s.Disk().Filter(tip.Hash) != nil && s.Disk().Sound(tip.Height, tip.Height) }))
				require.LessOrEqual(t, s.Now().Sub(first), 2*latency+2*time.Millisecond)
				s.Run(2 * time.Minute)
			}
			s.Check(t)
			requireTrueFilters(t, s, b, 1)
		})
	}
}

// TestTipLiars: who is quickest to tell of a new block lies about its filter.
// The others are heard all the same, and what was believed is taken back.
func TestTipLiars(t *testing.T) {
	t.Parallel()
	lies := []spvtest.FilterLie{
		spvtest.Everywhere(spvtest.From(205, spvtest.OmitOutput)),
		spvtest.Everywhere(spvtest.From(205, spvtest.Garbage)),
		spvtest.Everywhere(spvtest.From(205, spvtest.OmitSpent)),
		spvtest.Everywhere(spvtest.From(205, spvtest.Superset)),
		{False: spvtest.From(205, spvtest.OmitOutput), InHeaders: true},
		{False: spvtest.From(205, spvtest.OmitOutput), InFilters: true},
		{False: spvtest.From(205, spvtest.OmitOutput), InHeaders: true, Withholds: true},
	}
	eachSeed(t, 28, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 200, false)
		lie := lies[seed%uint64(len(lies))]
		honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: 150 * time.Millisecond}
		peers := []*spvtest.Peer{honest}
		for i := range 1 + seed%4 {
			peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("liar", i), Chain: w.b, Latency: 10 * time.Millisecond, Filters: lie, Invs: i == 1})
		}
		s := w.sim(seed, 1, peers...)
		requireConverged(t, s, w.b, 1, time.Minute)
		s.Watch = func(protocol.Output) {
			claims, filters := s.Machine().Staged()
			require.LessOrEqual(t, claims, 2*len(peers))
			require.LessOrEqual(t, filters, 16)
		}
		b := w.b
		for range 15 {
			depth := int32(s.Rand().IntN(4)) / 2
			b = w.g.Mine(b.To(b.Tip().Height-depth), int(depth)+1)
			s.Grow(b, peers...)
			s.Run(time.Duration(s.Rand().IntN(3000)) * time.Millisecond)
		}
		require.True(t, s.RunUntil(5*time.Minute, func() bool {
			p := s.Machine().Progress()
			return p.FiltersTip.Hash == b.Tip().Hash && p.Agreed >= 1
		}))
		s.Run(2 * time.Minute)
		require.True(t, s.RunUntil(5*time.Minute, func() bool { return s.Machine().Progress().FiltersTip.Hash == b.Tip().Hash }))
		s.Check(t)
		require.Zero(t, honest.Banned())
		requireTrueFilters(t, s, b, 1)
	})
}

// TestSpotChecks: a lie that all peers agree on is found by holding filters
// against their blocks now and then, and blocks are not asked for more often.
func TestSpotChecks(t *testing.T) {
	t.Parallel()
	w := midWorld()
	liar := &spvtest.Peer{Name: "liar", Chain: w.b, Filters: spvtest.Everywhere(spvtest.OmitOutput)}
	honest := &spvtest.Peer{Name: "honest", Chain: w.b, Refuses: true}
	s := w.sim(81, 1, liar, honest)
	require.True(t, s.RunUntil(5*time.Minute, func() bool { return liar.Banned() != 0 }))
	require.Equal(t, protocol.ReasonBadFilterHeaders, liar.Banned())
	honest.Refuses = false
	blocks := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == wire.CmdGetData {
			blocks++
		}
	}
	requireConverged(t, s, w.b, 1, 5*time.Minute)
	require.Zero(t, honest.Banned())
	require.GreaterOrEqual(t, blocks, 1)
	require.LessOrEqual(t, blocks, 3*len(w.b)/2000)
	requireQuiet(t, s)
}

// TestEarlyFiltersAreBounded: peers that give filters of new blocks and never
// the headers to them fill no memory.
func TestEarlyFiltersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(82, 130, true)
	var peers []*spvtest.Peer
	for i := range 8 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: w.b})
	}
	s := w.sim(82, 1, peers...)
	requireConverged(t, s, w.b, 1, time.Minute)
	for _, p := range peers {
		p.NoCFHeaders = true
	}
	most := 0
	s.Watch = func(protocol.Output) {
		_, filters := s.Machine().Staged()
		most = max(most, filters)
	}
	b := w.b
	for i := range 60 {
		b = w.g.Mine(b, 1+i%8)
		s.Grow(b, peers...)
		s.Run(time.Second)
	}
	require.Positive(t, most)
	require.LessOrEqual(t, most, 16)
	for _, p := range peers {
		p.NoCFHeaders = false
	}
	requireConverged(t, s, b, 1, 10*time.Minute)
}

// TestAnswerBehindFilters: what a slow peer says of a new block comes behind the
// filters it owes. It is not taken to be silent.
func TestAnswerBehindFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(83, 900, true)
	p := &spvtest.Peer{Name: "10.1.0.1:8333", Chain: w.b, Slow: 250 * time.Millisecond}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 83, Keep: 1, Peers: []*spvtest.Peer{p}})
	questions := 0
	s.Watch = func(out protocol.Output) {
		switch out := out.(type) {
		case protocol.Disconnect:
			t.Errorf("left %d: %v", out.Peer, out.Reason)
		case protocol.Send:
			if out.Msg.Command() == wire.CmdGetCFHeaders {
				questions++
			}
		}
	}
	b := w.b
	for range 6 {
		s.Run(20 * time.Second)
		b = w.g.Mine(b, 1)
		s.Grow(b, p)
	}
	requireConverged(t, s, b, 1, 10*time.Minute)
	require.LessOrEqual(t, questions, 7)
}

// TestUndecidableFromOneNetwork: differences that blocks cannot settle do not
// drive out honest peers for being fewer than the many of one operator.
func TestUndecidableFromOneNetwork(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(84, 220, false)
		peers := []*spvtest.Peer{{Name: "10.1.0.1:8333", Chain: w.b}, {Name: "10.2.0.1:8333", Chain: w.b}}
		honest := peers[:2:2]
		for i := range 5 {
			peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.66.%d.1:8333", i), Chain: w.b, Filters: spvtest.Everywhere(spvtest.OmitSpent)})
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 80 + seed, Keep: 1, Peers: peers, Slots: 7})
		requireConverged(t, s, w.b, 1, 10*time.Minute)
		s.Run(10 * time.Minute)
		for _, p := range honest {
			require.True(t, s.Connected(p), p.Name)
			require.Zero(t, p.Banned())
		}
		require.LessOrEqual(t, s.Disk().Directs(), 60, "however many they are, and however often they come")
		requireTrueFilters(t, s, w.b, 1)
	})
}

// TestLookAround: what nobody has announced is found when all are asked anew, and
// until they have answered nothing counts as current.
func TestLookAround(t *testing.T) {
	t.Parallel()
	w := newWorld(81, 120, false)
	a := &spvtest.Peer{Name: "a", Chain: w.b, Latency: 50 * time.Millisecond}
	b := &spvtest.Peer{Name: "b", Chain: w.b, Latency: 500 * time.Millisecond, Deaf: true}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 81, Keep: 1, Peers: []*spvtest.Peer{a, b}, Pinned: true})
	current := func() bool { return s.Machine().Progress().HeadersCurrent }
	require.True(t, s.RunUntil(time.Minute, current))
	s.Run(time.Minute)

	s.Input(protocol.LookAround{})
	require.False(t, current())
	require.True(t, s.RunUntil(time.Minute, current))
	require.Equal(t, w.b.Tip().Hash, s.Machine().Progress().Tip.Hash)

	s.Grow(w.g.Mine(w.b, 1), b)
	s.Run(time.Minute)
	require.Equal(t, w.b.Tip().Hash, s.Machine().Progress().Tip.Hash, "it was not announced")
	s.Input(protocol.LookAround{})
	require.True(t, s.RunUntil(time.Minute, current))
	require.Equal(t, b.Chain.Tip().Hash, s.Machine().Progress().Tip.Hash)
	s.Check(t)
}

// TestCurrentBesideARowOfPromises: peers that come one after the other, each
// claiming more and gone before it has to give it, do not keep headers from being
// current, neither at first nor later.
func TestCurrentBesideARowOfPromises(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, func(c *protocol.Config) { c.Serve = false })
	for i := range 4 {
		h.outbound(fmt.Sprintf("%d.1.0.1:1", 20+i))
	}
	here := []protocol.PeerID(nil)
	promise := func() {
		h.last++
		h.step(protocol.PeerConnected{Info: protocol.PeerInfo{
			ID: h.last, Addr: fmt.Sprintf("9.9.%d.1:1", h.last), TxRelay: true, StartHeight: h.b.Tip().Height + 1000,
			Services: wire.SFNodeNetwork | wire.SFNodeWitness, Version: 70016, Since: h.now,
		}})
		if here = append(here, h.last); len(here) > 2 {
			h.step(protocol.PeerDisconnected{Peer: here[0]})
			here = here[1:]
		}
	}
	current := func() bool {
		for range 20 {
			promise()
			h.pass(4 * time.Second)
			if h.m.Progress().HeadersCurrent {
				return true
			}
		}
		return false
	}
	require.True(t, current())
}
