package spv

import (
	"sync"
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

// lines are the connections there are.
type lines struct {
	mu    sync.Mutex
	conns map[protocol.PeerID]*peer.Conn
}

func (l *lines) put(id protocol.PeerID, conn *peer.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = make(map[protocol.PeerID]*peer.Conn)
	}
	l.conns[id] = conn
}

func (l *lines) drop(id protocol.PeerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, id)
}

// get is nil if the connection has ended.
func (l *lines) get(id protocol.PeerID) *peer.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conns[id]
}

// count notes how many bytes have come and gone by each connection.
func (l *lines) count(infos []PeerInfo) {
	for i := range infos {
		if conn := l.get(infos[i].ID); conn != nil {
			infos[i].Received, infos[i].Sent = conn.Traffic()
		}
	}
}

// live tells the machine of a connection, and of its end.
func (r *runner) live(conn *peer.Conn) {
	id := conn.Info().ID
	r.c.lines.put(id, conn)
	_ = r.deliver(protocol.PeerConnected{Info: conn.Info()})
	reason := conn.Run(r.ctx, r.deliver)
	r.c.lines.drop(id)
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
