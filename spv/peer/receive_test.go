package peer_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"thistle/assets/assetstest"
	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// allocated measures what f allocates, in bytes. Its callers must not run in
// parallel with others.
func allocated(t *testing.T, f func()) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func getData(kind wire.InvType, hashes ...chainhash.Hash) *wire.MsgGetData {
	m := &wire.MsgGetData{}
	for _, h := range hashes {
		m.InvList = append(m.InvList, wire.NewInvVect(kind, &h))
	}
	return m
}

func list(stride int, n uint64, present int) []byte {
	return append(varInt(n), make([]byte, stride*present)...)
}

// TestMalformed: a payload that is not what its command says ends the
// connection, and nothing of it reaches the machine.
func TestMalformed(t *testing.T) {
	t.Parallel()
	header := func(txs byte) []byte { return append(append([]byte{1}, make([]byte, 80)...), txs) }
	cfheaders := func(tail []byte) []byte { return append(make([]byte, 65), tail...) }
	cfcheckpt := func(tail []byte) []byte { return append(make([]byte, 33), tail...) }
	cfilter := func(tail []byte) []byte { return append(make([]byte, 33), tail...) }
	cases := map[string]struct {
		command string
		payload []byte
	}{
		"ping of 7":               {"ping", make([]byte, 7)},
		"ping of 0":               {"ping", nil},
		"pong of 7":               {"pong", make([]byte, 7)},
		"feefilter of 4":          {"feefilter", make([]byte, 4)},
		"headers empty":           {"headers", nil},
		"headers count too big":   {"headers", list(81, 2, 1)},
		"headers count too small": {"headers", list(81, 1, 2)},
		"headers 2001":            {"headers", list(81, 2001, 1999)},
		"headers 2^64-1":          {"headers", append([]byte{0xff}, bytes.Repeat([]byte{0xff}, 100)...)},
		"headers with a tx":       {"headers", header(1)},
		"headers trailing":        {"headers", append(header(0), 0)},
		"headers long varint":     {"headers", append([]byte{0xfd, 1, 0}, make([]byte, 81)...)},
		"headers long varint 5":   {"headers", append([]byte{0xfe, 1, 0, 0, 0}, make([]byte, 81)...)},
		"headers long varint 9":   {"headers", append([]byte{0xff, 1, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 81)...)},
		"headers half a varint":   {"headers", []byte{0xfd, 1}},
		"inv empty":               {"inv", nil},
		"inv count > data":        {"inv", list(36, 1000, 1)},
		"inv count < data":        {"inv", list(36, 1, 2)},
		"inv 50001":               {"inv", list(36, 50_001, 1)},
		"inv long varint":         {"inv", append([]byte{0xfd, 1, 0}, make([]byte, 36)...)},
		"inv half an item":        {"inv", append([]byte{1}, make([]byte, 35)...)},
		"getdata count > data":    {"getdata", list(36, 50_000, 2)},
		"notfound count > data":   {"notfound", list(36, 50_000, 2)},
		"addr 1001":               {"addr", list(30, 1001, 900)},
		"addr count > data":       {"addr", list(30, 3, 2)},
		"addr half an item":       {"addr", append([]byte{1}, make([]byte, 29)...)},
		"addrv2 1001":             {"addrv2", list(30, 1001, 900)},
		"addrv2 count > data":     {"addrv2", list(30, 3, 2)},
		"addrv2 of 513 bytes":     {"addrv2", append([]byte{1, 0, 0, 0, 0, 0, 9, 0xfd, 1, 2}, make([]byte, 515)...)},
		"cfheaders count > data":  {"cfheaders", cfheaders(list(32, 2000, 1))},
		"cfheaders trailing":      {"cfheaders", cfheaders(append(list(32, 1, 1), 0))},
		"cfheaders 2001":          {"cfheaders", cfheaders(list(32, 2001, 2001))},
		"cfheaders no count":      {"cfheaders", make([]byte, 65)},
		"cfheaders too short":     {"cfheaders", make([]byte, 30)},
		"cfcheckpt count > data":  {"cfcheckpt", cfcheckpt(list(32, 100_000, 1))},
		"cfcheckpt trailing":      {"cfcheckpt", cfcheckpt(append(list(32, 1, 1), 0))},
		"cfcheckpt too short":     {"cfcheckpt", make([]byte, 33)},
		"cfilter count > data":    {"cfilter", cfilter([]byte{5, 1, 2})},
		"cfilter count < data":    {"cfilter", cfilter([]byte{1, 1, 2})},
		"cfilter long varint":     {"cfilter", cfilter([]byte{0xfd, 2, 0, 1, 2})},
		"cfilter too short":       {"cfilter", make([]byte, 33)},
		"block too short":         {"block", make([]byte, 80)},
		"tx empty":                {"tx", nil},
		"tx of zeros":             {"tx", make([]byte, 60)},
	}
	require.Len(t, cases, 44)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				s.ask(&wire.MsgGetCFHeaders{})
				s.ask(&wire.MsgGetCFCheckpt{})
				s.ask(&wire.MsgGetCFilters{})
				s.ask(getData(wire.InvTypeWitnessTx, hashN(1)))
				s.try(s.frame(c.command, c.payload))
				s.ends(protocol.ReasonProtocol)
				s.none()
			})
		})
	}
}

