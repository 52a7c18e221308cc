package protocol_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func conditionOf(s *spvtest.Sim) protocol.Condition { return s.Machine().Health(s.Now()).Condition }

func warnings(s *spvtest.Sim, kind protocol.WarningKind) (n int) {
	for _, e := range s.Events {
		if w, ok := e.(protocol.Warned); ok && w.Warning.Kind == kind {
			n++
		}
	}
	return n
}

// TestNobodyToAsk: an address that was named, comes with the program or is
// remembered is somebody, if it can be reached.
func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	onion := addrmgr.In(addrmgr.Onion)
	for name, c := range map[string]struct {
		change func(*protocol.Config)
		nobody bool
	}{
		"nothing":             {func(*protocol.Config) {}, true},
		"named":               {func(c *protocol.Config) { c.Preferred = []string{"node.example:8333"} }, false},
		"the only one":        {func(c *protocol.Config) { c.Pinned = []string{"1.2.3.4:8333"} }, false},
		"comes with it":       {func(c *protocol.Config) { c.FixedSeeds = many(5) }, false},
		"remembered":          {func(c *protocol.Config) { c.Book = remembered(c.Rand) }, false},
		"cannot be reached":   {func(c *protocol.Config) { c.Book, c.Networks = remembered(c.Rand), onion }, true},
		"is not to be asked":  {func(c *protocol.Config) { c.Book, c.Pinned = remembered(c.Rand), []string{"1.2.3.4:1"} }, false},
		"named, in the proxy": {func(c *protocol.Config) { c.Preferred, c.Networks = []string{"1.2.3.4:1"}, onion }, false},
	} {
		d := newDesk(t, func(cfg *protocol.Config) { cfg.NoDNS = true; c.change(cfg) })
		d.wait(10*time.Minute, nil)
		require.Equal(t, c.nobody, d.m.Health(d.now).Nobody, name)
	}
}

// remembered is a book with an address in it.
func remembered(dice *rand.Rand) addrmgr.Snapshot {
	m := addrmgr.New(addrmgr.Config{Rand: dice})
	at, _ := addrmgr.Parse("5.6.7.8:8333")
	now := time.Unix(1_750_000_000, 0)
	m.Add(now, []addrmgr.Heard{{Addr: at, Services: wire.SFNodeNetwork | wire.SFNodeWitness, Seen: now}}, addrmgr.SourceGroup("seed"))
	return m.Snapshot()
}

// TestSilentBraggarts: peers that claim more than there is and say nothing keep
// nobody waiting for long once two parts of the network have answered, and not for
// ever if one has, not even a pinned one.
func TestSilentBraggarts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pinned  bool
		answers int
		waits   float64 // seconds
	}{{false, 2, 10}, {false, 1, 60}, {true, 2, 60}, {true, 1, 60}}
	for _, c := range cases {
		t.Run(fmt.Sprintf("pinned=%v,answers=%d", c.pinned, c.answers), func(t *testing.T) {
			t.Parallel()
			w := newWorld(41, 50, true)
			var peers []*spvtest.Peer
			for i := range c.answers {
				peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", 1+i), Chain: w.b})
			}
			for i := range 5 {
				peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.66.%d.1:8333", i), Chain: w.b, NoHeaders: true, Claim: 1000})
			}
			s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 41, Keep: 1, Peers: peers, Pinned: c.pinned, Slots: 7})
			begun := s.Now()
			require.True(t, s.RunUntil(2*time.Minute, func() bool { return s.Machine().Progress().HeadersCurrent }))
			require.InDelta(t, c.waits, s.Now().Sub(begun).Seconds(), 3)
			// Those who come later do not take it back.
			s.Run(2 * time.Minute)
			for range 3 {
				for _, p := range peers[c.answers:] {
					s.Kick(p)
				}
				for range 90 {
					s.Run(time.Second)
					require.True(t, s.Machine().Progress().HeadersCurrent)
				}
			}
			if h := s.Machine().Health(s.Now()); c.pinned {
				require.Equal(t, []int{len(peers), 5, c.answers}, []int{h.Outbound, h.Silent, h.Heard})
			} else if c.answers == 1 {
				require.Equal(t, protocol.HealthLone, h.Condition, "whoever else is connected")
			}
			s.Check(t)
		})
	}
}

