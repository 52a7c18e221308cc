package peer_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func TestHandshake(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		now := time.Unix(1_600_000_000, 0)
		cfg.Now = func() time.Time { return now }
		cfg.StartHeight = func() int32 { return 4711 }
		var ours *wire.MsgVersion
		conn, err := dial(t, cfg, func() { ours = r.shake(goodVersion()) })
		require.NoError(t, err)
		defer conn.Close(protocol.ReasonNone)

		require.Equal(t, int32(70016), ours.ProtocolVersion)
		require.Equal(t, wire.SFNodeWitness, ours.Services)
		require.Equal(t, now, ours.Timestamp)
		require.Equal(t, "/Thistle:0.1.0/", ours.UserAgent)
		require.Zero(t, ours.LastBlock, "how far we are is nobody's business")
		require.False(t, ours.DisableRelayTx)
		require.NotZero(t, ours.Nonce)
		for _, a := range []wire.NetAddress{ours.AddrMe, ours.AddrYou} {
			require.True(t, a.IP.Equal(net.IPv6zero))
			require.Zero(t, a.Port)
			require.Zero(t, a.Services)
		}
		require.Equal(t, protocol.PeerInfo{
			ID: id, Addr: addr, UserAgent: "/Other:1.0/", Version: 70016, Transport: protocol.TransportV1, TxRelay: true,
			Services: goodVersion().Services, StartHeight: 123, Since: now, ClockAhead: 100_000_000 * time.Second,
		}, conn.Info())
	})
}

// TestPurposes: what a connection is for decides what we say of ourselves, and
// whom we have use for.
func TestPurposes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_600_000_000, 0)
	ordinary := func(relay bool) *wire.MsgVersion {
		return &wire.MsgVersion{ProtocolVersion: 70016, Services: wire.SFNodeWitness | wire.SFNodeP2PV2, Timestamp: now,
			UserAgent: "/Thistle:0.1.0/", DisableRelayTx: !relay}
	}
	both := []string{"wtxidrelay", "sendaddrv2"}
	bare, blocksOnly := goodVersion(), goodVersion()
	bare.Services, blocksOnly.DisableRelayTx = 0, true
	limited := goodVersion() // whether full history is needed the machine decides
	limited.Services = wire.SFNodeWitness | wire.SFNodeNetworkLimited
	old := goodVersion()
	old.ProtocolVersion = 70015
	cases := map[string]struct {
		purpose  protocol.Purpose
		lowData  bool
		peer     *wire.MsgVersion
		ours     *wire.MsgVersion
		features []string // also what is noted of what the peer says
		want     protocol.Reason
	}{
		"all":                        {protocol.ForAll, false, goodVersion(), ordinary(true), both, 0},
		"all with little data":       {protocol.ForAll, true, goodVersion(), ordinary(false), both, 0},
		"all with an old one":        {protocol.ForAll, false, old, ordinary(true), nil, 0},
		"all with a blocks-only one": {protocol.ForAll, false, blocksOnly, ordinary(true), both, 0},
		"all with a limited one":     {protocol.ForAll, false, limited, ordinary(true), both, 0},
		"all with a bare one":        {protocol.ForAll, false, bare, ordinary(true), nil, protocol.ReasonUnsuitable},
		"blocks":                     {protocol.ForBlocks, false, goodVersion(), ordinary(false), both, 0},
		"blocks with a bare one":     {protocol.ForBlocks, false, bare, ordinary(false), nil, protocol.ReasonUnsuitable},
		"feeling":                    {protocol.ForFeeling, false, bare, ordinary(false), both, 0},
		"broadcast":                  {protocol.ForBroadcast, false, goodVersion(), anonymous(), nil, 0},
		"broadcast to nobody":        {protocol.ForBroadcast, false, blocksOnly, anonymous(), nil, protocol.ReasonUnsuitable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg, r := pipe(t)
				cfg.Purpose, cfg.LowData, cfg.Now = c.purpose, c.lowData, func() time.Time { return now }
				cfg.Services = func() wire.ServiceFlag { return wire.SFNodeWitness | wire.SFNodeP2PV2 }
				cfg.StartHeight = func() int32 { return 4711 }
				conn, err := dial(t, cfg, func() {
					ours := r.read().(*wire.MsgVersion)
					require.NotZero(t, ours.Nonce)
					want := *c.ours
					want.Nonce, want.AddrMe, want.AddrYou = ours.Nonce, ours.AddrMe, ours.AddrYou
					require.Equal(t, &want, ours)
					r.send(c.peer)
					if c.want != 0 {
						return
					}
					require.Equal(t, c.features, r.awaitVerAck())
					r.raw(r.frame("wtxidrelay", nil))
					r.raw(r.frame("sendaddrv2", nil))
					r.send(&wire.MsgVerAck{})
				})
				require.Equal(t, c.want, peer.ReasonOf(err), "%v", err)
				if c.want != 0 {
					return
				}
				info := conn.Info()
				require.Equal(t, c.purpose, info.Purpose)
				require.Equal(t, !c.peer.DisableRelayTx, info.TxRelay)
				require.Equal(t, c.features != nil, info.WTxID)
				conn.Close(protocol.ReasonNone)
			})
		})
	}
}