// TestRequests: what others ask of us arrives if we serve, and is skipped if not.
func TestRequests(t *testing.T) {
	t.Parallel()
	locator := func(n int) *wire.MsgGetHeaders {
		m := &wire.MsgGetHeaders{ProtocolVersion: 70016, HashStop: hashN(9)}
		for range n {
			h := hashN(1)
			m.BlockLocatorHashes = append(m.BlockLocatorHashes, &h)
		}
		return m
	}
	asked := []wire.Message{
		locator(3), locator(101), &wire.MsgGetCFHeaders{StartHeight: 1, StopHash: hashN(2)}, &wire.MsgGetCFilters{StartHeight: 3, StopHash: hashN(4)},
		&wire.MsgGetCFCheckpt{StopHash: hashN(5)}, &wire.MsgGetAddr{},
	}
	serve := func(c *peer.Config) { c.Serve = true }
	bubble(t, func(t *testing.T) {
		s := connect(t, serve)
		for _, m := range asked {
			s.send(m)
			require.Equal(t, protocol.MessageReceived{Peer: id, Msg: m}, <-s.inputs)
		}
		s.send(&wire.MsgMemPool{})
		s.none()
		s.close()
	})
	bubble(t, func(t *testing.T) {
		s := connect(t)
		for _, m := range asked {
			s.send(m)
		}
		s.none()
		s.close()
	})
	broken := map[string]struct {
		command string
		payload []byte
	}{
		"locator of 102":       {"getheaders", (&remote{t: t}).encode(locator(102))[24:]},
		"locator count > data": {"getheaders", append([]byte{0, 0, 0, 0, 50}, make([]byte, 64)...)},
		"locator without stop": {"getheaders", append([]byte{0, 0, 0, 0, 1}, make([]byte, 32)...)},
		"getheaders empty":     {"getheaders", nil},
		"getcfilters of 36":    {"getcfilters", make([]byte, 36)},
		"getcfheaders of 38":   {"getcfheaders", make([]byte, 38)},
		"getcfcheckpt of 1":    {"getcfcheckpt", make([]byte, 1)},
		"getaddr of 1":         {"getaddr", make([]byte, 1)},
	}
	for name, c := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t, serve)
				s.try(s.frame(c.command, c.payload))
				s.ends(protocol.ReasonProtocol)
				s.none()
			})
		})
	}
	bubble(t, func(t *testing.T) { // a burst is served, a flood is not
		s := connect(t, serve)
		one := s.encode(&wire.MsgGetAddr{})
		n := 0
		for n < 20_000 && s.try(one) {
			n++
		}
		s.ends(protocol.ReasonFlood)
		require.InDelta(t, 5000, n, 2)
	})
}

