package spvtest

import (
	"context"
	"net"
	"net/netip"
	"slices"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Listen is a client's port: those of Visit come there.
func (t *Town) Listen(ctx context.Context, addr string, ready func(addr string), take func(net.Conn)) error {
	t.setPort(take)
	defer t.setPort(nil)
	ready(addr)
	<-ctx.Done()
	return ctx.Err()
}

func (t *Town) setPort(take func(net.Conn)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.port = take
}

// visitor is a connection that comes from somewhere.
type visitor struct {
	net.Conn
	from net.Addr
}

func (v visitor) RemoteAddr() net.Addr { return v.from }

// Visit connects somebody to a client that listens, from an address and port, who
// greets first unless Deviation says otherwise.
func (t *Town) Visit(from string, d Deviation) *Node {
	if d.Open == nil {
		d.Open = func(l *Link) bool { return l.Say(l.Version(&wire.MsgVersion{})) }
	}
	if d.Greet == nil {
		d.Greet = func(l *Link, _ *wire.MsgVersion) { l.Say(wire.NewMsgVerAck()) }
	}
	n := &Node{town: t, dev: d, Addr: from, links: make(map[*Link]bool), own: make(map[chainhash.Hash]bool), mind: &Peer{}}
	t.mu.Lock()
	t.comes = append(t.comes, n)
	take := t.port
	t.mu.Unlock()
	if take != nil {
		ours, theirs := net.Pipe()
		n.talk(theirs)
		take(visitor{ours, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))})
	}
	return n
}

// Guests are those of Visit, in the order they came.
func (t *Town) Guests() []*Node {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.comes)
}

// Connected tells whether a connection to the node, or of it, is open.
func (n *Node) Connected() bool { return len(n.open()) > 0 }
