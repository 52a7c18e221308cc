package protocol

import (
	"slices"
	"time"
)

// ownNode is a peer named by the person. It comes first as long as it works; it
// must not be the end of everything when it does not.
type ownNode struct {
	addr    string
	peer    *peerState // nil while it is not connected
	worksAt time.Time  // when it was last seen to work
	stuck   bool
}

// ownNodes are the addresses named by the person, with what is known of them.
func (m *Machine) ownNodes() []*ownNode {
	if len(m.own) == m.book.kept() {
		return m.own
	}
	old := m.own
	m.own = nil
	for _, a := range m.book.list {
		if !a.pinned {
			continue
		}
		o := &ownNode{addr: a.addr}
		if i := slices.IndexFunc(old, func(o *ownNode) bool { return o.addr == a.addr }); i >= 0 {
			o = old[i]
		}
		m.own = append(m.own, o)
	}
	return m.own
}

// driveOwn notices which of the person's own nodes make no progress.
func (m *Machine) driveOwn() {
	for _, o := range m.ownNodes() {
		o.peer = nil
		for _, p := range m.ready() {
			if p.info.Addr == o.addr && p.info.Pinned {
				o.peer = p
			}
		}
		if o.worksAt.IsZero() || m.works(o.peer) {
			o.worksAt, o.stuck = m.now, false
		}
		if !o.stuck && m.due(o.worksAt.Add(ownPatience)) && (m.book.pinned || m.othersWork()) {
			o.stuck = true
			m.warn(Warning{Kind: WarnNodeStuck, Peer: o.addr})
		}
	}
}

// works tells whether a peer has nothing to be blamed for: it knows our tip or
// gives us something, and answers what it is asked.
func (m *Machine) works(p *peerState) bool {
	if p == nil {
		return false
	}
	gives := !m.due(p.merit.gave.Add(ownPatience)) || !m.due(p.info.Since.Add(ownPatience))
	return (gives || m.answered(p) && p.info.StartHeight <= m.tree.Tip().Height && !m.lags(p)) &&
		p.merit.unserved == 0 && !m.mute(p)
}

// lags tells whether a peer knows less than another.
func (m *Machine) lags(p *peerState) bool {
	return slices.ContainsFunc(m.ready(), func(q *peerState) bool { return q.known.Height > p.known.Height })
}

// mute tells of a filter peer named by the person, which stays whatever it does,
// that it has answered nothing about filters for long.
func (m *Machine) mute(p *peerState) bool {
	return p.info.Pinned && (p.gaveFilters || p.info.ServesFilters()) && p.cooled > maxCooled && !m.now.Before(p.merit.filterAt.Add(fullBlocksAfter))
}

// othersWork tells whether anybody but the person's own nodes is of use.
func (m *Machine) othersWork() bool {
	for _, p := range m.ready() {
		if !p.info.Pinned && m.answered(p) {
			return true
		}
	}
	return false
}

// ownStuck counts the person's own nodes that make no progress, and those that
// there are.
func (m *Machine) ownStuck() (stuck, all int) {
	for _, o := range m.own {
		if o.stuck {
			stuck++
		}
	}
	return stuck, len(m.own)
}

// favoured tells whether a peer is the person's own and works: what tells of the
// wallet, blocks above all, is asked of it first.
func (m *Machine) favoured(p *peerState) bool {
	for _, o := range m.own {
		if o.peer == p {
			return !o.stuck
		}
	}
	return false
}
