package peer

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// tape is a connection that plays bytes and forgets what is written.
type tape struct {
	*bytes.Reader
	net.Conn
}

func (t tape) Read(b []byte) (int, error)                              { return t.Reader.Read(b) }
func (tape) SetReadDeadline(time.Time) error                           { return nil }
func (tape) Write(b []byte) (int, error)                               { return len(b), nil }
func (tape) Close() error                                              { return nil }
func newTape(b []byte) tape                                            { return tape{Reader: bytes.NewReader(b)} }
func acceptAll(*chaincfg.Params, chainhash.Hash, *wire.MsgBlock) error { return nil }

func testConn(t testing.TB, b []byte) *Conn {
	cfg, err := Config{Params: &chaincfg.MainNetParams, CheckBlock: acceptAll}.complete()
	require.NoError(t, err)
	return newConn(&cfg, 1, "x", newTape(b))
}

// askAll makes a connection expect every kind of reply.
func askAll(c *Conn, blocks ...chainhash.Hash) {
	for range 8 {
		c.asked.note(&wire.MsgGetHeaders{})
		c.asked.note(&wire.MsgGetCFilters{})
		c.asked.note(&wire.MsgGetCFHeaders{})
		c.asked.note(&wire.MsgGetCFCheckpt{})
	}
	genesis := chaincfg.MainNetParams.GenesisBlock
	c.asked.note(&wire.MsgGetHeaders{BlockLocatorHashes: []*chainhash.Hash{chaincfg.MainNetParams.GenesisHash}, HashStop: chainhash.Hash{1}})
	c.asked.note(ask(wire.InvTypeWitnessTx, genesis.Transactions[0].TxHash()))
	c.asked.note(ask(wire.InvTypeWitnessBlock, genesis.BlockHash()))
	for _, h := range blocks {
		c.asked.note(ask(wire.InvTypeWitnessBlock, h))
	}
}

// blockOne is the header after genesis.
func blockOne() *wire.BlockHeader {
	root, _ := chainhash.NewHashFromStr("0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098")
	return &wire.BlockHeader{Version: 1, PrevBlock: *chaincfg.MainNetParams.GenesisHash, MerkleRoot: *root,
		Timestamp: time.Unix(1231469665, 0), Bits: 0x1d00ffff, Nonce: 2573394689}
}

// samples is one honest message of each kind that is read.
func samples() []wire.Message {
	genesis := chaincfg.MainNetParams.GenesisBlock
	inv := []*wire.InvVect{wire.NewInvVect(wire.InvTypeTx, &chainhash.Hash{1})}
	segwit := genesis.Transactions[0].Copy()
	segwit.TxIn[0].Witness = wire.TxWitness{{1}, nil, {2, 3}}
	heard := []addrmgr.Heard{{Addr: addrmgr.FromIP(netip.MustParseAddr("1.2.3.4"), 8333), Seen: time.Unix(1, 0)}}
	return []wire.Message{
		&wire.MsgPing{Nonce: 1}, &wire.MsgPong{Nonce: 2}, &wire.MsgFeeFilter{MinFee: 1000},
		&wire.MsgInv{InvList: inv}, &wire.MsgGetData{InvList: inv}, &wire.MsgNotFound{InvList: inv},
		&wire.MsgHeaders{Headers: []*wire.BlockHeader{&genesis.Header}}, addrmgr.Message(heard, false), addrmgr.Message(heard, true),
		&wire.MsgCFHeaders{FilterHashes: []*chainhash.Hash{{1}}}, &wire.MsgCFCheckpt{FilterHeaders: []*chainhash.Hash{{1}}},
		&wire.MsgHeaders{Headers: []*wire.BlockHeader{blockOne()}},
		&wire.MsgCFilter{Data: []byte{1, 2, 3}}, genesis, genesis.Transactions[0], segwit,
		&wire.MsgVersion{ProtocolVersion: 70016, Timestamp: time.Unix(1, 0), UserAgent: UserAgent}, &wire.MsgVerAck{},
		&wire.MsgSendHeaders{}, &wire.MsgGetHeaders{},
	}
}

