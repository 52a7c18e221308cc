package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// host is a machine that serves, with a chain and filters, and peers made by hand.
type host struct {
	t    *testing.T
	g    *spvtest.Generator
	b    spvtest.Branch
	m    *protocol.Machine
	now  time.Time
	last protocol.PeerID
}

// serving makes a host with a chain of so many blocks, whose filters it has from a
// height on; none if that is 0.
func serving(t *testing.T, blocks int, filtersFrom int32, change func(*protocol.Config)) *host {
	t.Helper()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 1, Empty: blocks > 500})
	h := &host{t: t, g: g, b: g.Mine(g.Genesis(), blocks)}
	h.now = time.Unix(int64(h.b.Tip().Header.Time()), 0).Add(time.Hour).UTC()
	var raw []byte
	for _, blk := range h.b {
		raw = append(raw, blk.Header.Raw[:]...)
	}
	tree, err := chain.Load(g.Params(), g.Params().Genesis(), raw)
	require.NoError(t, err)
	cfg := protocol.Config{
		Params: g.Params(), Tree: tree, NoDNS: true, Peers: 8, Serve: true,
		Filters: protocol.FilterState{From: -1, Base: -1},
		Rand:    rand.New(rand.NewPCG(1, 2)),
	}
	if filtersFrom > 0 {
		cfg.Filters = protocol.FilterState{
			From: filtersFrom, Base: filtersFrom, Prev: h.b[filtersFrom-1].FilterHeader,
			Held: func(height int32, block chainhash.Hash) bool {
				return int(height) < len(h.b) && h.b[height].Hash == block
			},
		}
		for _, blk := range h.b[filtersFrom:] {
			cfg.Filters.Headers = append(cfg.Filters.Headers, blk.FilterHeader)
		}
	}
	if change != nil {
		change(&cfg)
	}
	h.m = protocol.New(cfg)
	h.m.Tick(h.now)
	return h
}

func (h *host) step(in protocol.Input) []protocol.Output { return h.m.Step(h.now, in) }

// pass lets time pass, and returns what was done meanwhile.
func (h *host) pass(d time.Duration) (outs []protocol.Output) {
	for end := h.now.Add(d); ; {
		next := h.m.Next()
		if next.IsZero() || next.After(end) {
			h.now = end
			return outs
		}
		h.now = next
		outs = append(outs, h.m.Tick(h.now)...)
	}
}

// peer connects one; the address tells its part of the network.
func (h *host) peer(addr string, inbound bool) (protocol.PeerID, []protocol.Output) {
	h.last++
	services := wire.SFNodeNetwork | wire.SFNodeWitness
	if inbound {
		services = wire.SFNodeWitness
	}
	outs := h.step(protocol.PeerConnected{Info: protocol.PeerInfo{
		ID: h.last, Addr: addr, Inbound: inbound, TxRelay: true, Services: services,
		Version: 70016, StartHeight: h.b.Tip().Height, Since: h.now,
	}})
	return h.last, outs
}

func (h *host) guest(addr string) protocol.PeerID {
	id, outs := h.peer(addr, true)
	require.Contains(h.t, outs, protocol.Send{Peer: id, Msg: &wire.MsgSendHeaders{}})
	return id
}

// outbound connects one and has it say that nothing is new.
func (h *host) outbound(addr string) protocol.PeerID {
	id, _ := h.peer(addr, false)
	h.step(protocol.HeadersReceived{Peer: id})
	return id
}

func (h *host) says(id protocol.PeerID, msg wire.Message) []protocol.Output {
	return h.step(protocol.MessageReceived{Peer: id, Msg: msg})
}

func sent[M wire.Message](outs []protocol.Output, to protocol.PeerID) (msgs []M) {
	for _, out := range outs {
		if s, ok := out.(protocol.Send); ok && s.Peer == to {
			if m, ok := s.Msg.(M); ok {
				msgs = append(msgs, m)
			}
		}
	}
	return msgs
}

func servings(outs []protocol.Output) (list []protocol.Serve) {
	for _, out := range outs {
		if s, ok := out.(protocol.Serve); ok {
			list = append(list, s)
		}
	}
	return list
}

func dropped(outs []protocol.Output) (ids []protocol.PeerID) {
	for _, out := range outs {
		if d, ok := out.(protocol.Disconnect); ok {
			ids = append(ids, d.Peer)
		}
	}
	return ids
}

