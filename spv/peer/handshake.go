package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"thistle/spv/protocol"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Before verack a peer may name features we ignore (wtxidrelay, sendaddrv2 and
// what is yet to come), but not many and no large ones.
const (
	maxEarlyMessages = 32
	maxEarlyPayload  = 64 << 10 // bytes
)

// Dial connects to addr ("host:port") and finishes the version handshake. The
// error, if any, is an *Error; see ReasonOf. The connection lives until Run
// ends or Close is called; ctx bounds only Dial itself.
func Dial(ctx context.Context, cfg Config, id protocol.PeerID, addr string) (*Conn, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, &Error{Op: "dial", Err: err}
	}
	deadline := time.Now().Add(cfg.HandshakeTimeout)
	sock, err := dialTCP(ctx, &cfg, addr)
	if err != nil {
		return nil, err
	}
	hung := context.AfterFunc(ctx, func() { sock.Close() })
	c, err := shake(&cfg, id, addr, sock, deadline)
	if !hung() { // ctx ended and has closed the socket, or is about to
		err = context.Cause(ctx)
	}
	if err != nil {
		sock.Close()
		e := explain("handshake", err)
		cfg.Log.Debug("peer refused", "peer", uint64(id), "addr", addr, "reason", e.Reason.String(), "err", quote(e.Err.Error()))
		return nil, e
	}
	cfg.Log.Debug("peer connected", "peer", uint64(id), "addr", addr, "agent", c.info.UserAgent, "version", c.info.Version, "services", uint64(c.info.Services))
	return c, nil
}

func dialTCP(ctx context.Context, cfg *Config, addr string) (net.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, min(cfg.DialTimeout, cfg.HandshakeTimeout))
	defer cancel()
	sock, err := cfg.Dial(bounded, "tcp", addr)
	if err == nil {
		return sock, nil
	}
	e := &Error{Op: "dial", Err: err} // an address without an answer proves nothing
	if ctx.Err() != nil {
		e.Reason = protocol.ReasonShutdown
	}
	return nil, e
}

// shake runs the version handshake on a fresh socket.
func shake(cfg *Config, id protocol.PeerID, addr string, sock net.Conn, deadline time.Time) (*Conn, error) {
	if err := sock.SetDeadline(deadline); err != nil {
		return nil, err
	}
	c := newConn(cfg, id, addr, sock)
	c.in.limit(deadline)
	nonce := cfg.Nonces.draw()
	defer cfg.Nonces.forget(nonce)

	if err := c.writeNow(ourVersion(cfg, nonce)); err != nil {
		return nil, fmt.Errorf("send version: %w", err)
	}
	theirs, err := c.readVersion()
	if err != nil {
		return nil, fmt.Errorf("await version: %w", err)
	}
	if err := c.judge(theirs); err != nil {
		return nil, err
	}
	if err := c.writeNow(&wire.MsgVerAck{}); err != nil {
		return nil, fmt.Errorf("send verack: %w", err)
	}
	if err := c.awaitVerAck(); err != nil {
		return nil, fmt.Errorf("await verack: %w", err)
	}
	c.in.limit(time.Time{})
	if err := sock.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	c.info.Since = cfg.Now()
	return c, nil
}

// ourVersion says as little as a version message can. NODE_WITNESS is claimed
// because btcd rejects segwit transactions from peers that do not; relay is
// asked for, so that unconfirmed transactions are announced to us.
func ourVersion(cfg *Config, nonce uint64) *wire.MsgVersion {
	return &wire.MsgVersion{
		ProtocolVersion: int32(ProtocolVersion),
		Services:        wire.SFNodeWitness,
		Timestamp:       cfg.Now(),
		Nonce:           nonce,
		UserAgent:       UserAgent,
		LastBlock:       cfg.StartHeight(),
	}
}

// readVersion reads the first message, which must be a version.
func (c *Conn) readVersion() (*wire.MsgVersion, error) {
	h, err := c.in.next()
	if err != nil {
		return nil, err
	}
	if h.command != cmdVersion {
		return nil, broken("%w", errBeforeVersion)
	}
	if h.length > maxVersionPayload {
		return nil, broken("version of %d bytes", h.length)
	}
	payload, err := c.in.payload(h)
	if err != nil {
		return nil, err
	}
	return decodeVersion(payload)
}

func decodeVersion(payload []byte) (*wire.MsgVersion, error) {
	msg := new(wire.MsgVersion)
	if err := decode(msg, payload, ProtocolVersion); err != nil {
		return nil, err
	}
	return msg, nil
}

var (
	errBeforeVersion = errors.New("a message before version")
	errVersionTwice  = errors.New("version sent twice")
	errVerAckTwice   = errors.New("verack sent twice")
	errEcho          = errors.New("our own nonce came back")
)

// judge decides whether the peer is of use to us and keeps what it says.
func (c *Conn) judge(v *wire.MsgVersion) error {
	unsuitable := func(format string, args ...any) error {
		return &fault{protocol.ReasonUnsuitable, fmt.Errorf(format, args...)}
	}
	switch {
	case c.cfg.Nonces.has(v.Nonce):
		return &fault{protocol.ReasonSelf, errEcho}
	case v.ProtocolVersion < int32(MinProtocolVersion):
		return unsuitable("protocol version %d", v.ProtocolVersion)
	case v.Services&wire.SFNodeWitness == 0:
		return unsuitable("services %#x lack NODE_WITNESS", uint64(v.Services))
	case v.Services&wire.SFNodeNetwork == 0 && !c.info.Pinned:
		return unsuitable("services %#x lack NODE_NETWORK", uint64(v.Services))
	}
	c.info.UserAgent = quote(v.UserAgent)
	c.info.Version = uint32(v.ProtocolVersion)
	c.info.Services = v.Services
	c.info.StartHeight = v.LastBlock
	c.version = min(ProtocolVersion, c.info.Version)
	return nil
}

// awaitVerAck reads up to the verack and ignores what may come before it.
func (c *Conn) awaitVerAck() error {
	for range maxEarlyMessages {
		h, err := c.in.next()
		if err != nil {
			return err
		}
		switch {
		case h.command == cmdVersion:
			return broken("%w", errVersionTwice)
		case h.command == cmdVerAck && h.length == 0:
			_, err := c.in.payload(h)
			return err
		case h.command == cmdVerAck || h.length > maxEarlyPayload:
			return broken("payload of %d bytes before verack", h.length)
		}
		if err := c.in.skip(h); err != nil {
			return err
		}
	}
	return broken("%d messages before verack", maxEarlyMessages)
}

// writeNow writes a message during the handshake, under its deadline.
func (c *Conn) writeNow(msg wire.Message) error {
	b, err := c.encode(msg)
	if err != nil {
		return err
	}
	_, err = c.sock.Write(b)
	return err
}

// encode makes a whole frame of a message.
func (c *Conn) encode(msg wire.Message) ([]byte, error) {
	var b bytes.Buffer
	_, err := wire.WriteMessageWithEncodingN(&b, msg, c.version, c.cfg.Net, wire.WitnessEncoding)
	return b.Bytes(), err
}
