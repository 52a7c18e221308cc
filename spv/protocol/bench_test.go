package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// BenchmarkFilters is what the machine itself costs for each filter: eight peers
// answer everything at once. One operation is one filter.
func BenchmarkFilters(b *testing.B) {
	const blocks, peers = 10_000, 8
	g := spvtest.NewGenerator(spvtest.Options{Seed: 1, Empty: true})
	br := g.Mine(g.Genesis(), blocks)
	for done := 0; done < b.N; done += blocks {
		b.StopTimer()
		l := newLoop(g, br, peers, blocks)
		b.StartTimer()
		if n := l.run(min(blocks, b.N-done)); n < min(blocks, b.N-done) {
			b.Fatalf("%d filters of %d: %+v", n, blocks, l.m.Progress())
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "filters/s")
}

// BenchmarkFilterHeaders is what the machine itself costs for each filter header
// in bulk, checked against checkpoints. One operation is one filter header.
func BenchmarkFilterHeaders(b *testing.B) {
	const peers = 8
	w := longWorld()
	end := w.b.Tip().Height
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += int(end) {
		b.StopTimer()
		l := newLoop(w.g, w.b, peers, 0)
		b.StartTimer()
		l.run(1) // the first filter comes after the last filter header
		if tip := l.m.Progress().FilterTip.Height; tip != end {
			b.Fatalf("filter headers to %d of %d", tip, end)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "headers/s")
}

// loop answers a machine's questions at once, truthfully, one message of each
// peer in turn.
type loop struct {
	g      *spvtest.Generator
	b      spvtest.Branch
	m      *protocol.Machine
	now    time.Time
	queues [][]protocol.Input
	saved  int
}

// newLoop begins with so many filter headers known.
func newLoop(g *spvtest.Generator, b spvtest.Branch, peers, known int) *loop {
	tip := b.Tip()
	raw := make([]byte, 0, len(b)*80)
	for _, blk := range b {
		raw = append(raw, blk.Header.Raw[:]...)
	}
	tree, err := chain.Load(g.Params(), g.Params().Genesis(), raw)
	if err != nil {
		panic(err)
	}
	headers := make([]chainhash.Hash, 0, known)
	for _, blk := range b[1 : known+1] {
		headers = append(headers, blk.FilterHeader)
	}
	l := &loop{g: g, b: b, now: time.Unix(int64(tip.Header.Time()), 0).Add(time.Hour), queues: make([][]protocol.Input, peers)}
	l.m = protocol.New(protocol.Config{Params: g.Params(), Tree: tree, Peers: peers, NoDNS: true, Rand: rand.New(rand.NewPCG(1, 1)),
		Filters: protocol.FilterState{From: -1, Base: 1, Prev: b[0].FilterHeader, Headers: headers}})
	l.step(protocol.KeepFilters{From: 1})
	for i := range peers {
		l.step(protocol.PeerConnected{Info: protocol.PeerInfo{ID: protocol.PeerID(i + 1), Addr: fmt.Sprintf("10.%d.0.1:8333", i),
			Services: wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF, StartHeight: tip.Height, Since: l.now}})
	}
	return l
}

// run lets the peers talk until so many filters are saved, and returns how many
// are.
func (l *loop) run(filters int) int {
	for busy := true; busy && l.saved < filters; {
		busy = false
		for i := range l.queues {
			if len(l.queues[i]) > 0 {
				in := l.queues[i][0]
				l.queues[i] = l.queues[i][1:]
				l.now = l.now.Add(50 * time.Microsecond)
				l.step(in)
				busy = true
			}
		}
	}
	return l.saved
}

func (l *loop) step(in protocol.Input) {
	for _, out := range l.m.Step(l.now, in) {
		switch out := out.(type) {
		case protocol.Send:
			l.answer(out.Peer, out.Msg)
		case protocol.SaveFilter:
			l.saved++
		}
	}
}

func (l *loop) answer(id protocol.PeerID, msg wire.Message) {
	q := &l.queues[id-1]
	say := func(msg wire.Message) { *q = append(*q, protocol.MessageReceived{Peer: id, Msg: msg}) }
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		*q = append(*q, protocol.HeadersReceived{Peer: id})
	case *wire.MsgPing:
		say(&wire.MsgPong{Nonce: msg.Nonce})
	case *wire.MsgGetCFHeaders:
		out := wire.NewMsgCFHeaders()
		out.StopHash, out.PrevFilterHeader = msg.StopHash, l.b[msg.StartHeight-1].FilterHeader
		for _, blk := range l.b[msg.StartHeight : l.g.Find(msg.StopHash).Height+1] {
			_ = out.AddCFHash(&blk.FilterHash)
		}
		say(out)
	case *wire.MsgGetCFCheckpt:
		stop := l.g.Find(msg.StopHash)
		out := wire.NewMsgCFCheckpt(wire.GCSFilterRegular, &msg.StopHash, int(stop.Height))
		for h := wire.CFCheckptInterval; h <= int(stop.Height); h += wire.CFCheckptInterval {
			_ = out.AddCFHeader(&l.b[h].FilterHeader)
		}
		say(out)
	case *wire.MsgGetCFilters:
		for _, blk := range l.b[msg.StartHeight : l.g.Find(msg.StopHash).Height+1] {
			*q = append(*q, protocol.FilterReceived{Peer: id, Block: blk.Hash, FilterHash: blk.FilterHash, Data: blk.Filter})
		}
	}
}