// TestDelivered: each kind of message arrives as the input it is.
func TestDelivered(t *testing.T) {
	t.Parallel()
	genesis := chaincfg.MainNetParams.GenesisBlock
	inv := []*wire.InvVect{wire.NewInvVect(wire.InvTypeTx, &chainhash.Hash{1}), wire.NewInvVect(wire.InvTypeBlock, &chainhash.Hash{2})}
	headers := wire.NewMsgHeaders()
	headers.AddBlockHeader(&genesis.Header)
	headers.AddBlockHeader(&genesis.Header)
	one := chain.FromWire(&genesis.Header)
	require.Equal(t, *chaincfg.MainNetParams.GenesisHash, one.Hash)
	bubble(t, func(t *testing.T) {
		s := connect(t)
		defer s.close()
		expect := func(want protocol.Input, msg wire.Message) {
			t.Helper()
			s.send(msg)
			require.Equal(t, want, <-s.inputs)
		}
		as := func(m wire.Message) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: m} }
		for _, m := range []wire.Message{
			&wire.MsgPing{Nonce: 1}, &wire.MsgPong{Nonce: 2}, &wire.MsgFeeFilter{MinFee: -3},
			&wire.MsgInv{InvList: inv}, &wire.MsgGetData{InvList: inv}, &wire.MsgInv{InvList: []*wire.InvVect{}},
		} {
			expect(as(m), m)
		}
		expect(protocol.HeadersReceived{Peer: id, Headers: []chain.Header{one, one}}, headers)
		expect(protocol.HeadersReceived{Peer: id, Headers: []chain.Header{}}, wire.NewMsgHeaders())

		s.ask(getData(wire.InvTypeTx, inv[0].Hash))
		expect(as(&wire.MsgNotFound{InvList: inv}), &wire.MsgNotFound{InvList: inv})

		stop := hashN(9)
		s.ask(&wire.MsgGetCFHeaders{StopHash: stop})
		cfh := &wire.MsgCFHeaders{StopHash: stop, PrevFilterHeader: hashN(3), FilterHashes: []*chainhash.Hash{{4}, {5}}}
		expect(as(cfh), cfh)
		s.ask(&wire.MsgGetCFCheckpt{StopHash: stop})
		cfc := &wire.MsgCFCheckpt{StopHash: stop, FilterHeaders: []*chainhash.Hash{{6}, {7}}}
		expect(as(cfc), cfc)

		s.ask(&wire.MsgGetCFilters{StopHash: stop})
		data := bytes.Repeat([]byte{0xab}, 21_000)
		filter := func(h chainhash.Hash) protocol.Input {
			return protocol.FilterReceived{Peer: id, Block: h, FilterHash: chainhash.DoubleHashH(data), Data: data}
		}
		expect(filter(hashN(8)), &wire.MsgCFilter{BlockHash: hashN(8), Data: data})
		expect(filter(stop), &wire.MsgCFilter{BlockHash: stop, Data: data})

		expect(as(&wire.MsgSendHeaders{}), &wire.MsgSendHeaders{})
		tx := genesis.Transactions[0]
		s.ask(getData(wire.InvTypeWitnessTx, tx.TxHash()))
		expect(protocol.TxReceived{Peer: id, Tx: tx}, tx)
		sealed := tx.Copy()
		sealed.TxIn[0].Witness = wire.TxWitness{{1}}
		s.ask(getData(protocol.InvTypeWTx, sealed.WitnessHash()))
		expect(protocol.TxReceived{Peer: id, Tx: sealed}, sealed)
		s.none()
	})
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		for _, want := range []string{"1.2.3.4:8333", "[2a00::1]:8333"} {
			a, err := addrmgr.Parse(want)
			require.NoError(t, err)
			heard := slices.Repeat([]addrmgr.Heard{{Addr: a, Services: wire.SFNodeCF, Seen: time.Unix(1, 0)}}, 1000)
			for _, v2 := range []bool{false, true} {
				s.raw(s.encode(addrmgr.Message(heard, v2)))
				got := (<-s.inputs).(protocol.AddressesHeard)
				require.Equal(t, heard, got.Addrs)
			}
		}
		s.close()
	})
}

// TestFilterChecksumIsNotVerified: the machine compares the hash with the
// filter header, so that a filter is hashed once.
func TestFilterChecksumIsNotVerified(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.ask(&wire.MsgGetCFilters{StopHash: hashN(1)})
		b := s.encode(&wire.MsgCFilter{BlockHash: hashN(1), Data: []byte{1, 2, 3}})
		b[20] ^= 0xff
		s.raw(b)
		got := (<-s.inputs).(protocol.FilterReceived)
		require.Equal(t, chainhash.DoubleHashH([]byte{1, 2, 3}), got.FilterHash)
		s.close()
	})
}

// TestInputsOwnTheirBytes: what was delivered is not touched by later messages.
func TestInputsOwnTheirBytes(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.ask(&wire.MsgGetCFilters{StopHash: hashN(99)})
		header := chaincfg.MainNetParams.GenesisBlock.Header
		headers := &wire.MsgHeaders{Headers: []*wire.BlockHeader{&header}}
		for n := range byte(5) {
			s.send(&wire.MsgCFilter{BlockHash: hashN(n), Data: []byte{n, n, n}})
			header.Nonce = uint32(n)
			s.send(headers)
		}
		for n := range byte(5) {
			require.Equal(t, []byte{n, n, n}, (<-s.inputs).(protocol.FilterReceived).Data)
			got := (<-s.inputs).(protocol.HeadersReceived).Headers[0]
			require.Equal(t, uint32(n), got.Nonce())
			require.Equal(t, chainhash.DoubleHashH(got.Raw[:]), got.Hash)
		}
		s.close()
	})
}

