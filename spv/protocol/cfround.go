package protocol

import (
	"time"

	"thistle/spv/addrmgr"
)

// cfRound asks all filter peers at once for the range that follows our last
// filter header. The questions are audits ahead of time: who answers too late to
// be heard before the commit is compared with it.
type cfRound struct {
	cfRange
	by    time.Time // when those who have answered must do; zero before the first
	early int       // peers asked for the filters too
}

func (m *Machine) startRound(from, to int32) {
	r := &cfRound{cfRange: cfRange{from: from, to: to}}
	r.stop, _ = m.tree.HashAt(to)
	m.cf.round = r
	m.askRound(r)
}

// askRound asks whoever has come to know the range and not been asked, and
// lists those whose answers are awaited.
func (m *Machine) askRound(r *cfRound) []*peerState {
	for _, p := range m.filterPeers(r.to - 1) {
		if p.audit.idle() && !r.heard(p) {
			m.askAudit(p, r.from, r.to)
			m.askEarly(r, p)
		}
	}
	var pending []*peerState
	for _, p := range m.ready() {
		if p.audit.about(&r.cfRange) {
			pending = append(pending, p)
		}
	}
	return pending
}

// driveRound settles a round when enough peers have answered.
func (m *Machine) driveRound() {
	r := m.cf.round
	pending := m.askRound(r)
	if len(r.claims) == 0 {
		if len(pending) == 0 {
			m.cf.round = nil
		}
		return
	}
	if r.by.IsZero() {
		r.by = m.now.Add(quorumWait)
	}
	enough := m.live(r) || isQuorum(r.peers(), pending) || m.due(r.by)
	if enough && m.settle(&r.cfRange) {
		m.cf.round = nil
	}
}

// live tells whether a round is about blocks that have just come, for which the
// first answer will do.
func (m *Machine) live(r *cfRound) bool { return r.count() <= liveBlocks && m.cf.count() > 0 }

// roundReply takes an answer that a round waits for; false if it is none.
func (m *Machine) roundReply(p *peerState, c *cfClaim) bool {
	r := m.cf.round
	if r == nil || !p.audit.about(&r.cfRange) {
		return false
	}
	p.audit = audit{noCheckpt: p.audit.noCheckpt}
	r.hear(c, p)
	return true
}

// isQuorum tells whether those who have been heard are enough to go on without
// those who are awaited: half of all, and in different parts of the network.
func isQuorum(heard, pending []*peerState) bool {
	return len(pending) == 0 || countGroups(heard) >= quorumGroups && len(heard) >= len(pending)
}

// countGroups counts the parts of the network that peers are in.
func countGroups(peers []*peerState) int {
	groups := make(map[string]bool)
	for _, p := range peers {
		groups[groupOf(p)] = true
	}
	return len(groups)
}

// groupOf names the part of the network a peer is in. A name is one of its own.
func groupOf(p *peerState) string {
	if g := netGroup(p.info.Addr); g != (addrmgr.Group{}) {
		return string(g[:])
	}
	return p.info.Addr
}
