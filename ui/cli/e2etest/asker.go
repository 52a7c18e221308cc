//go:build e2e

package e2etest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// Asker is a peer that shows the bytes of the answers it gets.
type Asker struct {
	// Version is what the other side said of itself.
	Version wire.MsgVersion

	t    testing.TB
	sock net.Conn
}

const askerProtocol = 70016

// Ask connects to a peer.
func Ask(t testing.TB, addr string) *Asker {
	t.Helper()
	return AskFrom(t, nil, "", addr)
}

// AskFrom connects to a peer from a host, at one of its addresses.
func AskFrom(t testing.TB, host *Host, from, addr string) *Asker {
	t.Helper()
	sock, err := host.Dial(from, addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sock.Close() })
	require.NoError(t, sock.SetDeadline(time.Now().Add(Patience)))
	a := &Asker{t: t, sock: sock}
	a.Say(&wire.MsgVersion{
		ProtocolVersion: askerProtocol, Services: wire.SFNodeWitness, Timestamp: time.Unix(time.Now().Unix(), 0),
		Nonce: uint64(time.Now().UnixNano()), UserAgent: "/asker:1/",
	})
	require.NoError(t, a.Version.BtcDecode(bytes.NewBuffer(a.Hear("version")), askerProtocol, wire.WitnessEncoding))
	a.Say(&wire.MsgVerAck{})
	a.Hear("verack")
	return a
}

// Say sends a message.
func (a *Asker) Say(msg wire.Message) {
	a.t.Helper()
	_, err := wire.WriteMessageWithEncodingN(a.sock, msg, askerProtocol, Net.Net, wire.WitnessEncoding)
	require.NoError(a.t, err)
}

// Hear returns the payload of the next message with a command.
func (a *Asker) Hear(command string) []byte {
	a.t.Helper()
	payload, err := a.hear(command)
	require.NoError(a.t, err, "waiting for %s", command)
	return payload
}

// Refused waits for the other side to hang up.
func (a *Asker) Refused() {
	a.t.Helper()
	_, err := a.hear("nothing")
	require.ErrorIs(a.t, err, io.EOF)
}

func (a *Asker) hear(command string) ([]byte, error) {
	for {
		var head [24]byte
		if _, err := io.ReadFull(a.sock, head[:]); err != nil {
			return nil, err
		}
		payload := make([]byte, binary.LittleEndian.Uint32(head[16:]))
		if _, err := io.ReadFull(a.sock, payload); err != nil {
			return nil, err
		}
		if string(bytes.TrimRight(head[4:16], "\x00")) == command {
			return payload, nil
		}
	}
}
