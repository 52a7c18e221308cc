package protocol

import (
	"slices"
	"time"
)

// merit is what a peer has been good for, so that its place does not stay with
// one that is polite and of no use.
type merit struct {
	gave     time.Time // when it last gave what we had not got, or knew our tip
	missed   int       // blocks in a row that it has not shown to know
	unserved int       // blocks in a row that it was asked for in vain
	unheard  time.Time // since when a question about headers lies; zero if none does
	owes     time.Time // since when it has not answered from our tip; zero if it has
	filterAt time.Time // when it last gave a filter
	newcomer bool      // it came when headers had long been current, and has not answered yet

	// Transactions since crew.heardFrom, none of them ours.
	announced int // by it, of those that came
	common    int // that two parts of the network announced, while it was here
	shared    int // of those, by it
}

// useful notes that a peer has given something.
func (m *Machine) useful(p *peerState) { p.merit.gave = m.now }

// blockMissed counts a new block that peers are to show to know: what they did
// before is forgotten.
func (m *Machine) blockMissed() {
	if !m.current {
		return // while catching up nobody is late
	}
	for _, p := range m.ready() {
		p.merit.missed++
	}
}

// knowsTip notes that a peer has shown to know a block at or above our tip.
func (m *Machine) knowsTip(p *peerState) {
	p.merit.missed = 0
	m.useful(p)
}

// driveMerit gives the place of one peer that is of no use while others are to
// another. A peer of the person's choice stays.
func (m *Machine) driveMerit() {
	peers := m.ready()
	for _, p := range peers {
		idle := p.merit.missed > maxMissed || p.merit.unserved > maxUnserved
		if !idle || p.info.Pinned {
			continue
		}
		if p.merit.unserved > maxUnserved && m.replaceable(p) {
			m.drop(p, ReasonSlow)
			return
		}
		for _, q := range peers {
			if q != p && q.merit.missed == 0 && q.merit.unserved == 0 && !q.merit.gave.IsZero() {
				m.giveUp(p)
				return
			}
		}
	}
}

// giveUp has somebody come for the place of a peer that is of no use. It goes at
// once where there are places enough, or no more than a named number.
func (m *Machine) giveUp(p *peerState) {
	if p.role == roleAny || m.hasRoom(p.role) {
		m.drop(p, ReasonSlow)
	} else if m.due(m.crew.uselessAt) {
		m.beginShift(p, shift{cause: shiftUseless})
	}
}

// hearAnew begins to count anew who announces what.
func (m *Machine) hearAnew() {
	m.crew.heardFrom = m.now
	for _, p := range m.peers {
		p.merit.announced, p.merit.common, p.merit.shared = 0, 0, 0
	}
}

// noteHeard notes who has announced a transaction that has come, and from which
// parts of the network it was announced before. Only what two parts announce is
// held against a peer that does not: what one alone tells of may be made up.
func (m *Machine) noteHeard(s *seenTx, before groupSet, by ...*peerState) {
	for _, p := range by {
		p.merit.announced++
		if before.len() > 1 {
			p.merit.shared++
		}
	}
	if before.len() > 1 || s.groups.len() < 2 {
		return
	}
	for _, p := range m.ready() {
		if p.info.Purpose == ForAll {
			p.merit.common++
			if s.groups&m.relay.groups.of(p) != 0 {
				p.merit.shared++
			}
		}
	}
}

// driveHearing looks from time to time for a peer that announces next to nothing of
// what another does. That other may make up what it tells, so a third one is asked.
func (m *Machine) driveHearing() {
	c := &m.crew
	if c.heardFrom.IsZero() {
		if m.hasRoom(roleRelay) {
			return
		}
		c.heardFrom = m.now
	}
	if c.shift.running() || !m.due(c.heardFrom.Add(hearFor)) {
		return
	}
	peers := slices.DeleteFunc(m.ready(), func(p *peerState) bool { return p.info.Since.After(c.heardFrom) })
	for _, p := range peers {
		outdone := func(q *peerState) bool {
			return q != p && q.merit.announced >= announcedMin && p.merit.shared*quietOneIn < q.merit.announced
		}
		if p.role == roleRelay && !m.sending() && !m.overheard(p) && slices.ContainsFunc(peers, outdone) && m.beginShift(p, shift{cause: shiftQuiet}) {
			break
		}
	}
	m.hearAnew()
}

