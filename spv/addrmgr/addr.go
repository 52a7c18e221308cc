package addrmgr

import (
	"crypto/sha3"
	"encoding/base32"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Network is a kind of address, by its number in BIP155.
type Network uint8

// The networks that have peers. Tor v2 (3) is gone.
const (
	IPv4  Network = 1
	IPv6  Network = 2
	Onion Network = 4
	I2P   Network = 5
	CJDNS Network = 6
)

const onionV2 Network = 3

// size is the length of an address in bytes, 0 for a network not known.
func (n Network) size() int {
	switch n {
	case IPv4:
		return 4
	case IPv6, CJDNS:
		return 16
	case Onion, I2P:
		return 32
	case onionV2:
		return 10
	}
	return 0
}

func (n Network) String() string {
	switch n {
	case IPv4:
		return "IPv4"
	case IPv6:
		return "IPv6"
	case Onion:
		return "onion"
	case I2P:
		return "I2P"
	case CJDNS:
		return "CJDNS"
	}
	return ""
}

// Addr is where a peer may be found. It is comparable; the zero value is no
// address.
type Addr struct {
	net  Network
	host [32]byte // as many as the network has, then zeroes
	port uint16
}

// errAddr is what all errors of parsing wrap.
var errAddr = errors.New("not an address of a peer")

const (
	onionSuffix = ".onion"
	i2pSuffix   = ".b32.i2p"
	onionTail   = 3 // checksum and version
)

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Parse reads "host:port" as String prints it. Host is an IP address or an
// onion or I2P name, in any case of letters; fc00::/8 is CJDNS. Other names are
// refused: to look them up would be to tell somebody.
func Parse(s string) (Addr, error) {
	host, port, ok := split(strings.ToLower(s))
	if !ok {
		return Addr{}, fmt.Errorf("%w: %q", errAddr, s)
	}
	if name, ok := strings.CutSuffix(host, onionSuffix); ok {
		key, err := lower32.DecodeString(name)
		if err != nil || len(key) != Onion.size()+onionTail || string(key[Onion.size():]) != onionEnd(key[:Onion.size()]) {
			return Addr{}, fmt.Errorf("%w: %q is no onion name of version 3", errAddr, s)
		}
		return from(Onion, key[:Onion.size()], port), nil
	}
	if name, ok := strings.CutSuffix(host, i2pSuffix); ok {
		hash, err := lower32.DecodeString(name)
		if err != nil || len(hash) != I2P.size() {
			return Addr{}, fmt.Errorf("%w: %q is no I2P name", errAddr, s)
		}
		return from(I2P, hash, port), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return Addr{}, fmt.Errorf("%w: %q", errAddr, s)
	}
	return FromIP(ip, port), nil
}

// split takes "host:port" and "[host]:port" apart.
func split(s string) (host string, port uint16, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(s[i+1:], 10, 16)
	host = s[:i]
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		host, ok = strings.CutSuffix(inner, "]")
	} else {
		ok = !strings.Contains(host, ":")
	}
	return host, uint16(n), ok && err == nil
}

// join is the other way.
func join(host string, port uint16) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(port))
}

// FromIP is the address of an IP address, of its IPv4 part if it is mapped.
func FromIP(ip netip.Addr, port uint16) Addr {
	ip = ip.Unmap()
	switch {
	case ip.Is4():
		return from(IPv4, ip.AsSlice(), port)
	case !ip.Is6():
		return Addr{}
	case ip.AsSlice()[0] == cjdnsFirst:
		return from(CJDNS, ip.AsSlice(), port)
	}
	return from(IPv6, ip.AsSlice(), port)
}

// cjdnsFirst is the first byte of every CJDNS address.
const cjdnsFirst = 0xfc

// onionEnd is the checksum and the version that end an onion name.
func onionEnd(key []byte) string {
	sum := sha3.Sum256(append(append([]byte(".onion checksum"), key...), 3))
	return string([]byte{sum[0], sum[1], 3})
}

func from(n Network, host []byte, port uint16) Addr {
	a := Addr{net: n, port: port}
	copy(a.host[:n.size()], host)
	return a
}

// Network is the kind of address, 0 for the zero value.
func (a Addr) Network() Network { return a.net }

// Port is the port; I2P has none and says 0.
func (a Addr) Port() uint16 { return a.port }

// IsZero tells that there is no address.
func (a Addr) IsZero() bool { return a.net == 0 }

