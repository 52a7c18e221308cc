package protocol

import (
	"errors"
	"maps"
	"time"

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
	m.lookAround(peers, tip)
	if m.lead == 0 && !m.headed {
		m.chooseLead(peers, tip)
	}
	if m.lead == 0 {
		for _, p := range peers {
			if !p.asking && (p.ahead || !m.answered(p)) && m.due(p.holdUntil) {
				m.askHeaders(p, tip.Hash)
			}
		}
	}
	m.tellCurrent(tip)
}

// lookAround asks everybody again when no block has come for long: somebody may
// have forgotten to announce one, or us.
func (m *Machine) lookAround(peers []*peerState, tip chain.Tip) {
	if m.lookedFrom != tip.Hash {
		m.lookedFrom, m.lookAt = tip.Hash, m.now.Add(staleTip)
	}
	if !m.due(m.lookAt) {
		return
	}
	m.lookAt = m.now.Add(staleTip)
	m.wakeAt(m.lookAt)
	m.lookOut()
	for _, p := range peers {
		if !p.asking {
			m.askHeaders(p, tip.Hash)
		}
	}
}

// askEveryone takes what all have answered for old: they are asked again.
func (m *Machine) askEveryone() {
	for _, p := range m.ready() {
		p.answeredTip = chainhash.Hash{}
	}
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

// leadPatience is how long the leading peer may take for one answer. Each that is
// too slow has the next be given more time: it may be our line.
func (m *Machine) leadPatience() time.Duration {
	return min(headersWait<<m.slowLeads, headersTimeout)
}

// expireHeaders stops waiting for answers that do not come.
func (m *Machine) expireHeaders(peers []*peerState) {
	tip := m.tree.Tip()
	for _, p := range peers {
		if m.lead == p.info.ID && p.asking && m.due(p.askedAt.Add(m.leadPatience())) {
			m.lead = 0
			m.slowLeads++
		}
		if !p.asking || !m.due(p.askedAt.Add(headersTimeout)) {
			continue
		}
		if m.lead == p.info.ID {
			m.lead = 0
		}
		switch {
		case p.news:
			m.askHeaders(p, tip.Hash) // it has announced something meanwhile
		case p.info.StartHeight <= tip.Height:
			// It has nothing to tell, by its own word, and will announce what
			// is new.
			p.asking = false
			p.answeredTip = tip.Hash
			p.merit.unheard, p.merit.owes = time.Time{}, time.Time{}
		case !m.due(p.askedAt.Add(headersPatience)):
		case p.info.Pinned:
			m.askHeaders(p, tip.Hash)
		default:
			m.drop(p, ReasonSlow)
		}
	}
}

// askHeaders asks for what follows our tip, or what a peer gave last.
func (m *Machine) askHeaders(p *peerState, from chainhash.Hash) {
	locator := m.tree.Locator(from)
	if locator == nil { // a branch given up meanwhile
		from = m.tree.Tip().Hash
		locator = m.tree.Locator(from)
	}
	m.askFrom(p, from, locator)
}

func (m *Machine) askFrom(p *peerState, from chainhash.Hash, locator []chainhash.Hash) {
	msg := &wire.MsgGetHeaders{ProtocolVersion: wire.ProtocolVersion}
	for _, h := range locator {
		msg.BlockLocatorHashes = append(msg.BlockLocatorHashes, &h)
	}
	p.asking, p.askedAt, p.askedFrom, p.news, p.invited = true, m.now, from, false, false
	if p.merit.unheard.IsZero() {
		p.merit.unheard = m.now
	}
	if p.merit.owes.IsZero() {
		p.merit.owes = m.now
	}
	m.wakeAt(m.now.Add(SilentPeer))
	m.send(p, msg)
}

func (m *Machine) headersReceived(p *peerState, headers []chain.Header) {
	p.merit.unheard, p.merit.newcomer = time.Time{}, false
	if m.fromGenesis(p, headers) {
		m.rangeRefused(p)
		return
	}
	if m.branchReceived(p, headers) {
		return
	}
	asked := p.asking
	p.asking = false
	if len(headers) == 0 {
		p.idle = 0
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
		m.badHeaders(p, headers, res, err, asked)
		return
	}
	p.unconnected, p.ahead = 0, false
	p.last = res.Last
	if res.Last.Height > p.highest && res.Last.Height+liveBlocks >= m.tree.Tip().Height {
		p.bluffs = 0 // others may have been quicker
	}
	if res.Added > 0 || res.Last.Height > p.highest {
		p.idle = 0
	} else if p.idle++; p.idle > maxIdleHeaders {
		m.drop(p, ReasonFlood)
		return
	}
	p.highest = max(p.highest, res.Last.Height)
	m.headersTaken(p, res, len(headers) == maxHeaders, asked)
}

// fromGenesis tells whether a peer that works on a range has answered with the
// first headers of all: it does not know the block that it was to go on from.
func (m *Machine) fromGenesis(p *peerState, headers []chain.Header) bool {
	return p.ranges.owed > 0 && len(headers) > 0 && m.tree.Base().Height >= 0 && headers[0].Prev() == *m.cfg.Params.Net.GenesisHash
}

// headersTaken decides whether to ask on after headers without fault.
func (m *Machine) headersTaken(p *peerState, res chain.Result, full, asked bool) {
	if res.Added == 0 && !(asked && full) {
		if asked {
			m.nothingNew(p)
		}
		return
	}
	if m.lead != 0 && m.lead != p.info.ID && !m.headed {
		return // it led once, and was slow; others go on
	}
	// There may be more, and if not the peer will say so.
	if m.lead == p.info.ID && !full {
		m.lead = 0
	}
	m.askHeaders(p, res.Last.Hash)
}

// nothingNew notes that a peer had nothing to add. What it knows is bounded by
// what it has claimed or shown: an empty answer also comes from a peer behind.
func (m *Machine) nothingNew(p *peerState) {
	tip := m.tree.Tip()
	led := m.lead == p.info.ID
	if led {
		m.lead = 0
	}
	if p.news || p.invited {
		if p.bluffs++; p.bluffs > maxUnconnecting {
			m.drop(p, ReasonFlood)
			return
		}
	} else {
		p.bluffs = 0
	}
	if p.news {
		m.askHeaders(p, tip.Hash)
		return
	}
	// A question asked from an older tip is answered for that tip only; one that
	// followed the peer up its own branch is answered.
	_, best, _ := m.tree.Find(p.askedFrom)
	if p.askedFrom != tip.Hash && (best || p.askedFrom != p.last.Hash) {
		if led {
			p.holdUntil = m.now.Add(headersTimeout) // let another try
		}
		return
	}
	p.ahead = false
	p.answeredTip = tip.Hash
	p.merit.owes = time.Time{}
	if _, best, ok := m.tree.Find(p.last.Hash); p.last != (chain.Tip{}) && !(ok && best) {
		return // it is on another branch
	}
	if h := min(tip.Height, p.info.StartHeight); h > p.known.Height {
		if hash, ok := m.tree.HashAt(h); ok {
			p.known = chain.Tip{Height: h, Hash: hash}
		}
	}
	m.askWhetherKnown(p, tip)
}

// askWhetherKnown asks a peer that has nothing above our tip for the tip itself,
// once. It may have had the block before we asked: then it takes us to know it
// from each other's words, and never announces it; but a filter peer that has not
// shown to know a block is not compared with others on it.
func (m *Machine) askWhetherKnown(p *peerState, tip chain.Tip) {
	parent, ok := m.tree.HashAt(tip.Height - 1)
	if !ok || p.known.Height >= tip.Height || p.askedTip == tip.Hash {
		return
	}
	p.askedTip = tip.Hash
	m.askHeaders(p, parent)
}

// blockAnnounced follows up an inv of a block we do not know.
func (m *Machine) blockAnnounced(p *peerState) {
	if p.asking && !m.silent(p) {
		p.news = true // the answer under way may be older
		return
	}
	m.askHeaders(p, m.tree.Tip().Hash)
	p.invited = true
}

// noteKnown notes that a peer has shown to know a header.
func (m *Machine) noteKnown(p *peerState, last chain.Tip) {
	p.info.Height = max(p.info.Height, last.Height)
	_, best, ok := m.tree.Find(last.Hash)
	if ok && best && last.Height > p.known.Height {
		p.known = last
		p.refusedFilters, p.doubtful = false, false
		m.useful(p)
	}
	if ok && best && last.Height == m.tree.Tip().Height {
		m.knowsTip(p)
	}
}

// badHeaders deals with headers of which those after res were refused.
func (m *Machine) badHeaders(p *peerState, headers []chain.Header, res chain.Result, err error, asked bool) {
	var rule *chain.RuleError
	if !errors.As(err, &rule) {
		m.drop(p, ReasonBadHeaders)
		return
	}
	switch {
	case rule.Kind == chain.UnknownParent:
		p.unconnected++
		if p.unconnected > maxUnconnecting {
			m.blame(p, ReasonFlood)
			return
		}
		if asked {
			p.asking = true // no answer to what was asked
			return
		}
		m.askHeaders(p, m.tree.Tip().Hash)
	case rule.Kind == chain.TimeTooNew:
		// Perhaps our clock is wrong; the header may become valid.
		p.ahead = true
		p.holdUntil = m.now.Add(clockHold)
		if m.lead == p.info.ID {
			m.lead = 0
		}
		if m.now.Sub(m.warnedClock) > BanTime/24 {
			m.warnedClock = m.now
			m.warn(Warning{Kind: WarnClock, Height: rule.Tip.Height, Peer: p.info.Addr})
		}
	case rule.Kind == chain.TooManyForks:
		after := res.Last
		if after == (chain.Tip{}) {
			after, _, _ = m.tree.Find(headers[0].Prev())
		}
		m.followBranch(p, after)
	case rule.Kind.Provable():
		m.blame(p, ReasonBadHeaders)
	default:
		m.drop(p, ReasonNotNeeded)
	}
}

// blame lets go of a peer whose headers do not go with ours, unless it is ours
// that are damaged: then Err tells so, and nobody is blamed.
func (m *Machine) blame(p *peerState, r Reason) {
	if m.sound() {
		m.drop(p, r)
	}
}

// sound judges our newest headers anew, unless that was done just now: who comes
// with false headers again and again must not keep us busy.
func (m *Machine) sound() bool {
	if m.tree.Err() == nil && m.now.Before(m.soundAt.Add(recheckPause)) {
		return true
	}
	m.soundAt = m.now
	return m.tree.Recheck() == nil
}

// headersChanged tells disk, program and every part of the machine of a new
// best chain.
func (m *Machine) headersChanged(c chain.Change) {
	m.do(SaveHeaders{Change: c})
	m.noteTip()
	m.blockMissed()
	if len(c.Disconnected) > 0 {
		m.ranges.misfit = false
		for _, p := range m.peers {
			if p.known.Height > c.Fork.Height {
				p.known = c.Fork
				m.noteKnown(p, p.last)
			}
			p.agreedTo = min(p.agreedTo, c.Fork.Height)
			p.audit = audit{}
		}
		maps.DeleteFunc(m.cf.direct, func(h int32, _ bool) bool { return h > c.Fork.Height })
		m.cf.truncate(m, c.Fork.Height)
		if m.scan.from >= 0 && c.Fork.Height < m.scan.from-1 {
			// A reorg below the birthday: what took the place of those blocks
			// was never looked at.
			m.startFilters(c.Fork.Height + 1)
		}
	}
	m.scan.extend(m)
	m.emit(HeadersAdvanced{Change: c})
	m.announceBlocks(c)
	m.outboxNewBlock()
}

// answered tells whether a peer has said that it knows nothing beyond our tip,
// or has nothing to say by the rule of Progress.HeadersCurrent.
func (m *Machine) answered(p *peerState) bool {
	return p.answeredTip == m.tree.Tip().Hash || p.asking && m.silent(p)
}

// silent tells whether a peer that is being asked seems to have nothing to say.
func (m *Machine) silent(p *peerState) bool {
	return p.info.StartHeight <= m.tree.Tip().Height && m.due(p.askedAt.Add(SilentPeer))
}

// headersCurrent is the rule of Progress.HeadersCurrent.
func (m *Machine) headersCurrent() bool {
	current := false
	var waiting []*peerState
	for _, p := range m.ready() {
		switch {
		case p.ahead:
			// Its chain lies in the future: the others speak for the present.
		case m.answered(p):
			current = true
		default:
			waiting = append(waiting, p)
		}
	}
	if !current || m.unresolvedPinned() || m.tree.Work().Cmp(m.cfg.Params.MinWork()) < 0 {
		return false
	}
	for _, p := range waiting {
		if !m.excused(p) {
			return false
		}
	}
	return true
}

func (m *Machine) tellCurrent(tip chain.Tip) {
	now := m.headersCurrent()
	if !m.headed {
		m.headed = now || m.bulkDone()
	}
	if now && m.heeded.IsZero() {
		m.heeded = m.now
	}
	if now && (!m.current || m.currentTip != tip) {
		m.emit(HeadersCurrent{Tip: tip})
		m.currentTip = tip
	}
	m.current = now
	m.noteVoices(now)
}

// bulkDone tells whether filters may begin though a peer still owes an answer:
// somebody has given all it has, and the others have had their time. One pinned
// peer that is stuck must not hold everything up.
func (m *Machine) bulkDone() bool {
	done := false
	for _, p := range m.ready() {
		switch {
		case m.answered(p):
			done = true
		case p.asking && m.due(p.askedAt.Add(headersWait)):
		default:
			return false
		}
	}
	return done && m.lead == 0 && !m.unresolvedPinned()
}
