package protocol_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest/synth"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

const benchHeaders = 50 * 2016

// headerBench is a chain whose headers are read already, as they reach the
// machine from the connections' readers.
type headerBench struct {
	params *chain.Params
	tip    chain.Tip
	now    time.Time
	after  map[chainhash.Hash][]chain.Header // up to 2,000 that follow a block
	ranges map[[2]chainhash.Hash]chain.Run   // the same, up to a stop hash
	chain  *synth.Chain
}

func newHeaderBench(b *testing.B) *headerBench {
	c, err := synth.New(synth.Options{Seed: 1, Height: benchHeaders})
	require.NoError(b, err)
	facts, err := c.Facts(benchHeaders)
	require.NoError(b, err)
	params, err := facts.Params()
	require.NoError(b, err)
	return &headerBench{params: params, tip: c.Tip(), chain: c, now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		after: make(map[chainhash.Hash][]chain.Header), ranges: make(map[[2]chainhash.Hash]chain.Run)}
}

func (h *headerBench) end(after, stop chainhash.Hash) (from, to int32) {
	at, _ := h.chain.HeightOf(after)
	to = h.tip.Height
	if end, ok := h.chain.HeightOf(stop); ok {
		to = end
	}
	return at + 1, min(to, at+2000)
}

func (h *headerBench) headers(after chainhash.Hash) []chain.Header {
	if hs, ok := h.after[after]; ok {
		return hs
	}
	from, to := h.end(after, chainhash.Hash{})
	var hs []chain.Header
	for at := from; at <= to; at++ {
		hs = append(hs, chain.NewHeader(h.chain.Header(at)))
	}
	h.after[after] = hs
	return hs
}

func (h *headerBench) run(b *testing.B, after, stop chainhash.Hash) chain.Run {
	if run, ok := h.ranges[[2]chainhash.Hash{after, stop}]; ok {
		return run
	}
	from, to := h.end(after, stop)
	var raw []byte
	for at := from; at <= to; at++ {
		one := h.chain.Header(at)
		raw = append(raw, one[:]...)
	}
	run, err := chain.CheckRun(h.params, raw)
	require.NoError(b, err)
	h.ranges[[2]chainhash.Hash{after, stop}] = run
	return run
}

// sync lets a machine fetch everything from peers that answer at once.
func (h *headerBench) sync(b *testing.B, base chain.Base, peers int) {
	m := protocol.New(protocol.Config{Params: h.params, Tree: chain.New(h.params, base),
		Filters: protocol.FilterState{From: -1}, Pinned: []string{"a"}, Rand: rand.New(rand.NewPCG(1, 1))})
	queue := m.Tick(h.now)
	do := func(in protocol.Input) { queue = append(queue, m.Step(h.now, in)...) }
	for id := range peers {
		do(protocol.PeerConnected{Info: protocol.PeerInfo{ID: protocol.PeerID(id + 1), Addr: "a",
			Services: wire.SFNodeNetwork | wire.SFNodeWitness, StartHeight: h.tip.Height}})
	}
	do(protocol.KeepHeaders{From: 1})
	for len(queue) > 0 {
		out := queue[0]
		queue = queue[1:]
		send, ok := out.(protocol.Send)
		if !ok {
			continue
		}
		msg, ok := send.Msg.(*wire.MsgGetHeaders)
		switch {
		case !ok:
		case msg.HashStop != (chainhash.Hash{}):
			do(protocol.RangeReceived{Peer: send.Peer, Run: h.run(b, *msg.BlockLocatorHashes[0], msg.HashStop)})
		default:
			do(protocol.HeadersReceived{Peer: send.Peer, Headers: h.headers(*msg.BlockLocatorHashes[0])})
		}
	}
	pr := m.Progress()
	require.Equal(b, h.tip, pr.Tip)
	require.Zero(b, pr.Base)
}

// BenchmarkHeadersInOrder is headers from genesis to the tip by one peer, and
// BenchmarkHeaderRanges below the newest checkpoint by eight.
func BenchmarkHeadersInOrder(b *testing.B) {
	h := newHeaderBench(b)
	benchSync(b, h, h.params.Genesis(), 1)
}

func BenchmarkHeaderRanges(b *testing.B) {
	h := newHeaderBench(b)
	benchSync(b, h, h.params.Checkpoints[len(h.params.Checkpoints)-1], 8)
}

func benchSync(b *testing.B, h *headerBench, base chain.Base, peers int) {
	h.sync(b, base, peers) // fills what answers are made of
	b.ReportAllocs()
	for b.Loop() {
		h.sync(b, base, peers)
	}
	b.ReportMetric(float64(h.tip.Height)*float64(b.N)/b.Elapsed().Seconds(), "headers/s")
}
