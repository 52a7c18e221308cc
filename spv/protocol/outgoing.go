package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// outgoing is a transaction of ours on its way into the network.
type outgoing struct {
	txid, wtxid chainhash.Hash
	tx          *wire.MsgTx
	fee, size   int64 // satoshi, 0 if unknown; virtual bytes

	told    map[PeerID]bool   // announced to, on this connection
	known   map[string]bool   // addresses announced to in this run
	fetches map[PeerID]int    // how often it will still be given to whom
	fetched map[PeerID]uint64 // ping nonce sent after the transaction
	acked   map[PeerID]bool
	echoed  map[PeerID]bool
	groups  groupSet  // parts of the network that echoed
	offerAt time.Time // of the next rebroadcast
	resting bool      // not announced, though served to those who were told

	since      time.Time // it is offered
	firstTold  time.Time // the first was told, zero if nobody yet
	toldAt     time.Time // somebody was told last
	reminders  int       // to all who were told, since then
	judgeAt    time.Time // when it should have been heard of
	extra      int       // to be told beyond half, since nobody passes it on
	propagated bool
	stall      Stall
	floor      int64

	handed    int       // to peers over connections of their own
	handsTo   int       // how many of those it should get
	couriedAt time.Time // when the next may be sent
}

func newOutgoing(tx *wire.MsgTx, fee int64, now time.Time) *outgoing {
	return &outgoing{
		txid: tx.TxHash(), wtxid: tx.WitnessHash(), tx: tx,
		fee: max(fee, 0), size: int64(3*tx.SerializeSizeStripped()+tx.SerializeSize()+3) / 4,
		told: make(map[PeerID]bool), known: make(map[string]bool),
		fetches: make(map[PeerID]int), fetched: make(map[PeerID]uint64),
		acked: make(map[PeerID]bool), echoed: make(map[PeerID]bool),
		since: now, handsTo: couriersPerTx,
	}
}

// pays tells whether so much is enough for a peer with this floor. What is not
// known is left for the peer to decide.
func pays(fee, size, floor int64) bool { return fee == 0 || fee*1000 >= floor*size }

// spends tells whether o spends an output of another.
func (o *outgoing) spends(other *outgoing) bool {
	return slices.ContainsFunc(o.tx.TxIn, func(in *wire.TxIn) bool { return in.PreviousOutPoint.Hash == other.txid })
}

// inv announces it in the way that was agreed on with a peer.
func (o *outgoing) inv(info *PeerInfo) *wire.MsgInv {
	vect := wire.NewInvVect(wire.InvTypeTx, &o.txid)
	if info.WTxID {
		vect = wire.NewInvVect(InvTypeWTx, &o.wtxid)
	}
	inv := wire.NewMsgInv()
	_ = inv.AddInvVect(vect)
	return inv
}

func (m *Machine) submitTx(tx *wire.MsgTx, fee int64) {
	if o := m.outgoing(tx.TxHash()); o != nil {
		if o.resting {
			o.resting, o.since = false, m.now
			o.await(m.now)
		}
		return
	}
	o := newOutgoing(tx, fee, m.now)
	_, known := m.relay.seen.at[hashKey(o.txid)]
	s, _ := m.relay.remember(tx, o.txid, o.wtxid, 0)
	s.ours = s.ours || !known
	m.outbox = append(m.outbox, o)
}

func (m *Machine) restTx(txid chainhash.Hash) {
	if o := m.outgoing(txid); o != nil {
		o.resting = true
	}
}

func (m *Machine) withdrawTx(txid chainhash.Hash) {
	m.outbox = slices.DeleteFunc(m.outbox, func(o *outgoing) bool { return o.txid == txid })
}

// outgoing finds a transaction of ours by either of its hashes.
func (m *Machine) outgoing(hash chainhash.Hash) *outgoing {
	for _, o := range m.outbox {
		if o.txid == hash || o.wtxid == hash {
			return o
		}
	}
	return nil
}

// parents are the transactions in the outbox that o spends.
func (m *Machine) parents(o *outgoing) []*outgoing {
	var list []*outgoing
	for _, other := range m.outbox {
		if o.spends(other) {
			list = append(list, other)
		}
	}
	return list
}

// Travel is how far a transaction of ours has got in this run.
type Travel struct {
	Told, Listeners int // peers that were told, and that would tell us
	Groups          int // parts of the network that have told us
	Propagated      bool
	Stall           Stall
	Floor           int64 // lowest that a peer passes on, for StallFee
}

// Travel tells how far a transaction got that was submitted.
func (m *Machine) Travel(txid chainhash.Hash) (Travel, bool) {
	o := m.outgoing(txid)
	if o == nil {
		return Travel{}, false
	}
	listeners := 0
	for _, p := range m.ready() {
		if m.listensTo(p, o) {
			listeners++
		}
	}
	return Travel{
		Told: len(o.told), Listeners: listeners, Groups: o.groups.len(), Propagated: o.propagated,
		Stall: o.stall, Floor: o.floor,
	}, true
}
