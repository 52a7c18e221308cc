package peer_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/v2transport"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// secret is the other end of an encrypted connection, by btcsuite's code.
type secret struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	*v2transport.Peer
}

// newSecret wraps the other end of a pipe, whose writer waits for each byte to be
// read unless there is a buffer.
func newSecret(r *remote) *secret {
	s := &secret{t: r.t, conn: r.conn, in: bufio.NewReaderSize(r.conn, 64<<10), Peer: v2transport.NewPeer()}
	s.UseReadWriter(struct {
		io.Reader
		io.Writer
	}{s.in, buffered(r.t, r.conn)})
	return s
}

// sendBuffer is to the writer what a system's buffer is: both sides of an
// exchange of keys write before they read.
type sendBuffer struct {
	queue chan []byte
	done  chan struct{}
}

func buffered(t *testing.T, w io.Writer) *sendBuffer {
	b := &sendBuffer{make(chan []byte, 16), make(chan struct{})}
	ctx := t.Context()
	go func() {
		defer close(b.done)
		for {
			select {
			case p := <-b.queue:
				if _, err := w.Write(p); err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return b
}

func (b *sendBuffer) Write(p []byte) (int, error) {
	select {
	case <-b.done:
		return 0, net.ErrClosed
	case b.queue <- bytes.Clone(p):
		return len(p), nil
	}
}

const mainNet = v2transport.BitcoinNet(wire.MainNet)

// respond plays the side that was called.
func (s *secret) respond(garbage int, decoys ...int) {
	s.t.Helper()
	require.NoError(s.t, s.RespondV2Handshake(garbage, mainNet))
	require.NoError(s.t, s.CompleteHandshake(false, decoys, mainNet))
}

// initiate plays the side that calls.
func (s *secret) initiate(garbage int, decoys ...int) {
	s.t.Helper()
	require.NoError(s.t, s.InitiateV2Handshake(garbage))
	require.NoError(s.t, s.CompleteHandshake(true, decoys, mainNet))
}

func (s *secret) contents(msg wire.Message) []byte {
	s.t.Helper()
	var b bytes.Buffer
	_, err := wire.WriteV2MessageN(&b, msg, wire.ProtocolVersion, wire.WitnessEncoding)
	require.NoError(s.t, err)
	return b.Bytes()
}

func (s *secret) send(msg wire.Message) {
	s.t.Helper()
	s.packet(s.contents(msg), false)
}

func (s *secret) packet(contents []byte, decoy bool) {
	s.t.Helper()
	require.NoError(s.t, s.try(contents, decoy))
}

func (s *secret) try(contents []byte, decoy bool) error {
	_, _, err := s.V2EncPacket(contents, nil, decoy)
	return err
}

func (s *secret) read() wire.Message {
	s.t.Helper()
	plain, err := s.V2ReceivePacket(nil)
	require.NoError(s.t, err)
	msg, _, err := wire.ReadV2MessageN(plain, wire.ProtocolVersion, wire.WitnessEncoding)
	if errors.Is(err, wire.ErrUnknownMessage) && bytes.Contains(plain, []byte("wtxidrelay")) {
		return &wire.MsgWTxIdRelay{}
	}
	require.NoError(s.t, err)
	return msg
}

// shake is the version handshake of the side that was called.
func (s *secret) shake() *wire.MsgVersion {
	s.t.Helper()
	ours := s.read().(*wire.MsgVersion)
	s.send(goodVersion())
	for {
		if _, ok := s.read().(*wire.MsgVerAck); ok {
			break
		}
	}
	s.send(&wire.MsgVerAck{})
	return ours
}

// whisper is a session whose other end is btcsuite's.
type whisper struct {
	*session
	far *secret
}

func encrypted(t *testing.T, begin func(*secret)) *whisper {
	t.Helper()
	cfg, r := pipe(t)
	cfg.NoV2 = false
	far := newSecret(r)
	conn, err := dial(t, cfg, func() { begin(far) })
	require.NoError(t, err)
	require.Equal(t, protocol.TransportV2, conn.Info().Transport)
	ctx, cancel := context.WithCancel(t.Context())
	s := &session{r, conn, make(chan protocol.Input, 100_000), make(chan protocol.Reason, 1), cancel}
	go func() {
		s.reason <- conn.Run(ctx, func(in protocol.Input) error { s.inputs <- in; return nil })
	}()
	return &whisper{s, far}
}

// quietly is an ordinary begin.
func quietly(s *secret) {
	s.respond(7)
	s.shake()
}

func (w *whisper) ask(msg wire.Message) {
	w.t.Helper()
	require.True(w.t, w.conn.Send(msg))
	require.IsType(w.t, msg, w.far.read())
}

// TestEncrypted: all that goes through plain text goes through packets.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	genesis := chaincfg.MainNetParams.GenesisBlock
	for _, garbage := range []int{0, 1, 4095} {
		bubble(t, func(t *testing.T) {
			s := encrypted(t, func(far *secret) {
				far.respond(garbage, 0, 300, 17)
				far.packet(make([]byte, 50), true)
				far.shake()
			})
			defer s.close()
			expect := func(want protocol.Input, msg wire.Message) {
				t.Helper()
				s.far.send(msg)
				require.Equal(t, want, <-s.inputs)
			}
			as := func(msg wire.Message) protocol.Input { return protocol.MessageReceived{Peer: id, Msg: msg} }
			s.ask(getData(wire.InvTypeWitnessBlock, genesis.BlockHash()))
			expect(protocol.BlockReceived{Peer: id, Hash: genesis.BlockHash(), Block: genesis}, genesis)
			s.ask(&wire.MsgGetCFilters{StopHash: hashN(9)})
			for n := range 600 { // through changes of keys
				s.far.packet(bytes.Repeat([]byte{1}, n), true)
				data := bytes.Repeat([]byte{byte(n)}, 100*n)
				expect(protocol.FilterReceived{Peer: id, Block: hashN(8), FilterHash: chainhash.DoubleHashH(data), Data: data},
					&wire.MsgCFilter{BlockHash: hashN(8), Data: data})
				expect(as(&wire.MsgPing{Nonce: uint64(n)}), &wire.MsgPing{Nonce: uint64(n)})
			}
			s.far.send(&wire.MsgCFilter{BlockHash: hashN(9)})
			<-s.inputs // the last of those asked for
			s.ask(&wire.MsgGetHeaders{})
			headers := &wire.MsgHeaders{Headers: []*wire.BlockHeader{&genesis.Header}}
			s.far.send(headers)
			require.Len(t, (<-s.inputs).(protocol.HeadersReceived).Headers, 1)
			s.far.packet(slices.Concat([]byte{0}, []byte("nosuch\x00\x00\x00\x00\x00\x00"), []byte("what")), false)
			s.far.packet([]byte{3, 1, 2}, false) // blocktxn, which is nothing to us
			s.far.packet([]byte{77}, false)
			s.far.send(&wire.MsgCFilter{BlockHash: hashN(1)}) // unasked
			expect(as(&wire.MsgSendHeaders{}), &wire.MsgSendHeaders{})
			for _, m := range []wire.Message{&wire.MsgSendHeaders{}, genesis.Transactions[0], &wire.MsgPing{Nonce: 1}} {
				require.True(t, s.conn.Send(m))
				require.Equal(t, m, s.far.read())
			}
		})
	}
}

func TestEncryptedFaults(t *testing.T) {
	t.Parallel()
	// What no key fits is of any length, and proves nothing.
	unopened := []protocol.Reason{protocol.ReasonNone, protocol.ReasonFlood, protocol.ReasonSlow}
	one := func(r protocol.Reason) []protocol.Reason { return []protocol.Reason{r} }
	cases := map[string]struct {
		do   func(*whisper)
		want []protocol.Reason
	}{
		"no message":            {func(s *whisper) { s.far.try(nil, false) }, one(protocol.ReasonProtocol)},
		"half a name":           {func(s *whisper) { s.far.try([]byte{0, 'p', 'i', 'n', 'g'}, false) }, one(protocol.ReasonProtocol)},
		"ping of 9":             {func(s *whisper) { s.far.try(append([]byte{18}, make([]byte, 9)...), false) }, one(protocol.ReasonProtocol)},
		"version again":         {func(s *whisper) { s.far.try(s.far.contents(goodVersion()), false) }, one(protocol.ReasonProtocol)},
		"plain text":            {func(s *whisper) { s.remote.try(s.encode(&wire.MsgPing{})) }, unopened},
		"nobody's bytes":        {func(s *whisper) { s.remote.try(bytes.Repeat([]byte{0xa5}, 70_000)) }, unopened},
		"larger than is of use": {func(s *whisper) { s.far.try(make([]byte, 540_100), false) }, one(protocol.ReasonFlood)},
		"a large decoy":         {func(s *whisper) { s.far.try(make([]byte, 540_100), true) }, one(protocol.ReasonFlood)},
		"decoys": {func(s *whisper) {
			for n := 0; n < 100_000 && s.far.try(make([]byte, 100_000), true) == nil; n++ {
				require.Less(t, n, 1000)
			}
		}, one(protocol.ReasonFlood)},
		"nosuch": {func(s *whisper) {
			for n := 0; n < 100_000 && s.far.try([]byte{200}, false) == nil; n++ {
				require.Less(t, n, 10_000)
			}
		}, one(protocol.ReasonFlood)},
		"half a packet": {func(s *whisper) { s.remote.raw(make([]byte, 2)) }, one(protocol.ReasonSlow)},
		"closes":        {func(s *whisper) { s.remote.conn.Close() }, one(protocol.ReasonNone)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := encrypted(t, quietly)
				go c.do(s)
				got := <-s.reason
				require.Contains(t, c.want, got)
				s.reason <- got
				s.ends(got)
				s.none()
				s.remote.conn.Close()
			})
		})
	}
}

