package protocol

import (
	"slices"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// driveOutbox announces what has not been announced to enough peers, and
// repeats what is due. Half of the peers that take transactions, rounded up, are
// told; the others are listened to: what one of those announces has travelled.
func (m *Machine) driveOutbox() {
	if len(m.outbox) == 0 || m.unresolvedPinned() {
		return
	}
	for _, o := range m.outbox {
		if o.resting {
			continue
		}
		takers := m.takers(o)
		again := !o.offerAt.IsZero() && m.due(o.offerAt)
		if again && (!o.propagated || len(o.acked) == 0) {
			m.turnRelay() // who echoes what nobody has fetched may have made it up
		}
		if m.alone(o) {
			m.dispatch(o, takers, again)
		} else {
			m.offer(o, takers, again)
			m.remind(o)
		}
		m.wakeAt(o.offerAt)
	}
	for _, o := range m.outbox { // when all that can be told is told, children too
		if !o.resting {
			m.judgeTravel(o, m.takers(o))
		}
	}
}

// untaken tells that nobody has fetched a transaction, or nobody passed it on, for
// so long that being sent matters more than who learns of it. An echo can be made
// up: what is not mined for still longer has perhaps not left.
func (m *Machine) untaken(o *outgoing) bool {
	return (len(o.acked) == 0 || o.groups == 0) && m.due(o.since.Add(takePatience)) ||
		m.due(o.since.Add(minePatience))
}

// takers lists the peers that a transaction may be announced to: those that
// announce theirs to us, too, and if there are none for a while, or nobody takes
// it, all who want to hear of it.
func (m *Machine) takers(o *outgoing) []*peerState {
	var relay, others []*peerState
	for _, p := range m.ready() {
		switch {
		case p.info.Inbound || !p.info.TxRelay || p.noTxs:
		case p.info.Purpose == ForAll:
			relay = append(relay, p)
		case p.info.Purpose == ForBlocks:
			others = append(others, p)
		}
	}
	if len(relay) == 0 && m.due(o.since.Add(relayPatience)) {
		return others
	}
	if m.untaken(o) {
		return append(relay, others...)
	}
	return relay
}

// affords tells whether a transaction pays a floor, together with what it spends.
// A parent that pays too little by itself is asked for by whoever knows of
// packages of one parent and one child, so that it is the child that is announced.
func (m *Machine) affords(o *outgoing, floor int64) bool {
	if !pays(o.fee, o.size, floor) {
		return false
	}
	parents := m.parents(o)
	for _, parent := range parents {
		if parent.settled() || pays(parent.fee, parent.size, floor) {
			continue
		}
		if len(parents) > 1 || len(m.parents(parent)) > 0 || !pays(parent.fee+o.fee, parent.size+o.size, floor) {
			return false
		}
	}
	return true
}

// settled tells that peers may be taken to have it.
func (o *outgoing) settled() bool { return o.propagated || o.resting }

// accepts tells whether p would take o: it must pay p's floor, and p must know
// what it spends, or get it together with o.
func (m *Machine) accepts(p *peerState, o *outgoing) bool {
	if !m.affords(o, p.info.FeeFloor) {
		return false
	}
	for _, parent := range m.parents(o) {
		known := parent.settled() || parent.told[p.info.ID] || parent.echoed[p.info.ID]
		if !known && pays(parent.fee, parent.size, p.info.FeeFloor) {
			return false // to be told first
		}
	}
	return true
}

// offer announces a transaction until enough peers have been told.
func (m *Machine) offer(o *outgoing, takers []*peerState, again bool) {
	told := 0
	var plain, serving []*peerState // untold
	mixed := false
	for _, p := range takers {
		mixed = mixed || !p.info.ServesFilters()
		switch {
		case o.told[p.info.ID]:
			told++
			if again {
				m.announce(p, o)
			}
		case o.echoed[p.info.ID] || !m.accepts(p, o):
		case p.info.ServesFilters():
			serving = append(serving, p)
		default:
			plain = append(plain, p)
		}
	}
	want := (len(takers)+1)/2 + o.extra
	if m.untaken(o) {
		want = len(takers)
	}
	for ; told < want; told++ {
		from := &plain
		if len(plain) == 0 {
			from = &serving
			// Who serves us filters had better not learn what we send.
			if mixed && told >= minTold+o.extra && !m.untaken(o) {
				break
			}
		}
		if len(*from) == 0 {
			break
		}
		i := m.cfg.Rand.IntN(len(*from))
		m.announce((*from)[i], o)
		*from = slices.Delete(*from, i, i+1)
	}
	if again || o.offerAt.IsZero() && told > 0 {
		o.offerAt = m.now.Add(m.between(rebroadcastMin, rebroadcastMax))
	}
}

// remind offers a transaction again that nobody has asked for, to those who were
// told: who has just come may not have listened yet (btcd passes over what is
// announced in the moment after its handshake).
func (m *Machine) remind(o *outgoing) {
	if o.groups > 0 || len(o.acked)+len(o.fetched) > 0 || len(o.told) == 0 || o.reminders == maxReminders {
		return
	}
	if at := o.toldAt.Add(remindAfter << o.reminders); !m.due(at) {
		m.wakeAt(at)
		return
	}
	o.toldAt, o.reminders = m.now, o.reminders+1
	for _, p := range m.ready() {
		if o.told[p.info.ID] {
			m.send(p, o.inv(&p.info))
		}
	}
	m.wakeAt(m.now.Add(remindAfter << o.reminders))
}

func (m *Machine) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(m.cfg.Rand.Int64N(int64(hi-lo)))
}

