package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// vouchGroups is in how many parts of the network outbound peers must have
	// announced a transaction before we hand it on: we cannot check it.
	vouchGroups = 2
	// maxVouched bounds the transactions heard of, maxVouchedBytes those held,
	// vouchedFor how long.
	maxVouched      = 10_000
	maxVouchedBytes = 5 << 20
	vouchedFor      = 15 * time.Minute
	// guestTrickle and peerTrickle are the mean pauses before what is new is
	// offered: as Bitcoin Core's, so that nobody can tell who had it first.
	guestTrickle = 5 * time.Second
	peerTrickle  = 2 * time.Second
	// trickleMost bounds the transactions in one message, maxTrickle those that
	// wait for one peer.
	trickleMost = 1000
	maxTrickle  = 5 * trickleMost
)

// vouched is the transactions that are handed on: those that several outbound
// peers stand by. Ours are among them once they have come back, and not before,
// so that who asks us cannot tell them apart.
type vouched struct {
	byID     map[chainhash.Hash]*vouchedTx // by txid and wtxid
	list     []*vouchedTx                  // oldest first
	bytes    int
	guestsAt time.Time // when guests are told next; zero if there is nothing
}

// vouchedTx is one of them.
type vouchedTx struct {
	ids     []chainhash.Hash // the one first heard of, then all
	tx      *wire.MsgTx      // nil before it has come
	size    int
	own     bool
	groups  []string // that announced it
	knows   []PeerID // who announced it
	offered []PeerID // who may ask for it
	passed  bool     // it was queued to be offered
	at      time.Time
}

// trickle is what waits to be offered to a peer.
type trickle struct {
	queue []*vouchedTx
	at    time.Time // when, for outbound peers; zero if there is nothing
}

// relays tells whether transactions are handed on at all.
func (m *Machine) relays() bool { return m.cfg.Serve && !m.cfg.LowData }

func isTx(t wire.InvType) bool { return t&^wire.InvWitnessFlag == wire.InvTypeTx || t == InvTypeWTx }

// vouchHeard notes who announces what.
func (m *Machine) vouchHeard(p *peerState, msg *wire.MsgInv) {
	if !m.relays() {
		return
	}
	group := groupOf(p)
	for _, inv := range msg.InvList {
		if !isTx(inv.Type) {
			continue
		}
		e := m.vouched.entry(inv.Hash, m.now)
		if !slices.Contains(e.knows, p.info.ID) {
			e.knows = append(e.knows, p.info.ID)
		}
		if !slices.Contains(e.groups, group) {
			e.groups = append(e.groups, group)
			m.passOn(e)
		}
	}
}

// entry finds what is known of a transaction, or begins it. What was heard of
// longest ago makes room.
func (v *vouched) entry(id chainhash.Hash, now time.Time) *vouchedTx {
	if e := v.byID[id]; e != nil {
		return e
	}
	if len(v.list) >= maxVouched {
		v.remove(v.list[0])
	}
	if v.byID == nil {
		v.byID = make(map[chainhash.Hash]*vouchedTx)
	}
	e := &vouchedTx{ids: []chainhash.Hash{id}, at: now}
	v.byID[id] = e
	v.list = append(v.list, e)
	return e
}

func (v *vouched) remove(e *vouchedTx) {
	for _, id := range e.ids {
		if v.byID[id] == e {
			delete(v.byID, id)
		}
	}
	if i := slices.Index(v.list, e); i == 0 {
		v.list = v.list[1:] // mostly, and it must not cost much
	} else if i > 0 {
		v.list = slices.Delete(v.list, i, i+1)
	}
	v.bytes -= e.size
	e.tx, e.size = nil, 0
}

// vouchBody keeps a transaction that was announced.
func (m *Machine) vouchBody(tx *wire.MsgTx) {
	if !m.relays() {
		return
	}
	v := &m.vouched
	txid, wtxid := tx.TxHash(), tx.WitnessHash()
	e, other := v.byID[txid], v.byID[wtxid]
	if e == nil {
		e, other = other, nil
	}
	if e == nil || e.tx != nil {
		return
	}
	if other != nil && other != e { // announced by both names
		for _, g := range other.groups {
			if !slices.Contains(e.groups, g) {
				e.groups = append(e.groups, g)
			}
		}
		e.knows = append(e.knows, other.knows...)
		v.remove(other)
	}
	v.hold(e, tx, []chainhash.Hash{txid, wtxid})
	m.passOn(e)
}

// hold keeps the transaction itself, for which old ones make room.
func (v *vouched) hold(e *vouchedTx, tx *wire.MsgTx, ids []chainhash.Hash) {
	e.tx, e.size, e.ids = tx, tx.SerializeSize(), ids
	for _, id := range ids {
		v.byID[id] = e
	}
	v.bytes += e.size
	for v.bytes > maxVouchedBytes && v.list[0] != e {
		v.remove(v.list[0])
	}
}

// passOn queues a transaction that enough stand by, once.
func (m *Machine) passOn(e *vouchedTx) {
	if e.passed || len(e.groups) < vouchGroups {
		return
	}
	o := m.outgoing(e.ids[0])
	e.own = o != nil
	if e.tx == nil {
		if o == nil {
			return
		}
		m.vouched.hold(e, o.tx, []chainhash.Hash{o.txid, o.tx.WitnessHash()})
	}
	e.passed = true
	for _, p := range m.inbound.present() {
		if p.info.TxRelay && !p.noTxs && len(p.trickle.queue) < maxTrickle {
			p.trickle.queue = append(p.trickle.queue, e)
			if m.vouched.guestsAt.IsZero() {
				m.vouched.guestsAt = m.soon(guestTrickle)
			}
		}
	}
	if o == nil || o.propagated {
		m.passOut(e, o)
	}
}