// TestOneVoiceLies: where two peers are here, one of which says that nothing is new
// and the other claims more and is slow, headers are not current on the word of the
// first, and somebody else is looked for at once.
func TestOneVoiceLies(t *testing.T) {
	t.Parallel()
	eachSeed(t, 12, func(t *testing.T, seed uint64) {
		w := newWorld(48, 50, true)
		liar := &spvtest.Peer{Name: "10.1.0.1:8333", Chain: w.b.To(40), Claim: 50, Latency: 20 * time.Millisecond}
		slow := &spvtest.Peer{Name: "10.2.0.1:8333", Chain: w.b, Latency: 5 * time.Millisecond}
		fresh := &spvtest.Peer{Name: "10.3.0.1:8333", Chain: w.b, Latency: 50 * time.Millisecond, NoFilters: true}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: []*spvtest.Peer{liar, slow}})
		if seed%2 == 0 {
			s.AddPeer(fresh)
			fresh.Refuses = true
			s.After(8*time.Second, func() { fresh.Refuses = false })
		}
		var here time.Time
		s.Watch = func(out protocol.Output) {
			if e, ok := out.(protocol.Emit); ok {
				if up, ok := e.Event.(protocol.PeerUp); ok && up.Peer.Addr == slow.Name {
					slow.Latency = time.Duration(6+seed%12) * time.Second
					here = s.Now()
				}
			}
		}
		begun := s.Now()
		require.True(t, s.RunUntil(2*time.Minute, func() bool { return !here.IsZero() && s.Machine().Progress().HeadersCurrent }))
		if here.Sub(begun) < time.Minute { // the longest that one voice is doubted
			require.Equal(t, w.b.Tip().Hash, s.Machine().Progress().Tip.Hash)
		}
		require.Less(t, s.Now().Sub(here), time.Minute)
		require.True(t, s.RunUntil(2*time.Minute, func() bool { return s.Machine().Progress().Tip.Hash == w.b.Tip().Hash }))
		s.Check(t)
	})
}

// TestOwnNode: what may tell of the wallet is asked of the person's own node while
// it works, and of others when it does not.
func TestOwnNode(t *testing.T) {
	t.Parallel()
	w := newWorld(42, 60, true)
	own := &spvtest.Peer{Name: "own", Chain: w.b, Latency: 300 * time.Millisecond}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 42, Keep: 1, Peers: append(crowd(w, 20, 2), own), Preferred: []string{"own"}})
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(2 * time.Minute)
	require.Len(t, s.Machine().Peers(), protocol.DefaultPeers+1, "others are there all the same")
	var id protocol.PeerID
	for _, p := range s.Machine().Peers() {
		if p.Pinned {
			id = p.ID
		}
	}
	asked := 0
	s.Watch = func(out protocol.Output) {
		if send, ok := out.(protocol.Send); ok && send.Msg.Command() == "getdata" {
			require.Equal(t, id, send.Peer)
			asked++
		}
	}
	for _, blk := range w.b[1:9] {
		s.Want(blk.Hash)
	}
	s.Run(30 * time.Second)
	require.Len(t, s.Arrived, 8)
	require.Equal(t, 8, asked)

	s.Watch = nil
	own.NoBlocks = true
	s.Want(w.b[20].Hash)
	require.True(t, s.RunUntil(10*time.Second, func() bool { return s.Arrived[w.b[20].Hash] != nil }), "others are asked")
	s.Run(2 * time.Minute)
	require.Equal(t, 1, warnings(s, protocol.WarnNodeStuck))
	require.Equal(t, protocol.HealthNodeBypassed, conditionOf(s))
	own.NoBlocks = false
	s.Kick(own)
	s.Run(time.Minute)
	require.NotEqual(t, protocol.HealthNodeBypassed, conditionOf(s))

	// One that falls behind is noticed too.
	b := w.g.Mine(w.b, 3)
	for _, p := range s.Peers() {
		if p != own {
			s.Grow(b, p)
		}
	}
	s.Run(2 * time.Minute)
	require.Equal(t, protocol.HealthNodeBypassed, conditionOf(s))
	require.Equal(t, b.Tip().Hash, s.Machine().Progress().FiltersTip.Hash)
	s.Grow(b, own)
	s.Run(time.Minute)
	require.NotEqual(t, protocol.HealthNodeBypassed, conditionOf(s))
	s.Check(t)
}

