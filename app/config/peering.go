package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Peering is how other peers are found and met. The zero value is the usual.
type Peering struct {
	// Connect lists the only peers to use, "host:port"; none means that peers are
	// looked for.
	Connect []string
	// Preferred lists peers that are kept beside others.
	Preferred []string
	// NoDNS forbids asking DNS seeds.
	NoDNS bool
	// Proxy is a SOCKS5 server, "host:port", none if empty.
	Proxy string
	// OnionOnly connects to onion addresses alone.
	OnionOnly bool
	// Listen is where other peers may connect to us, "host:port"; none if empty.
	Listen string
	// LowData: unconfirmed payments to us are not looked for.
	LowData bool
	// NoV2 forbids the encrypted transport.
	NoV2 bool
	// Bloom is the person's own node, which may be told what to look for (BIP37).
	Bloom string
	// Unknown: what was chosen could not be read, a proxy perhaps. Nobody is
	// connected to before something is chosen again.
	Unknown bool
}

// Equal tells whether both are the same choice.
func (p Peering) Equal(o Peering) bool {
	return slices.Equal(p.Connect, o.Connect) && slices.Equal(p.Preferred, o.Preferred) &&
		p.NoDNS == o.NoDNS && p.Proxy == o.Proxy && p.OnionOnly == o.OnionOnly && p.Listen == o.Listen &&
		p.LowData == o.LowData && p.NoV2 == o.NoV2 && p.Bloom == o.Bloom && p.Unknown == o.Unknown
}

// takeOver changes what differs between was and now.
func (p *Peering) takeOver(was, now Peering) {
	if !slices.Equal(was.Connect, now.Connect) {
		p.Connect = now.Connect
	}
	if !slices.Equal(was.Preferred, now.Preferred) {
		p.Preferred = now.Preferred
	}
	takeOver(&p.NoDNS, was.NoDNS, now.NoDNS)
	takeOver(&p.Proxy, was.Proxy, now.Proxy)
	takeOver(&p.OnionOnly, was.OnionOnly, now.OnionOnly)
	takeOver(&p.Listen, was.Listen, now.Listen)
	takeOver(&p.LowData, was.LowData, now.LowData)
	takeOver(&p.NoV2, was.NoV2, now.NoV2)
	takeOver(&p.Bloom, was.Bloom, now.Bloom)
	takeOver(&p.Unknown, was.Unknown, now.Unknown)
}

// Parts of a Peering, as PeeringError names them.
const (
	FieldConnect   = "connect"
	FieldPreferred = "prefer"
	FieldProxy     = "proxy"
	FieldOnion     = "onion-only"
	FieldListen    = "listen"
	FieldBloom     = "bloom"
	FieldUnknown   = "settings"
)

// PeeringError says which part of a Peering cannot be used and why, in a clause
// fit to be shown.
type PeeringError struct{ Field, Text string }

func (e *PeeringError) Error() string { return e.Text }

func refuse(field, format string, args ...any) error {
	return &PeeringError{Field: field, Text: fmt.Sprintf(format, args...)}
}

// maxNamed bounds how many peers may be named.
const maxNamed = 64

// Check refuses, with a *PeeringError, what cannot be used or would reveal what
// is asked to be hidden.
func (p Peering) Check() error {
	if p.Unknown {
		return refuse(FieldUnknown, "the file of settings cannot be read, so it is not known whether to go through a proxy; choose again, or mend the file")
	}
	if p.Proxy != "" {
		if strings.Contains(p.Proxy, "@") {
			return refuse(FieldProxy, "a proxy takes no name or password here: each connection gets one of its own")
		}
		host, ok := splitAddr(p.Proxy)
		if !ok || isOnion(host) {
			return refuse(FieldProxy, "%q is no SOCKS5 proxy: write HOST:PORT", p.Proxy)
		}
		if _, err := netip.ParseAddr(host); err != nil && !strings.EqualFold(host, "localhost") {
			return refuse(FieldProxy, "%q would be looked up in DNS: write the proxy's IP address", p.Proxy)
		}
	}
	if p.OnionOnly && p.Proxy == "" {
		return refuse(FieldOnion, "onion addresses are reached through a proxy alone, Tor's for example at 127.0.0.1:9050: name it too")
	}
	for _, named := range []struct {
		field string
		addrs []string
	}{{FieldConnect, p.Connect}, {FieldPreferred, p.Preferred}, {FieldBloom, some(p.Bloom)}} {
		if err := p.checkNamed(named.field, named.addrs); err != nil {
			return err
		}
	}
	return p.checkListen()
}