// anonymous is the version message that Bitcoin Core sends where it only hands a
// transaction over.
func anonymous() *wire.MsgVersion {
	return &wire.MsgVersion{ProtocolVersion: 70016, Timestamp: time.Unix(0, 0), UserAgent: "/pynode:0.0.1/", DisableRelayTx: true}
}

// TestNoncesDiffer makes sure that a nonce does not link two connections.
func TestNoncesDiffer(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		seen := map[uint64]bool{}
		for range 20 {
			cfg, r := pipe(t)
			conn, err := dial(t, cfg, func() { seen[r.shake(goodVersion()).Nonce] = true })
			require.NoError(t, err)
			conn.Close(protocol.ReasonNone)
		}
		require.Len(t, seen, 20)
	})
}

func TestFeaturesBeforeVerAck(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		conn, err := dial(t, cfg, func() {
			r.read()
			r.send(goodVersion())
			require.Equal(t, []string{"wtxidrelay", "sendaddrv2"}, r.awaitVerAck())
			r.raw(r.frame("wtxidrelay", nil))
			r.raw(r.frame("sendaddrv2", nil))
			r.raw(r.frame("sendtxrcncl", make([]byte, 12)))
			r.raw(r.frame("\x1b[2J", make([]byte, 60_000)))
			r.send(&wire.MsgVerAck{})
		})
		require.NoError(t, err)
		require.True(t, conn.Info().WTxID)
		require.True(t, conn.Info().AddrV2)
		conn.Close(protocol.ReasonNone)
	})
}

func TestHandshakeRefusals(t *testing.T) {
	t.Parallel()
	version := func(f func(*wire.MsgVersion)) func(*remote) []byte {
		return func(r *remote) []byte {
			v := goodVersion()
			f(v)
			return r.encode(v)
		}
	}
	plain := func(b string) func(*remote) []byte { return func(*remote) []byte { return []byte(b) } }
	payload := func(r *remote) []byte { return r.encode(goodVersion())[24:] }
	first := map[string]struct {
		bytes func(*remote) []byte
		want  protocol.Reason
	}{
		"http":          {plain("HTTP/1.1 400 Bad Request\r\n\r\n"), protocol.ReasonProtocol},
		"tls":           {plain("\x15\x03\x01\x00\x02\x02\x46" + strings.Repeat("\x00", 20)), protocol.ReasonProtocol},
		"other network": {func(r *remote) []byte { return frameOf(wire.TestNet3, "version", payload(r)) }, protocol.ReasonProtocol},
		"bad checksum": {func(r *remote) []byte {
			b := r.encode(goodVersion())
			b[20]++
			return b
		}, protocol.ReasonProtocol},
		"length ffffffff": {func(r *remote) []byte {
			b := r.encode(goodVersion())
			copy(b[16:], "\xff\xff\xff\xff")
			return b[:24]
		}, protocol.ReasonProtocol},
		"version of 513 bytes":   {func(r *remote) []byte { return r.frame("version", make([]byte, 513))[:24] }, protocol.ReasonProtocol},
		"version cut short":      {func(r *remote) []byte { return r.frame("version", payload(r)[:60]) }, protocol.ReasonProtocol},
		"version empty":          {func(r *remote) []byte { return r.frame("version", nil) }, protocol.ReasonProtocol},
		"version too long":       {func(r *remote) []byte { return r.frame("version", append(payload(r), 0)) }, protocol.ReasonProtocol},
		"user agent too long":    {longAgent, protocol.ReasonProtocol},
		"verack first":           {func(r *remote) []byte { return r.frame("verack", nil) }, protocol.ReasonProtocol},
		"ping first":             {func(r *remote) []byte { return r.frame("ping", make([]byte, 8)) }, protocol.ReasonProtocol},
		"unknown first":          {func(r *remote) []byte { return r.frame("hello", nil) }, protocol.ReasonProtocol},
		"70012":                  {version(func(v *wire.MsgVersion) { v.ProtocolVersion = 70012 }), protocol.ReasonUnsuitable},
		"negative version":       {version(func(v *wire.MsgVersion) { v.ProtocolVersion = -1 }), protocol.ReasonUnsuitable},
		"no witness":             {version(func(v *wire.MsgVersion) { v.Services = wire.SFNodeNetwork }), protocol.ReasonUnsuitable},
		"no services":            {version(func(v *wire.MsgVersion) { v.Services = 0 }), protocol.ReasonUnsuitable},
		"nothing, and then ends": {plain(""), protocol.ReasonNone},
		"ends in the header":     {plain("\xf9\xbe\xb4"), protocol.ReasonNone},
	}
	for name, c := range first {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg, r := pipe(t)
				conn, err := dial(t, cfg, func() {
					r.read()
					r.try(c.bytes(r))
					r.conn.Close()
				})
				require.Nil(t, conn)
				require.Equal(t, c.want, peer.ReasonOf(err), "%v", err)
			})
		})
	}
}

