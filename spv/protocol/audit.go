package protocol

import (
	"time"

	"thistle/spv/cfilter"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// audit compares one filter peer with filter headers that were agreed without
// it. A peer that came late, or was late to hear of a block, is heard all the
// same: one honest peer is enough to uncover a lie, whenever it comes.
type audit struct {
	asked     bool
	checkpt   bool // a cfcheckpt is awaited, not cfheaders
	from, to  int32
	stop      chainhash.Hash
	at        time.Time // of the question
	claim     *cfClaim  // answer that differs and waits for its dispute
	noCheckpt bool      // its checkpoints differ for reasons before our base
}

func (a *audit) idle() bool { return !a.asked && a.claim == nil }

// about tells whether the answer awaited is for a range.
func (a *audit) about(r *cfRange) bool {
	return a.asked && !a.checkpt && a.from == r.from && a.stop == r.stop
}

// driveAudits asks filter peers about heights they have not been compared at.
func (m *Machine) driveAudits() {
	for _, p := range m.ready() {
		if !p.servesFilters() {
			continue
		}
		a := &p.audit
		if a.asked && m.due(p.silentSince(a.at).Add(cfheadersTimeout)) {
			*a = audit{noCheckpt: a.noCheckpt}
			m.cool(p)
		}
		if a.claim != nil {
			m.compare(p)
		}
		if a.idle() && m.due(p.coolUntil) {
			m.startAudit(p)
		}
	}
}

func (m *Machine) startAudit(p *peerState) {
	to := min(m.cf.tipHeight(), p.known.Height)
	if b := m.cf.bulk; b != nil && (p.bulk.asked || p.bulk.group != nil) {
		if b.next == b.from || p.bulk.asked {
			return // it may turn out to agree on everything
		}
		to = min(to, b.from-1) // what comes after is compared by its group
	}
	if p.agreedTo >= to || m.cf.round != nil && m.cf.round.heard(p) {
		return
	}
	from := max(p.agreedTo+1, m.cf.base)
	if p.audit.noCheckpt || !p.namesPoints() || to-from < cfheadersPerMsg {
		m.askAudit(p, from, min(to, from+cfheadersPerMsg-1))
		return
	}
	a := m.await(p, from, to)
	a.checkpt = true
	m.send(p, &wire.MsgGetCFCheckpt{FilterType: wire.GCSFilterRegular, StopHash: a.stop})
}

// askAudit asks a peer for filter headers to be compared with ours.
func (m *Machine) askAudit(p *peerState, from, to int32) {
	m.askCFHeaders(p, from, m.await(p, from, to).stop)
}

func (m *Machine) await(p *peerState, from, to int32) *audit {
	a := &p.audit
	a.from, a.to, a.asked, a.checkpt = from, to, true, false
	a.stop, _ = m.tree.HashAt(to)
	a.at = m.now
	m.wakeAt(m.now.Add(cfheadersTimeout))
	return a
}

// auditCheckpoints compares a peer's filter checkpoints with ours; where they
// part, the range before is looked at height by height.
func (m *Machine) auditCheckpoints(p *peerState, msg *wire.MsgCFCheckpt) {
	a := &p.audit
	if !a.asked || !a.checkpt || msg.StopHash != a.stop {
		return
	}
	a.asked = false
	p.cooled = 0
	if points := m.points(p, msg, a.to); points != nil {
		m.agreeOn(p, points)
		a.noCheckpt = true // the rest differs, or is shorter than a message
	}
}

// agreeOn notes how far a peer's checkpoints are ours.
func (m *Machine) agreeOn(p *peerState, points []chainhash.Hash) {
	for i, point := range points {
		h := int32(i+1) * cfcheckptInterval
		if h <= p.agreedTo {
			continue
		}
		if ours, ok := m.cf.header(h); h >= m.cf.base && (!ok || ours != point) {
			return
		} else if ok {
			p.agreedTo = max(p.agreedTo, h)
		}
	}
}

// auditReply takes cfheaders that answer an audit or a round.
func (m *Machine) auditReply(p *peerState, msg *wire.MsgCFHeaders) {
	a := &p.audit
	if !a.asked || a.checkpt || msg.StopHash != a.stop {
		return
	}
	c := claimOf(msg, a.to-a.from+1)
	if c == nil {
		return // of a question from before a reorg
	}
	p.cooled = 0
	if m.contradictsKnown(a.from, c) {
		m.drop(p, ReasonBadFilterHeaders)
		return
	}
	if !m.roundReply(p, c) {
		a.asked, a.claim = false, c
		m.compare(p)
	}
}

// compare goes through a peer's filter hashes and opens a dispute at the first
// that is not ours.
func (m *Machine) compare(p *peerState) {
	a := &p.audit
	if ours, ok := m.cf.header(a.from - 1); ok && ours == a.claim.prev {
		p.agreedTo = max(p.agreedTo, a.from-1) // the header commits to all before
	}
	if p.agreedTo < a.from-1 {
		*a = audit{noCheckpt: a.noCheckpt} // what lies before comes first
		return
	}
	for i, hash := range a.claim.hashes {
		h := a.from + int32(i)
		if h <= p.agreedTo {
			continue
		}
		prev, ok1 := m.cf.header(h - 1)
		ours, ok2 := m.cf.header(h)
		if !ok1 || !ok2 {
			break
		}
		if !m.cf.direct[h] && cfilter.NextHeader(hash, prev) != ours {
			if m.cf.dispute == nil && m.mayDispute(p) {
				m.disputeAudit(p, h, hash)
			}
			return // go on when the dispute is settled
		}
		p.agreedTo = h
	}
	*a = audit{noCheckpt: a.noCheckpt}
}
