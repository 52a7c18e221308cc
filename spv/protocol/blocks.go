package protocol

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// blockFetch gets whole blocks from any peer, for ever if need be.
type blockFetch struct {
	wants []*blockWant    // the highest first
	got   int32           // blocks the program wished for that have come
	took  []time.Duration // how long the last ones took
	size  int             // what one takes, in bytes, by those that have come
}

// blockWant is one block somebody waits for.
type blockWant struct {
	hash     chainhash.Hash
	height   int32
	external bool // the program waits for it
	internal bool // a dispute waits for it
	tried    []PeerID
	known    []string   // addresses of all that were ever asked
	asked    []blockAsk // requests under way
	attempts int
	retryAt  time.Time
}

// blockAsk is one request for a block.
type blockAsk struct {
	peer   *peerState
	at     time.Time
	lapsed bool // it has taken too long
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
		tip, _, _ := m.tree.Find(hash)
		w = &blockWant{hash: hash, height: tip.Height}
		i, _ := slices.BinarySearchFunc(m.blocks.wants, w, func(a, b *blockWant) int {
			if a.height >= b.height {
				return -1 // of equals the older one comes first
			}
			return 1
		})
		m.blocks.wants = slices.Insert(m.blocks.wants, i, w)
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
	if len(m.blocks.wants) == 0 {
		return
	}
	peers := m.ready()
	if len(peers) == 0 {
		return
	}
	room, bytes := blocksInFlight, 0
	for _, w := range m.blocks.wants {
		awaited := false
		for _, a := range w.asked {
			if !m.due(a.at.Add(blockLost)) {
				awaited = true
				bytes += m.blocks.expected()
			}
		}
		if awaited && !m.due(w.retryAt) {
			room--
		}
	}
	for _, w := range m.blocks.wants {
		// A block that nobody has waits without keeping others back; one that a
		// dispute waits for holds up all filters. Half of the bytes are for
		// asking a second peer.
		most := maxBlockBytes
		if len(w.asked) == 0 {
			most /= 2
		}
		fits := room > 0 && (bytes == 0 || bytes+m.blocks.expected() <= most)
		if m.due(w.retryAt) && (fits || w.internal) && m.tryBlock(peers, w) {
			room--
			bytes += m.blocks.expected()
		}
	}
}

// expected is how large a block is taken to be: as the last ones, rather too
// large than too small.
func (b *blockFetch) expected() int {
	if b.size == 0 {
		return typicalBlock
	}
	return b.size
}

// patience is how long to wait for a block before somebody else is asked too:
// almost all of the last ones took less.
func (b *blockFetch) patience() time.Duration {
	if len(b.took) < blocksTimed/4 {
		return blockPatience
	}
	sorted := slices.Sorted(slices.Values(b.took))
	return min(max(sorted[(len(sorted)-1)*95/100]*5/4, blockPatience/2), 4*blockPatience)
}

// learn notes how long a block took and how large it is.
func (b *blockFetch) learn(took time.Duration, size int) {
	if len(b.took) == blocksTimed {
		b.took = slices.Delete(b.took, 0, 1)
	}
	b.took = append(b.took, took)
	b.size = max(size, (3*b.expected()+size)/4)
}

// retryBlocks gives a new peer its chance at blocks that others did not have.
func (m *Machine) retryBlocks() {
	for _, w := range m.blocks.wants {
		if w.attempts > 1 {
			w.retryAt = m.now
		}
	}
}

// tryBlock asks one more peer for a block, false if there is none to ask now.
func (m *Machine) tryBlock(peers []*peerState, w *blockWant) bool {
	for i := range w.asked {
		if a := &w.asked[i]; !a.lapsed && !m.now.Before(a.at.Add(m.blocks.patience())) {
			a.lapsed, a.peer.owesBlock = true, true
			m.noteUnserved(a.peer, w)
			a.peer.pingNext = m.now // see blocksPassed
		}
	}
	w.asked = slices.DeleteFunc(w.asked, func(a blockAsk) bool { return !m.now.Before(a.at.Add(blockBackOff)) })
	p := m.pickForBlock(peers, w)
	if p == nil {
		w.tried = nil // all were asked once: begin again, more patiently
		if w.attempts > 1 {
			m.lookOut()
		}
		p = m.pickForBlock(peers, w)
	}
	if p == nil {
		w.retryAt = m.now.Add(m.blocks.patience())
		m.wakeAt(w.retryAt)
		return false
	}
	m.askBlock(p, w)
	return true
}

