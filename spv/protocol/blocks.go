package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// blockFetch gets whole blocks from any peer, for ever if need be.
type blockFetch struct {
	wants []*blockWant // in the order they were wished for
	got   int32        // blocks the program wished for that have come
}

// blockWant is one block somebody waits for.
type blockWant struct {
	hash     chainhash.Hash
	external bool // the program waits for it
	internal bool // a dispute waits for it
	tried    []PeerID
	asked    []blockAsk // requests under way
	attempts int
	retryAt  time.Time
}

// blockAsk is one request for a block.
type blockAsk struct {
	peer *peerState
	at   time.Time
}

// askedOf is the index of the request to p, -1 if there is none.
func (w *blockWant) askedOf(p *peerState) int {
	return slices.IndexFunc(w.asked, func(a blockAsk) bool { return a.peer == p })
}

func (m *Machine) wantOf(hash chainhash.Hash) *blockWant {
	for _, w := range m.blocks.wants {
		if w.hash == hash {
			return w
		}
	}
	return nil
}

func (m *Machine) wantBlock(hash chainhash.Hash, internal bool) {
	w := m.wantOf(hash)
	if w == nil {
		w = &blockWant{hash: hash}
		m.blocks.wants = append(m.blocks.wants, w)
	}
	w.external = w.external || !internal
	w.internal = w.internal || internal
}

// outstanding counts the blocks that the program waits for.
func (b *blockFetch) outstanding() int32 {
	n := int32(0)
	for _, w := range b.wants {
		if w.external {
			n++
		}
	}
	return n
}

func (m *Machine) dropBlock(hash chainhash.Hash) {
	if w := m.wantOf(hash); w != nil {
		w.external = false
		m.removeUnwanted()
	}
}

func (m *Machine) unwantInternal(hash chainhash.Hash) {
	if w := m.wantOf(hash); w != nil {
		w.internal = false
		m.removeUnwanted()
	}
}

func (m *Machine) removeUnwanted() {
	m.blocks.wants = slices.DeleteFunc(m.blocks.wants, func(w *blockWant) bool { return !w.external && !w.internal })
}

func (m *Machine) releaseBlocks(p *peerState) {
	for _, w := range m.blocks.wants {
		if i := w.askedOf(p); i >= 0 {
			w.asked = slices.Delete(w.asked, i, i+1)
			w.retryAt = m.now
		}
	}
}

// driveBlocks asks for wanted blocks, a few at a time. A peer that is slow with
// one keeps its chance while another is asked as well.
func (m *Machine) driveBlocks() {
	peers := m.ready()
	if len(peers) == 0 {
		return
	}
	room := blocksInFlight
	for _, w := range m.blocks.wants {
		if len(w.asked) > 0 && !m.due(w.retryAt) {
			room--
		}
	}
	for _, w := range m.blocks.wants {
		// A block that nobody has waits without keeping others back; one that a
		// dispute waits for holds up all filters.
		if m.due(w.retryAt) && (room > 0 || w.internal) && m.tryBlock(peers, w) {
			room--
		}
	}
}

// tryBlock asks one more peer for a block, false if there is none to ask now.
func (m *Machine) tryBlock(peers []*peerState, w *blockWant) bool {
	for _, a := range w.asked {
		a.peer.owesBlock = a.peer.owesBlock || m.due(a.at.Add(blockTimeoutMin))
	}
	w.asked = slices.DeleteFunc(w.asked, func(a blockAsk) bool { return !m.now.Before(a.at.Add(blockTimeoutMax)) })
	p := m.pickForBlock(peers, w)
	if p == nil {
		w.tried = nil // all were asked once: begin again, more patiently
		p = m.pickForBlock(peers, w)
	}
	if p == nil {
		w.retryAt = m.now.Add(blockTimeoutMin)
		m.wakeAt(w.retryAt)
		return false
	}
	m.askBlock(p, w)
	return true
}

func (m *Machine) askBlock(p *peerState, w *blockWant) {
	w.asked = append(w.asked, blockAsk{peer: p, at: m.now})
	w.tried = append(w.tried, p.info.ID)
	w.retryAt = m.now.Add(min(blockTimeoutMin<<min(w.attempts, 8), blockTimeoutMax))
	w.attempts++
	m.wakeAt(w.retryAt)
	get := wire.NewMsgGetData()
	hash := w.hash
	_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessBlock, &hash))
	m.send(p, get)
}

// pickForBlock chooses at random among peers that were not asked yet, so that
// no single one learns which blocks matter here; those busy with filters only
// if there is nobody else, and those that let a request lie last of all: one
// stalled peer must not cost its time-out with every block.
func (m *Machine) pickForBlock(peers []*peerState, w *blockWant) *peerState {
	var idle, busy, slow []*peerState
	for _, p := range peers {
		switch {
		case slices.Contains(w.tried, p.info.ID) || w.askedOf(p) >= 0:
		case p.owesBlock:
			slow = append(slow, p)
		case len(p.leases) > 0:
			busy = append(busy, p)
		default:
			idle = append(idle, p)
		}
	}
	for _, group := range [][]*peerState{idle, busy, slow} {
		if len(group) > 0 {
			return group[m.cfg.Rand.IntN(len(group))]
		}
	}
	return nil
}

func (m *Machine) blockReceived(p *peerState, in BlockReceived) {
	w := m.wantOf(in.Hash)
	if in.Err != nil {
		// Whatever came, the block itself may be fine: ask others.
		m.drop(p, ReasonBadBlock)
		return
	}
	p.owesBlock = false
	if w == nil {
		return
	}
	internal, external := w.internal, w.external
	w.internal, w.external = false, false
	m.removeUnwanted()
	if external {
		m.blocks.got++
		m.emit(BlockArrived{Hash: in.Hash, Block: in.Block})
	}
	m.checkedBlock(in.Hash, in.Block)
	if d := m.cf.dispute; internal && d != nil && d.block == in.Hash {
		d.body = in.Block
		m.driveDispute()
	}
}

func (m *Machine) notFoundReceived(p *peerState, msg *wire.MsgNotFound) {
	for _, inv := range msg.InvList {
		if w := m.wantOf(inv.Hash); w != nil {
			if i := w.askedOf(p); i >= 0 {
				w.asked = slices.Delete(w.asked, i, i+1)
				w.retryAt = m.now
				if len(w.tried) >= len(m.ready()) {
					w.retryAt = m.now.Add(min(blockTimeoutMin<<min(w.attempts, 8), blockTimeoutMax))
				}
			}
		}
		m.txNotFound(p, inv.Hash)
	}
}
