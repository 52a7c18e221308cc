package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// desk is a machine on mainnet whose outputs are looked at one by one.
type desk struct {
	t    *testing.T
	m    *protocol.Machine
	now  time.Time
	next protocol.PeerID
}

func newDesk(t *testing.T, change func(*protocol.Config)) *desk {
	t.Helper()
	params := &chain.Params{Net: &chaincfg.MainNetParams}
	tree, err := chain.Open(params, chain.Stored{Base: params.Genesis(), Tip: params.Genesis().Tip()})
	require.NoError(t, err)
	cfg := protocol.Config{Params: params, Tree: tree, Filters: protocol.FilterState{From: -1, Base: -1}, Rand: rand.New(rand.NewPCG(1, 2))}
	if change != nil {
		change(&cfg)
	}
	return &desk{t: t, m: protocol.New(cfg), now: time.Unix(1_750_000_000, 0)}
}

func (d *desk) step(in protocol.Input) []protocol.Output { return d.m.Step(d.now, in) }

// wait lets time pass as the machine wants to be called, until done.
func (d *desk) wait(long time.Duration, done func(protocol.Output) bool) (outs []protocol.Output) {
	d.t.Helper()
	end := d.now.Add(long)
	for !d.now.After(end) {
		for _, out := range d.m.Tick(d.now) {
			outs = append(outs, out)
			if done != nil && done(out) {
				return outs
			}
		}
		next := d.m.Next()
		if next.IsZero() || next.After(end) {
			break
		}
		d.now = laterTime(next, d.now.Add(time.Millisecond))
	}
	d.now = end
	require.Nil(d.t, done, "it never came to that")
	return outs
}

func laterTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// dials are the addresses that outputs open connections to.
func dials(outs []protocol.Output) (addrs []string) {
	for _, out := range outs {
		if d, ok := out.(protocol.Dial); ok {
			addrs = append(addrs, d.Addr)
		}
	}
	return addrs
}

func asksDNS(out protocol.Output) bool { _, ok := out.(protocol.Resolve); return ok }

const fullNode = wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF

func (d *desk) connect(addr string, purpose protocol.Purpose) (protocol.PeerID, []protocol.Output) {
	d.next++
	return d.next, d.step(protocol.PeerConnected{Info: protocol.PeerInfo{ID: d.next, Addr: addr, Purpose: purpose, Services: fullNode, Since: d.now}})
}

// far is the nth of many addresses in as many parts of the network.
func far(n int) string { return fmt.Sprintf("%d.%d.0.1:8333", 20+n/200, n%200) }

func heardOf(now time.Time, services wire.ServiceFlag, addrs ...string) (list []addrmgr.Heard) {
	for _, s := range addrs {
		a, err := addrmgr.Parse(s)
		if err != nil {
			panic(err)
		}
		list = append(list, addrmgr.Heard{Addr: a, Services: services, Seen: now})
	}
	return list
}

func many(n int) (addrs []string) {
	for i := range n {
		addrs = append(addrs, far(i))
	}
	return addrs
}

// known is what a book holds, by what it tells in the end.
func known(t *testing.T, s addrmgr.Snapshot) (fresh, tried int) {
	t.Helper()
	return addrmgr.Restore(addrmgr.Config{Rand: rand.New(rand.NewPCG(1, 2))}, s).Len()
}

func TestFixedSeedsWhereNobodyElseTells(t *testing.T) {
	t.Parallel()
	seeds := many(3)
	// With name servers, after a minute without anybody.
	d := newDesk(t, func(c *protocol.Config) { c.FixedSeeds = seeds })
	outs := d.wait(0, asksDNS)
	require.Empty(t, dials(outs))
	d.step(protocol.AddressesFound{})
	require.Empty(t, dials(d.wait(59*time.Second, nil)))
	require.ElementsMatch(t, seeds, dials(d.wait(2*time.Second, nil)))

	// Without them at once, and nobody is asked.
	d = newDesk(t, func(c *protocol.Config) { c.FixedSeeds, c.NoDNS = seeds, true })
	outs = d.wait(time.Second, nil)
	require.ElementsMatch(t, seeds, dials(outs))
	require.False(t, slices.ContainsFunc(outs, asksDNS))

	// None at all is not the end of it.
	d = newDesk(t, func(c *protocol.Config) { c.NoDNS = true })
	require.Empty(t, dials(d.wait(time.Hour, nil)))
}