func TestGetHeadersIsAnswered(t *testing.T) {
	t.Parallel()
	h := serving(t, 4500, 0, nil)
	id := h.guest("1.2.3.4:5")
	at := func(height int32) *chainhash.Hash { return &h.b[height].Hash }
	unknown := &chainhash.Hash{1}
	for _, c := range []struct {
		name     string
		locator  []*chainhash.Hash
		stop     *chainhash.Hash
		from, to int32 // to -1: no answer
	}{
		{"from genesis", []*chainhash.Hash{at(0)}, unknown, 1, 2000},
		{"nothing known", []*chainhash.Hash{unknown}, new(chainhash.Hash), 1, 2000},
		{"first known counts", []*chainhash.Hash{unknown, at(4000), at(10)}, unknown, 4001, 4500},
		{"at the tip", []*chainhash.Hash{at(4500)}, unknown, 4501, 4500},
		{"up to a stop", []*chainhash.Hash{at(7)}, at(9), 8, 9},
		{"a stop below", []*chainhash.Hash{at(7)}, at(5), 8, 2007},
		{"one header", nil, at(5), 5, 5},
		{"nothing at all", nil, unknown, 0, -1},
	} {
		outs := servings(h.says(id, &wire.MsgGetHeaders{BlockLocatorHashes: c.locator, HashStop: *c.stop}))
		if c.to < 0 {
			require.Empty(t, outs, c.name)
			continue
		}
		require.Equal(t, []protocol.Serve{{Peer: id, What: protocol.ServeHeaders, From: c.from, Stop: h.tip(c.to)}}, outs, c.name)
	}
}

func (h *host) tip(height int32) chain.Tip {
	return chain.Tip{Height: height, Hash: h.b[height].Hash}
}

// TestServesWhatItHolds: the bounds of BIP157 hold, and what is not here is passed
// over.
func TestServesWhatItHolds(t *testing.T) {
	t.Parallel()
	const from = 100
	filters := func(start, stop int) func(*host) wire.Message {
		return func(h *host) wire.Message {
			return &wire.MsgGetCFilters{StartHeight: uint32(start), StopHash: h.b[stop].Hash}
		}
	}
	hashes := func(start, stop int) func(*host) wire.Message {
		return func(h *host) wire.Message {
			return &wire.MsgGetCFHeaders{StartHeight: uint32(start), StopHash: h.b[stop].Hash}
		}
	}
	for _, c := range []struct {
		name   string
		ask    func(*host) wire.Message
		serves bool
		drops  bool
	}{
		{"a thousand filters", filters(1000, 1999), true, false},
		{"one more", filters(1000, 2000), false, true},
		{"backwards", filters(1001, 1000), false, true},
		{"far too high", filters(1<<31+5, 1000), false, true},
		{"not held", filters(99, 110), false, false},
		{"from the first", filters(100, 110), true, false},
		{"two thousand hashes", hashes(500, 2499), true, false},
		{"one more hash", hashes(500, 2500), false, true},
		{"another type", func(h *host) wire.Message {
			return &wire.MsgGetCFilters{FilterType: 1, StartHeight: 200, StopHash: h.b[201].Hash}
		}, false, true},
		{"an unknown stop", func(h *host) wire.Message {
			return &wire.MsgGetCFilters{StartHeight: 200, StopHash: chainhash.Hash{5}}
		}, false, false},
		{"checkpoints", func(h *host) wire.Message { return &wire.MsgGetCFCheckpt{StopHash: h.b[2500].Hash} }, true, false},
		{"checkpoints of another type", func(h *host) wire.Message {
			return &wire.MsgGetCFCheckpt{FilterType: 3, StopHash: h.b[2500].Hash}
		}, false, true},
	} {
		h := serving(t, 2600, from, nil)
		id := h.guest("1.2.3.4:5")
		outs := h.says(id, c.ask(h))
		require.Equal(t, c.serves, len(servings(outs)) == 1, c.name)
		require.Equal(t, c.drops, len(dropped(outs)) == 1, c.name)
	}
	// Without the first filter headers checkpoints cannot be told.
	h := serving(t, 2600, 1100, nil)
	require.Empty(t, servings(h.says(h.guest("1.2.3.4:5"), &wire.MsgGetCFCheckpt{StopHash: h.b[2500].Hash})))
	// Nor anything where a filter is in doubt.
	h = serving(t, 300, 1, func(cfg *protocol.Config) { cfg.Filters.Direct = []int32{200} })
	id := h.guest("1.2.3.4:5")
	require.Len(t, servings(h.says(id, filters(150, 199)(h))), 1)
	require.Empty(t, servings(h.says(id, filters(150, 200)(h))))
}

