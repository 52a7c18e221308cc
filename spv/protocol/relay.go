package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// relayState fetches each announced transaction once and forgets it, but for who
// announced it and what it spends.
//
// We name no fee floor (feefilter): a payment to us must be seen however little
// it pays, and a floor of our own would only tell us apart.
type relayState struct {
	seen     lately[*seenTx] // by both hashes
	spent    lately[*seenTx] // by what they spend
	groups   groupTable
	requests []*txRequest // oldest first
	byHash   map[chainhash.Hash]*txRequest
}

// seenTx is a transaction that was fetched, or is offered by us.
type seenTx struct {
	txid   chainhash.Hash
	groups groupSet // that announced it
	ours   bool     // it is known from us alone: nobody has given it yet
}

// txRequest is a transaction asked of one peer; the others that announced it
// are asked if it does not come.
type txRequest struct {
	hash     chainhash.Hash // as announced: with witness or without
	peer     *peerState
	others   []*peerState
	groups   groupSet
	deadline time.Time
}

func (r *relayState) init() {
	r.seen = newLately[*seenTx](2 * maxSeenTxs)
	r.spent = newLately[*seenTx](4 * maxSeenTxs)
	r.byHash = make(map[chainhash.Hash]*txRequest)
}

// remember notes a transaction and what it spends. It returns those that came
// before and spend the same.
func (r *relayState) remember(tx *wire.MsgTx, txid, wtxid chainhash.Hash, groups groupSet) (s *seenTx, rivals []chainhash.Hash) {
	s = r.seen.at[hashKey(txid)]
	if s == nil {
		s = &seenTx{txid: txid}
		r.seen.put(hashKey(txid), s)
	}
	s.groups |= groups
	r.seen.put(hashKey(wtxid), s)
	for _, in := range tx.TxIn[:min(len(tx.TxIn), maxSeenInputs)] {
		key := coinKey(in.PreviousOutPoint)
		if other := r.spent.at[key]; other != nil && other.txid != txid && !slices.Contains(rivals, other.txid) {
			rivals = append(rivals, other.txid)
		}
		r.spent.put(key, s)
	}
	return s, rivals
}

func (r *relayState) remove(q *txRequest) {
	delete(r.byHash, q.hash)
	if i := slices.Index(r.requests, q); i >= 0 {
		r.requests = slices.Delete(r.requests, i, i+1)
	}
}

// hears tells whether what a peer says of transactions counts. Who came by itself
// can be anybody any number of times.
func (m *Machine) hears(p *peerState) bool { return !m.cfg.LowData && !p.info.Inbound }

// namesTx tells whether an inventory vector names a transaction in the way that
// was agreed on with the peer.
func namesTx(p *peerState, inv *wire.InvVect) bool {
	if p.info.WTxID {
		return inv.Type == InvTypeWTx
	}
	return inv.Type&^wire.InvWitnessFlag == wire.InvTypeTx
}

// invReceived looks at what a peer announces: an unknown block leads to one
// getheaders, a transaction of ours is an echo, another unseen one is fetched
// from one peer.
func (m *Machine) invReceived(p *peerState, msg *wire.MsgInv) {
	get := wire.NewMsgGetData()
	unknownBlock := false
	for _, inv := range msg.InvList {
		switch {
		case inv.Type&^wire.InvWitnessFlag == wire.InvTypeBlock:
			if tip, best, ok := m.tree.Find(inv.Hash); !ok {
				unknownBlock = true
			} else if best {
				m.noteKnown(p, tip)
			}
		case namesTx(p, inv) && m.hears(p):
			if m.wantTx(p, inv.Hash) {
				_ = get.AddInvVect(wanted(p, inv.Hash))
			}
		}
	}
	if unknownBlock {
		m.blockAnnounced(p)
	}
	if len(get.InvList) > 0 {
		m.send(p, get)
	}
}

// wanted names a transaction as p announced it, to be given with its witness.
func wanted(p *peerState, hash chainhash.Hash) *wire.InvVect {
	if p.info.WTxID {
		return wire.NewInvVect(InvTypeWTx, &hash)
	}
	return wire.NewInvVect(wire.InvTypeWitnessTx, &hash)
}