// announce tells p of a transaction, which may then fetch it, and what it spends
// of ours.
func (m *Machine) announce(p *peerState, o *outgoing) {
	m.send(p, o.inv(&p.info))
	m.tell(&p.info, o)
}

// tell notes that a peer was told.
func (m *Machine) tell(info *PeerInfo, o *outgoing) {
	if !o.told[info.ID] {
		o.toldAt, o.reminders = m.now, 0
	}
	o.told[info.ID] = true
	m.open(info, o)
}

// open lets a peer fetch a transaction, and its parents. What it says of them
// proves nothing from then on.
func (m *Machine) open(info *PeerInfo, o *outgoing) {
	o.known[info.Addr] = true
	o.fetches[info.ID] = fetchesPerOffer
	if o.firstTold.IsZero() {
		o.firstTold = m.now
		o.await(m.now)
	}
	for _, parent := range m.parents(o) {
		if !parent.told[info.ID] {
			m.open(info, parent)
		}
	}
}

// getDataReceived serves our own transactions to peers they were announced to,
// and nothing else.
func (m *Machine) getDataReceived(p *peerState, msg *wire.MsgGetData) {
	for _, inv := range msg.InvList {
		if o := m.asksFor(p.info.ID, inv); o != nil {
			m.handOver(p.info.ID, o)
		}
	}
}

// asksFor is the transaction of ours that a peer asks for and may have.
func (m *Machine) asksFor(id PeerID, inv *wire.InvVect) *outgoing {
	if inv.Type != InvTypeWTx && inv.Type&^wire.InvWitnessFlag != wire.InvTypeTx {
		return nil
	}
	o := m.outgoing(inv.Hash)
	if o == nil || o.fetches[id] == 0 {
		return nil
	}
	return o
}

// handOver sends a transaction. A ping goes after it: its pong shows that the
// peer has read it.
func (m *Machine) handOver(id PeerID, o *outgoing) {
	o.fetches[id]--
	m.do(Send{Peer: id, Msg: o.tx})
	nonce := m.nonce()
	o.fetched[id] = nonce
	m.do(Send{Peer: id, Msg: &wire.MsgPing{Nonce: nonce}})
}

func (m *Machine) outboxPong(info PeerInfo, nonce uint64) {
	for _, o := range m.outbox {
		if n, ok := o.fetched[info.ID]; ok && n == nonce && !o.acked[info.ID] {
			o.acked[info.ID] = true
			m.emit(TxAcknowledged{TxID: o.txid, Peer: info})
		}
	}
}

func (m *Machine) outboxForget(p *peerState) {
	for _, o := range m.outbox {
		o.forget(p.info.ID)
	}
}

func (o *outgoing) forget(id PeerID) {
	delete(o.told, id)
	delete(o.fetched, id)
	delete(o.fetches, id)
}

// outboxNewBlock offers everything again: peers may have forgotten it. Over
// connections of their own goes only what has not travelled yet.
func (m *Machine) outboxNewBlock() {
	for _, o := range m.outbox {
		if !o.offerAt.IsZero() && !(m.alone(o) && o.propagated) {
			o.offerAt = m.now
		}
	}
}
