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

// Before verack a peer may name features (wtxidrelay, sendaddrv2, and what is yet
// to come), but not many and no large ones.
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

	if err := c.writeNow(c.ourVersion(nonce)); err != nil {
		return nil, fmt.Errorf("send version: %w", err)
	}
	if err := c.readVersion(); err != nil {
		return nil, fmt.Errorf("await version: %w", err)
	}
	if err := c.writeNow(append(c.features(), &wire.MsgVerAck{})...); err != nil {
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

// readVersion reads and judges the first message, which must be a version.
func (c *Conn) readVersion() error {
	h, err := c.in.next()
	if err != nil {
		return err
	}
	if h.command != cmdVersion {
		return broken("%w", errBeforeVersion)
	}
	if h.length > maxVersionPayload {
		return broken("version of %d bytes", h.length)
	}
	payload, err := c.in.payload(h)
	if err != nil {
		return err
	}
	msg, err := decodeVersion(payload)
	if err != nil {
		return err
	}
	return c.judge(msg)
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

// awaitVerAck reads up to the verack, and what the peer can do.
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
		c.noteFeature(h.command)
		if err := c.in.skip(h); err != nil {
			return err
		}
	}
	return broken("%d messages before verack", maxEarlyMessages)
}

// writeNow writes messages in one piece during the handshake, under its
// deadline.
func (c *Conn) writeNow(msgs ...wire.Message) error {
	var all []byte
	for _, msg := range msgs {
		b, err := c.encode(msg)
		if err != nil {
			return err
		}
		all = append(all, b...)
	}
	_, err := c.sock.Write(all)
	return err
}

// encode makes a whole frame of a message.
func (c *Conn) encode(msg wire.Message) ([]byte, error) {
	var b bytes.Buffer
	_, err := wire.WriteMessageWithEncodingN(&b, msg, c.version, c.cfg.Net, wire.WitnessEncoding)
	return b.Bytes(), err
}