// passOut queues a transaction for outbound peers. Ours go to them as broadcasts
// do, and once they have travelled to those, too, that were only listened to: who
// hears everything from us but one would know whose that is.
func (m *Machine) passOut(e *vouchedTx, o *outgoing) {
	for _, p := range m.ready() {
		if !p.info.TxRelay || p.noTxs || p.info.Purpose != ForAll || slices.Contains(e.knows, p.info.ID) || len(p.trickle.queue) >= maxTrickle {
			continue
		}
		if o != nil && o.known[p.info.Addr] {
			continue
		}
		p.trickle.queue = append(p.trickle.queue, e)
		if p.trickle.at.IsZero() {
			p.trickle.at = m.soon(peerTrickle)
		}
	}
}

// soon is a moment that tells nothing: the next of a Poisson process.
func (m *Machine) soon(mean time.Duration) time.Time {
	return m.now.Add(min(time.Duration(m.cfg.Rand.ExpFloat64()*float64(mean)), 10*mean))
}

// driveVouched offers what is due and forgets what is old. All guests are told at
// the same time: who connects many times hears nothing sooner.
func (m *Machine) driveVouched() {
	v := &m.vouched
	for len(v.list) > 0 && m.due(v.list[0].at.Add(vouchedFor)) {
		v.remove(v.list[0])
	}
	if !v.guestsAt.IsZero() && m.due(v.guestsAt) {
		v.guestsAt = time.Time{}
		for _, p := range m.inbound.present() {
			if m.offerVouched(p, vouchGroups); len(p.trickle.queue) > 0 && v.guestsAt.IsZero() {
				v.guestsAt = m.soon(guestTrickle)
			}
		}
	}
	for _, p := range m.ready() {
		if p.trickle.at.IsZero() || !m.due(p.trickle.at) {
			continue
		}
		p.trickle.at = time.Time{}
		if m.offerVouched(p, max(vouchGroups, m.relayGroups()/2)); len(p.trickle.queue) > 0 {
			p.trickle.at = m.soon(peerTrickle)
		}
	}
	m.wakeAt(v.guestsAt)
}

// relayGroups is from how many parts of the network transactions come. Two liars
// must not have us tell the others what makes those refuse us: half of all parts
// must stand by what outbound peers are offered.
func (m *Machine) relayGroups() int {
	groups := make(map[string]bool)
	for _, p := range m.ready() {
		if p.info.TxRelay && p.info.Purpose == ForAll {
			groups[groupOf(p)] = true
		}
	}
	return len(groups)
}

// offerVouched announces what waits for a peer, where enough stand by it.
func (m *Machine) offerVouched(p *peerState, enough int) {
	inv := wire.NewMsgInv()
	for len(p.trickle.queue) > 0 && len(inv.InvList) < trickleMost {
		e := p.trickle.queue[0]
		p.trickle.queue = p.trickle.queue[1:]
		if e.tx == nil || len(e.groups) < enough || slices.Contains(e.knows, p.info.ID) {
			continue
		}
		if o := m.outgoing(e.ids[0]); o != nil && !p.info.Inbound {
			if o.told[p.info.ID] {
				continue
			}
			o.known[p.info.Addr] = true // what it says of it proves nothing
		}
		e.offered = append(e.offered, p.info.ID)
		item := wire.NewInvVect(wire.InvTypeTx, &e.ids[0])
		if p.info.WTxID {
			item = wire.NewInvVect(InvTypeWTx, &e.ids[1])
		}
		inv.InvList = append(inv.InvList, item)
	}
	if len(inv.InvList) > 0 {
		m.send(p, inv)
	}
}

// vouchAsked serves what was offered, once.
func (m *Machine) vouchAsked(p *peerState, msg *wire.MsgGetData) {
	for _, inv := range msg.InvList {
		e := m.vouched.byID[inv.Hash]
		if e == nil || e.tx == nil || !isTx(inv.Type) {
			continue
		}
		i := slices.Index(e.offered, p.info.ID)
		if i < 0 {
			continue
		}
		e.offered = slices.Delete(e.offered, i, i+1)
		if o := m.outgoing(inv.Hash); o != nil && o.told[p.info.ID] {
			continue // it has it from there
		}
		m.send(p, e.tx)
		if !p.info.Inbound {
			// As after ours (see handOver), or the lack of it would tell them apart.
			m.send(p, &wire.MsgPing{Nonce: m.nonce()})
		}
		if !e.own {
			m.given.Txs++
		}
		m.given.Messages++
		m.given.Bytes += uint64(e.size)
	}
}

// guestGetData serves what was offered. Blocks are refused, so that nobody waits.
func (m *Machine) guestGetData(p *peerState, msg *wire.MsgGetData) {
	m.vouchAsked(p, msg)
	refused := wire.NewMsgNotFound()
	for _, inv := range msg.InvList {
		if !isTx(inv.Type) {
			refused.InvList = append(refused.InvList, inv)
		}
	}
	if len(refused.InvList) > 0 {
		m.send(p, refused)
	}
}
