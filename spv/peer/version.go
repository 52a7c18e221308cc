package peer

import (
	"fmt"
	"time"

	"thistle/spv/protocol"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// anonymousAgent is the user agent of a connection that only hands a transaction
// over: that which Bitcoin Core uses for the same, so that ours look like theirs.
const anonymousAgent = "/pynode:0.0.1/"

// ourVersion says as little as a version message can. All of it is the same for
// everyone but time and nonce, and for those who connect to us: they come for
// what we have.
func (c *Conn) ourVersion(nonce uint64) *wire.MsgVersion {
	if c.info.Purpose == protocol.ForBroadcast {
		return &wire.MsgVersion{
			ProtocolVersion: int32(ProtocolVersion),
			Timestamp:       time.Unix(0, 0),
			Nonce:           nonce,
			UserAgent:       anonymousAgent,
			DisableRelayTx:  true,
		}
	}
	v := &wire.MsgVersion{
		ProtocolVersion: int32(ProtocolVersion),
		Services:        c.cfg.Services(),
		Timestamp:       c.cfg.Now(),
		Nonce:           nonce,
		UserAgent:       UserAgent,
		DisableRelayTx:  c.cfg.LowData || c.info.Purpose != protocol.ForAll,
	}
	if c.info.Inbound {
		v.LastBlock = c.cfg.StartHeight()
	}
	return v
}

// features are what must be said between version and verack.
func (c *Conn) features() []wire.Message {
	if c.version < wire.AddrV2Version || c.info.Purpose == protocol.ForBroadcast {
		return nil
	}
	return []wire.Message{&wire.MsgWTxIdRelay{}, &wire.MsgSendAddrV2{}}
}

// noteFeature keeps what the peer says between version and verack.
func (c *Conn) noteFeature(name command) {
	switch name {
	case cmdWTxIDRelay:
		c.info.WTxID = c.version >= wire.AddrV2Version && c.info.Purpose != protocol.ForBroadcast
	case cmdSendAddrV2:
		c.info.AddrV2 = c.version >= wire.AddrV2Version
	}
}

// judge decides whether the peer is of use to us and keeps what it says. Who
// connects to us need not be, and who is dialled for a moment must do what is done
// in it. What more to ask of whom the machine decides.
func (c *Conn) judge(v *wire.MsgVersion) error {
	unsuitable := func(format string, args ...any) error {
		return &fault{protocol.ReasonUnsuitable, fmt.Errorf(format, args...)}
	}
	switch {
	case c.cfg.Nonces.has(v.Nonce):
		return &fault{protocol.ReasonSelf, errEcho}
	case v.ProtocolVersion < int32(MinProtocolVersion):
		return unsuitable("protocol version %d", v.ProtocolVersion)
	case c.info.Inbound || c.info.Purpose == protocol.ForFeeling:
	case c.info.Purpose == protocol.ForBroadcast && v.DisableRelayTx:
		return unsuitable("no transactions wanted")
	case v.Services&wire.SFNodeWitness == 0:
		return unsuitable("services %#x lack NODE_WITNESS", uint64(v.Services))
	}
	c.info.UserAgent = quote(v.UserAgent)
	c.info.Version = uint32(v.ProtocolVersion)
	c.info.Services = v.Services
	c.info.StartHeight = v.LastBlock
	c.info.TxRelay = !v.DisableRelayTx
	c.info.ClockAhead = clockAhead(v.Timestamp, c.cfg.Now())
	c.version = min(ProtocolVersion, c.info.Version)
	return nil
}

// clockAhead is the difference of two clocks. Whole seconds are sent, cut off.
func clockAhead(theirs, ours time.Time) time.Duration {
	const most = 100 * 365 * 24 * 3600
	a, b := theirs.Unix(), ours.Unix()
	switch {
	case a > b+most:
		return most * time.Second
	case a < b-most:
		return -most * time.Second
	}
	return time.Duration(a-b) * time.Second
}
