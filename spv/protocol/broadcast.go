package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// outgoing is a transaction of ours on its way into the network. Half of the
// peers, rounded up, are told of it; the others are listened to: what one of
// those announces has travelled.
type outgoing struct {
	txid    chainhash.Hash
	tx      *wire.MsgTx
	told    map[PeerID]bool   // announced to, on this connection
	known   map[string]bool   // addresses announced to in this run
	fetched map[PeerID]uint64 // ping nonce sent after the transaction
	acked   map[PeerID]bool
	echoed  map[PeerID]bool
	offerAt time.Time // of the next rebroadcast
	resting bool      // not announced, though served to those who were told
}

func (m *Machine) submitTx(tx *wire.MsgTx) {
	txid := tx.TxHash()
	if o := m.outgoing(txid); o != nil {
		o.resting = false
		return
	}
	m.relay.remember(txid)
	m.outbox = append(m.outbox, &outgoing{
		txid: txid, tx: tx,
		told: make(map[PeerID]bool), known: make(map[string]bool), fetched: make(map[PeerID]uint64),
		acked: make(map[PeerID]bool), echoed: make(map[PeerID]bool),
	})
}

func (m *Machine) restTx(txid chainhash.Hash) {
	if o := m.outgoing(txid); o != nil {
		o.resting = true
	}
}

func (m *Machine) withdrawTx(txid chainhash.Hash) {
	m.outbox = slices.DeleteFunc(m.outbox, func(o *outgoing) bool { return o.txid == txid })
}

func (m *Machine) outgoing(txid chainhash.Hash) *outgoing {
	for _, o := range m.outbox {
		if o.txid == txid {
			return o
		}
	}
	return nil
}

// driveOutbox announces what has not been announced to enough peers, and
// repeats what is due.
func (m *Machine) driveOutbox() {
	if len(m.outbox) == 0 || m.unresolvedPinned() {
		return
	}
	peers := m.ready()
	if len(peers) == 0 {
		return
	}
	for _, o := range m.outbox {
		if o.resting {
			continue
		}
		if !o.offerAt.IsZero() && m.due(o.offerAt) {
			for _, p := range peers {
				if o.told[p.info.ID] {
					m.announce(p, o)
				}
			}
			o.offerAt = m.now.Add(m.between(rebroadcastMin, rebroadcastMax))
		}
		m.offer(o, peers)
		m.wakeAt(o.offerAt)
	}
}

// offer announces a transaction until half of the peers have been told.
func (m *Machine) offer(o *outgoing, peers []*peerState) {
	told := 0
	var untold []*peerState
	for _, p := range peers {
		switch {
		case o.told[p.info.ID]:
			told++
		case !o.echoed[p.info.ID]:
			untold = append(untold, p)
		}
	}
	for want := (len(peers)+1)/2 - told; want > 0 && len(untold) > 0; want-- {
		i := m.cfg.Rand.IntN(len(untold))
		o.told[untold[i].info.ID], o.known[untold[i].info.Addr] = true, true
		m.announce(untold[i], o)
		untold = slices.Delete(untold, i, i+1)
	}
	if o.offerAt.IsZero() {
		o.offerAt = m.now.Add(m.between(rebroadcastMin, rebroadcastMax))
	}
}

func (m *Machine) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(m.cfg.Rand.Int64N(int64(hi-lo)))
}

func (m *Machine) announce(p *peerState, o *outgoing) {
	inv := wire.NewMsgInv()
	txid := o.txid
	_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeTx, &txid))
	m.send(p, inv)
}

// getDataReceived serves our own transactions to peers they were announced to,
// and nothing else. A ping goes after each: its pong shows that the peer has
// read the transaction.
func (m *Machine) getDataReceived(p *peerState, msg *wire.MsgGetData) {
	for _, inv := range msg.InvList {
		if inv.Type&^wire.InvWitnessFlag != wire.InvTypeTx {
			continue
		}
		o := m.outgoing(inv.Hash)
		if o == nil || !o.told[p.info.ID] {
			continue
		}
		m.send(p, o.tx)
		nonce := m.nonce()
		o.fetched[p.info.ID] = nonce
		m.send(p, &wire.MsgPing{Nonce: nonce})
	}
}

func (m *Machine) outboxPong(p *peerState, nonce uint64) {
	for _, o := range m.outbox {
		if n, ok := o.fetched[p.info.ID]; ok && n == nonce && !o.acked[p.info.ID] {
			o.acked[p.info.ID] = true
			m.emit(TxAcknowledged{TxID: o.txid, Peer: m.infoOf(p)})
		}
	}
}

// outboxEcho takes an announcement of a transaction of ours, false if it is
// none. From a peer we told it proves nothing: btcd announces a transaction
// back to its own sender.
func (m *Machine) outboxEcho(p *peerState, txid chainhash.Hash) bool {
	o := m.outgoing(txid)
	if o == nil {
		return false
	}
	if id := p.info.ID; !o.known[p.info.Addr] && !o.echoed[id] {
		o.echoed[id] = true
		m.emit(TxEchoed{TxID: txid, Peer: m.infoOf(p)})
	}
	return true
}

func (m *Machine) outboxForget(p *peerState) {
	for _, o := range m.outbox {
		delete(o.told, p.info.ID)
		delete(o.fetched, p.info.ID)
	}
}

// outboxNewBlock offers everything again: peers may have forgotten it.
func (m *Machine) outboxNewBlock() {
	for _, o := range m.outbox {
		if !o.offerAt.IsZero() {
			o.offerAt = m.now
		}
	}
}