// blocksPassed ends the requests that a peer has passed over: it has answered a
// ping that came after them, and answers come in order. Who is alone is asked
// again then. True means that one more ping would tell more.
func (m *Machine) blocksPassed(p *peerState, pinged time.Time) (more bool) {
	for _, w := range m.blocks.wants {
		i := w.askedOf(p)
		switch {
		case i < 0:
		case w.asked[i].at.Before(pinged):
			w.asked = slices.Delete(w.asked, i, i+1)
		case w.asked[i].lapsed:
			more = true
		}
	}
	return more
}

// noteUnserved notes that a peer has not given a block that it must have.
func (m *Machine) noteUnserved(p *peerState, w *blockWant) {
	if _, best, _ := m.tree.Find(w.hash); best && p.known.Height >= w.height {
		p.merit.unserved++
	}
}

func (m *Machine) askBlock(p *peerState, w *blockWant) {
	w.asked = append(w.asked, blockAsk{peer: p, at: m.now})
	w.tried = append(w.tried, p.info.ID)
	if !slices.Contains(w.known, p.info.Addr) && len(w.known) < maxAddresses {
		w.known = append(w.known, p.info.Addr)
	}
	w.retryAt = m.now.Add(m.blocks.backOff(w))
	w.attempts++
	m.wakeAt(w.retryAt)
	get := wire.NewMsgGetData()
	hash := w.hash
	_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessBlock, &hash))
	m.send(p, get)
}

// backOff is the pause until a block is asked for again: longer each time, and
// never for ever.
func (b *blockFetch) backOff(w *blockWant) time.Duration {
	return min(b.patience()<<min(w.attempts, 8), blockBackOff)
}

// pickForBlock chooses at random among those of the peers not asked yet that come
// first, so that no single one learns which blocks matter here.
func (m *Machine) pickForBlock(peers []*peerState, w *blockWant) *peerState {
	var first []*peerState
	best := 0
	for _, p := range peers {
		if slices.Contains(w.tried, p.info.ID) || w.askedOf(p) >= 0 || !m.hasBlock(p, w.height) {
			continue
		}
		switch rank := m.blockRank(p); {
		case len(first) == 0 || rank < best:
			first, best = []*peerState{p}, rank
		case rank == best:
			first = append(first, p)
		}
	}
	if len(first) == 0 {
		return nil
	}
	return first[m.cfg.Rand.IntN(len(first))]
}

// blockRank is the place of a peer in the order in which they are asked for
// blocks. Those that let a request lie come last of all: one stalled peer must not
// cost its time-out with every block. The person's own node comes first, since it
// may know. Who serves filters, is busy with them, or was told of a transaction
// of ours is spared as far as there are others: blocks and that together tell
// more than each alone.
func (m *Machine) blockRank(p *peerState) int {
	rank := 0
	for i, behind := range []bool{m.toldOurs(p), len(p.leases) > 0, p.role == roleFilters, !m.favoured(p), p.owesBlock} {
		if behind {
			rank += 1 << i
		}
	}
	return rank
}

// hasBlock tells whether a peer claims to have a block: a pruned one has the
// newest.
func (m *Machine) hasBlock(p *peerState, height int32) bool {
	return p.info.ServesBlocks() && (p.info.Services&wire.SFNodeNetwork != 0 || height > m.tree.Tip().Height-limitedBlocks)
}

// toldOurs tells whether a peer was told of a transaction of ours.
func (m *Machine) toldOurs(p *peerState) bool {
	return slices.ContainsFunc(m.outbox, func(o *outgoing) bool { return o.told[p.info.ID] })
}

func (m *Machine) blockReceived(p *peerState, in BlockReceived) {
	w := m.wantOf(in.Hash)
	if in.Err != nil {
		// Whatever came, the block itself may be fine: ask others.
		m.drop(p, ReasonBadBlock)
		return
	}
	p.owesBlock, p.merit.unserved = false, 0
	m.useful(p)
	if w == nil {
		return
	}
	if i := w.askedOf(p); i >= 0 {
		m.blocks.learn(m.now.Sub(w.asked[i].at), in.Block.SerializeSize())
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
				m.noteUnserved(p, w)
				if len(w.tried) >= len(m.ready()) {
					w.retryAt = m.now.Add(m.blocks.backOff(w))
				}
			}
		}
		m.txNotFound(p, inv.Hash)
	}
}