// TestLargeBlockEncrypted: only while a block is awaited may a packet be larger
// than all else.
func TestLargeBlockEncrypted(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := encrypted(t, quietly)
		block := chaincfg.MainNetParams.GenesisBlock.Copy()
		block.Transactions[0].TxIn[0].SignatureScript = make([]byte, 3_000_000)
		s.ask(getData(wire.InvTypeWitnessBlock, block.BlockHash()))
		s.far.send(block)
		got := (<-s.inputs).(protocol.BlockReceived)
		require.Error(t, got.Err, "not the block of its header")
		require.Equal(t, block, got.Block)
		go s.far.try(s.far.contents(block), false)
		s.ends(protocol.ReasonFlood)
		s.remote.conn.Close()
	})
}

// fallback is a way to one peer that has several connections.
func fallback(t *testing.T, ends ...func(*remote)) peer.Config {
	cfg, _ := pipe(t)
	cfg.NoV2, cfg.Plain = false, new(peer.PlainSet)
	dials := 0
	cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
		if dials == len(ends) {
			return nil, errors.New("refused")
		}
		near, far := net.Pipe()
		t.Cleanup(func() { far.Close() })
		go ends[dials](&remote{t, far, cfg.Params.Net})
		dials++
		return near, nil
	}
	t.Cleanup(func() { require.Equal(t, len(ends), dials) })
	return cfg
}