// TestOnlyNodeIsStuck: nobody else is used, and it is said.
func TestOnlyNodeIsStuck(t *testing.T) {
	t.Parallel()
	w := newWorld(43, 60, true)
	own := &spvtest.Peer{Name: "own", Chain: w.b, NoHeaders: true}
	s := w.sim(43, 1, own)
	for range 10 {
		s.Run(30 * time.Second)
		require.LessOrEqual(t, len(s.Machine().Peers()), 1)
	}
	require.Equal(t, protocol.HealthNodeStuck, conditionOf(s))
	require.Equal(t, 1, warnings(s, protocol.WarnNodeStuck))
	own.NoHeaders = false
	requireConverged(t, s, w.b, 1, 2*time.Minute)
	s.Run(time.Second)
	require.Equal(t, protocol.HealthGood, conditionOf(s))
	own.Refuses = true
	s.Kick(own)
	s.Run(2 * time.Minute)
	require.Equal(t, protocol.HealthOffline, conditionOf(s))
	s.Check(t)
}

// TestPinnedFilterPeerThatServesNone: it stays, and blocks are read instead.
func TestPinnedFilterPeerThatServesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(44, 60, true)
	own := &spvtest.Peer{Name: "own", Chain: w.b, NoCF: true}
	s := w.sim(44, 1, own)
	require.True(t, s.RunUntil(20*time.Minute, func() bool { return s.Machine().ReadWhole(60) }))
	require.True(t, s.Connected(own))
	require.Equal(t, protocol.HealthUnfiltered, conditionOf(s))
	own.NoCF = false
	require.True(t, s.RunUntil(20*time.Minute, func() bool { return !s.Machine().ReadWhole(60) }), "it does after all")
	requireConverged(t, s, w.b, 1, time.Minute)
}

// TestClocks: this computer's clock is compared with those of most, and one word
// more or less changes nothing.
func TestClocks(t *testing.T) {
	t.Parallel()
	never := time.Duration(math.MinInt64)
	for name, c := range map[string]struct {
		clocks []time.Duration
		want   time.Duration
		bad    bool
	}{
		"too few":      {[]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}, 0, false},
		"all the same": {[]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour, time.Hour}, time.Hour, true},
		"behind":       {[]time.Duration{-time.Hour, -time.Hour, -2 * time.Hour, -time.Hour, 0}, -time.Hour, true},
		"two liars":    {[]time.Duration{0, time.Second, never, never, 2 * time.Second}, 0, false},
		"a little":     {[]time.Duration{time.Minute, time.Minute, time.Minute, time.Minute, time.Minute}, time.Minute, false},
		"extremes":     {[]time.Duration{math.MaxInt64, math.MaxInt64, never, never, 0}, 0, false},
		"all extreme":  {[]time.Duration{never, never, never, never, never}, never, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(45, 20, true)
			var peers []*spvtest.Peer
			for i, ahead := range c.clocks {
				peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b, Clock: ahead})
			}
			s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 45, Keep: 1, Peers: peers, Slots: len(peers)})
			requireConverged(t, s, w.b, 1, time.Minute)
			s.Run(time.Minute)
			h := s.Machine().Health(s.Now())
			require.Equal(t, c.want, h.ClockSkew)
			require.Equal(t, len(peers), h.ClockPeers)
			require.Equal(t, c.bad, h.Condition == protocol.HealthClock)
		})
	}
}

// TestClockIsCountedByGroups: many peers of one operator have one voice.
func TestClockIsCountedByGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(46, 20, true)
	var peers []*spvtest.Peer
	for i := range 5 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("10.%d.0.1:8333", i), Chain: w.b},
			&spvtest.Peer{Name: fmt.Sprintf("10.66.%d.1:8333", i), Chain: w.b, Clock: time.Hour})
	}
	s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: 46, Keep: 1, Peers: peers, Slots: 10})
	s.Run(time.Minute)
	h := s.Machine().Health(s.Now())
	require.Equal(t, 6, h.ClockPeers)
	require.Zero(t, h.ClockSkew)
}