// bytes is the address as BIP155 has it.
func (a *Addr) bytes() []byte { return a.host[:a.net.size()] }

// ip is the address as an IP address, invalid if it is none.
func (a *Addr) ip() netip.Addr {
	if a.net != IPv4 && a.net != IPv6 && a.net != CJDNS {
		return netip.Addr{}
	}
	ip, _ := netip.AddrFromSlice(a.bytes())
	return ip
}

// hostName prints the address without its port.
func (a Addr) hostName() string {
	switch a.net {
	case 0:
		return ""
	case Onion:
		return lower32.EncodeToString(append(a.bytes()[:Onion.size():Onion.size()], onionEnd(a.bytes())...)) + onionSuffix
	case I2P:
		return lower32.EncodeToString(a.bytes()) + i2pSuffix
	}
	return a.ip().String()
}

// String is "host:port" in canonical form, empty for the zero value.
func (a Addr) String() string {
	if a.net == 0 {
		return ""
	}
	return join(a.hostName(), a.port)
}

// Group is the part of the network that an address belongs to: what one
// operator is likely to hold, and no two of whose addresses count as two
// witnesses. It is comparable; all addresses that are none share the zero value.
type Group [6]byte

// Group is /16 of IPv4, /32 of IPv6, and four bits of what is free to choose
// elsewhere, where addresses cost nothing: all of Tor is sixteen groups.
func (a Addr) Group() Group {
	g := Group{byte(a.net)}
	switch a.net {
	case IPv4:
		copy(g[1:], a.host[:2])
	case IPv6:
		switch {
		case a.host[0] == 0x20 && a.host[1] == 0x02: // 6to4 belongs to who has the IPv4 address
			return Group{byte(IPv4), a.host[2], a.host[3]}
		case a.host[0] == 0x20 && a.host[1] == 0x01 && a.host[2] == 0x04 && a.host[3] == 0x70: // a broker's, given away in smaller parts
			g[5] = a.host[4] & 0xf0
		}
		copy(g[1:], a.host[:4])
	case Onion, I2P:
		g[1] = a.host[0] & 0xf0
	case CJDNS: // the first byte is always the same
		g[1] = a.host[1] & 0xf0
	}
	return g
}

// BanKey names what is refused together with an address: the IPv4 address with
// all its ports, /64 of IPv6, the key elsewhere. On this computer and in its own
// network many may share an address, behind Tor all who come in: there it is the
// address with its port. Empty for the zero value.
func (a Addr) BanKey() string {
	switch {
	case a.local():
		return a.String()
	case a.net == IPv6:
		p, _ := a.ip().Prefix(64)
		return p.String()
	}
	return a.hostName()
}

// local tells an IP address that means somebody else elsewhere.
func (a *Addr) local() bool { return (a.net == IPv4 || a.net == IPv6) && !routable(a.ip()) }

// KeyOf is the ban key of what a person writes: an address, one without a port,
// which means all its ports, or a key itself. Empty if it is none of these.
func KeyOf(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil && p.Bits() == 64 && p.Addr().Is6() {
		return FromIP(p.Addr(), 0).BanKey()
	}
	if a, err := Parse(s); err == nil {
		return a.BanKey()
	}
	if a, err := Parse(join(strings.Trim(s, "[]"), 0)); err == nil {
		if a.local() {
			return a.hostName()
		}
		return a.BanKey()
	}
	return ""
}

// reserved are the blocks, besides those netip knows, that no peer can have.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers' own
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("::/32"),           // IPv4 in old clothes
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("2001:10::/28"),    // ORCHID
	netip.MustParsePrefix("2001:20::/28"),    // ORCHIDv2
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("64:ff9b::/96"),    // translation
	netip.MustParsePrefix("64:ff9b:1::/48"),  // translation, local
	netip.MustParsePrefix("fec0::/10"),       // site-local, withdrawn
}

// onionCat is where Tor v2 addresses stood as if they were IPv6.
var onionCat = netip.MustParsePrefix("fd87:d87e:eb43::/48")

// Routable tells whether a peer anywhere can be found there.
func (a Addr) Routable() bool {
	switch a.net {
	case Onion:
		return a.port != 0
	case I2P:
		return a.port == 0 // connections to other ports are not possible
	case CJDNS:
		return a.port != 0 && a.host[0] == cjdnsFirst
	case IPv4, IPv6:
		return a.port != 0 && routable(a.ip())
	}
	return false
}

func routable(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