func (r *remote) hangUp() {
	head := make([]byte, 24)
	io.ReadFull(r.conn, head)
	r.conn.Close()
}
func (r *remote) silent() { r.drain() }
func (r *remote) honest() { r.shake(goodVersion()) }
func (r *remote) nothing() {
	synctest.Wait() // a pipe, unlike a socket, takes no deadline once it is closed
	r.conn.Close()
}
func (r *remote) eager() {
	b := r.encode(goodVersion())
	go r.drain()
	r.try(append(b, b...))
}

func TestFallBack(t *testing.T) {
	t.Parallel()
	t.Run("who hangs up is called in plain text", func(t *testing.T) {
		t.Parallel()
		for _, no := range []func(*remote){(*remote).hangUp, (*remote).nothing, (*remote).eager} {
			bubble(t, func(t *testing.T) {
				cfg := fallback(t, no, (*remote).honest, (*remote).honest)
				for range 2 { // the second time at once
					conn, err := peer.Dial(t.Context(), cfg, id, addr)
					require.NoError(t, err)
					require.Equal(t, protocol.TransportV1, conn.Info().Transport)
					conn.Close(protocol.ReasonNone)
				}
			})
		}
	})
	t.Run("who claims to be able to is greeted so again", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			able := goodVersion()
			able.Services |= wire.SFNodeP2PV2
			cfg := fallback(t, (*remote).hangUp, func(r *remote) { r.shake(able) }, func(r *remote) { quietly(newSecret(r)) })
			for _, want := range []protocol.Transport{protocol.TransportV1, protocol.TransportV2} {
				conn, err := peer.Dial(t.Context(), cfg, id, addr)
				require.NoError(t, err)
				require.Equal(t, want, conn.Info().Transport)
				conn.Close(protocol.ReasonNone)
			}
		})
	})
	t.Run("who is gone is asked again", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			cfg := fallback(t, (*remote).hangUp, (*remote).hangUp, func(r *remote) { quietly(newSecret(r)) })
			_, err := peer.Dial(t.Context(), cfg, id, addr)
			require.Error(t, err)
			conn, err := peer.Dial(t.Context(), cfg, id, addr)
			require.NoError(t, err)
			require.Equal(t, protocol.TransportV2, conn.Info().Transport)
			conn.Close(protocol.ReasonNone)
		})
	})
	t.Run("silence is no more patience, and plain text", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			cfg := fallback(t, (*remote).silent, (*remote).silent, (*remote).silent, (*remote).honest, (*remote).honest)
			began := time.Now()
			_, err := peer.Dial(t.Context(), cfg, id, addr)
			require.Equal(t, protocol.ReasonSlow, peer.ReasonOf(err), "%v", err)
			require.Equal(t, 10*time.Second, time.Since(began), "for both together")
			for _, took := range []time.Duration{3 * time.Second, 0} {
				began := time.Now()
				conn, err := peer.Dial(t.Context(), cfg, id, addr)
				require.NoError(t, err)
				require.Equal(t, protocol.TransportV1, conn.Info().Transport)
				require.Equal(t, took, time.Since(began))
				conn.Close(protocol.ReasonNone)
			}
		})
	})
	t.Run("silence at the end of patience is plain text next time", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			cfg := fallback(t, (*remote).silent, (*remote).honest)
			once, slow := cfg.Dial, true
			cfg.DialTimeout = 20 * time.Second
			cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if slow {
					slow = false
					<-time.After(9 * time.Second)
				}
				return once(ctx, network, addr)
			}
			began := time.Now()
			_, err := peer.Dial(t.Context(), cfg, id, addr)
			require.Equal(t, protocol.ReasonSlow, peer.ReasonOf(err), "%v", err)
			require.Equal(t, 10*time.Second, time.Since(began))
			conn, err := peer.Dial(t.Context(), cfg, id, addr)
			require.NoError(t, err)
			require.Equal(t, protocol.TransportV1, conn.Info().Transport)
			conn.Close(protocol.ReasonNone)
		})
	})
	answers := map[string]func(*remote){
		"http": func(r *remote) { go r.drain(); r.try([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); r.conn.Close() },
		"garbage": func(r *remote) {
			go r.drain()
			r.try(make([]byte, 64))
			for r.try(make([]byte, 1000)) {
			}
		},
		"another network": func(r *remote) {
			far := newSecret(r)
			_ = far.RespondV2Handshake(0, v2transport.BitcoinNet(wire.TestNet3))
			_ = far.CompleteHandshake(false, nil, v2transport.BitcoinNet(wire.TestNet3))
			r.conn.Close()
		},
		"one byte": func(r *remote) { go r.drain(); r.try([]byte{1}); r.conn.Close() },
		"endless decoys": func(r *remote) {
			far := newSecret(r)
			_ = far.RespondV2Handshake(0, mainNet)
			_ = far.CompleteHandshake(false, make([]int, 1000), mainNet)
		},
	}
	for name, answer := range answers {
		t.Run("no second call after "+name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg := fallback(t, answer)
				_, err := peer.Dial(t.Context(), cfg, id, addr)
				require.Error(t, err)
				require.False(t, peer.ReasonOf(err).Provable(), "%v", err)
			})
		})
	}
}

