package protocol

import (
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// await begins the time in which a transaction should be heard of.
func (o *outgoing) await(now time.Time) {
	o.judgeAt = now.Add(echoPatience)
}

// listensTo tells whether p would tell us that o has travelled: whoever was asked
// to announce transactions and did not get it from us.
func (m *Machine) listensTo(p *peerState, o *outgoing) bool {
	return m.hears(p) && p.info.Purpose == ForAll && !o.known[p.info.Addr]
}

// echo notes that p, which has announced a transaction of ours, has it from
// others. Then it has what that spends, too. From a peer we told it proves
// nothing: btcd announces a transaction back to its own sender.
func (m *Machine) echo(p *peerState, o *outgoing) {
	if o.echoed[p.info.ID] || !m.listensTo(p, o) {
		return
	}
	o.echoed[p.info.ID] = true
	o.groups |= m.relay.groups.of(p)
	m.emit(TxEchoed{TxID: o.txid, Peer: m.infoOf(p), Groups: o.groups.len()})
	for _, parent := range m.parents(o) {
		m.echo(p, parent)
	}
}

// judgeTravel tells when a transaction has travelled, and when it does not get
// on.
func (m *Machine) judgeTravel(o *outgoing, takers []*peerState) {
	if n := o.groups.len(); n > 0 && !o.propagated && n >= m.echoGroups(o) {
		o.propagated = true
		if e := m.vouched.byID[o.txid]; e != nil && e.passed {
			m.passOut(e, o)
		}
		m.emit(TxPropagated{TxID: o.txid, Groups: n})
	}
	stall, floor := m.stallOf(o, takers)
	if stall == o.stall {
		return
	}
	o.stall, o.floor = stall, floor
	if stall == StallFee && o.offerAt.IsZero() {
		// Those who are here may name floors that nobody else has: now and then
		// another is asked.
		o.offerAt = m.now.Add(rebroadcastMin)
	}
	m.emit(TxStalled{TxID: o.txid, Why: stall, Floor: floor})
}

// echoGroups is in how many parts of the network a transaction must be heard of:
// two, or as many as are listened to.
func (m *Machine) echoGroups(o *outgoing) int {
	var groups groupSet
	for _, p := range m.ready() {
		if m.listensTo(p, o) {
			groups |= m.relay.groups.of(p)
		}
	}
	return min(max(groups.len(), 1), echoesWanted)
}

// stallOf says what keeps a transaction.
func (m *Machine) stallOf(o *outgoing, takers []*peerState) (why Stall, floor int64) {
	switch {
	case o.groups != 0:
		return StallNone, 0
	case o.firstTold.IsZero():
		return m.untoldFor(o, takers)
	case m.due(o.judgeAt):
		why = m.silence(o)
		m.tellMore(o, why, len(takers))
		return why, 0
	case o.stall == StallUnasked && len(o.acked) == 0 || o.stall == StallSilent:
		return o.stall, 0
	}
	return StallNone, 0
}

// tellMore has one more peer told: whoever was told may be at fault. Somebody is
// left to be listened to, unless nobody even asked; but then perhaps all have it.
func (m *Machine) tellMore(o *outgoing, why Stall, takers int) {
	switch {
	case m.alone(o):
		o.handsTo = o.handed + 1
	case why == StallSilent && len(o.told) < takers-1, why == StallUnasked && o.extra == 0:
		o.extra++
	}
	o.await(m.now)
	m.wakeAt(m.now)
}

// silence says what it means that nobody announces a transaction.
func (m *Machine) silence(o *outgoing) Stall {
	if len(o.acked) == 0 {
		return StallUnasked
	}
	for _, p := range m.ready() {
		if m.listensTo(p, o) {
			return StallSilent
		}
	}
	if o.stall == StallSilent {
		return StallSilent
	}
	return StallNone // nobody is there to hear it from
}

// untoldFor says why nobody has been told of a transaction.
func (m *Machine) untoldFor(o *outgoing, takers []*peerState) (why Stall, floor int64) {
	for _, parent := range m.parents(o) {
		if parent.stall != StallNone {
			return parent.stall, parent.floor
		}
	}
	for _, p := range takers {
		if m.affords(o, p.info.FeeFloor) {
			takers = nil
			break
		}
		if floor == 0 || p.info.FeeFloor < floor {
			floor = p.info.FeeFloor
		}
	}
	if len(takers) == 0 {
		if m.due(o.since.Add(echoPatience)) {
			return StallNobody, 0
		}
		return StallNone, 0
	}
	if !m.due(o.since.Add(floorPatience)) {
		return StallNone, 0
	}
	return StallFee, floor
}

// Heard tells how many parts of the network have announced a transaction lately.
func (m *Machine) Heard(txid chainhash.Hash) int {
	if s := m.relay.seen.at[hashKey(txid)]; s != nil {
		return s.groups.len()
	}
	return 0
}
