package peer

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// UserAgent is what we call ourselves (BIP14). It is the same for everyone, so
// that it singles nobody out.
const UserAgent = "/Thistle:0.1.0/"

// ProtocolVersion is the protocol version we speak: the first with BIP155 and
// BIP339.
const ProtocolVersion uint32 = 70016

// MinProtocolVersion is the oldest protocol version of use to us: the first
// with feefilter (BIP133), spoken since Bitcoin Core 0.13.
const MinProtocolVersion uint32 = 70013

// Defaults of the time-outs in Config.
const (
	// DefaultDialTimeout is for the TCP connection alone.
	DefaultDialTimeout = 5 * time.Second
	// DefaultHandshakeTimeout is for everything until verack, dialling
	// included: a silent address must not hold a slot for long.
	DefaultHandshakeTimeout = 10 * time.Second
	// DefaultHeaderTimeout is for the 24 bytes of a frame header, from its
	// first byte.
	DefaultHeaderTimeout = 20 * time.Second
	// DefaultPayloadTimeout is for a payload, besides the time its size takes
	// at DefaultPayloadRate.
	DefaultPayloadTimeout = 60 * time.Second
	// DefaultPayloadRate is the slowest rate tolerated, in bytes per second.
	DefaultPayloadRate = 4096
	// DefaultWriteTimeout is for one message to leave us: a peer that refuses
	// to read is dropped.
	DefaultWriteTimeout = 30 * time.Second
)

// Config is what connections need to know. Params is required; everything else
// has a default.
type Config struct {
	// Params is the network. Required.
	Params *chaincfg.Params
	// Net is the network's magic number; zero means Params.Net.
	Net wire.BitcoinNet

	// Purpose is what a dialled connection is for. It decides what our version
	// message says.
	Purpose protocol.Purpose
	// LowData asks that no transactions be announced to us.
	LowData bool
	// Services tells the services for our version message; nil means
	// NODE_WITNESS alone, without which btcd sends and takes no witnesses.
	Services func() wire.ServiceFlag
	// StartHeight tells those who connect to us our height; nil means 0. Those
	// we connect to are told 0: it would say when we were here last.
	StartHeight func() int32
	// Serve hands over what others ask of us: headers, filters, addresses.
	// Without it such messages are skipped.
	Serve bool
	// NoV2 forbids the encrypted transport (BIP324).
	NoV2 bool
	// Plain remembers who does not speak it, shared between all connections of
	// the program; nil means nobody is remembered.
	Plain *PlainSet
	// Nonces holds the nonces of handshakes in progress, shared between all
	// connections of the program; nil means those of this one only.
	Nonces *NonceSet

	// Proxy is a SOCKS5 server (see CheckProxy) through which all connections go,
	// each under a name of its own; none if empty. Names are looked up by it.
	Proxy string
	// OnionOnly refuses all other addresses. It needs a Proxy.
	OnionOnly bool

	// Dial opens a connection, to a peer or to the proxy; nil means a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// CheckBlock checks a block that was asked for; nil means
	// protocol.CheckBlock.
	CheckBlock func(params *chaincfg.Params, want chainhash.Hash, block *wire.MsgBlock) error
	// Now is the wall clock; nil means time.Now. Deadlines do not use it.
	Now func() time.Time
	// Log takes debug lines; nil means none.
	Log *slog.Logger

	// Time-outs; zero means the Default of the same name.
	DialTimeout      time.Duration
	HandshakeTimeout time.Duration
	HeaderTimeout    time.Duration
	PayloadTimeout   time.Duration
	PayloadRate      int64 // bytes per second
	WriteTimeout     time.Duration
}

var errNoParams = errors.New("no network parameters")

// complete returns the Config with its defaults filled in.
func (c Config) complete() (Config, error) {
	if c.Params == nil {
		return c, errNoParams
	}
	if c.Net == 0 {
		c.Net = c.Params.Net
	}
	if c.Services == nil {
		c.Services = func() wire.ServiceFlag { return wire.SFNodeWitness }
	}
	if c.StartHeight == nil {
		c.StartHeight = func() int32 { return 0 }
	}
	if c.Proxy != "" {
		addr, err := CheckProxy(c.Proxy)
		if err != nil {
			return c, err
		}
		c.Proxy = addr
	}
	if c.Plain == nil {
		c.Plain = new(PlainSet)
	}
	if c.Nonces == nil {
		c.Nonces = new(NonceSet)
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.CheckBlock == nil {
		c.CheckBlock = protocol.CheckBlock
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	orDefault(&c.DialTimeout, DefaultDialTimeout)
	orDefault(&c.HandshakeTimeout, DefaultHandshakeTimeout)
	orDefault(&c.HeaderTimeout, DefaultHeaderTimeout)
	orDefault(&c.PayloadTimeout, DefaultPayloadTimeout)
	orDefault(&c.PayloadRate, DefaultPayloadRate)
	orDefault(&c.WriteTimeout, DefaultWriteTimeout)
	return c, nil
}

func orDefault[T ~int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