// accept runs Accept beside act, which plays the side that calls.
func accept(t *testing.T, cfg peer.Config, act func(*remote)) (*peer.Conn, error) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { far.Close() })
	acted := make(chan struct{})
	go func() { act(&remote{t, far, cfg.Params.Net}); close(acted) }()
	c, err := peer.Accept(t.Context(), cfg, id, near)
	<-acted
	return c, err
}

func TestAccept(t *testing.T) {
	t.Parallel()
	cfg := peer.Config{Params: &chaincfg.MainNetParams, Serve: true, StartHeight: func() int32 { return 4711 },
		Services: func() wire.ServiceFlag { return wire.SFNodeWitness | wire.SFNodeCF }}
	wallet := goodVersion()
	wallet.Services, wallet.DisableRelayTx = 0, true
	greet := func(send func(wire.Message), read func() wire.Message) {
		send(wallet)
		ours := read().(*wire.MsgVersion)
		require.Equal(t, int32(4711), ours.LastBlock)
		require.Equal(t, wire.SFNodeWitness|wire.SFNodeCF, ours.Services)
		require.Equal(t, "/Thistle:0.1.0/", ours.UserAgent)
		require.False(t, ours.DisableRelayTx)
		require.IsType(t, &wire.MsgWTxIdRelay{}, read())
		require.IsType(t, &wire.MsgSendAddrV2{}, read())
		require.IsType(t, &wire.MsgVerAck{}, read())
		send(&wire.MsgWTxIdRelay{})
		send(&wire.MsgSendAddrV2{})
		send(&wire.MsgVerAck{})
	}
	good := map[string]struct {
		noV2 bool
		call func(*remote)
		want protocol.Transport
	}{
		"plain":      {false, func(r *remote) { greet(r.send, r.read) }, protocol.TransportV1},
		"plain only": {true, func(r *remote) { greet(r.send, r.read) }, protocol.TransportV1},
		"a byte at a time": {false, func(r *remote) {
			for _, b := range r.encode(wallet)[:20] {
				r.raw([]byte{b})
			}
			r.raw(r.encode(wallet)[20:])
			greet(func(m wire.Message) {
				if m != wallet {
					r.send(m)
				}
			}, r.read)
		}, protocol.TransportV1},
		"encrypted": {false, func(r *remote) { s := newSecret(r); s.initiate(4095, 5, 0); greet(s.send, s.read) }, protocol.TransportV2},
	}
	for name, c := range good {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg := cfg
				cfg.NoV2 = c.noV2
				conn, err := accept(t, cfg, c.call)
				require.NoError(t, err)
				info := conn.Info()
				require.Equal(t, c.want, info.Transport)
				require.True(t, info.Inbound)
				require.True(t, info.WTxID)
				require.True(t, info.AddrV2)
				require.False(t, info.TxRelay)
				require.Zero(t, info.Services)
				conn.Close(protocol.ReasonNone)
			})
		})
	}
}

