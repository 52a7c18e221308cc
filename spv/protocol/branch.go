package protocol

import (
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Where there are no checkpoints, who comes first may feed us a chain so long
// that the true one, though it has more work, overtakes it only after more
// headers than there is room for. It is followed to its end then, without being
// kept, and if it has the work it claims it is fetched again to stay.

// followBranch begins to follow a branch of a peer for which there was no room
// after a block.
func (m *Machine) followBranch(p *peerState, after chain.Tip) {
	if p.proved.Cmp(m.tree.Work()) > 0 {
		m.preferBranch(p, after)
		return
	}
	trail, ok := m.tree.Trail(after)
	if !ok {
		m.drop(p, ReasonNotNeeded)
		return
	}
	p.trail = trail
	m.askOn(p)
}

// askOn asks for what follows on the branch.
func (m *Machine) askOn(p *peerState) {
	tip := p.trail.Tip().Hash
	p.last = chain.Tip{Height: p.trail.Tip().Height, Hash: tip}
	m.askFrom(p, tip, append([]chainhash.Hash{tip}, m.tree.Locator(p.trail.Start().Hash)...))
}

// branchReceived takes headers of a branch that is followed. False means that
// they are none.
func (m *Machine) branchReceived(p *peerState, headers []chain.Header) bool {
	if p.trail == nil || len(headers) > 0 && !p.trail.Holds(headers[0].Prev()) {
		return false
	}
	asked := p.asking
	p.asking = false
	if err := p.trail.Add(m.now, headers); err != nil {
		p.trail = nil
		m.badHeaders(p, headers, chain.Result{}, err, asked)
		return true
	}
	trail := p.trail
	_, best, _ := m.tree.Find(trail.Tip().Hash)
	switch work := trail.Work(); {
	case best: // another peer brought it
		p.trail = nil
		m.askHeaders(p, trail.Tip().Hash)
	case work.Cmp(m.tree.Work()) > 0 && work.Cmp(m.proved) > 0:
		p.proved, m.proved, p.trail = work, work, nil
		m.preferBranch(p, trail.Start())
	case len(headers) == 0 || trail.Tip().Height-trail.Start().Height > maxTrail:
		m.drop(p, ReasonNotNeeded) // less work than what we have
	default:
		m.askOn(p)
	}
	return true
}

// preferBranch makes a branch the best chain, of which a peer has shown that
// there is more work to come.
func (m *Machine) preferBranch(p *peerState, end chain.Tip) {
	change, ok := m.tree.Prefer(end)
	if !ok { // dropped for others meanwhile: it comes again from the fork on
		m.askHeaders(p, m.tree.Tip().Hash)
		return
	}
	m.headersChanged(change)
	p.last = end
	m.noteKnown(p, end)
	m.askHeaders(p, end.Hash)
}