func some(addr string) []string {
	if addr == "" {
		return nil
	}
	return []string{addr}
}

func (p Peering) checkNamed(field string, addrs []string) error {
	if len(addrs) > maxNamed {
		return refuse(field, "no more than %d peers can be named", maxNamed)
	}
	for _, addr := range addrs {
		host, ok := splitAddr(addr)
		switch {
		case !ok:
			return refuse(field, "%q is no peer: write HOST:PORT", addr)
		case isOnion(host) && p.Proxy == "":
			return refuse(field, "%q is an onion address, which is reached through a proxy alone: name one too", addr)
		case !isOnion(host) && p.OnionOnly:
			return refuse(field, "%q is no onion address, and only those are to be used", addr)
		}
	}
	return nil
}

// checkListen refuses to show this computer's address to everybody while a proxy
// hides it.
func (p Peering) checkListen() error {
	if p.Listen == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(p.Listen)
	ip, notIP := netip.ParseAddr(host)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n > 65535 || host != "" && notIP != nil {
		return refuse(FieldListen, "%q is nowhere to listen: write an address of this computer and a port, as in 0.0.0.0:8333", p.Listen)
	}
	if p.Proxy != "" && !(notIP == nil && ip.IsLoopback()) {
		return refuse(FieldListen, "while a proxy hides this computer, others can be let in only at 127.0.0.1, where an onion service may bring them: %s would show it", p.Listen)
	}
	return nil
}

// CheckAddr refuses what cannot be the "host:port" of a peer.
func CheckAddr(addr string) error {
	if _, ok := splitAddr(addr); !ok {
		return refuse(FieldConnect, "%q is no peer: write HOST:PORT", addr)
	}
	return nil
}

// CheckHost refuses what cannot be refused: neither the "host:port" of a peer, nor
// an address without a port, nor the /64 of IPv6 that stands for its neighbours.
// A name without a port would be nobody's.
func CheckHost(addr string) error {
	if _, ok := splitAddr(addr); ok {
		return nil
	}
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]")); err == nil {
		return nil
	}
	if _, ok := splitAddr(addr + ":1"); ok && isOnion(addr) {
		return nil
	}
	p, err := netip.ParsePrefix(addr)
	switch {
	case err != nil:
		return refuse(FieldConnect, "%q is no address of a peer: write one as it is listed, with its port or without", addr)
	case p.Bits() != 64 || !p.Addr().Is6():
		return refuse(FieldConnect, "%q is too much or too little: an address can be refused, or a /64 of IPv6", addr)
	}
	return nil
}

// splitAddr gives the host of "host:port", without brackets.
func splitAddr(addr string) (host string, ok bool) {
	i := strings.LastIndexByte(addr, ':')
	if i < 0 || len(addr) > 300 {
		return "", false
	}
	host = addr[:i]
	if n, err := strconv.ParseUint(addr[i+1:], 10, 16); err != nil || n == 0 {
		return "", false
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		return inner, closed && err == nil && ip.Is6()
	}
	if host == "" || strings.ContainsFunc(host, notInHost) {
		return "", false
	}
	if isOnion(host) && len(host) != onionLen {
		return "", false
	}
	return host, true
}

// onionLen is the length of a version 3 onion name; others are gone.
const onionLen = 56 + len(".onion")

func isOnion(host string) bool { return strings.HasSuffix(strings.ToLower(host), ".onion") }

func notInHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
}