func TestAcceptRefusals(t *testing.T) {
	t.Parallel()
	nonces := new(peer.NonceSet)
	cfg := peer.Config{Params: &chaincfg.MainNetParams, Nonces: nonces}
	old := goodVersion()
	old.ProtocolVersion = 60002
	cases := map[string]struct {
		call func(*remote)
		want protocol.Reason
		took time.Duration
	}{
		"silence":         {(*remote).drain, protocol.ReasonSlow, 10 * time.Second},
		"half a greeting": {func(r *remote) { r.try(r.encode(goodVersion())[:15]) }, protocol.ReasonSlow, 10 * time.Second},
		"half a key":      {func(r *remote) { r.try(make([]byte, 63)) }, protocol.ReasonSlow, 10 * time.Second},
		"a byte a second": {func(r *remote) {
			for _, b := range r.encode(goodVersion()) {
				<-time.After(time.Second)
				if !r.try([]byte{b}) {
					return
				}
			}
		}, protocol.ReasonSlow, 10 * time.Second},
		"closed":          {(*remote).nothing, protocol.ReasonNone, 0},
		"http":            {func(r *remote) { r.try([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); r.conn.Close() }, protocol.ReasonNone, 0},
		"another network": {func(r *remote) { r.try(frameOf(wire.TestNet3, "version", make([]byte, 100))) }, protocol.ReasonProtocol, 0},
		"too old":         {func(r *remote) { r.send(old) }, protocol.ReasonUnsuitable, 0},
		"no terminator": {func(r *remote) {
			go r.drain()
			for r.try(make([]byte, 1000)) {
			}
		}, protocol.ReasonNone, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg := cfg
				cfg.Nonces = new(peer.NonceSet)
				began := time.Now()
				_, err := accept(t, cfg, c.call)
				require.Error(t, err)
				require.Equal(t, c.want, peer.ReasonOf(err), "%v", err)
				require.InDelta(t, c.took, time.Since(began), float64(time.Second))
			})
		})
	}
}

