package peer_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func TestSend(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		tx := chaincfg.MainNetParams.GenesisBlock.Transactions[0].Copy()
		tx.TxIn[0].Witness = wire.TxWitness{{1, 2, 3}}
		sent := []wire.Message{&wire.MsgSendHeaders{}, &wire.MsgPing{Nonce: 1}, tx,
			getData(wire.InvTypeWitnessTx, hashN(1)), &wire.MsgGetCFilters{StartHeight: 5, StopHash: hashN(2)}}
		for _, m := range sent {
			require.True(t, s.conn.Send(m))
		}
		for _, m := range sent {
			require.Equal(t, m, s.read())
		}
		s.close()
	})
}

// TestSendPatiently: large answers wait for the peer to read, and small ones pass
// them by.
func TestSendPatiently(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		filter := &wire.MsgCFilter{Data: make([]byte, 200_000)}
		sent, done := 0, make(chan struct{})
		go func() {
			defer close(done)
			for range 50 {
				require.True(t, s.conn.SendPatiently(t.Context(), filter))
				sent++
			}
		}()
		synctest.Wait()
		require.Equal(t, 3, sent, "what waits is bounded")
		require.True(t, s.conn.Send(&wire.MsgPing{Nonce: 5}))
		for range 3 {
			require.Equal(t, filter, s.read())
		}
		require.Equal(t, &wire.MsgPing{Nonce: 5}, s.read())
		for range 47 {
			require.Equal(t, filter, s.read())
		}
		<-done
		synctest.Wait()
		in, out := s.conn.Traffic()
		require.Greater(t, out, uint64(50*200_000))
		require.Less(t, in, uint64(1000))
		s.send(&wire.MsgPing{})
		<-s.inputs
		more, _ := s.conn.Traffic()
		require.Equal(t, in+24+8, more)

		for range 3 {
			require.True(t, s.conn.SendPatiently(t.Context(), filter))
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		require.False(t, s.conn.SendPatiently(ctx, filter), "whoever waits can be called off")
		waits := make(chan bool)
		go func() { waits <- s.conn.SendPatiently(t.Context(), filter) }()
		synctest.Wait()
		s.close()
		require.False(t, <-waits)
	})
}

// TestNothingIsAnswered: answers are the machine's business.
func TestNothingIsAnswered(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.alive()
		s.send(&wire.MsgGetData{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeTx, &chainhash.Hash{})}})
		<-s.inputs
		s.remote.conn.SetReadDeadline(time.Now().Add(time.Hour))
		n, err := s.remote.conn.Read(make([]byte, 1))
		require.Zero(t, n)
		require.ErrorContains(t, err, "timeout")
		s.close()
	})
}

// TestSendCopies: a message may change once it has been sent.
func TestSendCopies(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		m := &wire.MsgPing{Nonce: 1}
		require.True(t, s.conn.Send(m))
		m.Nonce = 2
		require.Equal(t, &wire.MsgPing{Nonce: 1}, s.read())
		s.close()
	})
}

// TestPeerThatDoesNotRead is dropped by the write deadline, or at once when the
// queue is full.
func TestPeerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := connect(t)
			began := time.Now()
			require.True(t, s.conn.Send(&wire.MsgPing{}))
			s.ends(protocol.ReasonSlow)
			require.Equal(t, 30*time.Second, time.Since(began))
		})
	})
	t.Run("count", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := connect(t)
			sent := 0
			for s.conn.Send(&wire.MsgPing{}) {
				sent++
			}
			require.Equal(t, 1024, sent)
			s.ends(protocol.ReasonSlow)
		})
	})
	t.Run("bytes", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := connect(t)
			tx := wire.NewMsgTx(2)
			tx.AddTxIn(&wire.TxIn{SignatureScript: make([]byte, 390_000)})
			sent := 0
			for s.conn.Send(tx) {
				sent++
			}
			require.Equal(t, 10, sent)
			s.ends(protocol.ReasonSlow)
		})
	})
}

// TestUnsendable: a message that cannot be encoded is our mistake and ends the
// connection without blame.
func TestUnsendable(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		require.False(t, s.conn.Send(&wire.MsgInv{InvList: make([]*wire.InvVect, wire.MaxInvPerMsg+1)}))
		s.ends(protocol.ReasonNone)
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.conn.Close(protocol.ReasonBadFilter)
		s.conn.Close(protocol.ReasonNone) // too late
		s.ends(protocol.ReasonBadFilter)
		_, err := s.remote.conn.Read(make([]byte, 1))
		require.Error(t, err)
	})
}

func TestCloseBeforeRun(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		conn, err := dial(t, cfg, func() { r.shake(goodVersion()) })
		require.NoError(t, err)
		conn.Close(protocol.ReasonNotNeeded)
		_, err = r.conn.Read(make([]byte, 1))
		require.Error(t, err, "the socket is closed without Run")
		require.Equal(t, protocol.ReasonNotNeeded, conn.Run(t.Context(), func(protocol.Input) error { return nil }))
	})
}