// TestUnaskedIsDropped: what nobody asked for is skipped undecoded, however
// malformed, and the connection goes on; much of it is flooding.
func TestUnaskedIsDropped(t *testing.T) {
	t.Parallel()
	genesis := chaincfg.MainNetParams.GenesisBlock
	for _, command := range []string{
		"block", "tx", "merkleblock", "cfilter", "cfheaders", "cfcheckpt", "notfound",
		"getheaders", "getcfilters", "mempool", "filterload", "reject", "nosuch", "\x1b[31m", "ping\x00x", "",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				b := s.frame(command, bytes.Repeat([]byte{0xfe}, 3000))
				s.raw(b)
				s.raw(b)
				s.alive()
				s.none()
				sent := 0
				for s.try(b) && sent < 100_000 {
					sent++
				}
				s.ends(protocol.ReasonFlood)
				require.Less(t, sent, 10_000)
			})
		})
	}
	t.Run("block of another header", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := connect(t)
			s.ask(getData(wire.InvTypeWitnessBlock, hashN(1)))
			s.send(genesis)
			s.alive()
			s.none()
			s.close()
		})
	})
	t.Run("another transaction", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := connect(t)
			s.ask(getData(wire.InvTypeWitnessTx, hashN(1)))
			s.send(genesis.Transactions[0])
			s.alive()
			s.none()
			for b := s.encode(genesis.Transactions[0]); s.try(b); {
			}
			s.ends(protocol.ReasonFlood)
			s.none()
		})
	})
	t.Run("other filters", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := connect(t)
			s.ask(&wire.MsgGetCFilters{StopHash: hashN(1)})
			s.ask(&wire.MsgGetCFHeaders{StopHash: hashN(1)})
			s.ask(&wire.MsgGetCFCheckpt{StopHash: hashN(1)})
			s.send(&wire.MsgCFilter{FilterType: 1, BlockHash: hashN(1), Data: []byte{0}})
			s.send(&wire.MsgCFHeaders{FilterType: 1, StopHash: hashN(1)})
			s.send(&wire.MsgCFHeaders{StopHash: hashN(2)})
			s.send(&wire.MsgCFCheckpt{FilterType: 1, StopHash: hashN(1)})
			s.send(&wire.MsgCFCheckpt{StopHash: hashN(2)})
			s.alive()
			s.none()
			s.close()
		})
	})
}

// TestRepliesAreUsedUp: a request is answered once; the filters of a range are
// 1,000 at most, and end with the stop hash.
func TestRepliesAreUsedUp(t *testing.T) {
	t.Parallel()
	genesis := chaincfg.MainNetParams.GenesisBlock
	tx := genesis.Transactions[0]
	bubble(t, func(t *testing.T) {
		s := connect(t)
		defer s.close()
		twice := func(ask, reply wire.Message) {
			t.Helper()
			s.ask(ask)
			s.send(reply)
			<-s.inputs
			s.send(reply)
			s.alive()
			s.none()
		}
		twice(getData(wire.InvTypeWitnessBlock, genesis.BlockHash()), genesis)
		twice(getData(wire.InvTypeTx, tx.TxHash()), tx)
		twice(&wire.MsgGetCFHeaders{StopHash: hashN(1)}, &wire.MsgCFHeaders{StopHash: hashN(1)})
		twice(&wire.MsgGetCFCheckpt{StopHash: hashN(1)}, &wire.MsgCFCheckpt{StopHash: hashN(1)})
		twice(&wire.MsgGetCFilters{StopHash: hashN(1)}, &wire.MsgCFilter{BlockHash: hashN(1), Data: []byte{0}})
		twice(getData(wire.InvTypeTx, hashN(1)), &wire.MsgNotFound{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeTx, &chainhash.Hash{1})}})

		s.ask(&wire.MsgGetCFilters{StopHash: hashN(1)})
		for range 1500 {
			s.send(&wire.MsgCFilter{BlockHash: hashN(2), Data: []byte{0}})
		}
		s.send(&wire.MsgCFilter{BlockHash: hashN(1), Data: []byte{0}})
		s.send(&wire.MsgCFilter{BlockHash: hashN(2), Data: []byte{0}})
		synctest.Wait()
		require.Len(t, s.inputs, 1000) // 999 and the last
		for len(s.inputs) > 0 {
			<-s.inputs
		}
	})
}

