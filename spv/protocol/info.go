package protocol

import (
	"time"

	"thistle/spv/chain"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// PeerID names one connection. Identifiers are never used twice in a run.
type PeerID uint64

// Purpose is what a connection is opened for.
type Purpose uint8

const (
	// ForAll: headers, filters, blocks, and transactions are announced to us.
	ForAll Purpose = iota
	// ForBlocks: the same without transactions and addresses, so that nobody
	// learns from gossip that the connection exists.
	ForBlocks
	// ForFeeling: only to learn whether the address is alive; it ends after the
	// handshake.
	ForFeeling
	// ForBroadcast: only to hand one transaction over.
	ForBroadcast
)

// InvTypeWTx is an inventory vector that names a transaction by its wtxid
// (BIP339), which package wire lacks.
const InvTypeWTx wire.InvType = 5

// Transport is how the bytes of a connection are packed.
type Transport uint8

const (
	// TransportV1 is plain text.
	TransportV1 Transport = iota + 1
	// TransportV2 is encrypted (BIP324).
	TransportV2
)

func (t Transport) String() string {
	switch t {
	case TransportV1:
		return "v1"
	case TransportV2:
		return "v2"
	}
	return ""
}

// PeerInfo is what is known of a connected peer. All of it is the peer's own
// claim except Addr, Inbound, Purpose, Transport, Since and Latency.
type PeerInfo struct {
	ID          PeerID
	Addr        string // "host:port" as dialled, or where it came from
	Pinned      bool   // named by the person
	Inbound     bool   // it has connected to us
	Purpose     Purpose
	Transport   Transport
	TxRelay     bool   // it wants to hear of transactions (BIP37's flag in version)
	WTxID       bool   // both sides announce by wtxid (BIP339)
	AddrV2      bool   // it reads addrv2 (BIP155)
	UserAgent   string // quoted, safe to show
	Version     uint32 // protocol version
	Services    wire.ServiceFlag
	StartHeight int32 // height claimed in its version message
	Since       time.Time
	// ClockAhead is by how much its clock was ahead of ours when its version
	// message came, at most a hundred years.
	ClockAhead time.Duration
	Latency    time.Duration // last ping, 0 if none yet
	// Received and Sent count the bytes of the connection, where they are known:
	// in Status, not in events.
	Received, Sent uint64
	FeeFloor       int64 // BIP133, sat/kvB, 0 if it named none
	Height         int32 // best height it has shown to know
	// HeadersCurrent: it has answered from our tip with nothing new, or by the
	// rule of Progress has nothing to answer.
	HeadersCurrent bool
}

// ServesFilters tells whether the peer claims to serve compact filters.
func (p PeerInfo) ServesFilters() bool { return p.Services&wire.SFNodeCF != 0 }

// ServesBlocks tells whether the peer claims to serve blocks, be it the newest
// only.
func (p PeerInfo) ServesBlocks() bool {
	return p.Services&(wire.SFNodeNetwork|wire.SFNodeNetworkLimited) != 0
}

// ServiceNames lists the services the peer claims, by their short names.
func (p PeerInfo) ServiceNames() []string {
	names := []struct {
		flag wire.ServiceFlag
		name string
	}{
		{wire.SFNodeNetwork, "NETWORK"}, {wire.SFNodeBloom, "BLOOM"}, {wire.SFNodeWitness, "WITNESS"},
		{wire.SFNodeCF, "COMPACT_FILTERS"}, {wire.SFNodeNetworkLimited, "NETWORK_LIMITED"}, {wire.SFNodeP2PV2, "P2P_V2"},
	}
	have := []string{}
	for _, n := range names {
		if p.Services&n.flag != 0 {
			have = append(have, n.name)
		}
	}
	return have
}

// Progress is how far the machine has come.
type Progress struct {
	Tip  chain.Tip
	Base int32 // height of the first header kept
	// BaseWanted is the height from which on headers are wanted: below Base
	// while they are being fetched.
	BaseWanted int32

	// HeadersCurrent: at least one peer has answered getheaders from our tip with
	// nothing new, every pinned address is connected or has failed, and no
	// connected peer still has to answer. Who claims a start height not above
	// ours has answered when it has been silent for SilentPeer. Once somebody has
	// answered, a peer that claims more is waited for ten seconds (a minute if it
	// is pinned, or if only one part of the network has answered), one that talks
	// on without our tip growing a minute, and one that comes when all has been
	// current for long not at all: what it has to tell changes the tip. A peer
	// whose chain lies in the future by our clock does not count. Never with less
	// work than the last checkpoint stands on.
	HeadersCurrent bool

	// Light: the person's own node is asked about blocks (BIP37), so that filters
	// count as being here.
	Light bool

	FiltersFrom int32     // first height whose filter is kept, -1 if none is wanted yet
	FilterTip   chain.Tip // filter headers are known up to here
	FiltersTip  chain.Tip // filters are on disk up to here without a gap
	BestClaim   int32     // highest start height claimed by a connected peer, a hint only
	Peers       int
	FilterPeers int
	Agreed      int // of those, how many have the same filters as we up to FilterTip

	Stages Stages
}

// Reason says why a connection ended or an address was refused.
type Reason uint8

const (
	// ReasonNone: nothing is known against the peer.
	ReasonNone Reason = iota
	// ReasonShutdown: we are leaving.
	ReasonShutdown
	// ReasonNotNeeded: another peer serves better.
	ReasonNotNeeded
	// ReasonUnsuitable: too old, or lacks services we need.
	ReasonUnsuitable
	// ReasonSelf: the connection led to ourselves.
	ReasonSelf
	// ReasonSlow: asked and not answered in time.
	ReasonSlow
	// ReasonFlood: more unsolicited data than a peer has reason to send.
	ReasonFlood
	// ReasonRefused: the person does not want it.
	ReasonRefused
	// ReasonProtocol: bytes that are no Bitcoin message, broken framing,
	// oversized or malformed messages, messages out of order.
	ReasonProtocol
	// ReasonBadHeaders: headers that break a consensus rule.
	ReasonBadHeaders
	// ReasonBadFilterHeaders: filter headers that contradict the peer's own
	// words, or the block.
	ReasonBadFilterHeaders
	// ReasonBadFilter: a filter that does not hash to its header.
	ReasonBadFilter
	// ReasonBadBlock: a block that is not what its header commits to.
	ReasonBadBlock
)

// Provable tells whether the reason is a fault that can be proved, for which an
// address is refused for BanTime.
func (r Reason) Provable() bool { return r >= ReasonProtocol }

var reasonNames = [...]string{
	ReasonNone:             "closed",
	ReasonShutdown:         "shutting down",
	ReasonNotNeeded:        "not needed",
	ReasonUnsuitable:       "unsuitable",
	ReasonSelf:             "ourselves",
	ReasonSlow:             "too slow",
	ReasonFlood:            "flooding",
	ReasonRefused:          "refused",
	ReasonProtocol:         "broken protocol",
	ReasonBadHeaders:       "bad headers",
	ReasonBadFilterHeaders: "bad filter headers",
	ReasonBadFilter:        "bad filter",
	ReasonBadBlock:         "bad block",
}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}