func TestSamplesAreRead(t *testing.T) {
	t.Parallel()
	for _, m := range samples()[:15] {
		c := testConn(t, nil)
		b, err := c.encode(m)
		require.NoError(t, err)
		c = testConn(t, b)
		askAll(c)
		got := 0
		err = c.read(func(protocol.Input) error { got++; return nil })
		require.Error(t, err)
		require.Equal(t, protocol.ReasonNone, explain("read", err).Reason, "%s: %v", m.Command(), err)
		require.Equal(t, 1, got, m.Command())
	}
}

// FuzzFrames feeds a stream of bytes to a connection that has asked for
// everything. Whatever comes, reading ends, and what is delivered is sound.
func FuzzFrames(f *testing.F) {
	c := testConn(f, nil)
	var all []byte
	for _, m := range samples() {
		b, err := c.encode(m)
		require.NoError(f, err)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(slices.Clone(b), b...))
		all = append(all, b...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		c := testConn(t, b)
		askAll(c)
		inputs := 0
		err := c.read(func(in protocol.Input) error {
			inputs++
			sound(t, in)
			return nil
		})
		require.Error(t, err)
		require.LessOrEqual(t, inputs, len(b)/headerSize)
	})
}

// FuzzPackets feeds the contents of packets, each after its length, sealed as they
// must be.
func FuzzPackets(f *testing.F) {
	var all []byte
	for _, m := range samples() {
		var b bytes.Buffer
		_, err := wire.WriteV2MessageN(&b, m, ProtocolVersion, wire.WitnessEncoding)
		require.NoError(f, err)
		one := append([]byte{byte(b.Len()), byte(b.Len() >> 8)}, b.Bytes()...)
		f.Add(one)
		f.Add(one[:len(one)-1])
		all = append(all, one...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := newChannel(make([]byte, 32), true, wire.MainNet)
		require.NoError(t, err)
		theirs, err := newChannel(make([]byte, 32), false, wire.MainNet)
		require.NoError(t, err)
		var sealed []byte
		packets := 0
		for ; len(b) > 2; packets++ {
			n := min(int(b[0])|int(b[1]&0x7f)<<8, len(b)-2)
			p, err := ours.seal.packet(b[2:2+n], b[1]&0x80 != 0)
			require.NoError(t, err)
			sealed, b = append(sealed, p...), b[2+n:]
		}
		c := testConn(t, sealed)
		c.in.open, c.in.most, c.cfg.Serve = theirs.open, c.largest, true
		askAll(c)
		inputs := 0
		err = c.read(func(in protocol.Input) error {
			inputs++
			sound(t, in)
			return nil
		})
		require.Error(t, err)
		require.NotContains(t, err.Error(), "open packet")
		require.LessOrEqual(t, inputs, packets)
	})
}

// FuzzPayload feeds a payload of each command, under a frame that fits it.
func FuzzPayload(f *testing.F) {
	c := testConn(f, nil)
	commands := make([]command, 0, len(readings))
	for name := range readings {
		commands = append(commands, name)
	}
	slices.SortFunc(commands, func(a, b command) int { return bytes.Compare(a[:], b[:]) })
	for _, m := range samples() {
		b, err := c.encode(m)
		require.NoError(f, err)
		which := max(0, slices.Index(commands, commandOf(m.Command())))
		f.Add(byte(which), b[headerSize:])
	}
	f.Fuzz(func(t *testing.T, which byte, payload []byte) {
		name := commands[int(which)%len(commands)]
		c := testConn(t, payload)
		c.cfg.Serve = true
		askAll(c)
		if len(payload) >= blockHeaderSize {
			askAll(c, chainhash.DoubleHashH(payload[:blockHeaderSize]))
		}
		h := frame{command: name, length: uint32(len(payload)), checksum: [4]byte(chainhash.DoubleHashB(payload))}
		c.in.fresh = true
		in, err := c.receive(h)
		if err != nil {
			var known *fault
			require.True(t, errors.As(err, &known), "%v", err)
			require.Nil(t, in)
			return
		}
		require.Zero(t, c.in.in.Buffered(), "read whole")
		if in != nil {
			sound(t, in)
		}
	})
}

