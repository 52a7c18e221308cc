package sandbox

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/peer"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	services = wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF

	maxLinks = 250

	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// link is one connection to a peer, of either direction.
type link struct {
	*peer.Peer
	n *Node

	ready     atomic.Bool  // the handshake is done
	wantsTxs  atomic.Bool  // the version message asked for relay
	feeFloor  atomic.Int64 // sat/kvB; cheaper transactions are not announced
	addrsSent bool         // in the peer's goroutine only

	mu    sync.Mutex
	known chainhash.Hash // the last header of ours the peer is known to have
	gave  chainhash.Hash // the last block it sent us
	txs   txSet          // transactions it has or was told of

	follower // in the peer's goroutine only
}

func (n *Node) acceptLoop() {
	for {
		conn, err := n.listener.Accept()
		if err != nil {
			if n.ctx.Err() != nil {
				return
			}
			n.log.Debug("accept", "err", err)
			if !n.pause(firstRetry) {
				return
			}
			continue
		}
		if n.count(false) >= maxLinks {
			_ = conn.Close()
			continue
		}
		n.join(conn, true)
	}
}

// dialLoop keeps a link to a node.
func (n *Node) dialLoop(addr string) {
	wait := firstRetry
	for n.ctx.Err() == nil {
		var d net.Dialer
		conn, err := d.DialContext(n.ctx, "tcp", addr)
		if err == nil {
			if l := n.join(conn, false); l != nil {
				<-l.Done()
				if l.ready.Load() {
					wait = firstRetry
				}
			}
		} else {
			n.log.Debug("dial", "addr", addr, "err", err)
		}
		if !n.pause(wait) {
			return
		}
		wait = min(2*wait, lastRetry)
	}
}

// pause waits, and is false if the node ends meanwhile.
func (n *Node) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-n.ctx.Done():
		return false
	}
}

// join begins the handshake on a connection; nil if the node is closing.
func (n *Node) join(conn net.Conn, inbound bool) *link {
	l := &link{n: n, follower: newFollower()}
	cfg := n.peerConfig(l)
	if inbound {
		l.Peer = peer.NewInboundPeer(cfg)
	} else {
		p, err := peer.NewOutboundPeer(cfg, conn.RemoteAddr().String())
		if err != nil {
			_ = conn.Close()
			return nil
		}
		l.Peer = p
	}
	n.linksMu.Lock()
	if n.leaving {
		n.linksMu.Unlock()
		_ = conn.Close()
		return nil
	}
	n.links[l] = struct{}{}
	n.wg.Add(1)
	n.linksMu.Unlock()

	l.AssociateConnection(&sieve{Conn: conn, muted: &n.muted})
	go func() {
		defer n.wg.Done()
		<-l.Done()
		n.part(l)
	}()
	return l
}

// part forgets a link that has ended.
func (n *Node) part(l *link) {
	n.linksMu.Lock()
	delete(n.links, l)
	n.linksMu.Unlock()
	if l.ready.Load() {
		n.pool.RemoveOrphansByTag(mempool.Tag(l.ID()))
		n.log.Debug("link ended", "peer", l.Addr())
	}
	n.signal()
}

// dropLinks ends all links and admits no more.
func (n *Node) dropLinks() {
	n.linksMu.Lock()
	n.leaving = true
	all := make([]*link, 0, len(n.links))
	for l := range n.links {
		all = append(all, l)
	}
	n.linksMu.Unlock()
	for _, l := range all {
		l.Disconnect()
	}
}

// readyLinks lists the peers that have shaken hands.
func (n *Node) readyLinks() []*link {
	n.linksMu.Lock()
	defer n.linksMu.Unlock()
	var ready []*link
	for l := range n.links {
		if l.ready.Load() && l.Connected() {
			ready = append(ready, l)
		}
	}
	return ready
}

func (n *Node) count(ready bool) int {
	if ready {
		return len(n.readyLinks())
	}
	n.linksMu.Lock()
	defer n.linksMu.Unlock()
	return len(n.links)
}

// Peers is the number of peers, of both directions, that have shaken hands.
func (n *Node) Peers() int { return n.count(true) }

// DropPeers ends all present connections. Those of Options.Connect are made
// anew.
func (n *Node) DropPeers() {
	for _, l := range n.readyLinks() {
		l.Disconnect()
	}
}

func (n *Node) peerConfig(l *link) *peer.Config {
	return &peer.Config{
		NewestBlock: func() (*chainhash.Hash, int32, error) {
			best := n.chain.BestSnapshot()
			return &best.Hash, best.Height, nil
		},
		UserAgentName:    "thistle-sandbox",
		UserAgentVersion: "1.0",
		ChainParams:      n.params,
		Services:         services,
		TrickleInterval:  n.opt.TrickleInterval,
		// Nodes of one process would take each other for themselves.
		AllowSelfConns: true,
		// A peer that is slow to answer is still worth having here.
		DisableStallHandler: true,
		Listeners: peer.MessageListeners{
			OnVersion:      l.onVersion,
			OnVerAck:       guard(l, l.onVerAck),
			OnGetHeaders:   guard(l, l.onGetHeaders),
			OnGetBlocks:    guard(l, l.onGetBlocks),
			OnGetData:      guard(l, l.onGetData),
			OnGetCFilters:  guard(l, l.onGetCFilters),
			OnGetCFHeaders: guard(l, l.onGetCFHeaders),
			OnGetCFCheckpt: guard(l, l.onGetCFCheckpt),
			OnGetAddr:      guard(l, l.onGetAddr),
			OnFeeFilter:    guard(l, l.onFeeFilter),
			OnInv:          guard(l, l.onInv),
			OnHeaders:      guard(l, l.onHeaders),
			OnTx:           guard(l, l.onTx),
			OnNotFound:     guard(l, l.onNotFound),
			OnBlock: func(_ *peer.Peer, m *wire.MsgBlock, _ []byte) {
				guard(l, l.onBlock)(l.Peer, m)
			},
		},
	}
}

// guard keeps handlers away from a node that has closed, and Close from
// overtaking a handler.
func guard[M any](l *link, handle func(M)) func(*peer.Peer, M) {
	return func(_ *peer.Peer, m M) {
		if l.n.enter() {
			defer l.n.leave()
			handle(m)
		}
	}
}

func (l *link) onVersion(_ *peer.Peer, m *wire.MsgVersion) *wire.MsgReject {
	l.wantsTxs.Store(!m.DisableRelayTx)
	return nil
}

func (l *link) onVerAck(*wire.MsgVerAck) {
	l.ready.Store(true)
	l.QueueMessage(wire.NewMsgSendHeaders(), nil)
	l.QueueMessage(wire.NewMsgFeeFilter(minRelayFee), nil)
	l.n.log.Debug("link made", "peer", l.Addr(), "agent", l.UserAgent())
	if l.Services()&wire.SFNodeNetwork != 0 {
		l.askHeaders()
	}
	l.n.signal()
}

func (l *link) onFeeFilter(m *wire.MsgFeeFilter) { l.feeFloor.Store(m.MinFee) }
