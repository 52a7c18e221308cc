package spv

import (
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Through a proxy a connection takes as long as a circuit to be built.
const (
	proxyDial      = 30 * time.Second
	proxyHandshake = 60 * time.Second
)

// dial opens a connection and lives with it until it ends.
func (r *runner) dial(out protocol.Dial) {
	id := protocol.PeerID(r.lastID.Add(1))
	r.group.Go(func() error {
		conn, err := peer.Dial(r.ctx, r.peerConfig(out.Purpose), id, out.Addr)
		if err != nil {
			r.c.log.Debug("dial", "peer", out.Addr, "err", err)
			_ = r.deliver(protocol.DialFailed{Addr: out.Addr, Reason: peer.ReasonOf(err)})
			return nil
		}
		if out.Purpose == protocol.ForFeeling {
			conn.Close(protocol.ReasonNone)
		}
		r.live(conn)
		return nil
	})
}

// live tells the machine of a connection, and of its end.
func (r *runner) live(conn *peer.Conn) {
	id := conn.Info().ID
	r.connMu.Lock()
	r.conns[id] = conn
	r.connMu.Unlock()
	_ = r.deliver(protocol.PeerConnected{Info: conn.Info()})
	reason := conn.Run(r.ctx, r.deliver)
	r.connMu.Lock()
	delete(r.conns, id)
	r.connMu.Unlock()
	_ = r.deliver(protocol.PeerDisconnected{Peer: id, Reason: reason})
}

func (r *runner) peerConfig(purpose protocol.Purpose) peer.Config {
	cfg := peer.Config{
		Params:      r.c.cfg.Params.Net,
		Purpose:     purpose,
		LowData:     r.c.cfg.LowData,
		Serve:       r.c.cfg.Listen != "",
		Services:    r.services,
		NoV2:        r.c.cfg.NoV2,
		Plain:       &r.plain,
		StartHeight: func() int32 { return r.c.Tip().Height },
		Nonces:      &r.nonces,
		Proxy:       r.c.cfg.Proxy,
		OnionOnly:   r.c.cfg.OnionOnly,
		Dial:        r.c.cfg.Dial,
		Now:         r.c.cfg.Now,
		Log:         r.c.log,
	}
	if cfg.Proxy != "" {
		cfg.DialTimeout, cfg.HandshakeTimeout = proxyDial, proxyHandshake
	}
	return cfg
}

// services is what we claim to others.
func (r *runner) services() wire.ServiceFlag {
	flags := r.c.services()
	if !r.c.cfg.NoV2 {
		flags |= wire.SFNodeP2PV2
	}
	return flags
}
