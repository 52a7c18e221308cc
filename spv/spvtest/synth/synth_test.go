package synth_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest/synth"

	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func mined(t testing.TB, opt synth.Options) *synth.Chain {
	t.Helper()
	c, err := synth.New(opt)
	require.NoError(t, err)
	return c
}

func params(t testing.TB, c *synth.Chain, upTo int32) *chain.Params {
	t.Helper()
	facts, err := c.Facts(upTo)
	require.NoError(t, err)
	p, err := facts.Params()
	require.NoError(t, err)
	return p
}

// Every header stands up to our rules, which other tests hold against btcd's.
func TestRules(t *testing.T) {
	t.Parallel()
	const height = 12*2016 + 700
	c := mined(t, synth.Options{Seed: 1, Height: height})
	require.NoError(t, c.Extend(5))
	p := params(t, c, height)
	require.Len(t, p.Checkpoints, 12)
	tree := chain.New(p, p.Genesis())
	var headers []chain.Header
	targets := map[uint32]bool{}
	for h := int32(1); h <= height+5; h++ {
		header := chain.NewHeader(c.Header(h))
		headers = append(headers, header)
		targets[header.Bits()] = true
	}
	res, err := tree.Add(time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC), headers)
	require.NoError(t, err)
	require.Equal(t, height+5, res.Added)
	require.Equal(t, c.Tip(), tree.Tip())
	require.Greater(t, len(targets), 10, "targets seen")
	for _, h := range []int32{0, 1, 2015, 2016, height, height + 5} {
		hash, _ := tree.HashAt(h)
		require.Equal(t, hash, c.HashAt(h))
		found, ok := c.HeightOf(hash)
		require.True(t, ok)
		require.Equal(t, h, found)
	}
	_, ok := c.HeightOf(chainhash.Hash{1})
	require.False(t, ok)
}

func TestSameOptionsSameChain(t *testing.T) {
	t.Parallel()
	tip := func(seed uint64, height int32) chain.Tip {
		return mined(t, synth.Options{Seed: seed, Height: height}).Tip()
	}
	require.Equal(t, tip(1, 3000), tip(1, 3000))
	require.NotEqual(t, tip(1, 3000), tip(2, 3000))
}

// pay is a payment at every seventh block.
func pay(height int32) []*wire.TxOut {
	if height%7 != 0 {
		return nil
	}
	return []*wire.TxOut{wire.NewTxOut(1000+int64(height), paid(height)), wire.NewTxOut(0, []byte{0x6a, 1, 1})}
}

func paid(height int32) []byte {
	return append([]byte{0, 20}, bytes.Repeat([]byte{byte(height), byte(height >> 8)}, 10)...)
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	for _, opt := range []synth.Options{{Seed: 3, Height: 300, Pay: pay}, {Seed: 3, Height: 300, Large: true}} {
		c := mined(t, opt)
		net := params(t, c, 0).Net
		require.Equal(t, cfilter.GenesisHeader(net), c.FilterHeader(0))
		size := 0
		for h := int32(1); h <= 300; h++ {
			block := c.Block(h)
			require.NoError(t, protocol.CheckBlock(net, c.HashAt(h), block), h)
			filter := c.Filter(h)
			size += len(filter)
			require.Equal(t, c.FilterHeader(h), cfilter.NextHeader(cfilter.Hash(filter), c.FilterHeader(h-1)))
			missing, err := cfilter.Missing(filter, block)
			require.NoError(t, err)
			require.Empty(t, missing)
			if !opt.Large && pay(h) == nil {
				whole, err := builder.BuildBasicFilter(block, nil)
				require.NoError(t, err)
				data, err := whole.NBytes()
				require.NoError(t, err)
				require.Equal(t, data, filter)
			}
		}
		if opt.Large {
			require.InDelta(t, 21_000, size/300, 1000, "bytes in a filter")
		}
	}
}

