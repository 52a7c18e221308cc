package addrmgr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Heard is an address as gossip tells of it. Nothing of it is certain.
type Heard struct {
	Addr     Addr
	Services wire.ServiceFlag
	Seen     time.Time // in whole seconds
}

const (
	// MaxHeard is the most addresses of one message.
	MaxHeard = wire.MaxAddrPerMsg
	// maxHost is the longest address of a network not known that is passed over
	// (BIP155).
	maxHost = 512
)

// errGossip is what all errors of decoding wrap.
var errGossip = errors.New("malformed addresses")

// reader walks over a payload. Once it has run over the end or met a number
// that is not in its shortest form, bad stays set and all it returns is zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint(size uint64) uint64 {
	var v uint64
	for i, b := range r.take(size) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

// compact reads a CompactSize.
func (r *reader) compact() uint64 {
	first := r.uint(1)
	if first < 0xfd {
		return first
	}
	v := r.uint(2 << (first - 0xfd))
	if v < [...]uint64{0xfd, 0x1_0000, 0x1_0000_0000}[first-0xfd] {
		r.bad = true
	}
	return v
}

func (r *reader) seen() time.Time { return time.Unix(int64(r.uint(4)), 0) }

// port is the one number in network order.
func (r *reader) port() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// decode reads a count and so many addresses; one that nobody can use is zero
// and left out.
func decode(payload []byte, one func(*reader) (Heard, error)) ([]Heard, error) {
	r := &reader{b: payload}
	n := r.compact()
	if n > MaxHeard {
		return nil, fmt.Errorf("%w: %d where %d are the most", errGossip, n, MaxHeard)
	}
	var list []Heard
	for range n {
		h, err := one(r)
		if err != nil {
			return nil, err
		}
		if r.bad {
			break
		}
		if !h.Addr.IsZero() {
			list = append(list, h)
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, fmt.Errorf("%w: not as long as they say", errGossip)
	}
	return list, nil
}

// DecodeAddr reads the payload of an addr message. Tor v2, which came in the
// clothes of IPv6, is left out.
func DecodeAddr(payload []byte) ([]Heard, error) {
	return decode(payload, func(r *reader) (Heard, error) {
		h := Heard{Seen: r.seen(), Services: wire.ServiceFlag(r.uint(8))}
		host := r.take(16)
		port := r.port()
		if host == nil {
			return h, nil
		}
		if ip := netip.AddrFrom16([16]byte(host)); ip.Is4In6() {
			h.Addr = FromIP(ip, port)
		} else {
			h.Addr = fromIPv6(host, port)
		}
		return h, nil
	})
}

// DecodeAddrV2 reads the payload of an addrv2 message (BIP155). Networks not
// known are left out, and addresses that are another network's in the clothes of
// IPv6; an address of a length its network has not is an error.
func DecodeAddrV2(payload []byte) ([]Heard, error) {
	return decode(payload, func(r *reader) (Heard, error) {
		h := Heard{Seen: r.seen(), Services: wire.ServiceFlag(r.compact())}
		network, size := Network(r.uint(1)), r.compact()
		if want := network.size(); size > maxHost || want != 0 && size != uint64(want) {
			if r.bad {
				return h, nil
			}
			return h, fmt.Errorf("%w: %d bytes in network %d", errGossip, size, network)
		}
		host := r.take(size)
		port := r.port()
		switch {
		case r.bad:
		case network == IPv6:
			h.Addr = fromIPv6(host, port)
		case network == CJDNS && host[0] != cjdnsFirst, network == onionV2:
		case network.size() > 0:
			h.Addr = from(network, host, port)
		}
		return h, nil
	})
}

// fromIPv6 is zero for what is another network's.
func fromIPv6(host []byte, port uint16) Addr {
	a := from(IPv6, host, port)
	if ip := a.ip(); ip.Is4In6() || onionCat.Contains(ip) || host[0] == cjdnsFirst {
		return Addr{}
	}
	return a
}

// EncodeAddrV2 is the payload of an addrv2 message of at most MaxHeard
// addresses.
func EncodeAddrV2(list []Heard) []byte {
	b := appendCompact(nil, uint64(len(list)))
	for i := range list {
		h := &list[i]
		b = binary.LittleEndian.AppendUint32(b, seconds(h.Seen))
		b = appendCompact(b, uint64(h.Services))
		b = append(b, byte(h.Addr.net))
		b = appendCompact(b, uint64(h.Addr.net.size()))
		b = append(b, h.Addr.bytes()...)
		b = binary.BigEndian.AppendUint16(b, h.Addr.port)
	}
	return b
}

// EncodeAddr is the payload of an addr message. It has room for IPv4 and IPv6
// only; the rest is left out.
func EncodeAddr(list []Heard) []byte {
	var n uint64
	var b []byte
	for i := range list {
		h := &list[i]
		if h.Addr.net != IPv4 && h.Addr.net != IPv6 {
			continue
		}
		n++
		b = binary.LittleEndian.AppendUint32(b, seconds(h.Seen))
		b = binary.LittleEndian.AppendUint64(b, uint64(h.Services))
		host := h.Addr.ip().As16()
		b = append(b, host[:]...)
		b = binary.BigEndian.AppendUint16(b, h.Addr.port)
	}
	return append(appendCompact(nil, n), b...)
}

func seconds(t time.Time) uint32 { return uint32(min(max(t.Unix(), 0), 1<<32-1)) }

func appendCompact(b []byte, v uint64) []byte {
	switch {
	case v < 0xfd:
		return append(b, byte(v))
	case v <= 0xffff:
		return binary.LittleEndian.AppendUint16(append(b, 0xfd), uint16(v))
	case v <= 0xffff_ffff:
		return binary.LittleEndian.AppendUint32(append(b, 0xfe), uint32(v))
	}
	return binary.LittleEndian.AppendUint64(append(b, 0xff), v)
}

// message is a finished addr or addrv2, for sending.
type message struct {
	command string
	payload []byte
}

// Message is the message that tells a peer of at most MaxHeard addresses, addrv2
// if it reads that.
func Message(list []Heard, v2 bool) wire.Message {
	list = list[:min(len(list), MaxHeard)]
	if v2 {
		return &message{wire.CmdAddrV2, EncodeAddrV2(list)}
	}
	return &message{wire.CmdAddr, EncodeAddr(list)}
}

func (m *message) Command() string { return m.command }

// MaxPayloadLength is BIP155's: room for what networks to come may need.
func (m *message) MaxPayloadLength(uint32) uint32 { return 3 + MaxHeard*(4+9+1+3+maxHost+2) }

func (m *message) BtcEncode(w io.Writer, _ uint32, _ wire.MessageEncoding) error {
	_, err := w.Write(m.payload)
	return err
}

func (m *message) BtcDecode(r io.Reader, _ uint32, _ wire.MessageEncoding) error {
	payload, err := io.ReadAll(io.LimitReader(r, int64(m.MaxPayloadLength(0))))
	m.payload = payload
	return err
}