func TestServicesAreTrue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		from   int32
		change func(*protocol.Config)
		all    bool
	}{
		{"everything", 1, nil, true},
		{"no filters", 0, nil, false},
		{"from later on", 2, nil, false},
		{"one in doubt", 1, func(cfg *protocol.Config) { cfg.Filters.Direct = []int32{20} }, false},
		{"one missing", 1, func(cfg *protocol.Config) { cfg.Filters.Headers = cfg.Filters.Headers[:40] }, false},
		{"not asked to", 1, func(cfg *protocol.Config) { cfg.Serve = false }, false},
	} {
		h := serving(t, 50, c.from, c.change)
		require.Equal(t, wire.SFNodeWitness, h.m.Services(), "nobody has confirmed the tip")
		h.outbound("9.9.9.9:1")
		require.Equal(t, c.all, h.m.Services()&wire.SFNodeCF != 0, c.name)
		require.Zero(t, h.m.Services()&^(wire.SFNodeCF|wire.SFNodeWitness), c.name)
	}
}

func TestServingIsCountedAndBounded(t *testing.T) {
	t.Parallel()
	h := serving(t, 100, 1, nil)
	id := h.guest("1.2.3.4:5")
	ask := &wire.MsgGetHeaders{BlockLocatorHashes: []*chainhash.Hash{&h.b[0].Hash}}
	for range 200 { // answered one by one
		require.Len(t, servings(h.says(id, ask)), 1)
		h.step(protocol.Served{Peer: id, Messages: 1, Bytes: 100})
	}
	require.Equal(t, protocol.Given{Bytes: 20_000, Messages: 200}, h.m.Given())
	asked := 0
	for ; asked < 200; asked++ { // never waiting
		if outs := h.says(id, ask); len(dropped(outs)) > 0 {
			require.Empty(t, servings(outs))
			break
		}
	}
	require.Equal(t, 64, asked)

	off := serving(t, 100, 1, func(cfg *protocol.Config) { cfg.Serve = false })
	require.Empty(t, servings(off.says(off.outbound("9.9.9.9:1"), ask)))
	id, outs := off.peer("1.2.3.4:5", true)
	require.Equal(t, []protocol.PeerID{id}, dropped(outs), "nobody is let in")
}

// TestGuestsAreNotBelieved: who connects to us is not asked, does not count, and
// tells at most what proof of work stands for.
func TestGuestsAreNotBelieved(t *testing.T) {
	t.Parallel()
	h := serving(t, 100, 1, nil)
	id, outs := h.peer("1.2.3.4:5", true)
	require.Empty(t, sent[*wire.MsgGetHeaders](outs, id))
	require.Zero(t, h.m.Progress().Peers)
	require.False(t, h.m.Progress().HeadersCurrent)
	require.Len(t, h.m.Peers(), 1)

	next := h.g.Mine(h.b, 3)
	news := func(from, to int) protocol.HeadersReceived {
		in := protocol.HeadersReceived{Peer: id}
		for _, blk := range next[from : to+1] {
			in.Headers = append(in.Headers, blk.Header)
		}
		return in
	}
	h.step(news(101, 101))
	require.Equal(t, int32(100), h.m.Progress().Tip.Height, "nothing before anybody we chose has spoken")
	friend := h.outbound("9.9.9.9:1")
	require.True(t, h.m.Progress().HeadersCurrent)
	outs = h.step(news(101, 101))
	require.Equal(t, int32(101), h.m.Progress().Tip.Height)
	require.Len(t, sent[*wire.MsgGetHeaders](outs, friend), 1, "those we chose are asked at once")
	require.Empty(t, sent[*wire.MsgGetCFilters](outs, id))

	// What does not follow our tip has others asked, and not too often.
	answer := func() {
		for range 3 { // for the tip itself, too
			h.step(protocol.HeadersReceived{Peer: friend})
		}
	}
	answer()
	outs = h.step(news(103, 103))
	require.Equal(t, int32(101), h.m.Progress().Tip.Height)
	require.Empty(t, sent[*wire.MsgGetHeaders](outs, friend), "or guests could tell who our peers are")
	require.Len(t, sent[*wire.MsgGetHeaders](h.pass(30*time.Second), friend), 1)
	answer()
	block := chainhash.Hash{7}
	unknown := &wire.MsgInv{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeBlock, &block)}}
	require.Empty(t, sent[*wire.MsgGetHeaders](h.says(id, unknown), friend))
	h.pass(2 * time.Minute)
	h.says(id, unknown)
	require.Len(t, sent[*wire.MsgGetHeaders](h.pass(30*time.Second), friend), 1)

	// Too many rumours are a flood, false headers a fault.
	other := h.guest("2.2.3.4:5")
	flood := 0
	for len(dropped(h.step(news(103, 103)))) == 0 && flood < 100 {
		flood++
	}
	require.InDelta(t, 20, flood, 3)
	bad := news(102, 102)
	bad.Peer = other
	bad.Headers[0].Raw[72] ^= 1 // the target
	bad.Headers[0] = chain.NewHeader(bad.Headers[0].Raw)
	require.Equal(t, []protocol.PeerID{other}, dropped(h.step(bad)))
	require.Equal(t, int32(101), h.m.Progress().Tip.Height)
}