// TestLargeInvIsSkipped: up to 50,000 items are legal, more than 1,000 of no
// use. Repeated, they are flooding.
func TestLargeInvIsSkipped(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.raw(s.frame("inv", list(36, 1000, 1000)))
		require.Len(t, (<-s.inputs).(protocol.MessageReceived).Msg.(*wire.MsgInv).InvList, 1000)
		big := s.frame("inv", list(36, 50_000, 50_000))
		s.raw(big)
		s.raw(s.frame("getdata", list(36, 1001, 1001)))
		s.alive()
		s.none()
		for s.try(big) {
		}
		s.ends(protocol.ReasonFlood)
	})
}

// TestNewsFlood: even useful messages can be too many.
func TestNewsFlood(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"ping", "pong", "feefilter"} {
		bubble(t, func(t *testing.T) {
			s := connect(t)
			b := s.frame(command, make([]byte, 8))
			for s.try(b) {
			}
			s.ends(protocol.ReasonFlood)
			require.Equal(t, 20_000, len(s.inputs))
			s.inputs = nil
		})
	}
	bubble(t, func(t *testing.T) {
		s := connect(t)
		b := s.frame("headers", list(81, 2000, 2000))
		for s.try(b) {
		}
		s.ends(protocol.ReasonFlood)
		require.Less(t, len(s.inputs), 300)
	})
}

// TestSteadyTrafficIsNoFlood: what a busy honest peer sends is never too much.
func TestSteadyTrafficIsNoFlood(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		news, odd := s.frame("inv", list(36, 35, 35)), s.frame("sendcmpct", make([]byte, 9))
		for range 10_000 {
			s.raw(news)
			s.raw(odd)
			time.Sleep(100 * time.Millisecond)
		}
		require.Len(t, s.inputs, 10_000)
		s.close()
	})
}

// TestRepliesAreNoFlood: what was asked for costs nothing.
func TestRepliesAreNoFlood(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		data := make([]byte, 20_000)
		headers := s.frame("headers", list(81, 2000, 2000))
		for n := range 30 {
			for range 10 {
				s.ask(&wire.MsgGetHeaders{})
				s.raw(headers)
			}
			s.ask(&wire.MsgGetCFilters{StopHash: hashN(byte(n) + 1)})
			for range 999 {
				s.send(&wire.MsgCFilter{BlockHash: chainhash.Hash{}, Data: data})
			}
			s.send(&wire.MsgCFilter{BlockHash: hashN(byte(n) + 1), Data: data})
			synctest.Wait()
			require.Len(t, s.inputs, 1010)
			for range 1010 {
				<-s.inputs
			}
		}
		s.alive()
		s.close()
	})
}

// TestTinyTxGiantCounts: a count that the bytes cannot hold costs nothing
// (package wire would allocate 85 MB for the first of these).
func TestTinyTxGiantCounts(t *testing.T) {
	million := []byte{0xfe, 0x40, 0x42, 0x0f, 0x00}
	input := append([]byte{1}, make([]byte, 41)...)
	output := append([]byte{1}, make([]byte, 9)...)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	version := []byte{2, 0, 0, 0}
	cases := map[string][]byte{
		"inputs":        join(version, million),
		"outputs":       join(version, input, million, make([]byte, 10)),
		"segwit inputs": join(version, []byte{0, 1}, million),
		"witness items": join(version, []byte{0, 1}, input, output, million, make([]byte, 6)),
		"witness size":  join(version, []byte{0, 1}, input, output, []byte{1}, million, make([]byte, 6)),
		"script":        join(version, []byte{1}, make([]byte, 36), million, make([]byte, 20)),
	}
	require.Len(t, cases["inputs"], 9)
	for name, payload := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				tx := connect(t)
				tx.ask(getData(wire.InvTypeTx, hashN(1)))
				b := tx.frame("tx", payload)
				require.Less(t, allocated(t, func() { tx.raw(b); tx.ends(protocol.ReasonProtocol) }), uint64(1<<20))

				// The same inside a block whose header was asked for.
				whole := join(make([]byte, 80), []byte{1}, payload)
				many := join(make([]byte, 80), million, payload)
				for _, block := range [][]byte{whole, many} {
					s := connect(t)
					s.ask(getData(wire.InvTypeBlock, chainhash.DoubleHashH(block[:80])))
					b := s.frame("block", block)
					require.Less(t, allocated(t, func() { s.raw(b); s.ends(protocol.ReasonProtocol) }), uint64(1<<20))
				}
			})
		})
	}
}

