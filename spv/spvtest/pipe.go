package spvtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"thistle/spv/chain"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Link is one connection between a client and a Node.
type Link struct {
	Node *Node
	N    int // how many connections to the node came before

	conn  net.Conn
	in    io.Reader // conn, or what was read ahead and then conn; of who reads
	out   chan due
	once  sync.Once
	gone  chan struct{} // closed at the end
	hands sync.Once
	ready chan struct{} // closed when the handshake is done
}

// due is bytes that are on their way.
type due struct {
	at time.Time
	b  []byte
}

const wireVersion = 70016

func (n *Node) talk(conn net.Conn) {
	n.mu.Lock()
	l := &Link{Node: n, N: n.dials, conn: conn, in: conn, out: make(chan due, 256), gone: make(chan struct{}), ready: make(chan struct{})}
	n.dials++
	n.links[l] = true
	n.mu.Unlock()
	group := &n.town.links
	group.Go(func() {
		defer l.Close()
		if n.dev.Open != nil && !n.dev.Open(l) {
			return
		}
		for l.read() {
		}
	})
	group.Go(l.write)
	if n.dev.Live != nil {
		group.Go(func() {
			select {
			case <-l.ready:
				n.dev.Live(l)
			case <-l.gone:
			}
		})
	}
}

// Close ends the connection.
func (l *Link) Close() {
	l.once.Do(func() {
		close(l.gone)
		l.conn.Close()
		l.Node.mu.Lock()
		delete(l.Node.links, l)
		l.Node.mu.Unlock()
	})
}

// Wait lets time pass, and is false if the connection has ended.
func (l *Link) Wait(d time.Duration) bool {
	select {
	case <-l.gone:
		return false
	case <-time.After(d):
		return true
	}
}

// Raw sends bytes, and is false if the connection has ended.
func (l *Link) Raw(b []byte) bool {
	select {
	case <-l.gone:
		return false
	case l.out <- due{time.Now().Add(l.Node.Latency), b}:
		return true
	}
}

// Say sends a message.
func (l *Link) Say(m wire.Message) bool { return l.Raw(l.encode(m)) }

// Frame sends a payload under any name.
func (l *Link) Frame(name string, payload []byte) bool { return l.Raw(l.frame(name, payload)) }

func (l *Link) magic() wire.BitcoinNet { return l.Node.town.Land.Params.Net.Net }

func (l *Link) encode(m wire.Message) []byte {
	var b bytes.Buffer
	if _, err := wire.WriteMessageWithEncodingN(&b, m, wireVersion, l.magic(), wire.WitnessEncoding); err != nil {
		panic(err) // our own message
	}
	return b.Bytes()
}

func (l *Link) frame(name string, payload []byte) []byte {
	b := make([]byte, wire.MessageHeaderSize, wire.MessageHeaderSize+len(payload))
	binary.LittleEndian.PutUint32(b, uint32(l.magic()))
	copy(b[4:16], name)
	binary.LittleEndian.PutUint32(b[16:], uint32(len(payload)))
	once := sha256.Sum256(payload)
	twice := sha256.Sum256(once[:])
	copy(b[20:], twice[:4])
	return append(b, payload...)
}

func (l *Link) write() {
	defer l.Close()
	for {
		var d due
		select {
		case <-l.gone:
			return
		case d = <-l.out:
		}
		if wait := time.Until(d.at); wait > 0 && !l.Wait(wait) {
			return
		}
		b, end := d.b, false
		if hand := l.Node.dev.Write; hand != nil {
			b, end = hand(l, b)
		}
		if _, err := l.conn.Write(b); err != nil || end {
			return
		}
	}
}

// read takes one message, and is false when the connection must end.
func (l *Link) read() bool {
	if wait := l.Node.dev.Deaf; wait != nil && wait(l) {
		<-l.gone
		return false
	}
	head := make([]byte, wire.MessageHeaderSize)
	if _, err := io.ReadFull(l.in, head); err != nil {
		return false
	}
	size := binary.LittleEndian.Uint32(head[16:])
	if binary.LittleEndian.Uint32(head) != uint32(l.magic()) || size > wire.MaxMessagePayload {
		return false
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(l.in, payload); err != nil {
		return false
	}
	_, msg, _, err := wire.ReadMessageWithEncodingN(bytes.NewReader(append(head, payload...)), wireVersion, l.magic(), wire.WitnessEncoding)
	if err != nil {
		return true // a kind that package wire does not know
	}
	l.Node.note(msg)
	return l.take(msg)
}

func (n *Node) note(msg wire.Message) {
	switch msg.(type) {
	case *wire.MsgVersion, *wire.MsgVerAck, *wire.MsgPing, *wire.MsgPong:
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.heard) < maxHeard {
		n.heard = append(n.heard, msg)
	}
}

// take answers a message.
func (l *Link) take(msg wire.Message) bool {
	n := l.Node
	switch msg := msg.(type) {
	case *wire.MsgVersion:
		if n.dev.Greet != nil {
			n.dev.Greet(l, msg)
			return true
		}
		l.Say(l.Version(msg))
		l.Say(wire.NewMsgVerAck())
		return true
	case *wire.MsgVerAck:
		l.hands.Do(func() { close(l.ready) })
		return true
	}
	for _, m := range n.deviate(l, msg, n.answer(msg)) {
		if !l.Say(m) {
			return false
		}
	}
	return true
}

// Version is the version message of the node.
func (l *Link) Version(theirs *wire.MsgVersion) *wire.MsgVersion {
	v := &wire.MsgVersion{
		ProtocolVersion: wireVersion, Services: wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF,
		Timestamp: time.Now(), Nonce: theirs.Nonce + 1, UserAgent: "/town/", LastBlock: l.Node.Branch().Tip().Height,
	}
	if change := l.Node.dev.Version; change != nil {
		change(theirs, v)
	}
	return v
}

func headersMsg(list []chain.Header) *wire.MsgHeaders {
	m := wire.NewMsgHeaders()
	for i := range list {
		h := list[i].Wire()
		m.Headers = append(m.Headers, &h)
	}
	return m
}
