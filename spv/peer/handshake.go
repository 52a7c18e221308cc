package peer

import (
	"bytes"
	"errors"
	"fmt"
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

// shake runs the version handshake, in the order of who speaks first.
func (c *Conn) shake(v2 bool, deadline time.Time) error {
	if err := c.sock.SetDeadline(deadline); err != nil {
		return err
	}
	c.in.limit(deadline)
	nonce := c.cfg.Nonces.draw()
	defer c.cfg.Nonces.forget(nonce)
	greet := c.greetFirst
	if c.info.Inbound {
		greet = c.greetBack
	}
	if err := greet(v2, nonce); err != nil {
		return err
	}
	if err := c.awaitVerAck(); err != nil {
		return fmt.Errorf("await verack: %w", err)
	}
	c.in.limit(time.Time{})
	c.in.most = c.largest
	if err := c.sock.SetDeadline(time.Time{}); err != nil {
		return err
	}
	c.info.Since = c.cfg.Now()
	return nil
}

// greetFirst says who we are to a peer we have connected to, and hears who it is.
func (c *Conn) greetFirst(v2 bool, nonce uint64) error {
	if v2 {
		if err := c.initiate(); err != nil {
			return fmt.Errorf("exchange keys: %w", err)
		}
		c.info.Transport = protocol.TransportV2
	}
	if err := c.writeNow(c.ourVersion(nonce)); err != nil {
		return fmt.Errorf("send version: %w", err)
	}
	if err := c.readVersion(); err != nil {
		return fmt.Errorf("await version: %w", err)
	}
	if err := c.writeNow(append(c.features(), &wire.MsgVerAck{})...); err != nil {
		return fmt.Errorf("send verack: %w", err)
	}
	return nil
}

// readVersion reads and judges the first message, which must be a version.
func (c *Conn) readVersion() error {
	h, err := c.in.next()
	for range maxEarlyMessages {
		if err != nil || !h.decoy {
			break
		}
		h, err = c.in.next()
	}
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
		if b, err = c.pack(b); err != nil {
			return err
		}
		all = append(all, b...)
	}
	_, err := c.sock.Write(all)
	return err
}

// encode makes a whole frame of a message, or the contents of a packet.
func (c *Conn) encode(msg wire.Message) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if c.seal != nil {
		_, err = wire.WriteV2MessageN(&b, msg, c.version, wire.WitnessEncoding)
	} else {
		_, err = wire.WriteMessageWithEncodingN(&b, msg, c.version, c.cfg.Net, wire.WitnessEncoding)
	}
	return b.Bytes(), err
}

// pack makes of what encode made what goes out next.
func (c *Conn) pack(b []byte) ([]byte, error) {
	if c.seal == nil {
		return b, nil
	}
	return c.seal.packet(b, false)
}