// sound checks what an input promises.
func sound(t *testing.T, in protocol.Input) {
	switch in := in.(type) {
	case protocol.HeadersReceived:
		require.LessOrEqual(t, len(in.Headers), wire.MaxBlockHeadersPerMsg)
		for _, h := range in.Headers {
			require.Equal(t, chainhash.DoubleHashH(h.Raw[:]), h.Hash)
		}
	case protocol.RangeReceived:
		if in.Run.Len() > 0 {
			run, err := chain.CheckRun(&chain.Params{Net: &chaincfg.MainNetParams}, in.Run.Raw())
			require.NoError(t, err)
			require.Equal(t, run, in.Run)
			require.Equal(t, *chaincfg.MainNetParams.GenesisHash, run.Prev())
		}
	case protocol.FilterReceived:
		require.Equal(t, chainhash.DoubleHashH(in.Data), in.FilterHash)
		require.LessOrEqual(t, len(in.Data), wire.MaxCFilterDataSize)
	case protocol.BlockReceived:
		require.Equal(t, in.Hash, in.Block.BlockHash())
	case protocol.TxReceived:
		require.Equal(t, chaincfg.MainNetParams.GenesisBlock.Transactions[0].TxHash(), in.Tx.TxHash())
	case protocol.AddressesHeard:
		require.LessOrEqual(t, len(in.Addrs), addrmgr.MaxHeard)
	case protocol.MessageReceived:
		require.NotNil(t, in.Msg)
	default:
		require.Failf(t, "unexpected", "%T", in)
	}
}

// FuzzTx compares the walk over a transaction with package wire: what the walk
// refuses, wire must refuse, and what wire reads the walk must read whole.
func FuzzTx(f *testing.F) {
	genesis := chaincfg.MainNetParams.GenesisBlock
	segwit := genesis.Transactions[0].Copy()
	segwit.TxIn[0].Witness = wire.TxWitness{{1}, nil, {2, 3}}
	for _, tx := range []*wire.MsgTx{genesis.Transactions[0], segwit} {
		var b bytes.Buffer
		require.NoError(f, tx.Serialize(&b))
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := cursor{b: b}
		c.tx()
		r := bytes.NewReader(b)
		if c.bad && slices.ContainsFunc(b, func(x byte) bool { return x >= 0xfd }) {
			return // a large count may be in it, and package wire would allocate for that
		}
		err := new(wire.MsgTx).BtcDecode(r, ProtocolVersion, wire.WitnessEncoding)
		if err == nil {
			require.False(t, c.bad)
			require.Equal(t, r.Len(), len(c.b))
		}
	})
}

// FuzzVersion: the first thing a stranger sends.
func FuzzVersion(f *testing.F) {
	c := testConn(f, nil)
	b, err := c.encode(&wire.MsgVersion{ProtocolVersion: 70016, Services: 9, Timestamp: time.Unix(1, 0), UserAgent: "/x\x1b/"})
	require.NoError(f, err)
	f.Add(b[headerSize:])
	f.Fuzz(func(t *testing.T, payload []byte) {
		v, err := decodeVersion(payload)
		if err != nil {
			require.Equal(t, protocol.ReasonProtocol, explain("handshake", err).Reason)
			return
		}
		c := testConn(t, nil)
		if c.judge(v) != nil {
			return
		}
		agent := c.Info().UserAgent
		require.LessOrEqual(t, len(agent), maxText)
		for i := range len(agent) {
			require.True(t, agent[i] >= ' ' && agent[i] <= '~', "%q", agent)
		}
	})
}
