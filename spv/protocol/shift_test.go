package protocol_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// market is a network whose peers announce transactions.
type market struct {
	*spvtest.Sim
	world
	peers []*spvtest.Peer
	made  uint64
	least int // peers that were here at once, since they were all here
}

func newMarket(t *testing.T, seed uint64) *market {
	t.Helper()
	w := newWorld(seed, 10, true)
	m := &market{world: w, peers: crowd(w, 24, 2), least: protocol.DefaultPeers}
	m.Sim = w.free(seed, m.peers...)
	requireConverged(t, m.Sim, w.b, 1, time.Minute)
	m.Run(time.Minute)
	require.Len(t, m.Machine().Peers(), protocol.DefaultPeers)
	m.Watch = func(protocol.Output) { m.least = min(m.least, len(m.Machine().Peers())) }
	return m
}

// relaying are those that may announce transactions to us, who came first first.
func (m *market) relaying() []*spvtest.Peer {
	var list []*spvtest.Peer
	for _, info := range m.Machine().Peers() {
		if info.Purpose == protocol.ForAll {
			i := slices.IndexFunc(m.peers, func(p *spvtest.Peer) bool { return p.Name == info.Addr })
			list = append(list, m.peers[i])
		}
	}
	return list
}

// trade lets time pass, until one of some peers has left; each minute there are some
// transactions more, which all announce that tells chooses for each.
func (m *market) trade(most time.Duration, each int, tells func(p *spvtest.Peer, nth int) bool, until ...*spvtest.Peer) {
	for range int(most / time.Minute) {
		if slices.ContainsFunc(until, func(p *spvtest.Peer) bool { return !m.Connected(p) }) {
			return
		}
		for nth := range each {
			m.made++
			tx := wire.NewMsgTx(2)
			tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: chainhash.HashH(binary.BigEndian.AppendUint64(nil, m.made))}, nil, nil))
			for _, p := range m.relaying() {
				if tells(p, nth) {
					p.Give(tx)
					m.Announce(p, tx)
				}
			}
		}
		m.Run(time.Minute)
	}
}

// TestQuietRelayPeer: who announces nothing, or next to nothing, of what two
// others do, gives its place up, the new one first.
func TestQuietRelayPeer(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		m := newMarket(t, seed)
		quiet, other := m.relaying()[seed%2], m.relaying()[1-seed%2]
		m.trade(80*time.Minute, 12, func(p *spvtest.Peer, nth int) bool { return p != quiet || nth == 0 && seed > 2 }, quiet)
		require.False(t, m.Connected(quiet))
		require.True(t, m.Connected(other))
		require.Len(t, m.relaying(), protocol.RelayPeers)
		require.Equal(t, protocol.DefaultPeers, m.least)
		m.Check(t)
	})
}

// TestMadeUpTransactions: what one peer alone tells of is held against nobody, and
// where others tell of the same, against itself.
func TestMadeUpTransactions(t *testing.T) {
	t.Parallel()
	eachSeed(t, 2, func(t *testing.T, seed uint64) {
		night, day := newMarket(t, seed), newMarket(t, seed)
		liar, other := night.relaying()[0], night.relaying()[1]
		night.trade(75*time.Minute, 10, func(p *spvtest.Peer, _ int) bool { return p == liar })
		require.True(t, night.Connected(liar))
		require.True(t, night.Connected(other))

		liar, other = day.relaying()[0], day.relaying()[1]
		day.trade(75*time.Minute, 30, func(p *spvtest.Peer, nth int) bool { return (p == liar) == (nth >= 8) }, liar)
		require.False(t, day.Connected(liar))
		require.True(t, day.Connected(other))
		for _, m := range []*market{night, day} {
			require.Equal(t, protocol.DefaultPeers, m.least)
			m.Check(t)
		}
	})
}

