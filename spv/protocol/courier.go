package protocol

import (
	"slices"
	"strings"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// courier is a connection of its own for one transaction. It is no peer: it is
// asked for nothing, believed in nothing, and ends when the transaction is over,
// so that nothing else we do can be told to be done by the same person.
type courier struct {
	txid  chainhash.Hash
	addr  string
	info  PeerInfo // zero while it is being dialled
	until time.Time
	done  bool // it was handed over; what it spends may be asked for yet
}

// private tells whether transactions go over connections of their own. With
// pinned peers alone there is nobody else to give them to.
func (m *Machine) private() bool { return m.cfg.Private && !m.book.pinned }

// alone tells whether a transaction goes over connections of its own. If nobody
// could be given it so, it goes to our peers in the end: the connections to them
// are anonymous, too, and a payment that stays here is no use.
func (m *Machine) alone(o *outgoing) bool {
	return m.private() && (o.handed > 0 || !m.due(o.since.Add(courierGiveUp)))
}

// dispatch hands a transaction to a few peers of the book, unless it pays less
// than all peers we know pass on.
func (m *Machine) dispatch(o *outgoing, takers []*peerState, again bool) {
	if again {
		o.handsTo = max(o.handsTo, o.handed+1)
		o.offerAt = m.now.Add(m.between(rebroadcastMin, rebroadcastMax))
	}
	if len(takers) > 0 && !slices.ContainsFunc(takers, func(p *peerState) bool { return m.affords(o, p.info.FeeFloor) }) {
		return
	}
	away := 0
	for _, c := range m.couriers {
		if c.txid == o.txid {
			away++
		}
	}
	for ; o.handed+away < o.handsTo && m.due(o.couriedAt); away++ {
		a := m.pick(need{})
		if a == nil {
			m.resolve()
			o.couriedAt = m.now.Add(courierPause)
			m.wakeAt(o.couriedAt)
			return
		}
		a.dialing = true
		m.couriers = append(m.couriers, &courier{txid: o.txid, addr: a.addr})
		m.do(Dial{Addr: a.addr, Purpose: ForBroadcast})
	}
}

// driveCouriers ends those that take too long. Where a transaction has been heard
// of already, whoever does not ask for it may well have it.
func (m *Machine) driveCouriers() {
	for _, c := range slices.Clone(m.couriers) {
		if c.until.IsZero() || !m.due(c.until) {
			continue
		}
		o := m.outgoing(c.txid)
		if c.done || o != nil && o.groups != 0 {
			m.courierDone(c, o)
		} else {
			m.endCourier(c, ReasonSlow)
		}
	}
}

func (m *Machine) courierDone(c *courier, o *outgoing) {
	if o != nil {
		o.handed++
	}
	m.endCourier(c, ReasonNotNeeded)
}

func (m *Machine) courier(id PeerID) *courier {
	for _, c := range m.couriers {
		if c.info.ID == id {
			return c
		}
	}
	return nil
}

// courierUp takes a connection that was opened for a transaction.
func (m *Machine) courierUp(info PeerInfo) {
	i := slices.IndexFunc(m.couriers, func(c *courier) bool { return c.info.ID == 0 && c.addr == info.Addr })
	if i < 0 {
		m.do(Disconnect{Peer: info.ID, Reason: ReasonNotNeeded})
		return
	}
	c := m.couriers[i]
	c.info, c.until = info, m.now.Add(courierTimeout)
	// Nothing else is noted of it: what is remembered is told to others one day.
	if a := m.book.byAddr[c.addr]; a != nil {
		a.dialing, a.tried, a.failures, a.peer = false, true, 0, info.ID
	}
	o := m.outgoing(c.txid)
	switch {
	case o == nil || o.resting:
		m.endCourier(c, ReasonNotNeeded)
	case !info.TxRelay, o.tx.HasWitness() && strings.Contains(info.UserAgent, "/btcwire:"):
		// btcd takes no witness from whoever claims no services, as we do then.
		m.endCourier(c, ReasonUnsuitable)
	default:
		m.do(Send{Peer: info.ID, Msg: o.inv(&info)})
		m.tell(&info, o)
		if o.offerAt.IsZero() {
			o.offerAt = m.now.Add(m.between(rebroadcastMin, rebroadcastMax))
		}
		m.wakeAt(c.until)
	}
}

// courierFailed takes the failure of a dial, false if it was for something else.
func (m *Machine) courierFailed(addr string, r Reason) bool {
	i := slices.IndexFunc(m.couriers, func(c *courier) bool { return c.info.ID == 0 && c.addr == addr })
	if i < 0 {
		return false
	}
	m.dialFailed(addr, r)
	m.loseCourier(m.couriers[i])
	return true
}

// courierSaid takes what a courier says: it may fetch, and answer a ping.
func (m *Machine) courierSaid(in Input) bool {
	id, ok := peerOf(in)
	if !ok {
		return false
	}
	c := m.courier(id)
	if c == nil {
		return false
	}
	said, ok := in.(MessageReceived)
	if !ok {
		return true
	}
	switch msg := said.Msg.(type) {
	case *wire.MsgGetData:
		for _, inv := range msg.InvList {
			if o := m.asksFor(id, inv); o != nil {
				m.handOver(id, o)
			}
		}
	case *wire.MsgPing:
		m.do(Send{Peer: id, Msg: &wire.MsgPong{Nonce: msg.Nonce}})
	case *wire.MsgPong:
		m.outboxPong(c.info, msg.Nonce)
		m.courierRead(c)
	}
	return true
}

// courierRead ends a connection over which all has gone that there is. What its
// transaction spends is waited for, but not for long: most know it.
func (m *Machine) courierRead(c *courier) {
	o := m.outgoing(c.txid)
	if o != nil && !o.acked[c.info.ID] {
		return
	}
	if o != nil {
		for _, parent := range m.parents(o) {
			if !parent.propagated && !parent.acked[c.info.ID] {
				if !c.done {
					c.done, c.until = true, m.now.Add(parentPatience)
				}
				m.wakeAt(c.until)
				return
			}
		}
	}
	m.courierDone(c, o)
}

// endCourier hangs up. The address is left alone for a while.
func (m *Machine) endCourier(c *courier, r Reason) {
	m.do(Disconnect{Peer: c.info.ID, Reason: r})
	m.courierGone(c.info.ID, r)
}

// courierGone takes the end of a connection, false if it was none of a courier.
func (m *Machine) courierGone(id PeerID, r Reason) bool {
	c := m.courier(id)
	if c == nil {
		return false
	}
	if a := m.book.byAddr[c.addr]; a != nil {
		a.peer = 0
	}
	if r == ReasonNone {
		r = ReasonNotNeeded
	}
	m.punish(c.addr, r)
	m.loseCourier(c)
	return true
}

// loseCourier forgets one, and lets another take over after a pause.
func (m *Machine) loseCourier(c *courier) {
	m.couriers = slices.DeleteFunc(m.couriers, func(other *courier) bool { return other == c })
	for _, o := range m.outbox {
		o.forget(c.info.ID)
	}
	if o := m.outgoing(c.txid); o != nil && !o.acked[c.info.ID] {
		o.couriedAt = m.now.Add(courierPause)
	}
}

// peerOf is which connection an input came from.
func peerOf(in Input) (PeerID, bool) {
	switch in := in.(type) {
	case HeadersReceived:
		return in.Peer, true
	case RangeReceived:
		return in.Peer, true
	case FilterReceived:
		return in.Peer, true
	case BlockReceived:
		return in.Peer, true
	case TxReceived:
		return in.Peer, true
	case MessageReceived:
		return in.Peer, true
	}
	return 0, false
}
