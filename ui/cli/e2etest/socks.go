//go:build e2e

package e2etest

import (
	"crypto/sha3"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Socks is a proxy (SOCKS5) that remembers who asked it for what.
type Socks struct {
	// Addr is where it listens.
	Addr string

	t        testing.TB
	listener net.Listener
	group    sync.WaitGroup
	hosts    map[string]string

	mu    sync.Mutex
	conns map[net.Conn]bool
	asked []SocksAsk
}

// SocksAsk is one connection through a proxy. Name says that its target was
// given as a name, to be looked up there.
type SocksAsk struct {
	User, Password, Target string
	Name                   bool
}

// NewSocks runs a proxy until the test ends. Targets that hosts names,
// "name:port", are elsewhere in truth; all others are where they say.
func NewSocks(t testing.TB, hosts map[string]string) *Socks {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Socks{Addr: l.Addr().String(), t: t, listener: l, hosts: hosts, conns: make(map[net.Conn]bool)}
	s.group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if s.keep(conn) {
				s.group.Go(func() { s.serve(conn) })
			}
		}
	})
	t.Cleanup(s.Close)
	return s
}

// Close ends the proxy and all connections through it.
func (s *Socks) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.group.Wait()
}

// Asked lists the connections so far.
func (s *Socks) Asked() []SocksAsk {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SocksAsk(nil), s.asked...)
}

// keep is false, and conn closed, if the proxy has ended.
func (s *Socks) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		_ = conn.Close()
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *Socks) drop(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

func (s *Socks) serve(in net.Conn) {
	defer s.drop(in)
	ask, err := greet(in)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, ask)
	s.mu.Unlock()
	target := ask.Target
	if host := s.hosts[target]; host != "" {
		target = host
	}
	out, err := net.Dial("tcp", target)
	if err != nil {
		_, _ = in.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // refused
		return
	}
	if !s.keep(out) {
		return
	}
	defer s.drop(out)
	if _, err := in.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}); err != nil {
		return
	}
	s.group.Go(func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	})
	_, _ = io.Copy(in, out)
}

// greet reads what a connection is for (RFC 1928, RFC 1929). Who offers a user
// name has to give it.
func greet(conn net.Conn) (SocksAsk, error) {
	var ask SocksAsk
	methods, err := field(conn, 1)
	if err != nil {
		return ask, err
	}
	method := byte(0)
	if strings.ContainsRune(string(methods), 2) {
		method = 2
	}
	if _, err := conn.Write([]byte{5, method}); err != nil {
		return ask, err
	}
	if method == 2 {
		user, err := field(conn, 1)
		if err != nil {
			return ask, err
		}
		password, err := field(conn, 0)
		if err != nil {
			return ask, err
		}
		ask.User, ask.Password = string(user), string(password)
		if _, err := conn.Write([]byte{1, 0}); err != nil {
			return ask, err
		}
	}
	ask.Target, ask.Name, err = target(conn)
	return ask, err
}

// field reads bytes that come with their number in front, after others that are
// passed over.
func field(r io.Reader, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	b := make([]byte, head[skip])
	_, err := io.ReadFull(r, b)
	return b, err
}

func target(r io.Reader) (addr string, name bool, err error) {
	var head [4]byte // version, command, reserved, kind of address
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", false, err
	}
	var host []byte
	switch head[3] {
	case 1:
		host = make([]byte, 4)
		_, err = io.ReadFull(r, host)
	case 3:
		host, err = field(r, 0)
	case 4:
		host = make([]byte, 16)
		_, err = io.ReadFull(r, host)
	default:
		err = fmt.Errorf("address of kind %d", head[3])
	}
	if err != nil {
		return "", false, err
	}
	var port [2]byte
	if _, err := io.ReadFull(r, port[:]); err != nil {
		return "", false, err
	}
	text := string(host)
	if head[3] != 3 {
		ip, _ := netip.AddrFromSlice(host)
		text = ip.String()
	}
	return net.JoinHostPort(text, strconv.Itoa(int(binary.BigEndian.Uint16(port[:])))), head[3] == 3, nil
}

// OnionAddr is the address of an onion service (version 3) whose key is made of
// one byte.
func OnionAddr(key byte, port uint16) string {
	raw := []byte(strings.Repeat(string(rune(key)), 32))
	sum := sha3.Sum256(append(append([]byte(".onion checksum"), raw...), 3))
	name := strings.ToLower(base32.StdEncoding.EncodeToString(append(raw, sum[0], sum[1], 3)))
	return net.JoinHostPort(name+".onion", strconv.Itoa(int(port)))
}

// StartMicrosocks runs somebody else's proxy, and says where.
func StartMicrosocks(t testing.TB) (addr string) {
	t.Helper()
	var p *process
	for range 5 { // a port may be taken between looking and listening
		addr = freeAddr(t)
		host, port, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		p, err = start(t, "microsocks", exec.Command("microsocks", "-i", host, "-p", port))
		require.NoError(t, err)
		Eventually(t, "microsocks to listen or to end", func() bool {
			conn, err := net.Dial("tcp", addr)
			if err == nil {
				_ = conn.Close()
			}
			return err == nil || p.Ended()
		})
		if !p.Ended() {
			return addr
		}
	}
	require.FailNow(t, "microsocks does not start")
	return ""
}