// wantTx takes an announcement, and decides whether to ask p for it now.
func (m *Machine) wantTx(p *peerState, hash chainhash.Hash) bool {
	r := &m.relay
	o := m.outgoing(hash)
	if o != nil {
		m.echo(p, o)
		if o.known[p.info.Addr] {
			return false
		}
	}
	group := r.groups.of(p)
	// What is ours is fetched once like all else: who announces this and that, and
	// sees what is not asked for, would know.
	if s := r.seen.at[hashKey(hash)]; s != nil && !s.ours {
		if o == nil {
			m.heardAgain(p, s, group)
		}
		return false
	}
	if q := r.byHash[hash]; q != nil {
		q.groups |= group
		if q.peer != p && len(q.others) < maxTxSources && !slices.Contains(q.others, p) {
			q.others = append(q.others, p)
		}
		return false
	}
	if p.txRequests >= maxTxRequests {
		return false
	}
	q := &txRequest{hash: hash, peer: p, groups: group, deadline: m.now.Add(txTimeout)}
	r.requests = append(r.requests, q)
	r.byHash[hash] = q
	p.txRequests++
	m.wakeAt(q.deadline)
	return true
}

// heardAgain counts one more part of the network.
func (m *Machine) heardAgain(p *peerState, s *seenTx, group groupSet) {
	if s.groups&group != 0 {
		return
	}
	before := s.groups
	s.groups |= group
	m.noteHeard(s, before, p)
	m.emit(TxHeard{TxID: s.txid, Groups: s.groups.len()})
}

func (m *Machine) txReceived(p *peerState, tx *wire.MsgTx) {
	txid, wtxid := tx.TxHash(), tx.WitnessHash()
	asked, other := txid, wtxid
	if p.info.WTxID {
		asked, other = wtxid, txid
	}
	q := m.relay.byHash[asked]
	if q == nil || q.peer != p && !slices.Contains(q.others, p) {
		return
	}
	groups, by := q.groups, append(q.others, q.peer)
	m.endRequest(q)
	if q := m.relay.byHash[other]; q != nil { // somebody else announced it so
		groups, by = groups|q.groups, append(append(by, q.others...), q.peer)
		m.endRequest(q)
	}
	before := groupSet(0)
	if s := m.relay.seen.at[hashKey(txid)]; s != nil {
		before = s.groups
	}
	s, rivals := m.relay.remember(tx, txid, wtxid, groups)
	s.ours = false
	if m.outgoing(wtxid) != nil {
		return // no news
	}
	m.noteHeard(s, before, by...)
	m.emit(TxSeen{Tx: tx, Peer: m.infoOf(p), At: m.now, Groups: s.groups.len(), Rivals: rivals})
}

func (m *Machine) endRequest(q *txRequest) {
	q.peer.txRequests--
	m.relay.remove(q)
}

func (m *Machine) txNotFound(p *peerState, hash chainhash.Hash) {
	if q := m.relay.byHash[hash]; q != nil && q.peer == p {
		m.askNext(q)
	}
}

// askNext turns to the next peer that announced a transaction, or gives up.
func (m *Machine) askNext(q *txRequest) {
	q.peer.txRequests--
	for len(q.others) > 0 {
		p := q.others[0]
		q.others = q.others[1:]
		if p.leaving || m.peer(p.info.ID) != p {
			continue
		}
		q.peer, q.deadline = p, m.now.Add(txTimeout)
		p.txRequests++
		get := wire.NewMsgGetData()
		_ = get.AddInvVect(wanted(p, q.hash))
		m.send(p, get)
		m.wakeAt(q.deadline)
		return
	}
	m.relay.remove(q)
}

func (m *Machine) releaseTxs(p *peerState) {
	for _, q := range slices.Clone(m.relay.requests) {
		if q.peer == p {
			m.askNext(q)
		}
	}
}

func (m *Machine) driveRelay() {
	for _, q := range slices.Clone(m.relay.requests) {
		if m.due(q.deadline) {
			m.askNext(q)
		}
	}
}