// TestCloseWhileDelivering: Run waits for deliver and then ends.
func TestCloseWhileDelivering(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		conn, err := dial(t, cfg, func() { r.shake(goodVersion()) })
		require.NoError(t, err)
		release, done := make(chan struct{}), make(chan protocol.Reason, 1)
		go func() {
			done <- conn.Run(t.Context(), func(protocol.Input) error { <-release; return nil })
		}()
		r.send(&wire.MsgPing{})
		synctest.Wait()
		conn.Close(protocol.ReasonSlow)
		synctest.Wait()
		require.Empty(t, done)
		close(release)
		require.Equal(t, protocol.ReasonSlow, <-done)
	})
}

func TestDeliverFails(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		cfg, r := pipe(t)
		conn, err := dial(t, cfg, func() { r.shake(goodVersion()) })
		require.NoError(t, err)
		done := make(chan protocol.Reason, 1)
		go func() {
			done <- conn.Run(t.Context(), func(protocol.Input) error { return errors.New("closing") })
		}()
		r.send(&wire.MsgPing{})
		require.Equal(t, protocol.ReasonShutdown, <-done)
	})
}

// TestLogs: a connection logs its beginning and its end at debug, whatever the
// peer sends, and nothing a peer wrote as it wrote it.
func TestLogs(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		cfg, r := pipe(t)
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		v := goodVersion()
		v.UserAgent = "\x1b[2J<b>"
		conn, err := dial(t, cfg, func() { r.shake(v) })
		require.NoError(t, err)
		done := make(chan protocol.Reason, 1)
		go func() { done <- conn.Run(t.Context(), func(protocol.Input) error { return nil }) }()
		for range 1000 {
			r.raw(r.frame("\x1b[31m", []byte("evil")))
		}
		r.try(r.frame("ping", []byte("evil")))
		require.Equal(t, protocol.ReasonProtocol, <-done)
		require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
		require.Equal(t, 2, strings.Count(log.String(), "level=DEBUG"))
		require.NotContains(t, log.String(), "\x1b")
		require.NotContains(t, log.String(), "<b>")
		require.NotContains(t, log.String(), "evil")
	})
}

// TestLoopback runs many connections over real sockets, ends them in every way,
// and counts goroutines. It does not run in parallel for that.
func TestLoopback(t *testing.T) {
	before := runtime.NumGoroutine()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg := peer.Config{Params: &chaincfg.RegressionNetParams, NoV2: true}

	endings := map[string]struct {
		end  func(r *remote, c *peer.Conn, cancel func())
		want []protocol.Reason
	}{
		"closed by them": {func(r *remote, _ *peer.Conn, _ func()) { r.conn.Close() }, []protocol.Reason{protocol.ReasonNone}},
		"half closed":    {func(r *remote, _ *peer.Conn, _ func()) { r.conn.(*net.TCPConn).CloseWrite() }, []protocol.Reason{protocol.ReasonNone}},
		"reset in a block": {func(r *remote, c *peer.Conn, _ func()) {
			c.Send(getData(wire.InvTypeBlock, *chaincfg.MainNetParams.GenesisHash))
			r.read()
			r.raw(r.encode(chaincfg.MainNetParams.GenesisBlock)[:150])
			r.conn.(*net.TCPConn).SetLinger(0)
			r.conn.Close()
		}, []protocol.Reason{protocol.ReasonNone}},
		"closed by us": {func(_ *remote, c *peer.Conn, _ func()) { c.Close(protocol.ReasonNotNeeded) }, []protocol.Reason{protocol.ReasonNotNeeded}},
		"cancelled":    {func(_ *remote, _ *peer.Conn, cancel func()) { cancel() }, []protocol.Reason{protocol.ReasonShutdown}},
		"broken":       {func(r *remote, _ *peer.Conn, _ func()) { r.raw([]byte(strings.Repeat("x", 24))) }, []protocol.Reason{protocol.ReasonProtocol}},
	}
	for name, e := range endings {
		for range 10 {
			accepted := make(chan net.Conn, 1)
			go func() {
				c, err := listener.Accept()
				if err == nil {
					accepted <- c
				}
			}()
			var r *remote
			type result struct {
				c   *peer.Conn
				err error
			}
			dialled := make(chan result, 1)
			go func() {
				c, err := peer.Dial(t.Context(), cfg, id, listener.Addr().String())
				dialled <- result{c, err}
			}()
			r = &remote{t, <-accepted, cfg.Params.Net}
			r.shake(goodVersion())
			d := <-dialled
			require.NoError(t, d.err)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan protocol.Reason, 1)
			go func() { done <- d.c.Run(ctx, func(protocol.Input) error { return nil }) }()
			r.send(&wire.MsgPing{})
			e.end(r, d.c, cancel)
			require.Contains(t, e.want, <-done, name)
			cancel()
			r.conn.Close()
		}
	}
	listener.Close()
	// Ended goroutines are counted until they are gone.
	for patience := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(patience); {
		runtime.Gosched()
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}
