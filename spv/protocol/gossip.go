package protocol

import (
	"thistle/spv/addrmgr"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// gossips tells whether a peer may tell us of addresses: one that we chose, and
// that others may know we are connected to.
func (m *Machine) gossips(p *peerState) bool {
	return p.usable() && !p.info.Inbound && p.info.Purpose == ForAll && !m.book.pinned
}

// askAddresses asks each such peer once.
func (m *Machine) askAddresses() {
	for _, p := range m.peers {
		if m.gossips(p) && !p.askedAddrs {
			p.askedAddrs = true
			p.gossip.Expect()
			m.send(p, wire.NewMsgGetAddr())
		}
	}
}

// addressesHeard takes as many addresses as the peer may tell of, whichever the
// dice choose, and those only that are of use.
func (m *Machine) addressesHeard(p *peerState, list []addrmgr.Heard) {
	if !m.gossips(p) {
		return
	}
	n := p.gossip.Take(m.now, len(list))
	m.cfg.Rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	useful := list[:0:0]
	for _, h := range list[:n] {
		if h.Services&suitable == suitable && m.book.reach.Has(h.Addr.Network()) {
			useful = append(useful, h)
		}
	}
	if m.book.known.Add(m.now, useful, netGroup(p.info.Addr)) > 0 {
		clear(m.book.nobodyFor)
	}
}
