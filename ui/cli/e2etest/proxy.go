//go:build e2e

package e2etest

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// headerSize is the length of the frame of a message: magic, command of 12
// bytes, length, checksum.
const headerSize = 24

// Proxy stands between the wallet and a node, passes everything on, keeps what
// the wallet says and counts what the node says.
type Proxy struct {
	// Addr is where it listens, to be given to the wallet.
	Addr string

	t        testing.TB
	listener net.Listener
	node     string

	mu       sync.Mutex
	conns    map[net.Conn]bool
	said     []Message
	raw      bytes.Buffer
	answers  map[string]int
	onSaid   func(command string)
	onAnswer func(command string)
	broken   bool // a byte stream that is no sequence of messages
}

// Message is one message of the wallet.
type Message struct {
	Command string
	Payload []byte
}

// NewProxy listens on a free port and passes all to the address of a node.
func NewProxy(t testing.TB, node string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{
		Addr: l.Addr().String(), t: t, listener: l, node: node,
		conns: make(map[net.Conn]bool), answers: make(map[string]int),
	}
	var group sync.WaitGroup
	group.Go(func() { p.serve(&group) })
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		group.Wait()
	})
	return p
}

func (p *Proxy) serve(group *sync.WaitGroup) {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.node)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns[in], p.conns[out] = true, true
		p.mu.Unlock()
		group.Go(func() { p.pass(in, out, &splitter{take: p.heard, greets: true}, &p.raw) })
		group.Go(func() { p.pass(out, in, &splitter{take: p.answered, greets: true}, nil) })
	}
}

// pass copies one direction until it ends, and then ends the other.
func (p *Proxy) pass(from, to net.Conn, s *splitter, raw *bytes.Buffer) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.mu.Lock()
			if raw != nil {
				raw.Write(buf[:n])
			}
			p.broken = p.broken || !s.write(buf[:n])
			p.mu.Unlock()
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			_ = from.Close()
			_ = to.Close()
			p.mu.Lock()
			delete(p.conns, from)
			delete(p.conns, to)
			p.mu.Unlock()
			return
		}
	}
}

// heard and answered are called with p.mu held.
func (p *Proxy) heard(m Message) {
	p.said = append(p.said, m)
	if p.onSaid != nil {
		p.onSaid(m.Command)
	}
}

func (p *Proxy) answered(m Message) {
	p.answers[m.Command]++
	if p.onAnswer != nil {
		p.onAnswer(m.Command)
	}
}

// OnSaid calls fn for each message of the wallet once it is there whole, before
// its end is passed on; nil for none. It must not wait, and not call the proxy.
func (p *Proxy) OnSaid(fn func(command string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onSaid = fn
}

// OnAnswer does the same for each message of the node.
func (p *Proxy) OnAnswer(fn func(command string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onAnswer = fn
}

// Cut breaks all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// Said lists the wallet's messages so far, and all bytes they were made of.
func (p *Proxy) Said() (messages []Message, raw []byte) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.False(p.t, p.broken, "what passes are messages")
	return append([]Message(nil), p.said...), bytes.Clone(p.raw.Bytes())
}

// Answers counts the node's messages so far, by command.
func (p *Proxy) Answers() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := make(map[string]int, len(p.answers))
	for command, n := range p.answers {
		counts[command] = n
	}
	return counts
}

// splitter cuts a byte stream into messages.
type splitter struct {
	rest []byte
	take func(Message)
	// greets: the whole stream may be encrypted (BIP324), be it only a greeting to
	// which a node that does not know it hangs up.
	greets, begun bool
}

// write is false when the stream is not made of messages of our network.
func (s *splitter) write(b []byte) bool {
	s.rest = append(s.rest, b...)
	if !s.begun && len(s.rest) >= headerSize {
		s.begun = true
		s.greets = s.greets && binary.LittleEndian.Uint32(s.rest) != uint32(Net.Net)
	}
	if s.begun && s.greets {
		s.rest = nil
		return true
	}
	for len(s.rest) >= headerSize {
		if binary.LittleEndian.Uint32(s.rest) != uint32(Net.Net) {
			return false
		}
		end := headerSize + int(binary.LittleEndian.Uint32(s.rest[16:]))
		if len(s.rest) < end {
			return true
		}
		command := string(bytes.TrimRight(s.rest[4:16], "\x00"))
		s.take(Message{Command: command, Payload: bytes.Clone(s.rest[headerSize:end])})
		s.rest = s.rest[end:]
	}
	return true
}