// TestCheckBlockPanics: not even our own check may end the program.
func TestCheckBlockPanics(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t, func(c *peer.Config) {
			c.CheckBlock = func(*chaincfg.Params, chainhash.Hash, *wire.MsgBlock) error { panic("oh") }
		})
		genesis := chaincfg.MainNetParams.GenesisBlock
		s.ask(getData(wire.InvTypeBlock, genesis.BlockHash()))
		s.send(genesis)
		s.ends(protocol.ReasonProtocol)
	})
}

// TestRanges: what answers a request for a range is told by what it goes on from
// and arrives checked; everything else is headers as ever.
func TestRanges(t *testing.T) {
	t.Parallel()
	genesis := new(bytes.Buffer)
	require.NoError(t, chaincfg.MainNetParams.GenesisBlock.Header.Serialize(genesis))
	raw := append(genesis.Bytes(), assetstest.Vector(t, "headers/nakamoto_headers_1-1111.bin")...)
	all := make([]*wire.BlockHeader, 1112)
	for i := range all {
		all[i] = new(wire.BlockHeader)
		require.NoError(t, all[i].Deserialize(bytes.NewReader(raw[80*i:80*i+80])))
	}
	hash := func(height int) chainhash.Hash { return all[height].BlockHash() }
	headers := func(from, to int) *wire.MsgHeaders { return &wire.MsgHeaders{Headers: all[from : to+1]} }
	ranged := func(after, stop int) *wire.MsgGetHeaders {
		h := hash(after)
		return &wire.MsgGetHeaders{BlockLocatorHashes: []*chainhash.Hash{&h}, HashStop: hash(stop)}
	}
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.ask(ranged(200, 1000))
		s.ask(&wire.MsgGetHeaders{BlockLocatorHashes: []*chainhash.Hash{{1}}})
		s.ask(ranged(600, 1000))
		s.send(headers(601, 1000)) // in any order
		run := (<-s.inputs).(protocol.RangeReceived)
		require.Equal(t, raw[80*601:80*1001], run.Run.Raw())
		require.Equal(t, hash(1000), run.Run.Last())
		s.send(headers(201, 600))
		require.Equal(t, 400, (<-s.inputs).(protocol.RangeReceived).Run.Len())
		s.send(headers(201, 202)) // no longer asked for so
		require.Len(t, (<-s.inputs).(protocol.HeadersReceived).Headers, 2)

		// Nothing answers what was asked first.
		s.ask(ranged(200, 1000))
		s.ask(&wire.MsgGetHeaders{})
		s.send(&wire.MsgHeaders{})
		require.Equal(t, protocol.RangeReceived{Peer: id}, <-s.inputs)
		s.send(&wire.MsgHeaders{})
		require.Equal(t, protocol.HeadersReceived{Peer: id, Headers: []chain.Header{}}, <-s.inputs)

		// An announcement is no answer; the first headers of all are.
		s.ask(ranged(200, 1000))
		s.send(headers(1100, 1100))
		require.IsType(t, protocol.HeadersReceived{}, <-s.inputs)
		s.send(headers(201, 201))
		require.IsType(t, protocol.RangeReceived{}, <-s.inputs)
		s.ask(ranged(200, 1000))
		s.send(headers(1, 2))
		require.IsType(t, protocol.HeadersReceived{}, <-s.inputs)
		s.send(headers(201, 201))
		require.IsType(t, protocol.HeadersReceived{}, <-s.inputs, "the request is used up")
		s.close()
	})
	for name, lie := range map[string]*wire.MsgHeaders{
		"gap":     {Headers: append(append([]*wire.BlockHeader{}, all[201:205]...), all[206:210]...)},
		"no work": {Headers: []*wire.BlockHeader{{PrevBlock: hash(200), Bits: all[1].Bits}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				s.ask(ranged(200, 1000))
				s.try(s.encode(lie))
				s.ends(protocol.ReasonBadHeaders)
				s.none()
			})
		})
	}
}