func longAgent(r *remote) []byte {
	v := goodVersion()
	v.UserAgent = strings.Repeat("x", 250)
	b := r.encode(v)[24:]
	at := bytes.IndexByte(b, 250) // its length byte; before it are times and zeros
	long := append(bytes.Clone(b[:at]), 0xfd, 0x01, 0x01)
	long = append(long, strings.Repeat("x", 257)...)
	return r.frame("version", append(long, b[at+1+250:]...))
}

func TestHandshakeRefusalsAfterVersion(t *testing.T) {
	t.Parallel()
	early := func(n int) func(*remote) []byte {
		return func(r *remote) []byte { return bytes.Repeat(r.frame("new", nil), n) }
	}
	cases := map[string]func(*remote) []byte{
		"version twice":      func(r *remote) []byte { return r.encode(goodVersion()) },
		"verack with a body": func(r *remote) []byte { return r.frame("verack", []byte{0}) },
		"large message":      func(r *remote) []byte { return r.frame("new", make([]byte, 65<<10)) },
		"many messages":      early(33),
		"wrong magic":        func(r *remote) []byte { return frameOf(1, "verack", nil) },
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg, r := pipe(t)
				_, err := dial(t, cfg, func() {
					r.read()
					r.send(goodVersion())
					r.awaitVerAck()
					r.try(b(r))
				})
				require.Equal(t, protocol.ReasonProtocol, peer.ReasonOf(err), "%v", err)
			})
		})
	}
}

func TestHandshakeDeadlines(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*remote){
		"never version": func(r *remote) { r.read(); r.drain() },
		"never reads":   func(*remote) {},
		"never verack":  func(r *remote) { r.read(); r.send(goodVersion()); r.read(); r.drain() },
		"byte by byte": func(r *remote) {
			r.read()
			for _, b := range r.encode(goodVersion()) {
				if !r.try([]byte{b}) {
					return
				}
				time.Sleep(900 * time.Millisecond) // of the bubble's clock
			}
		},
		"message by message": func(r *remote) {
			r.read()
			r.send(goodVersion())
			r.read()
			for r.try(r.frame("new", nil)) {
				time.Sleep(900 * time.Millisecond)
			}
		},
	}
	for name, act := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				cfg, r := pipe(t)
				began := time.Now()
				var acting sync.WaitGroup
				acting.Go(func() { act(r) })
				_, err := peer.Dial(t.Context(), cfg, id, addr)
				require.Equal(t, protocol.ReasonSlow, peer.ReasonOf(err), "%v", err)
				require.Equal(t, 10*time.Second, time.Since(began))
				acting.Wait()
			})
		})
	}
}

func TestDialTimeout(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, _ := pipe(t)
		cfg.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		began := time.Now()
		_, err := peer.Dial(t.Context(), cfg, id, addr)
		require.Equal(t, protocol.ReasonNone, peer.ReasonOf(err))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestDialRefused(t *testing.T) {
	t.Parallel()
	cfg, _ := pipe(t)
	refused := errors.New("connection refused")
	cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, refused }
	_, err := peer.Dial(t.Context(), cfg, id, addr)
	require.ErrorIs(t, err, refused)
	require.Equal(t, protocol.ReasonNone, peer.ReasonOf(err))
	var e *peer.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "dial", e.Op)
}

func TestDialNeedsParams(t *testing.T) {
	t.Parallel()
	_, err := peer.Dial(t.Context(), peer.Config{}, id, addr)
	require.Error(t, err)
}

func TestDialCancelled(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := peer.Dial(ctx, cfg, id, addr)
			done <- err
		}()
		r.read()
		cancel()
		err := <-done
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, protocol.ReasonShutdown, peer.ReasonOf(err))
	})
}

