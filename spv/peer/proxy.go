package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/proxy"
)

var (
	// ErrProxy says that the proxy does not answer, which tells nothing of the
	// peer.
	ErrProxy = errors.New("the proxy does not answer")
	// ErrHidden says that an address cannot be used without being seen: an onion
	// address without a proxy, any other when only those are allowed.
	ErrHidden = errors.New("address of another network than is allowed")
)

// CheckProxy returns a proxy's address as it is dialled. It must be an IP address
// or "localhost", for a name would be looked up.
func CheckProxy(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("proxy: %w", err)
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "", fmt.Errorf("proxy: %w", err)
	}
	return net.JoinHostPort(ip.String(), port), nil
}

// open opens a connection to addr, through the proxy if there is one. A name goes
// to the proxy as it is; without one, a name of another network than the
// Internet's goes nowhere.
func (c *Config) open(ctx context.Context, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	onion, i2p := hasSuffix(host, ".onion"), hasSuffix(host, ".i2p")
	switch {
	case c.OnionOnly && (!onion || c.Proxy == ""):
		return nil, ErrHidden
	case c.Proxy != "":
		return c.openThrough(ctx, addr)
	case onion || i2p:
		return nil, ErrHidden
	}
	return c.Dial(ctx, "tcp", addr)
}

func hasSuffix(host, suffix string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), suffix)
}

// openThrough asks the proxy (SOCKS5) under a name that is used this once: Tor
// gives each its own circuit, so that nobody sees connections together.
func (c *Config) openThrough(ctx context.Context, addr string) (net.Conn, error) {
	way, err := proxy.SOCKS5("tcp", c.Proxy, &proxy.Auth{User: rand.Text(), Password: rand.Text()}, toProxy(c.Dial))
	if err != nil {
		return nil, err
	}
	return way.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
}

// toProxy is the way to the proxy itself.
type toProxy func(ctx context.Context, network, addr string) (net.Conn, error)

func (d toProxy) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d(ctx, network, addr)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrProxy, err)
	}
	return conn, err
}

func (d toProxy) Dial(network, addr string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, addr)
}