// A book that leads to nobody is not all there is.
func TestSeedsAreAskedWhenTheBookIsOfNoUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.wait(0, asksDNS)
	d.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Seed: "a", Addrs: many(40)}}})
	d.wait(2*time.Minute, nil)
	book := d.m.Book()

	d = newDesk(t, func(c *protocol.Config) { c.Book = book })
	begun := d.now
	asked := false
	for range 40 {
		for _, out := range d.wait(time.Second, nil) {
			asked = asked || asksDNS(out)
			if dial, ok := out.(protocol.Dial); ok {
				require.False(t, asked && d.now.Sub(begun) < 11*time.Second)
				for _, more := range d.step(protocol.DialFailed{Addr: dial.Addr}) {
					asked = asked || asksDNS(more)
				}
			}
		}
	}
	require.True(t, asked)
}

// While somebody is connected, seeds that have nobody more to tell of are asked
// less and less; while nobody is, every minute.
func TestSeedsAreNotPestered(t *testing.T) {
	t.Parallel()
	for _, connected := range []bool{true, false} {
		d := newDesk(t, nil)
		d.wait(0, asksDNS)
		d.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Seed: "a", Addrs: []string{far(1)}}}})
		var outs []protocol.Output
		if connected {
			_, outs = d.connect(far(1), protocol.ForAll)
		} else {
			outs = d.step(protocol.DialFailed{Addr: far(1)})
		}
		asked := 0
		for range 180 {
			outs = append(outs, d.wait(10*time.Second, nil)...)
			for _, out := range outs {
				switch out := out.(type) {
				case protocol.Resolve:
					asked++
					d.step(protocol.AddressesFound{})
				case protocol.Dial:
					d.step(protocol.DialFailed{Addr: out.Addr})
				case protocol.Send:
					switch msg := out.Msg.(type) {
					case *wire.MsgPing:
						d.step(protocol.MessageReceived{Peer: out.Peer, Msg: &wire.MsgPong{Nonce: msg.Nonce}})
					case *wire.MsgGetHeaders:
						d.step(protocol.HeadersReceived{Peer: out.Peer})
					}
				}
			}
			outs = nil
		}
		if connected {
			require.LessOrEqual(t, asked, 6)
			require.GreaterOrEqual(t, asked, 3)
		} else {
			require.InDelta(t, 30, asked, 8)
		}
	}
}

// Answers of 0 and 10,000, duplicate and private addresses, and names.
func TestSeedsThatSayAnything(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	var lots []string
	for i := range 10_000 {
		lots = append(lots, netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(20 + i%100), byte(i / 100), 1, 1}), 8333).String())
	}
	lots = append(lots, lots...)
	d.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{
		{Seed: "much", Addrs: lots}, {Seed: "none"},
		{Seed: "odd", Addrs: []string{"127.0.0.1:8333", "10.0.0.1:8333", "[::1]:8333", "0.0.0.0:8333", "8.8.8.8:0", far(1), far(1)}},
	}})
	fresh, tried := known(t, d.m.Book())
	require.Zero(t, tried)
	require.LessOrEqual(t, fresh, 1025, "one seed does not fill the book")
	require.Greater(t, fresh, 900)
}

// Who is offline does not try thousands of addresses in a second, nor counts it
// against them.
func TestOfflineIsPatient(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	outs := d.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Seed: "a", Addrs: many(900)}}})
	tries := 0
	for range 60 {
		outs = append(outs, d.wait(time.Second, nil)...)
		for len(outs) > 0 {
			var more []protocol.Output
			for _, addr := range dials(outs) {
				tries++
				more = append(more, d.step(protocol.DialFailed{Addr: addr})...)
			}
			outs = more
		}
	}
	require.Less(t, tries, 250)
	require.Greater(t, tries, 100)
	book := addrmgr.Restore(addrmgr.Config{Rand: rand.New(rand.NewPCG(1, 2))}, d.m.Book())
	for _, addr := range many(900) {
		a, err := addrmgr.Parse(addr)
		require.NoError(t, err)
		k, _ := book.Known(a)
		require.Zero(t, k.Failures)
	}
}

