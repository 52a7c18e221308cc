package peer

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"thistle/spv/protocol"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Dial connects to addr ("host:port") and finishes the version handshake,
// encrypted if the other side can. The error, if any, is an *Error; see ReasonOf.
// The connection lives until Run ends or Close is called; ctx bounds only Dial
// itself.
func Dial(ctx context.Context, cfg Config, id protocol.PeerID, addr string) (*Conn, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, &Error{Op: "dial", Err: err}
	}
	deadline := time.Now().Add(cfg.HandshakeTimeout)
	plain := cfg.NoV2 || cfg.Plain.has(addr)
	c, err := attempt(ctx, &cfg, id, addr, !plain, deadline)
	if plain && err != nil {
		cfg.Plain.drop(addr) // perhaps it was only away
	}
	if plain || !errors.Is(err, errNoV2) || ctx.Err() != nil {
		return c, err
	}
	if !time.Now().Before(deadline) { // silent: another greeting next time
		cfg.Plain.add(addr)
		return c, err
	}
	c, err = attempt(ctx, &cfg, id, addr, false, deadline)
	if err == nil && c.info.Services&wire.SFNodeP2PV2 == 0 {
		cfg.Plain.add(addr)
	}
	return c, err
}

// attempt is one connection and its handshake.
func attempt(ctx context.Context, cfg *Config, id protocol.PeerID, addr string, v2 bool, deadline time.Time) (*Conn, error) {
	sock, err := dialTCP(ctx, cfg, addr, deadline)
	if err != nil {
		return nil, err
	}
	return newConn(cfg, id, addr, sock).begin(ctx, v2, deadline)
}

// begin shakes hands on a fresh connection, and closes it if that fails.
func (c *Conn) begin(ctx context.Context, v2 bool, deadline time.Time) (*Conn, error) {
	release := closeWith(ctx, c.sock)
	err := c.shake(v2, deadline)
	if release() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.sock.Close()
		e := explain("handshake", err)
		c.cfg.Log.Debug("peer refused", "peer", uint64(c.id), "addr", c.info.Addr, "reason", e.Reason.String(), "err", quote(e.Err.Error()))
		return nil, e
	}
	c.cfg.Log.Debug("peer connected", "peer", uint64(c.id), "addr", c.info.Addr, "agent", c.info.UserAgent,
		"version", c.info.Version, "services", uint64(c.info.Services), "transport", c.info.Transport.String())
	return c, nil
}

// closeWith closes c when ctx ends. release calls that off; if it was too late,
// it waits until c is closed and returns true. It must be called once.
func closeWith(ctx context.Context, c io.Closer) (release func() bool) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		c.Close()
	})
	return func() bool {
		if stop() {
			return false
		}
		<-closed
		return true
	}
}

func dialTCP(ctx context.Context, cfg *Config, addr string, deadline time.Time) (net.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, min(cfg.DialTimeout, time.Until(deadline)))
	defer cancel()
	sock, err := cfg.open(bounded, addr)
	if err == nil {
		return sock, nil
	}
	e := &Error{Op: "dial", Err: err} // an address without an answer proves nothing
	if ctx.Err() != nil {
		e.Reason = protocol.ReasonShutdown
	}
	return nil, e
}