func TestNewBlocksAreAnnounced(t *testing.T) {
	t.Parallel()
	h := serving(t, 100, 0, nil)
	friend := h.outbound("9.9.9.9:1")
	plain, modern, full := h.guest("1.2.3.4:5"), h.guest("2.2.3.4:5"), h.last+1
	h.last++
	h.step(protocol.PeerConnected{Info: protocol.PeerInfo{ID: full, Addr: "3.2.3.4:5", Inbound: true, Services: wire.SFNodeNetwork | wire.SFNodeWitness}})
	h.says(modern, &wire.MsgSendHeaders{})
	next := h.g.Mine(h.b, 1)
	outs := h.step(protocol.HeadersReceived{Peer: friend, Headers: []chain.Header{next.Tip().Header}})
	require.Len(t, sent[*wire.MsgInv](outs, plain), 1)
	headers := sent[*wire.MsgHeaders](outs, modern)
	require.Len(t, headers, 1)
	require.Equal(t, next.Tip().Hash, headers[0].Headers[0].BlockHash())
	require.Empty(t, sent[*wire.MsgInv](outs, full), "it would wait for the block")
	require.Empty(t, sent[*wire.MsgInv](outs, friend))
	// Blocks are refused.
	hash := next.Tip().Hash
	refused := sent[*wire.MsgNotFound](h.says(plain, &wire.MsgGetData{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeWitnessBlock, &hash)}}), plain)
	require.Len(t, refused, 1)
}

func TestGuestsAreFewAndMixed(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	early := h.guest("10.0.0.1:1")
	h.guest("10.0.0.1:2")
	id, outs := h.peer("10.0.0.1:3", true)
	require.Equal(t, []protocol.PeerID{id}, dropped(outs), "two from one host are enough")
	h.step(protocol.PeerDisconnected{Peer: id})
	// Then a hundred of one operator come, and some of other parts.
	gone := make(map[protocol.PeerID]bool)
	var others []protocol.PeerID
	come := func(addr string) protocol.PeerID {
		h.now = h.now.Add(time.Second)
		id, outs := h.peer(addr, true)
		for _, d := range dropped(outs) {
			gone[d] = true
			h.step(protocol.PeerDisconnected{Peer: d})
		}
		return id
	}
	for i := range 6 {
		others = append(others, come(fmt.Sprintf("%d.1.1.1:1", 20+i)))
	}
	for i := range 100 {
		come(fmt.Sprintf("77.77.%d.1:1", i))
	}
	require.LessOrEqual(t, len(h.m.Peers()), 16)
	require.False(t, gone[early], "age protects")
	for _, o := range others {
		require.False(t, gone[o], "the largest part of the network gives way first")
	}
	require.True(t, len(gone) > 80)
	// From loopback anybody may come: an onion service hands all over from there.
	l := serving(t, 10, 0, nil)
	for i := range 10 {
		l.guest(fmt.Sprintf("127.0.0.1:%d", 1000+i))
	}
}

