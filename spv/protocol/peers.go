package protocol

import (
	"slices"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// peerState is what the machine knows of one connection.
type peerState struct {
	info    PeerInfo
	role    role
	spared  bool // from being replaced for being slow
	merit   merit
	leaving bool   // Disconnect was asked for
	reason  Reason // why, if so
	up      bool   // PeerUp was told

	// Headers.
	asking      bool
	askedAt     time.Time
	askedFrom   chainhash.Hash // our tip when it was asked
	answeredTip chainhash.Hash // our tip when it had nothing new
	askedTip    chainhash.Hash // our tip when it was asked for the tip itself
	known       chain.Tip      // highest block of our best chain it has shown to know, or genesis
	last        chain.Tip      // last header it gave, on whichever branch; zero if none
	highest     int32          // highest header it ever gave
	news        bool           // it announced a block while it was being asked
	invited     bool           // it is asked because it announced a block
	ahead       bool           // its chain lies in the future by our clock
	idle        int            // messages of headers in a row that told nothing
	unconnected int
	bluffs      int // blocks it announced in a row and had no header of
	holdUntil   time.Time
	ranges      rangeShare
	trail       *chain.Trail // of a branch there is no room for
	proved      chain.Work   // that a branch of it has shown to have

	// Compact filters.
	coolUntil      time.Time
	cooled         int
	gaveFilters    bool  // it has answered a question about filters
	refusedFilters bool  // it has not, and let the last one lie: it is left alone for a while
	doubtful       bool  // it is asked again after that
	agreedTo       int32 // its filter hashes equal ours up to here
	audit          audit
	bulk           bulkPeer
	leases         []*lease
	filterBy       deadline // of the next filter while there are leases
	pace           pace

	// Blocks.
	owesBlock bool // it let a request lie, and has given no block since

	// Transactions.
	txRequests int
	group      groupSet // of its own, 0 before it was needed
	noTxs      bool     // its fee floor says that it takes none

	guest guestState

	// What it asked of us, and what is to be offered to it.
	serving int
	trickle trickle

	// Addresses.
	askedAddrs bool
	gossip     addrmgr.Allowance

	// Pings.
	pingNonce uint64
	pingSent  time.Time // zero if none is under way
	pingNext  time.Time
}

func (m *Machine) peerConnected(info PeerInfo) {
	if info.Inbound {
		m.guestConnected(info)
		return
	}
	m.met(&info)
	p := &peerState{info: info, pingNext: m.now, agreedTo: m.cf.base - 1, ranges: rangeShare{lanes: firstLanes}}
	m.peers = append(m.peers, p)
	slices.SortFunc(m.peers, func(a, b *peerState) int { return int(int64(a.info.ID) - int64(b.info.ID)) })
	m.clock.note(p)
	if r := m.admit(p); r != ReasonNone {
		m.drop(p, r)
		if a := m.book.byAddr[info.Addr]; r == ReasonNotNeeded && info.ServesFilters() && a != nil {
			a.retryAt = m.now.Add(redialMin) // no fault of its own, and soon needed, perhaps
		}
		return
	}
	if p.role == roleNone {
		return
	}
	p.merit.newcomer = m.settled()
	m.retryBlocks()
	m.send(p, &wire.MsgSendHeaders{})
	p.up = true
	m.emit(PeerUp{Peer: m.infoOf(p)})
}

func (m *Machine) baseTip() chain.Tip {
	b := m.tree.Base()
	return chain.Tip{Height: b.Height, Hash: b.Hash}
}

// usable tells whether the peer may be asked and believed: one of our choice that
// is not being disconnected.
func (p *peerState) usable() bool { return !p.leaving && p.role != roleNone }

// servesFilters tells whether the peer may be asked for compact filters.
func (p *peerState) servesFilters() bool {
	return p.usable() && (p.info.ServesFilters() || p.mayServeFilters())
}

// mayServeFilters tells of a peer named by the person that claims nothing, as one
// like us does that holds filters of some blocks only. It is asked until it has
// been silent, and again after a while, or when it knows more: it may have been
// fetching them itself. A full node without filters would hang up instead.
func (p *peerState) mayServeFilters() bool {
	return p.info.Pinned && !p.info.ServesBlocks() && !p.refusedFilters
}

// namesPoints tells whether the peer may be asked for filter checkpoints: they go
// down to the first block, and who has filters of some blocks only may lack them.
func (p *peerState) namesPoints() bool { return p.info.ServesFilters() }

// drop asks for the end of a connection.
func (m *Machine) drop(p *peerState, r Reason) {
	if p.leaving {
		return
	}
	p.leaving, p.reason = true, r
	m.do(Disconnect{Peer: p.info.ID, Reason: r})
	m.forgive(p)
	m.punish(p.info.Addr, r)
	m.forget(p)
}

// forget lets go of everything that waits for a peer.
func (m *Machine) forget(p *peerState) {
	if m.lead == p.info.ID {
		m.lead = 0
	}
	m.releaseRanges(p)
	m.cf.forget(p)
	m.releaseLeases(p)
	m.releaseBlocks(p)
	m.releaseTxs(p)
	m.outboxForget(p)
}

func (m *Machine) peerDisconnected(id PeerID, r Reason) {
	if i := slices.IndexFunc(m.inbound.guests, func(p *peerState) bool { return p.info.ID == id }); i >= 0 {
		m.guestDisconnected(i, r)
		return
	}
	i := slices.IndexFunc(m.peers, func(p *peerState) bool { return p.info.ID == id })
	if i < 0 {
		return
	}
	p := m.peers[i]
	if p.leaving {
		r = p.reason
	} else {
		m.forgive(p)
		m.punish(p.info.Addr, r)
		m.forget(p)
	}
	m.peers = slices.Delete(m.peers, i, i+1)
	m.parted(p, r)
	if p.up {
		m.emit(PeerDown{Peer: p.info, Reason: r})
	}
}
