package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// relayState fetches each announced transaction once and forgets it.
type relayState struct {
	seen     map[chainhash.Hash]bool // fetched
	ring     []chainhash.Hash        // the same in order, to forget the oldest
	pos      int
	requests []*txRequest // oldest first
	byID     map[chainhash.Hash]*txRequest
}

// txRequest is a transaction asked of one peer; the others that announced it
// are asked if it does not come.
type txRequest struct {
	txid     chainhash.Hash
	peer     *peerState
	others   []*peerState
	deadline time.Time
}

func (r *relayState) init() {
	r.seen = make(map[chainhash.Hash]bool)
	r.byID = make(map[chainhash.Hash]*txRequest)
}

func (r *relayState) remember(txid chainhash.Hash) {
	if r.seen[txid] {
		return
	}
	if len(r.ring) < maxSeenTxs {
		r.ring = append(r.ring, txid)
	} else {
		delete(r.seen, r.ring[r.pos])
		r.ring[r.pos] = txid
		r.pos = (r.pos + 1) % maxSeenTxs
	}
	r.seen[txid] = true
}

func (r *relayState) remove(q *txRequest) {
	delete(r.byID, q.txid)
	if i := slices.Index(r.requests, q); i >= 0 {
		r.requests = slices.Delete(r.requests, i, i+1)
	}
}

// invReceived looks at what a peer announces: an unknown block leads to one
// getheaders, a transaction of ours is an echo, another unseen one is fetched
// from one peer.
func (m *Machine) invReceived(p *peerState, msg *wire.MsgInv) {
	get := wire.NewMsgGetData()
	unknownBlock := false
	for _, inv := range msg.InvList {
		switch inv.Type &^ wire.InvWitnessFlag {
		case wire.InvTypeBlock:
			if tip, best, ok := m.tree.Find(inv.Hash); !ok {
				unknownBlock = true
			} else if best {
				m.noteKnown(p, tip)
			}
		case wire.InvTypeTx:
			if m.outboxEcho(p, inv.Hash) {
				continue
			}
			if m.wantTx(p, inv.Hash) {
				hash := inv.Hash
				_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &hash))
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

// wantTx decides whether to ask p for a transaction now.
func (m *Machine) wantTx(p *peerState, txid chainhash.Hash) bool {
	r := &m.relay
	if r.seen[txid] {
		return false
	}
	if q := r.byID[txid]; q != nil {
		if q.peer != p && len(q.others) < DefaultPeers && !slices.Contains(q.others, p) {
			q.others = append(q.others, p)
		}
		return false
	}
	if p.txRequests >= maxTxRequests {
		return false
	}
	q := &txRequest{txid: txid, peer: p, deadline: m.now.Add(txTimeout)}
	r.requests = append(r.requests, q)
	r.byID[txid] = q
	p.txRequests++
	m.wakeAt(q.deadline)
	return true
}

func (m *Machine) txReceived(p *peerState, tx *wire.MsgTx) {
	txid := tx.TxHash()
	q := m.relay.byID[txid]
	if q == nil || q.peer != p && !slices.Contains(q.others, p) {
		return
	}
	q.peer.txRequests--
	m.relay.remove(q)
	m.relay.remember(txid)
	m.emit(TxSeen{Tx: tx, Peer: m.infoOf(p), At: m.now})
}

func (m *Machine) txNotFound(p *peerState, txid chainhash.Hash) {
	if q := m.relay.byID[txid]; q != nil && q.peer == p {
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
		hash := q.txid
		get := wire.NewMsgGetData()
		_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &hash))
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