// hashesOf is a peer's answer about blocks that follow others.
func hashesOf(before spvtest.Branch, blocks ...*spvtest.Block) *wire.MsgCFHeaders {
	msg := &wire.MsgCFHeaders{StopHash: blocks[len(blocks)-1].Hash, PrevFilterHeader: before.Tip().FilterHeader}
	for _, blk := range blocks {
		msg.FilterHashes = append(msg.FilterHashes, &blk.FilterHash)
	}
	return msg
}

// TestRequestsWaitForNewFilters: who hears of a block from us asks for its filter
// before we have it, and need not ask again.
func TestRequestsWaitForNewFilters(t *testing.T) {
	t.Parallel()
	h := serving(t, 100, 1, nil)
	h.last++
	friend := h.last
	h.step(protocol.PeerConnected{Info: protocol.PeerInfo{
		ID: friend, Addr: "9.9.9.9:1", Services: wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF, StartHeight: 100,
	}})
	h.step(protocol.HeadersReceived{Peer: friend})
	h.says(friend, hashesOf(h.b[:1], h.b[1:]...)) // an audit
	id, leaving := h.guest("1.2.3.4:5"), h.guest("2.2.3.4:5")
	next := h.g.Mine(h.b, 1).Tip()
	h.step(protocol.HeadersReceived{Peer: friend, Headers: []chain.Header{next.Header}})
	question := &wire.MsgGetCFHeaders{StartHeight: 101, StopHash: next.Hash}
	require.Empty(t, servings(h.says(id, question)))
	require.Empty(t, servings(h.says(id, &wire.MsgGetCFilters{StartHeight: 101, StopHash: next.Hash})))
	h.says(leaving, question)
	h.step(protocol.PeerDisconnected{Peer: leaving})
	outs := h.says(friend, hashesOf(h.b, next))
	outs = append(outs, h.step(protocol.FilterReceived{Peer: friend, Block: next.Hash, FilterHash: next.FilterHash, Data: next.Filter})...)
	stop := chain.Tip{Height: 101, Hash: next.Hash}
	require.Equal(t, []protocol.Serve{
		{Peer: id, What: protocol.ServeFilterHashes, From: 101, Stop: stop},
		{Peer: id, What: protocol.ServeFilters, From: 101, Stop: stop},
	}, servings(outs))

	// Not for ever, and not many.
	more := h.g.Mine(h.b, 2).Tip()
	h.step(protocol.HeadersReceived{Peer: friend, Headers: []chain.Header{more.Header}})
	question.StopHash = more.Hash
	for range 40 {
		require.Empty(t, servings(h.says(id, question)))
	}
	h.pass(time.Minute)
	require.Empty(t, dropped(h.says(id, &wire.MsgPing{Nonce: 3})))
}

// TestAddressesAreToldOnce: to guests only, and each time the same.
func TestAddressesAreToldOnce(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	friend, first := h.outbound("9.9.9.9:1"), h.guest("1.2.3.4:5")
	require.Empty(t, sent[wire.Message](h.says(first, &wire.MsgGetAddr{}), first), "none are known")
	var heard []addrmgr.Heard
	for i := range 200 {
		addr, err := addrmgr.Parse(fmt.Sprintf("%d.%d.7.7:8333", 20+i%100, i))
		require.NoError(t, err)
		heard = append(heard, addrmgr.Heard{Addr: addr, Services: wire.SFNodeNetwork | wire.SFNodeWitness, Seen: h.now})
	}
	h.step(protocol.AddressesHeard{Peer: friend, Addrs: heard})
	require.Empty(t, sent[wire.Message](h.says(first, &wire.MsgGetAddr{}), first), "once")
	require.Empty(t, sent[wire.Message](h.says(friend, &wire.MsgGetAddr{}), friend), "we chose it")
	h.pass(2 * time.Hour)
	second, third := h.guest("2.2.3.4:5"), h.guest("3.2.3.4:5")
	a, b := sent[wire.Message](h.says(second, &wire.MsgGetAddr{}), second), sent[wire.Message](h.says(third, &wire.MsgGetAddr{}), third)
	require.Len(t, a, 1)
	require.Equal(t, "addr", a[0].Command())
	require.Equal(t, a, b)
	hidden := h.guest("127.0.0.1:5")
	c := sent[wire.Message](h.says(hidden, &wire.MsgGetAddr{}), hidden)
	require.Len(t, c, 1)
	require.NotEqual(t, a, c, "who comes by Tor cannot tell that it is us")
}