// TestFewTransactions: where hardly anything is announced nobody is blamed for saying
// nothing.
func TestFewTransactions(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 5)
	before := m.relaying()
	m.trade(110*time.Minute, 1, func(p *spvtest.Peer, _ int) bool { return p != before[1] })
	require.Equal(t, before, m.relaying())
	m.Check(t)
}

// TestSlowRotation: peers for transactions and blocks change as well, in hours, the
// new one first. The filter peer that came first stays.
func TestSlowRotation(t *testing.T) {
	t.Parallel()
	eachSeed(t, 1, func(t *testing.T, seed uint64) {
		m := newMarket(t, seed)
		ids := func(relayOnly bool) map[protocol.PeerID]bool {
			set := make(map[protocol.PeerID]bool)
			for _, p := range m.Machine().Peers() {
				if !relayOnly || p.Purpose == protocol.ForAll {
					set[p.ID] = true
				}
			}
			return set
		}
		first, relay := ids(false), make(map[protocol.PeerID]bool)
		for range 3 * 24 {
			m.b = m.g.Mine(m.b, 1)
			m.Grow(m.b, m.peers...)
			m.Run(20 * time.Minute)
			here := ids(false)
			maps.DeleteFunc(first, func(id protocol.PeerID, _ bool) bool { return !here[id] })
			maps.Copy(relay, ids(true))
		}
		require.NotEmpty(t, first)
		require.LessOrEqual(t, len(first), 2)
		require.Greater(t, len(relay), 5)
		require.Less(t, len(relay), 15)
		require.Equal(t, protocol.DefaultPeers, m.least)
		m.Check(t)
	})
}

// TestBothKindsOfNetworks: where several kinds can be reached somebody is in each,
// however long all places have been taken when such a one answers.
func TestBothKindsOfNetworks(t *testing.T) {
	t.Parallel()
	eachSeed(t, 4, func(t *testing.T, seed uint64) {
		w := newWorld(seed, 20, true)
		peers := crowd(w, 40, 1)
		for i := range 3 {
			peers = append(peers,
				&spvtest.Peer{Name: fmt.Sprintf("[fc%d0::1]:8333", i), Chain: w.b, Latency: 3 * time.Second, NoFilters: i == 0},
				&spvtest.Peer{Name: fmt.Sprintf("[2a0%d::1]:8333", i), Chain: w.b, Latency: time.Second, NoFilters: i == 1})
		}
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: 1, Peers: peers, Networks: addrmgr.In(addrmgr.IPv4, addrmgr.IPv6, addrmgr.CJDNS)})
		s.Run(20 * time.Minute)
		least := protocol.DefaultPeers
		s.Watch = func(protocol.Output) { least = min(least, len(s.Machine().Peers())) }
		for range 6 * 60 { // and while peers rotate
			s.Run(time.Minute)
			require.Equal(t, 3, s.Machine().Health(s.Now()).Networks)
		}
		require.GreaterOrEqual(t, least, protocol.DefaultPeers)
		s.Check(t)
	})
}

// TestDeadKindOfNetwork: a kind of network that cannot be reached costs few dials
// and nobody's place.
func TestDeadKindOfNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(6, 20, true)
	peers := crowd(w, 12, 1)
	for i := range 30 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprintf("[2a%02d::1]:8333", i), Chain: w.b, Refuses: true, Latency: time.Millisecond})
	}
	s := w.free(6, peers...)
	requireConverged(t, s, w.b, 1, time.Minute)
	s.Run(time.Minute)
	before, dials := s.Machine().Peers(), 0
	s.Watch = func(out protocol.Output) {
		if d, ok := out.(protocol.Dial); ok && d.Purpose != protocol.ForFeeling && d.Addr[0] == '[' {
			dials++
		}
	}
	s.Run(15 * time.Minute)
	require.LessOrEqual(t, dials, 12)
	for i, p := range s.Machine().Peers() {
		require.Equal(t, before[i].ID, p.ID)
	}
	s.Check(t)
}
