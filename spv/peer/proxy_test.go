package peer_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

const socksAddr = "127.0.0.1:9050"

// socks is a SOCKS5 server that leads to a scripted peer.
type socks struct {
	t     *testing.T
	names []string // user and password of each connection
	asked []string // what each asked for
	reply byte
	lead  func(*remote)
}

// dial is the only way out of this computer.
func (s *socks) dial(_ context.Context, network, addr string) (net.Conn, error) {
	require.Equal(s.t, "tcp", network)
	require.Equal(s.t, socksAddr, addr, "past the proxy")
	near, far := net.Pipe()
	s.t.Cleanup(func() { far.Close() })
	go s.serve(far)
	return near, nil
}

func (s *socks) serve(conn net.Conn) {
	take := func(n int) []byte {
		b := make([]byte, n)
		_, err := io.ReadFull(conn, b)
		require.NoError(s.t, err)
		return b
	}
	field := func() string { return string(take(int(take(1)[0]))) }
	require.Equal(s.t, byte(5), take(1)[0])
	require.Contains(s.t, field(), "\x02", "user and password are offered")
	conn.Write([]byte{5, 2})
	require.Equal(s.t, byte(1), take(1)[0])
	s.names = append(s.names, field()+" "+field())
	conn.Write([]byte{1, 0})
	require.Equal(s.t, []byte{5, 1, 0}, take(3))
	host := ""
	switch kind := take(1)[0]; kind {
	case 1:
		host = net.IP(take(4)).String()
	case 3:
		host = field()
	case 4:
		host = net.IP(take(16)).String()
	}
	take(2)
	s.asked = append(s.asked, host)
	conn.Write([]byte{5, s.reply, 0, 1, 0, 0, 0, 0, 0, 0})
	if s.reply != 0 {
		conn.Close()
		return
	}
	s.lead(&remote{s.t, conn, wire.MainNet})
}

const onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

func TestProxy(t *testing.T) {
	t.Parallel()
	config := func(t *testing.T, s *socks) peer.Config {
		cfg, _ := pipe(t)
		s.t, cfg.Dial, cfg.Proxy = t, s.dial, "localhost:9050"
		return cfg
	}
	t.Run("each connection under a name of its own", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := &socks{lead: (*remote).honest}
			cfg := config(t, s)
			hosts := []string{"192.0.2.7", onion, "2001:db8::7", "node.example", "192.0.2.7"}
			for _, host := range hosts {
				conn, err := peer.Dial(t.Context(), cfg, id, net.JoinHostPort(host, "8333"))
				require.NoError(t, err)
				conn.Close(protocol.ReasonNone)
			}
			require.Equal(t, hosts, s.asked, "names are not looked up here")
			seen := map[string]bool{}
			for _, n := range s.names {
				user, password, _ := strings.Cut(n, " ")
				require.GreaterOrEqual(t, len(user), 16)
				require.GreaterOrEqual(t, len(password), 16)
				seen[user], seen[password] = true, true
			}
			require.Len(t, seen, 2*len(hosts))
		})
	})
	t.Run("plain text after an encrypted greeting is another connection", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			calls := 0
			s := &socks{lead: func(r *remote) {
				if calls++; calls == 1 {
					r.hangUp()
					return
				}
				r.honest()
			}}
			cfg := config(t, s)
			cfg.NoV2 = false
			conn, err := peer.Dial(t.Context(), cfg, id, onion+":8333")
			require.NoError(t, err)
			conn.Close(protocol.ReasonNone)
			require.Len(t, s.names, 2)
			require.NotEqual(t, s.names[0], s.names[1])
		})
	})
	t.Run("only onions", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := &socks{lead: (*remote).honest}
			cfg := config(t, s)
			cfg.OnionOnly = true
			for _, host := range []string{"192.0.2.7", "2001:db8::7", "node.example", "onion.example", onion + ".example", "x.b32.i2p"} {
				_, err := peer.Dial(t.Context(), cfg, id, net.JoinHostPort(host, "8333"))
				require.ErrorIs(t, err, peer.ErrHidden)
				require.Equal(t, protocol.ReasonNone, peer.ReasonOf(err))
			}
			conn, err := peer.Dial(t.Context(), cfg, id, strings.ToUpper(onion)+":8333")
			require.NoError(t, err)
			conn.Close(protocol.ReasonNone)
			require.Len(t, s.asked, 1)
		})
	})
	t.Run("no onion without a proxy", func(t *testing.T) {
		t.Parallel()
		for _, onionOnly := range []bool{false, true} {
			cfg, _ := pipe(t)
			cfg.OnionOnly = onionOnly
			cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
				t.Error("an onion's name was looked up")
				return nil, errors.New("no")
			}
			for _, host := range []string{onion, onion + ".", "x.b32.i2p", "X.ONION"} {
				_, err := peer.Dial(t.Context(), cfg, id, host+":8333")
				require.ErrorIs(t, err, peer.ErrHidden)
			}
		}
	})
	t.Run("a refusal is the peer's", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			s := &socks{reply: 5}
			_, err := peer.Dial(t.Context(), config(t, s), id, onion+":8333")
			require.ErrorContains(t, err, "refused")
			require.NotErrorIs(t, err, peer.ErrProxy)
			require.Equal(t, protocol.ReasonNone, peer.ReasonOf(err))
		})
	})
	t.Run("a dead proxy is nobody's, and nobody is met without it", func(t *testing.T) {
		t.Parallel()
		cfg := config(t, &socks{})
		cfg.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			require.Equal(t, socksAddr, addr)
			return nil, errors.New("connection refused")
		}
		_, err := peer.Dial(t.Context(), cfg, id, addr)
		require.ErrorIs(t, err, peer.ErrProxy)
		require.Equal(t, protocol.ReasonNone, peer.ReasonOf(err))
	})
	t.Run("a silent proxy", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T) {
			cfg := config(t, &socks{})
			near, far := net.Pipe()
			go io.Copy(io.Discard, far)
			cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return near, nil }
			began := time.Now()
			_, err := peer.Dial(t.Context(), cfg, id, addr)
			require.Error(t, err)
			require.Equal(t, 5*time.Second, time.Since(began))
			far.Close()
		})
	})
}

func TestCheckProxy(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"127.0.0.1:9050": "127.0.0.1:9050", "localhost:9150": "127.0.0.1:9150", "[::1]:9050": "[::1]:9050", "10.0.0.2:1080": "10.0.0.2:1080",
		"tor.example:9050": "", "127.0.0.1": "", "": "", ":9050": "", "socks5://127.0.0.1:9050": "",
	} {
		got, err := peer.CheckProxy(in)
		require.Equal(t, want, got)
		require.Equal(t, want == "", err != nil, in)
		if want == "" && in != "" {
			_, err := peer.Dial(t.Context(), peer.Config{Params: &chaincfg.MainNetParams, Proxy: in, Dial: func(context.Context, string, string) (net.Conn, error) {
				t.Error("dialled past a proxy that is none")
				return nil, errors.New("no")
			}}, id, addr)
			require.Error(t, err)
		}
	}
}