// TestOurselves: two of us talk, encrypted; one of us does not talk to itself.
func TestOurselves(t *testing.T) {
	t.Parallel()
	for _, noV2 := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			near, far := net.Pipe()
			caller := peer.Config{Params: &chaincfg.MainNetParams, NoV2: noV2, Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
			called := peer.Config{Params: &chaincfg.MainNetParams, Serve: true}
			accepted := make(chan *peer.Conn)
			go func() {
				c, err := peer.Accept(t.Context(), called, 2, far)
				require.NoError(t, err)
				accepted <- c
			}()
			one, err := peer.Dial(t.Context(), caller, 1, addr)
			require.NoError(t, err)
			two := <-accepted
			require.Equal(t, one.Info().Transport, two.Info().Transport)
			require.Equal(t, noV2, one.Info().Transport == protocol.TransportV1)
			require.True(t, one.Info().WTxID && two.Info().WTxID)
			heard := make(chan protocol.Input, 10)
			ctx, cancel := context.WithCancel(t.Context())
			reasons := make(chan protocol.Reason, 2)
			for _, c := range []*peer.Conn{one, two} {
				go func() { reasons <- c.Run(ctx, func(in protocol.Input) error { heard <- in; return nil }) }()
			}
			ask := &wire.MsgGetCFilters{StartHeight: 3, StopHash: hashN(3)}
			require.True(t, one.Send(ask))
			require.Equal(t, protocol.MessageReceived{Peer: 2, Msg: ask}, <-heard)
			data := make([]byte, 250_000)
			require.True(t, two.Send(&wire.MsgCFilter{BlockHash: hashN(3), Data: data}))
			require.Equal(t, data, (<-heard).(protocol.FilterReceived).Data)
			cancel()
			for range 2 { // whoever is slower finds the other gone
				require.Contains(t, []protocol.Reason{protocol.ReasonShutdown, protocol.ReasonNone}, <-reasons)
			}
		})
		bubble(t, func(t *testing.T) {
			near, far := net.Pipe()
			nonces := new(peer.NonceSet)
			cfg := peer.Config{Params: &chaincfg.MainNetParams, NoV2: noV2, Nonces: nonces,
				Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
			accepted := make(chan error)
			go func() {
				_, err := peer.Accept(t.Context(), cfg, 2, far)
				accepted <- err
			}()
			_, err := peer.Dial(t.Context(), cfg, 1, addr)
			require.Error(t, err)
			err = <-accepted
			require.Equal(t, protocol.ReasonSelf, peer.ReasonOf(err), "%v", err)
		})
	}
}