// talk runs a peer on one end of a pipe and shakes hands on the other.
func talk(t *testing.T, p *synth.Peer, net_ wire.BitcoinNet) (send func(wire.Message), next func() wire.Message) {
	ours, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { _ = p.Talk(ctx, theirs); close(done) }()
	t.Cleanup(func() { cancel(); ours.Close(); <-done })
	out := make(chan wire.Message, 100)
	go func() {
		for m := range out {
			_ = wire.WriteMessage(ours, m, 70016, net_)
		}
	}()
	t.Cleanup(func() { close(out) })
	send = func(m wire.Message) { out <- m }
	next = func() wire.Message {
		_, m, _, err := wire.ReadMessageWithEncodingN(ours, 70016, net_, wire.WitnessEncoding)
		if err != nil {
			return nil
		}
		return m
	}
	me := wire.NewNetAddressIPPort(net.IPv4zero, 0, 0)
	send(wire.NewMsgVersion(me, me, 1, 0))
	require.IsType(t, &wire.MsgVersion{}, next())
	require.IsType(t, &wire.MsgVerAck{}, next())
	send(wire.NewMsgVerAck())
	return send, next
}

func getHeaders(locator, stop chainhash.Hash) *wire.MsgGetHeaders {
	return &wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: []*chainhash.Hash{&locator}, HashStop: stop}
}

// Replies to requests sent together come together, one latency later.
func TestLatencyIsNotSerialised(t *testing.T) {
	t.Parallel()
	c := mined(t, synth.Options{Seed: 4, Height: 2500})
	magic := params(t, c, 0).Net.Net
	synctest.Test(t, func(t *testing.T) {
		send, next := talk(t, synth.NewPeer(c, synth.Manners{Latency: time.Second}), magic)
		began := time.Now()
		for range 5 {
			send(getHeaders(c.HashAt(0), chainhash.Hash{}))
		}
		send(getHeaders(c.HashAt(2100), c.HashAt(2200)))
		for range 5 {
			require.Len(t, next().(*wire.MsgHeaders).Headers, 2000)
		}
		last := next().(*wire.MsgHeaders)
		require.Len(t, last.Headers, 100)
		require.Equal(t, c.HashAt(2200), last.Headers[99].BlockHash())
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestBandwidth(t *testing.T) {
	t.Parallel()
	c := mined(t, synth.Options{Seed: 4, Height: 2000})
	magic := params(t, c, 0).Net.Net
	synctest.Test(t, func(t *testing.T) {
		send, next := talk(t, synth.NewPeer(c, synth.Manners{Bandwidth: 162_027}), magic)
		began := time.Now()
		for range 3 { // a message of 2,000 headers is as long as a second's bandwidth
			send(getHeaders(c.HashAt(0), chainhash.Hash{}))
		}
		for range 3 {
			require.IsType(t, &wire.MsgHeaders{}, next())
		}
		require.Equal(t, 3*time.Second, time.Since(began).Round(10*time.Millisecond))
	})
}

func TestManners(t *testing.T) {
	t.Parallel()
	c := mined(t, synth.Options{Seed: 5, Height: 1500})
	magic := params(t, c, 0).Net.Net
	false7 := c.FalseFilter(7)
	acts := []synth.Act{synth.Ignore, synth.Refuse, synth.Answer, synth.Answer, synth.Answer, synth.HangUp}
	p := synth.NewPeer(c, synth.Manners{
		Height:  1200,
		Obey:    func(n int64, _ wire.Message) synth.Act { return acts[n] },
		False:   map[int32][]byte{7: false7},
		Garbled: map[int32]bool{8: true},
	})
	send, next := talk(t, p, magic)
	hash := c.HashAt(3)
	block := &wire.MsgGetData{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeWitnessBlock, &hash)}}
	send(block) // ignored
	send(block)
	require.IsType(t, &wire.MsgNotFound{}, next())
	stop := c.HashAt(1200)
	send(&wire.MsgGetCFCheckpt{StopHash: stop})
	checkpoints := next().(*wire.MsgCFCheckpt)
	require.Len(t, checkpoints.FilterHeaders, 1)
	send(wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, 1, &stop))
	hashes := next().(*wire.MsgCFHeaders)
	require.Equal(t, c.FilterHeader(0), hashes.PrevFilterHeader)
	header := hashes.PrevFilterHeader
	for i, h := range hashes.FilterHashes {
		header = cfilter.NextHeader(*h, header)
		if i+1 == 1000 {
			require.Equal(t, *checkpoints.FilterHeaders[0], header, "it lies the same everywhere")
			require.NotEqual(t, c.FilterHeader(1000), header)
		}
	}
	stop = c.HashAt(8)
	send(wire.NewMsgGetCFilters(wire.GCSFilterRegular, 6, &stop))
	require.Equal(t, c.Filter(6), next().(*wire.MsgCFilter).Data)
	require.Equal(t, false7, next().(*wire.MsgCFilter).Data)
	require.NotEqual(t, *hashes.FilterHashes[7], cfilter.Hash(next().(*wire.MsgCFilter).Data))
	go p.Announce(1300)
	inv := next().(*wire.MsgInv)
	require.Equal(t, c.HashAt(1300), inv.InvList[0].Hash)
	send(block)
	require.Nil(t, next(), "hung up")
	require.EqualValues(t, 3, p.Served().Filters)
}