// TestDialLeavesNothing: when Dial returns, nobody is still closing the socket.
func TestDialLeavesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		slow := &slowly{goOn: make(chan struct{})}
		dial := cfg.Dial
		cfg.Dial = func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
			slow.Conn, err = dial(ctx, network, addr)
			return slow, err
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := peer.Dial(ctx, cfg, id, addr)
			done <- err
		}()
		r.read()
		cancel()
		synctest.Wait()
		require.Empty(t, done)
		close(slow.goOn)
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// slowly takes its time over the first Close.
type slowly struct {
	net.Conn
	closed atomic.Bool
	goOn   chan struct{}
}

func (s *slowly) Close() error {
	if !s.closed.Swap(true) {
		defer func() { <-s.goOn }()
	}
	return s.Conn.Close()
}

// TestSelf: our own nonce comes back, on the same connection or on another one
// whose handshake lasts.
func TestSelf(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		var nonces peer.NonceSet
		cfg, r := pipe(t)
		cfg.Nonces = &nonces
		echo := goodVersion()
		_, err := dial(t, cfg, func() {
			echo.Nonce = r.read().(*wire.MsgVersion).Nonce
			r.send(echo)
		})
		require.Equal(t, protocol.ReasonSelf, peer.ReasonOf(err), "%v", err)

		// That handshake is over, so its nonce is any number again.
		cfg, r = pipe(t)
		cfg.Nonces = &nonces
		conn, err := dial(t, cfg, func() { r.shake(echo) })
		require.NoError(t, err)
		conn.Close(protocol.ReasonNone)

		one, oneEnd := pipe(t)
		two, twoEnd := pipe(t)
		one.Nonces, two.Nonces = &nonces, &nonces
		_, err = dial(t, one, func() {
			echo.Nonce = oneEnd.read().(*wire.MsgVersion).Nonce
			_, err := dial(t, two, func() { twoEnd.read(); twoEnd.send(echo) })
			require.Equal(t, protocol.ReasonSelf, peer.ReasonOf(err), "%v", err)
			oneEnd.conn.Close()
		})
		require.Equal(t, protocol.ReasonNone, peer.ReasonOf(err), "%v", err)
	})
}

func TestUserAgentIsEscaped(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"/Satoshi:28.0.0(a; b)/":       "/Satoshi:28.0.0(a; b)/",
		"\x1b[31mred\x07":              `\x1b[31mred\x07`,
		"\u202egnp.exe":                `\xe2\x80\xaegnp.exe`,
		"<script>\"a\" & `b` \\x41":    `\x3cscript\x3e\x22a\x22 \x26 \x60b\x60 \x5cx41`,
		"\xff\xfe":                     `\xff\xfe`,
		strings.Repeat("a", 256):       strings.Repeat("a", 256),
		strings.Repeat("\x00", 64):     strings.Repeat(`\x00`, 64),
		strings.Repeat("\x00", 65):     strings.Repeat(`\x00`, 63) + "...",
		"a" + strings.Repeat("\n", 64): "a" + strings.Repeat(`\x0a`, 63) + "...",
		"":                             "",
	}
	for in, want := range cases {
		bubble(t, func(t *testing.T) {
			cfg, r := pipe(t)
			v := goodVersion()
			v.UserAgent = in
			conn, err := dial(t, cfg, func() { r.shake(v) })
			require.NoError(t, err)
			require.Equal(t, want, conn.Info().UserAgent)
			require.LessOrEqual(t, len(want), 256)
			conn.Close(protocol.ReasonNone)
		})
	}
}

// TestClaimsAreOnlyHints: absurd times and heights are no reason to refuse.
func TestClaimsAreOnlyHints(t *testing.T) {
	t.Parallel()
	for _, when := range []int64{0, -1 << 63, 1<<63 - 1} {
		for _, height := range []int32{-1, 1<<31 - 1} {
			bubble(t, func(t *testing.T) {
				cfg, r := pipe(t)
				v := goodVersion()
				v.Timestamp, v.LastBlock = time.Unix(when, 0), height
				conn, err := dial(t, cfg, func() { r.shake(v) })
				require.NoError(t, err)
				require.Equal(t, height, conn.Info().StartHeight)
				require.LessOrEqual(t, conn.Info().ClockAhead.Abs(), 100*365*24*time.Hour)
				conn.Close(protocol.ReasonNone)
			})
		}
	}
}

func TestNetworkOfConfig(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		for _, params := range []*chaincfg.Params{&chaincfg.RegressionNetParams, &chaincfg.SigNetParams, &chaincfg.TestNet4Params} {
			s := connect(t, func(c *peer.Config) { c.Params = params })
			s.alive()
			s.close()
		}
	})
}