func TestGossip(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *protocol.Config) { c.Peers = 3 })
	d.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Seed: "a", Addrs: []string{"9.9.0.1:8333", "9.8.0.1:8333", "9.7.0.1:8333"}}}})
	asked := func(outs []protocol.Output) bool {
		return slices.ContainsFunc(outs, func(out protocol.Output) bool {
			s, ok := out.(protocol.Send)
			_, get := s.Msg.(*wire.MsgGetAddr)
			return ok && get
		})
	}
	one, outs := d.connect("9.9.0.1:8333", protocol.ForAll)
	require.True(t, asked(outs))
	two, outs := d.connect("9.8.0.1:8333", protocol.ForBlocks)
	require.False(t, asked(outs), "gossip knows nothing of it")
	size := func() int { fresh, tried := known(t, d.m.Book()); return fresh + tried }
	before := size()

	d.step(protocol.AddressesHeard{Peer: two, Addrs: heardOf(d.now, fullNode, many(50)...)})
	require.Equal(t, before, size())
	useless := heardOf(d.now, wire.SFNodeWitness, far(1))
	elsewhere := heardOf(d.now, fullNode, "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333")
	bad := heardOf(d.now, fullNode, "127.0.0.1:8333", "8.8.8.8:0", "[2001:10::1]:8333")
	d.step(protocol.AddressesHeard{Peer: one, Addrs: slices.Concat(useless, elsewhere, bad)})
	require.Equal(t, before, size(), "nobody of use to us, or to anybody")
	d.step(protocol.AddressesHeard{Peer: one, Addrs: heardOf(d.now, fullNode, many(100)...)})
	require.InDelta(t, before+100, size(), 10)

	// Then a flood: what was asked for, and one each ten seconds.
	before = size()
	for range 1000 {
		d.now = d.now.Add(time.Second)
		var flood []string
		for i := range 1000 {
			flood = append(flood, fmt.Sprintf("%d.%d.%d.9:8333", 60+i%100, d.now.Unix()%250, i/4))
		}
		d.step(protocol.AddressesHeard{Peer: one, Addrs: heardOf(d.now, fullNode, flood...)})
	}
	require.LessOrEqual(t, size(), before+900+100)
	require.Greater(t, size(), before+300)
}

// With pinned addresses nobody is asked for more, and nobody else is used.
func TestPinnedNeedsNobodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *protocol.Config) {
		c.Pinned, c.FixedSeeds = []string{"9.9.0.1:8333", "node.example:8333"}, many(5)
	})
	require.Equal(t, []string{"9.9.0.1:8333", "node.example:8333"}, dials(d.wait(time.Second, nil)))
	id, outs := d.connect("9.9.0.1:8333", protocol.ForAll)
	outs = append(outs, d.step(protocol.AddressesHeard{Peer: id, Addrs: heardOf(d.now, fullNode, many(50)...)})...)
	outs = append(outs, d.wait(time.Hour, nil)...)
	for _, out := range outs {
		s, ok := out.(protocol.Send)
		if _, get := s.Msg.(*wire.MsgGetAddr); ok && get || asksDNS(out) {
			require.Failf(t, "asked", "%v", out)
		}
	}
	for _, addr := range dials(outs) {
		require.Contains(t, []string{"9.9.0.1:8333", "node.example:8333"}, addr)
	}
}

func TestBansOfTheBook(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *protocol.Config) { c.Peers, c.Serve = 2, true })
	seeds := []protocol.SeedAnswer{{Seed: "a", Addrs: []string{"9.9.0.1:8333", "9.9.0.1:1111", "9.8.0.1:8333"}}}
	d.step(protocol.AddressesFound{Answers: seeds})
	one, _ := d.connect("9.9.0.1:8333", protocol.ForAll)

	// A provable fault: the address with all its ports, for a day, after a restart
	// too, and for those who connect to us.
	d.step(protocol.PeerDisconnected{Peer: one, Reason: protocol.ReasonProtocol})
	require.Equal(t, []addrmgr.Ban{{Key: "9.9.0.1", Until: d.now.Add(protocol.BanTime)}}, d.m.Bans(d.now))
	book := d.m.Book()
	d = newDesk(t, func(c *protocol.Config) { c.Peers, c.Serve, c.Book = 2, true, book })
	require.Equal(t, []string{"9.8.0.1:8333"}, dials(append(d.step(protocol.AddressesFound{Answers: seeds}), d.wait(time.Hour, nil)...)))
	refused := func(outs []protocol.Output) bool {
		return slices.ContainsFunc(outs, func(out protocol.Output) bool { _, ok := out.(protocol.Disconnect); return ok })
	}
	guest := protocol.PeerInfo{ID: 77, Addr: "9.9.0.1:50000", Inbound: true, Since: d.now}
	require.True(t, refused(d.step(protocol.PeerConnected{Info: guest})))

	// Slowness is no fault.
	two, _ := d.connect("9.8.0.1:8333", protocol.ForAll)
	d.step(protocol.PeerDisconnected{Peer: two, Reason: protocol.ReasonSlow})
	require.Len(t, d.m.Bans(d.now), 1)

	// By wish, with those connected; and back again.
	two, _ = d.connect("9.8.0.1:8333", protocol.ForAll)
	require.True(t, refused(d.step(protocol.BanPeer{Addr: "9.8.0.1", For: time.Hour})))
	d.step(protocol.PeerDisconnected{Peer: two})
	require.Len(t, d.m.Bans(d.now), 2)
	outs := append(d.step(protocol.UnbanPeer{Addr: "9.9.0.1:8333"}), d.step(protocol.UnbanPeer{Addr: "9.8.0.1"})...)
	require.Empty(t, d.m.Bans(d.now))
	require.NotEmpty(t, dials(outs))

	// A name is refused by itself, pinned or not.
	d = newDesk(t, func(c *protocol.Config) { c.Pinned = []string{"node.example:8333"} })
	require.Len(t, dials(d.wait(time.Second, nil)), 1)
	d.step(protocol.BanPeer{Addr: "node.example:8333", For: time.Hour})
	d.step(protocol.DialFailed{Addr: "node.example:8333"})
	require.Empty(t, dials(d.wait(50*time.Minute, nil)))
	require.NotEmpty(t, dials(d.step(protocol.AddPeer{Addr: "8.8.8.8:8333"})))
}

