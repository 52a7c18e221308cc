package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"thistle/spv/protocol"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Accept finishes the version handshake with a peer that has connected to us, in
// plain text or encrypted, as it likes. The error, if any, is an *Error. Like Dial
// else; it closes sock if it fails.
func Accept(ctx context.Context, cfg Config, id protocol.PeerID, sock net.Conn) (*Conn, error) {
	cfg, err := cfg.complete()
	if err != nil {
		sock.Close()
		return nil, &Error{Op: "accept", Err: err}
	}
	c := newConn(&cfg, id, remoteAddr(sock), sock)
	c.info.Inbound, c.info.Purpose = true, protocol.ForAll
	return c.begin(ctx, !cfg.NoV2, time.Now().Add(cfg.HandshakeTimeout))
}

// remoteAddr is where a connection comes from, an IPv4 address always as such.
func remoteAddr(sock net.Conn) string {
	addr := sock.RemoteAddr().String()
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port()).String()
	}
	return addr
}

// greetBack hears who has connected to us, and says who we are.
func (c *Conn) greetBack(v2 bool, nonce uint64) error {
	if v2 {
		encrypted, err := c.greetedEncrypted()
		if err != nil {
			return fmt.Errorf("await greeting: %w", err)
		}
		if encrypted {
			if err := c.respond(); err != nil {
				return fmt.Errorf("exchange keys: %w", err)
			}
			c.info.Transport = protocol.TransportV2
		}
	}
	if err := c.readVersion(); err != nil {
		return fmt.Errorf("await version: %w", err)
	}
	ours := append([]wire.Message{c.ourVersion(nonce)}, c.features()...)
	if err := c.writeNow(append(ours, &wire.MsgVerAck{})...); err != nil {
		return fmt.Errorf("send version: %w", err)
	}
	return nil
}

// greetedEncrypted tells whether the first bytes are other than those of plain
// text.
func (c *Conn) greetedEncrypted() (bool, error) {
	for n, want := range v1Prefix(c.cfg.Net) {
		b, err := c.in.in.Peek(n + 1)
		if err != nil {
			return false, midway(err)
		}
		if b[n] != want {
			return true, nil
		}
	}
	return false, nil
}