// quietest is who has announced next to nothing of what others have, nil if nobody
// or that cannot be told.
func (m *Machine) quietest(peers []*peerState) *peerState {
	var least *peerState
	for _, p := range peers {
		quiet := p.merit.common >= announcedMin && p.merit.shared*quietOneIn < p.merit.common
		if quiet && !m.overheard(p) && (least == nil || p.merit.shared < least.merit.shared) {
			least = p
		}
	}
	return least
}

// replaceable tells whether more peers look out already, all places of p's role
// are taken, and somebody from elsewhere could have its place.
func (m *Machine) replaceable(p *peerState) bool {
	return m.now.Before(m.crew.lookout) && m.count(p.role) >= m.places(p.role) && m.pick(need{fresh: true}) != nil
}

// settled tells whether enough is known for headers to be current without the word
// of whoever comes now. That they were is not asked for: a row of peers that each
// come, owe an answer and go would keep them from ever being.
func (m *Machine) settled() bool {
	if m.current && m.due(m.heeded.Add(settledAfter)) {
		return true
	}
	heard := slices.DeleteFunc(m.ready(), func(p *peerState) bool { return !m.answered(p) })
	return m.due(m.book.started.Add(settledAfter)) && countGroups(heard) >= quorumGroups
}

// voices counts the parts of the network that have answered from our tip.
func (m *Machine) voices() int {
	return countGroups(slices.DeleteFunc(m.ready(), func(p *peerState) bool { return p.ahead || !m.answered(p) }))
}

// noteVoices notes since when there is but one, and has others looked for while
// it keeps headers from being current that somebody owes an answer.
func (m *Machine) noteVoices(current bool) {
	switch n := m.voices(); {
	case n > 1:
		m.voiceFrom = time.Time{}
	case n == 1 && m.voiceFrom.IsZero():
		m.voiceFrom = m.now
	}
	choosing := !m.book.pinned && m.crew.named == 0
	if from := m.voiceFrom; choosing && !current && !from.IsZero() && m.due(from.Add(headersWait)) && !m.now.Before(m.crew.lookout) {
		m.lookOut()
		m.wakeAt(m.now)
	}
}

// oneVoice tells whether one part of the network alone has answered, and not for
// long: those who owe an answer may be slow, and it may lie.
func (m *Machine) oneVoice() bool {
	return m.voices() == 1 && (m.voiceFrom.IsZero() || !m.due(m.voiceFrom.Add(headersPatience)))
}

// silentLong tells whether a peer lets a question about headers lie that it should
// have an answer to.
func (m *Machine) silentLong(p *peerState) bool {
	return !p.merit.unheard.IsZero() && !m.answered(p) && m.due(p.merit.unheard.Add(headersTimeout))
}

// excused tells whether headers are current without the word of a peer that owes
// an answer while others have given theirs: one that says nothing, or talks on
// without anything coming of it, and one that has only just come.
func (m *Machine) excused(p *peerState) bool {
	patience := headersTimeout
	if p.info.Pinned || m.oneVoice() {
		patience = headersPatience
	}
	if p.merit.newcomer {
		return true
	}
	if since := p.merit.unheard; !since.IsZero() && m.due(since.Add(patience)) {
		return true
	}
	since := p.merit.owes
	if since.Before(m.tipAt) {
		since = m.tipAt
	}
	return !p.merit.owes.IsZero() && m.due(since.Add(headersPatience))
}

// overheard tells whether another who announces transactions is in the same part of
// the network: then it is not counted which of them did.
func (m *Machine) overheard(p *peerState) bool {
	return slices.ContainsFunc(m.ready(), func(q *peerState) bool {
		return q != p && q.info.Purpose == ForAll && groupOf(q) == groupOf(p)
	})
}
