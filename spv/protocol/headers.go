package protocol

import (
	"errors"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// driveHeaders keeps every peer asked for what follows our tip. While one peer
// feeds us in bulk the others wait: the same headers need not come twice.
func (m *Machine) driveHeaders() {
	peers := m.ready()
	m.expireHeaders(peers)
	tip := m.tree.Tip()
	if m.lead == 0 && !m.headed {
		m.chooseLead(peers, tip)
	}
	if m.lead == 0 {
		for _, p := range peers {
			if !p.asking && !m.answered(p) && m.due(p.holdUntil) {
				m.askHeaders(p, tip.Hash)
			}
		}
	}
	m.tellCurrent(tip)
}

// chooseLead picks the peer that feeds us in bulk when we are far behind.
func (m *Machine) chooseLead(peers []*peerState, tip chain.Tip) {
	for _, p := range peers {
		if p.asking || m.answered(p) || p.info.StartHeight <= tip.Height+maxHeaders || !m.due(p.holdUntil) {
			continue
		}
		m.lead = p.info.ID
		m.askHeaders(p, tip.Hash)
		return
	}
}

// expireHeaders stops waiting for answers that do not come.
func (m *Machine) expireHeaders(peers []*peerState) {
	tip := m.tree.Tip()
	for _, p := range peers {
		if !p.asking || !m.due(p.askedAt.Add(headersTimeout)) {
			continue
		}
		if m.lead == p.info.ID {
			m.lead = 0
		}
		if p.info.StartHeight <= tip.Height {
			// It has nothing to tell, by its own word. Ask again later all the
			// same: it may have lied.
			p.asking = false
			p.answeredTip = tip.Hash
			continue
		}
		if !p.info.Pinned && m.due(p.askedAt.Add(headersPatience)) {
			m.drop(p, ReasonSlow)
			continue
		}
		if p.info.Pinned && m.due(p.askedAt.Add(headersPatience)) {
			m.askHeaders(p, tip.Hash)
		}
	}
}

func (m *Machine) askHeaders(p *peerState, from chainhash.Hash) {
	msg := &wire.MsgGetHeaders{ProtocolVersion: wire.ProtocolVersion}
	for _, h := range m.tree.Locator(from) {
		msg.BlockLocatorHashes = append(msg.BlockLocatorHashes, &h)
	}
	p.asking, p.askedAt, p.askedFrom = true, m.now, from
	m.wakeAt(m.now.Add(SilentPeer))
	m.send(p, msg)
}

func (m *Machine) headersReceived(p *peerState, headers []chain.Header) {
	asked := p.asking
	p.asking = false
	if len(headers) == 0 {
		if asked {
			m.nothingNew(p)
		}
		return
	}
	res, err := m.tree.Add(m.now, headers)
	if !res.Change.Empty() {
		m.headersChanged(res.Change)
	}
	if res.Last != (chain.Tip{}) {
		m.noteKnown(p, res.Last)
	}
	if err != nil {
		m.badHeaders(p, err)
		return
	}
	p.unconnected = 0
	progress := res.Added > 0 || res.Last != p.last
	p.last = res.Last
	switch {
	case res.Added > 0 || len(headers) == maxHeaders && progress:
		// There may be more, and if not the peer will say so.
		m.askHeaders(p, res.Last.Hash)
	case asked:
		m.nothingNew(p)
	}
}

// nothingNew notes that a peer had nothing to add. What it knows is bounded by
// what it has claimed or shown: an empty answer also comes from a peer behind.
func (m *Machine) nothingNew(p *peerState) {
	if m.lead == p.info.ID {
		m.lead = 0
	}
	tip := m.tree.Tip()
	// A question asked from an older tip is answered for that tip only.
	if _, best, ok := m.tree.Find(p.askedFrom); ok && best && p.askedFrom != tip.Hash {
		return
	}
	p.answeredTip = tip.Hash
	if h := min(tip.Height, p.info.StartHeight); h > p.known.Height {
		if hash, ok := m.tree.HashAt(h); ok {
			p.known = chain.Tip{Height: h, Hash: hash}
		}
	}
}

// noteKnown notes that a peer has shown to know a header.
func (m *Machine) noteKnown(p *peerState, last chain.Tip) {
	p.info.Height = max(p.info.Height, last.Height)
	if _, best, ok := m.tree.Find(last.Hash); ok && best && last.Height > p.known.Height {
		p.known = last
	}
}

func (m *Machine) badHeaders(p *peerState, err error) {
	var rule *chain.RuleError
	if !errors.As(err, &rule) {
		m.drop(p, ReasonBadHeaders)
		return
	}
	switch {
	case rule.Kind == chain.UnknownParent:
		p.unconnected++
		if p.unconnected > maxUnconnecting {
			m.drop(p, ReasonFlood)
			return
		}
		m.askHeaders(p, m.tree.Tip().Hash)
	case rule.Kind == chain.TimeTooNew:
		// Perhaps our clock is wrong; the header may become valid.
		p.holdUntil = m.now.Add(clockHold)
		if m.lead == p.info.ID {
			m.lead = 0
		}
		p.answeredTip = m.tree.Tip().Hash
		if m.now.Sub(m.warnedClock) > BanTime/24 {
			m.warnedClock = m.now
			m.warn(Warning{Kind: WarnClock, Height: rule.Tip.Height, Peer: p.info.Addr})
		}
	case rule.Kind.Provable():
		m.drop(p, ReasonBadHeaders)
	default:
		m.drop(p, ReasonNotNeeded)
	}
}

// headersChanged tells disk, program and every part of the machine of a new
// best chain.
func (m *Machine) headersChanged(c chain.Change) {
	m.do(SaveHeaders{Change: c})
	if len(c.Disconnected) > 0 {
		for _, p := range m.peers {
			if p.known.Height > c.Fork.Height {
				p.known = c.Fork
				if t, best, ok := m.tree.Find(p.last.Hash); ok && best {
					p.known = t
				}
			}
			p.agreedTo = min(p.agreedTo, c.Fork.Height)
			p.audit = audit{}
		}
		m.cf.truncate(m, c.Fork.Height)
	}
	m.scan.extend(m)
	m.emit(HeadersAdvanced{Change: c})
	m.outboxNewBlock()
}

// answered tells whether a peer has said that it knows nothing beyond our tip,
// or has nothing to say by the rule of Progress.HeadersCurrent.
func (m *Machine) answered(p *peerState) bool {
	tip := m.tree.Tip()
	if p.answeredTip == tip.Hash {
		return true
	}
	return p.asking && p.info.StartHeight <= tip.Height && m.due(p.askedAt.Add(SilentPeer))
}

// headersCurrent is the rule of Progress.HeadersCurrent.
func (m *Machine) headersCurrent() bool {
	peers := m.ready()
	if len(peers) == 0 || m.unresolvedPinned() {
		return false
	}
	for _, p := range peers {
		if !m.answered(p) {
			return false
		}
	}
	return true
}

func (m *Machine) tellCurrent(tip chain.Tip) {
	now := m.headersCurrent()
	if now {
		m.headed = true
	}
	if now && (!m.current || m.currentTip != tip) {
		m.emit(HeadersCurrent{Tip: tip})
		m.currentTip = tip
	}
	m.current = now
}
