package peer

import (
	"bytes"
	"compress/bzip2"
	"io"
	"testing"

	"thistle/assets/assetstest"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// benchmark measures a frame from bytes to Input, the socket apart.
func benchmark(b *testing.B, msg wire.Message, asking wire.Message, change func(*Conn)) {
	c := testConn(b, nil)
	frame, err := c.encode(msg)
	require.NoError(b, err)
	if change != nil {
		change(c)
	}
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		t := newTape(frame)
		c.in.conn = t
		c.in.in.Reset(t)
		c.asked.note(asking)
		h, err := c.in.next()
		if err != nil {
			b.Fatal(err)
		}
		in, err := c.receive(h)
		if err != nil || in == nil {
			b.Fatal(in, err)
		}
	}
}

func BenchmarkHeaders2000(b *testing.B) {
	msg := wire.NewMsgHeaders()
	for n := range uint32(2000) {
		msg.AddBlockHeader(&wire.BlockHeader{Nonce: n})
	}
	benchmark(b, msg, &wire.MsgGetHeaders{}, nil)
	b.ReportMetric(2000*float64(b.N)/b.Elapsed().Seconds(), "headers/s")
}

// BenchmarkRange2000 is headers that answer a request for a range: real ones,
// whose links and work are checked.
func BenchmarkRange2000(b *testing.B) {
	z := bzip2.NewReader(bytes.NewReader(assetstest.Vector(b, "headers/block-headers-mainnet-0-99999.bz2")))
	raw := make([]byte, 10+2001*80)
	_, err := io.ReadFull(z, raw)
	require.NoError(b, err)
	msg := new(wire.MsgHeaders)
	for n := 1; n <= 2000; n++ {
		h := new(wire.BlockHeader)
		require.NoError(b, h.Deserialize(bytes.NewReader(raw[10+n*80:])))
		msg.Headers = append(msg.Headers, h)
	}
	stop := msg.Headers[1999].BlockHash()
	benchmark(b, msg, &wire.MsgGetHeaders{BlockLocatorHashes: []*chainhash.Hash{&msg.Headers[0].PrevBlock}, HashStop: stop}, nil)
	b.ReportMetric(2000*float64(b.N)/b.Elapsed().Seconds(), "headers/s")
}

func BenchmarkFilter21kB(b *testing.B) {
	msg := &wire.MsgCFilter{BlockHash: chainhash.Hash{1}, Data: make([]byte, 21_000)}
	benchmark(b, msg, &wire.MsgGetCFilters{StopHash: chainhash.Hash{1}}, nil)
}

func BenchmarkBlock1MB(b *testing.B) {
	msg := new(wire.MsgBlock)
	raw := assetstest.Vector(b, "blocks/block481829.dat")
	require.NoError(b, decode(msg, raw, ProtocolVersion))
	benchmark(b, msg, ask(wire.InvTypeWitnessBlock, msg.BlockHash()), func(c *Conn) { c.cfg.CheckBlock = protocol.CheckBlock })
}
