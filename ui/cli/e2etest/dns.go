//go:build e2e

package e2etest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a name server. What does not fit into a packet it tells by TCP.
type DNS struct {
	t     testing.TB
	names map[string][]netip.Addr
	udp   net.PacketConn
	tcp   net.Listener

	mu    sync.Mutex
	asked map[string]int
}

// maxPacket is how long an answer in one packet may be.
const maxPacket = 1232

// NewDNS answers for these names on a free port of this computer until the test
// ends. Others are not there.
func NewDNS(t testing.TB, names map[string][]netip.Addr) *DNS {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	require.NoError(t, err)
	return ServeDNS(t, udp, tcp, names)
}

// ServeDNS does the same with sockets that are there.
func ServeDNS(t testing.TB, udp net.PacketConn, tcp net.Listener, names map[string][]netip.Addr) *DNS {
	d := &DNS{t: t, names: names, udp: udp, tcp: tcp, asked: make(map[string]int)}
	var group sync.WaitGroup
	group.Go(d.servePackets)
	group.Go(func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			group.Go(func() { d.serveStream(conn) })
		}
	})
	t.Cleanup(func() {
		_ = udp.Close()
		_ = tcp.Close()
		group.Wait()
	})
	return d
}

// Resolver asks this name server, whichever the system has.
func (d *DNS) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		addr := d.tcp.Addr().String()
		if strings.HasPrefix(network, "udp") {
			addr = d.udp.LocalAddr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
}

// Asked counts the questions so far: "udp x9.seed.example".
func (d *DNS) Asked() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	counts := make(map[string]int, len(d.asked))
	for name, n := range d.asked {
		counts[name] = n
	}
	return counts
}

func (d *DNS) servePackets() {
	buf := make([]byte, 4096)
	for {
		n, from, err := d.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := d.answer("udp", buf[:n]); answer != nil {
			_, _ = d.udp.WriteTo(answer, from)
		}
	}
}

func (d *DNS) serveStream(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		answer := d.answer("tcp", question)
		if answer == nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// answer is nil for what is no question.
func (d *DNS) answer(network string, raw []byte) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(raw)
	if err != nil || head.Response {
		return nil
	}
	question, err := p.Question()
	if err != nil {
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	d.mu.Lock()
	d.asked[network+" "+name]++
	d.mu.Unlock()
	addrs, known := d.names[name]
	msg := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: head.ID, Response: true, Authoritative: true, RecursionDesired: head.RecursionDesired, RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{question},
	}
	if !known {
		msg.RCode = dnsmessage.RCodeNameError
	}
	for _, addr := range addrs {
		rr := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 60}}
		switch {
		case addr.Is4() && question.Type == dnsmessage.TypeA:
			rr.Body = &dnsmessage.AResource{A: addr.As4()}
		case addr.Is6() && question.Type == dnsmessage.TypeAAAA:
			rr.Body = &dnsmessage.AAAAResource{AAAA: addr.As16()}
		default:
			continue
		}
		msg.Answers = append(msg.Answers, rr)
	}
	packed, err := msg.Pack()
	if err == nil && network == "udp" && len(packed) > maxPacket {
		msg.Truncated, msg.Answers = true, nil
		packed, err = msg.Pack()
	}
	if err != nil {
		d.t.Errorf("an answer to %q: %v", name, err)
		return nil
	}
	return packed
}
