package peer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"net"
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

const (
	addr = "192.0.2.1:8333"
	id   = protocol.PeerID(7)
)

// remote is the other end of a connection: a peer that does as it is told, and
// no more. All its methods fail the test on errors they do not expect.
type remote struct {
	t    *testing.T
	conn net.Conn
	net  wire.BitcoinNet
}

// frameOf makes a frame by hand, so that tests can make wrong ones.
func frameOf(magic wire.BitcoinNet, command string, payload []byte) []byte {
	once := sha256.Sum256(payload)
	twice := sha256.Sum256(once[:])
	b := binary.LittleEndian.AppendUint32(nil, uint32(magic))
	name := make([]byte, 12)
	copy(name, command)
	b = append(b, name...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, twice[:4]...)
	return append(b, payload...)
}

func (r *remote) frame(command string, payload []byte) []byte {
	return frameOf(r.net, command, payload)
}

func (r *remote) encode(msg wire.Message) []byte {
	var b bytes.Buffer
	_, err := wire.WriteMessageWithEncodingN(&b, msg, wire.ProtocolVersion, r.net, wire.WitnessEncoding)
	require.NoError(r.t, err)
	return b.Bytes()
}

// raw writes bytes as they are.
func (r *remote) raw(b []byte) {
	r.t.Helper()
	_, err := r.conn.Write(b)
	require.NoError(r.t, err)
}

// try writes and tells whether the other end took it all.
func (r *remote) try(b []byte) bool {
	_, err := r.conn.Write(b)
	return err == nil
}

func (r *remote) send(msg wire.Message) {
	r.t.Helper()
	r.raw(r.encode(msg))
}

func (r *remote) read() wire.Message {
	r.t.Helper()
	_, msg, raw, err := wire.ReadMessageWithEncodingN(r.conn, wire.ProtocolVersion, r.net, wire.WitnessEncoding)
	if errors.Is(err, wire.ErrUnknownMessage) && len(raw) == 0 {
		return &wire.MsgWTxIdRelay{} // the one we send that package wire does not read
	}
	require.NoError(r.t, err)
	return msg
}

// drain reads all that comes, so that the other end is never held up.
func (r *remote) drain() { io.Copy(io.Discard, r.conn) }

// goodVersion is the version message of a peer worth having.
func goodVersion() *wire.MsgVersion {
	return &wire.MsgVersion{
		ProtocolVersion: 70016,
		Services:        wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF,
		Timestamp:       time.Unix(1_700_000_000, 0),
		Nonce:           1,
		UserAgent:       "/Other:1.0/",
		LastBlock:       123,
	}
}

// shake answers our handshake as an honest peer does.
func (r *remote) shake(v *wire.MsgVersion) *wire.MsgVersion {
	r.t.Helper()
	ours, ok := r.read().(*wire.MsgVersion)
	require.True(r.t, ok, "version first")
	r.send(v)
	r.awaitVerAck()
	r.send(&wire.MsgVerAck{})
	return ours
}

// awaitVerAck reads up to our verack and returns what came before it.
func (r *remote) awaitVerAck() (features []string) {
	r.t.Helper()
	for {
		msg := r.read()
		if _, ok := msg.(*wire.MsgVerAck); ok {
			return features
		}
		features = append(features, msg.Command())
	}
}

// pipe returns a Config that dials to the returned remote.
func pipe(t *testing.T) (peer.Config, *remote) {
	near, far := net.Pipe()
	t.Cleanup(func() { far.Close() })
	cfg := peer.Config{
		Params: &chaincfg.MainNetParams, NoV2: true,
		Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
	}
	return cfg, &remote{t, far, cfg.Params.Net}
}

// dial runs Dial beside act, which plays the other end.
func dial(t *testing.T, cfg peer.Config, act func()) (*peer.Conn, error) {
	t.Helper()
	type result struct {
		conn *peer.Conn
		err  error
	}
	done := make(chan result, 1)
	go func() {
		c, err := peer.Dial(t.Context(), cfg, id, addr)
		done <- result{c, err}
	}()
	act()
	r := <-done
	return r.conn, r.err
}

// session is a running connection after its handshake.
type session struct {
	*remote
	conn   *peer.Conn
	inputs chan protocol.Input
	reason chan protocol.Reason
	cancel context.CancelFunc
}

// connect makes a session. It must run inside a synctest bubble, whose end
// proves that no goroutine is left.
func connect(t *testing.T, change ...func(*peer.Config)) *session {
	t.Helper()
	cfg, r := pipe(t)
	for _, f := range change {
		f(&cfg)
	}
	r.net = cfg.Params.Net
	conn, err := dial(t, cfg, func() { r.shake(goodVersion()) })
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	s := &session{r, conn, make(chan protocol.Input, 100_000), make(chan protocol.Reason, 1), cancel}
	go func() {
		s.reason <- conn.Run(ctx, func(in protocol.Input) error { s.inputs <- in; return nil })
	}()
	return s
}

// ask sends a request and reads it at the other end.
func (s *session) ask(msg wire.Message) {
	s.t.Helper()
	require.True(s.t, s.conn.Send(msg))
	require.IsType(s.t, msg, s.read())
}

// none asserts that nothing was delivered.
func (s *session) none() {
	s.t.Helper()
	synctest.Wait()
	select {
	case in := <-s.inputs:
		require.Failf(s.t, "unexpected input", "%T", in)
	default:
	}
}

// alive asserts that the connection still works, by a ping.
func (s *session) alive() {
	s.t.Helper()
	s.send(&wire.MsgPing{Nonce: 99})
	require.Equal(s.t, protocol.MessageReceived{Peer: id, Msg: &wire.MsgPing{Nonce: 99}}, <-s.inputs)
}

// ends waits for the end, closing nothing itself.
func (s *session) ends(want protocol.Reason) {
	s.t.Helper()
	require.Equal(s.t, want, <-s.reason)
	require.False(s.t, s.conn.Send(&wire.MsgPing{}), "sent after the end")
	s.cancel()
	s.conn.Close(protocol.ReasonNone)
}

func (s *session) close() {
	s.t.Helper()
	s.cancel()
	s.ends(protocol.ReasonShutdown)
}

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func hashN(n byte) (h chainhash.Hash) { h[0] = n; return h }

func varInt(n uint64) []byte {
	var b bytes.Buffer
	wire.WriteVarInt(&b, 0, n)
	return b.Bytes()
}
