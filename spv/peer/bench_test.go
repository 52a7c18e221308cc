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

// benchmark measures a frame from bytes to Input, the socket apart, in plain text
// and encrypted.
func benchmark(b *testing.B, msg wire.Message, asking wire.Message, change func(*Conn)) {
	b.Run("v1", func(b *testing.B) { benchmarkPlain(b, msg, asking, change) })
	b.Run("v2", func(b *testing.B) { benchmarkSealed(b, msg, asking, change) })
}

// benchmarkSealed opens packets made beforehand, as many as there is room for.
func benchmarkSealed(b *testing.B, msg wire.Message, asking wire.Message, change func(*Conn)) {
	c := testConn(b, nil)
	ours, err := newChannel(make([]byte, 32), true, c.cfg.Net)
	require.NoError(b, err)
	c.in.most = func() uint32 { return maxPayload }
	if change != nil {
		change(c)
	}
	var plain bytes.Buffer
	_, err = wire.WriteV2MessageN(&plain, msg, ProtocolVersion, wire.WitnessEncoding)
	require.NoError(b, err)
	const packets = 64
	var sealed []byte
	for range packets {
		p, err := ours.seal.packet(plain.Bytes(), false)
		require.NoError(b, err)
		sealed = append(sealed, p...)
	}
	b.SetBytes(int64(len(sealed) / packets))
	b.ReportAllocs()
	left := 0
	for b.Loop() {
		if left == 0 {
			theirs, err := newChannel(make([]byte, 32), false, c.cfg.Net)
			if err != nil {
				b.Fatal(err)
			}
			t := newTape(sealed)
			c.in.open, c.in.conn, left = theirs.open, t, packets
			c.in.in.Reset(t)
		}
		left--
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

// BenchmarkKeys is what a stranger can make us compute by connecting.
func BenchmarkKeys(b *testing.B) {
	them, err := newKeyExchange(wire.MainNet)
	require.NoError(b, err)
	for b.Loop() {
		k, err := newKeyExchange(wire.MainNet)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := k.meet(them.ours, false); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkPlain(b *testing.B, msg wire.Message, asking wire.Message, change func(*Conn)) {
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