// A client restores from such peers: all headers, all filters, all payments.
func TestClient(t *testing.T) {
	t.Parallel()
	const height = 5000
	c := mined(t, synth.Options{Seed: 6, Height: height, Pay: pay})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var addrs []string
	var peers []*synth.Peer
	served := make(chan error, 2)
	for range cap(served) {
		ln, err := synth.Listen(ctx)
		require.NoError(t, err)
		p := synth.NewPeer(c, synth.Manners{Latency: 5 * time.Millisecond})
		go func() { served <- p.Serve(ctx, ln) }()
		addrs, peers = append(addrs, ln.Addr().String()), append(peers, p)
	}
	facts, err := c.Facts(height)
	require.NoError(t, err)
	p, err := facts.Params()
	require.NoError(t, err)
	client, err := spv.Open(spv.Config{Params: p, FilterCheckpoints: facts.FilterHeaders, Dir: t.TempDir(), Connect: addrs,
		NoDNS: true, BirthdayHeight: 1})
	require.NoError(t, err)
	ran := make(chan error, 1)
	runCtx, stop := context.WithCancel(ctx)
	sub := client.Subscribe()
	client.KeepFilters(1)
	go func() { ran <- client.Run(runCtx) }()
	upTo := func(want int32) {
		for {
			if _, tip := client.Filters(); tip.Height >= want {
				return
			}
			_, err := sub.Next(ctx)
			require.NoError(t, err)
		}
	}
	upTo(height)
	require.Equal(t, c.Tip(), client.Tip())

	scripts := [][]byte{paid(7), paid(7 * 500), c.Script(1234), []byte("nobody's")}
	res, err := client.Match(ctx, scripts, 1, height)
	require.NoError(t, err)
	found := map[int32]bool{}
	for _, hit := range res.Hits {
		found[hit.Height] = true
	}
	require.True(t, found[7] && found[3500] && found[1234], "hits: %v", res.Hits)
	block, err := client.Block(ctx, c.HashAt(3500))
	require.NoError(t, err)
	require.EqualValues(t, 4500, block.Txs[1].TxOut[0].Value)

	require.NoError(t, c.Extend(2))
	for _, p := range peers {
		p.Announce(height + 2)
	}
	upTo(height + 2)
	stop()
	require.NoError(t, <-ran)
	require.NoError(t, client.Close())
	cancel()
	for range peers {
		require.NoError(t, <-served)
	}
}

func BenchmarkNew100k(b *testing.B) {
	for b.Loop() {
		mined(b, synth.Options{Seed: 1, Height: 100_000, Large: true})
	}
}
