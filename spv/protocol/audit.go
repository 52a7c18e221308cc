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
	deadline  time.Time
	hashes    []chainhash.Hash // answer that differs and waits for its dispute
	noCheckpt bool             // its checkpoints differ for reasons before our base
}

// driveAudits asks filter peers about heights they have not been compared at.
func (m *Machine) driveAudits() {
	for _, p := range m.ready() {
		if !p.info.ServesFilters() {
			continue
		}
		a := &p.audit
		switch {
		case a.asked && m.due(a.deadline):
			m.cool(p)
			*a = audit{noCheckpt: a.noCheckpt}
		case a.asked:
		case a.hashes != nil:
			m.compare(p)
		case m.due(p.coolUntil):
			m.startAudit(p)
		}
	}
}

func (m *Machine) startAudit(p *peerState) {
	a := &p.audit
	to := min(m.cf.tipHeight(), p.known.Height)
	if p.agreedTo >= to || m.cf.round != nil && m.cf.round.waitsFor(p) {
		return
	}
	a.from = max(p.agreedTo+1, m.cf.base)
	a.to = min(to, a.from+cfheadersPerMsg-1)
	a.checkpt = !a.noCheckpt && to-a.from >= cfheadersPerMsg
	if a.checkpt {
		a.to = to
	}
	a.stop, _ = m.tree.HashAt(a.to)
	a.asked, a.deadline = true, m.now.Add(cfheadersTimeout)
	m.wakeAt(a.deadline)
	if a.checkpt {
		m.send(p, &wire.MsgGetCFCheckpt{FilterType: wire.GCSFilterRegular, StopHash: a.stop})
		return
	}
	m.askCFHeaders(p, a.from, a.stop)
}

// cfcheckptReceived compares a peer's filter checkpoints with ours; where they
// part, the range before is looked at height by height.
func (m *Machine) cfcheckptReceived(p *peerState, msg *wire.MsgCFCheckpt) {
	a := &p.audit
	if !a.asked || !a.checkpt || msg.StopHash != a.stop || msg.FilterType != wire.GCSFilterRegular {
		return
	}
	a.asked = false
	p.cooled = 0
	if len(msg.FilterHeaders) != int(a.to/cfcheckptInterval) {
		m.drop(p, ReasonBadFilterHeaders)
		return
	}
	for i, header := range msg.FilterHeaders {
		h := int32(i+1) * cfcheckptInterval
		if want, ok := m.cfg.FilterCheckpoints[h]; ok && *header != want {
			m.drop(p, ReasonBadFilterHeaders)
			return
		}
		ours, ok := m.cf.header(h)
		if !ok || h <= p.agreedTo {
			continue
		}
		if ours != *header {
			a.noCheckpt = true
			return
		}
		p.agreedTo = h
	}
	a.noCheckpt = true // the rest is shorter than what one message holds
}

// auditReply takes cfheaders that answer an audit.
func (m *Machine) auditReply(p *peerState, stop chainhash.Hash, reply cfReply) {
	a := &p.audit
	if !a.asked || a.checkpt || stop != a.stop {
		return
	}
	if len(reply.hashes) != int(a.to-a.from)+1 {
		return // of a question from before a reorg
	}
	a.asked = false
	p.cooled = 0
	a.hashes = reply.hashes
	m.compare(p)
}

// compare goes through a peer's filter hashes and opens a dispute at the first
// that is not ours.
func (m *Machine) compare(p *peerState) {
	a := &p.audit
	for i, hash := range a.hashes {
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
			if m.cf.dispute == nil {
				m.disputeAudit(p, h, hash)
			}
			return // go on when the dispute is settled
		}
		p.agreedTo = h
	}
	*a = audit{noCheckpt: a.noCheckpt}
}