// Who was named and is not any more is left, and not dialled again in this run,
// however it became known; unless it is named again.
func TestRemovePeer(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"9.9.0.1:8333", "node.example:8333"} {
		d := newDesk(t, func(c *protocol.Config) { c.Peers, c.Preferred = 3, []string{addr, "9.6.0.1:8333"} })
		seeds := []protocol.SeedAnswer{{Seed: "a", Addrs: []string{"9.9.0.1:8333", "9.8.0.1:8333"}}}
		d.step(protocol.AddressesFound{Answers: seeds})
		id, _ := d.connect(addr, protocol.ForAll)
		d.step(protocol.RemovePeer{Addr: "9.8.0.1:8333"}) // never named
		outs := d.step(protocol.RemovePeer{Addr: addr})
		require.Contains(t, outs, protocol.Disconnect{Peer: id, Reason: protocol.ReasonNotNeeded})
		outs = append(d.step(protocol.PeerDisconnected{Peer: id}), d.wait(20*time.Minute, nil)...)
		require.NotContains(t, dials(outs), addr)
		outs = append(d.step(protocol.AddressesFound{Answers: seeds}), d.wait(20*time.Minute, nil)...)
		require.NotContains(t, dials(outs), addr)

		require.Contains(t, dials(d.step(protocol.AddPeer{Addr: addr})), addr)
		d.step(protocol.RemovePeer{Addr: addr})
		id, outs = d.connect(addr, protocol.ForAll)
		require.Contains(t, outs, protocol.Disconnect{Peer: id, Reason: protocol.ReasonNotNeeded}, "it was under way")
	}
	d := newDesk(t, func(c *protocol.Config) { c.Pinned = []string{"9.9.0.1:8333"} })
	id, _ := d.connect("9.9.0.1:8333", protocol.ForAll)
	require.Empty(t, dropped(d.step(protocol.RemovePeer{Addr: "9.9.0.1:8333"})), "the only one")
	require.NotZero(t, id)
}

// The peers for blocks, whom gossip does not know, are connected to first after
// a restart, and one alone of each part of the network.
func TestAnchors(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	var blocks []string
	for _, out := range d.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Seed: "a", Services: fullNode, Addrs: many(300)}}}) {
		if dial, ok := out.(protocol.Dial); ok {
			d.connect(dial.Addr, dial.Purpose)
		}
	}
	for _, p := range d.m.Peers() {
		if p.Purpose == protocol.ForBlocks {
			blocks = append(blocks, p.Addr)
		}
	}
	require.NotEmpty(t, blocks)
	var saved addrmgr.Snapshot
	d.wait(20*time.Minute, func(out protocol.Output) bool {
		s, ok := out.(protocol.SaveBook)
		saved = s.Book
		return ok
	})
	anchors := addrmgr.DecodeAnchors(saved.Anchors)
	require.Len(t, anchors, 2)
	for _, a := range anchors {
		require.Contains(t, blocks, a.String())
	}
	require.NotEqual(t, anchors[0].Group(), anchors[1].Group())

	d = newDesk(t, func(c *protocol.Config) { c.Book = saved })
	first := dials(d.wait(time.Second, nil))
	require.Subset(t, first, []string{anchors[0].String(), anchors[1].String()})
	require.Equal(t, anchors, addrmgr.DecodeAnchors(d.m.Book().Anchors), "still, when nobody could be reached")
}
