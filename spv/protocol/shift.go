package protocol

import (
	"slices"
	"time"
)

// shift is one peer giving its place to another, the new one first: nobody leaves
// before who comes instead has shown to be of use, and one at a time.
type shift struct {
	cause shiftCause
	role  role
	out   PeerID    // who gives its place
	kind  netKind   // of network that the new one must be in, if any
	after PeerID    // who came later is new
	by    time.Time // when the new one must be here and heard; zero if nobody gives its place
	until time.Time // when it is known who announces least; zero before the new one is heard
}

// shiftCause is why a peer gives its place to another.
type shiftCause uint8

const (
	shiftRotation shiftCause = iota
	shiftKind                // nobody is in a kind of network
	shiftUseless             // it is of no use
	shiftQuiet               // it seems to announce too little
)

func (s *shift) running() bool { return !s.by.IsZero() }

// compares tells whether those who announce transactions are compared before one
// of them goes.
func (s *shift) compares() bool {
	return s.cause == shiftQuiet || s.cause == shiftRotation && s.role == roleRelay
}

// beginShift has somebody come for the place of a peer, false if that cannot be
// now. Who is alone in its kind of network makes room for its like only.
func (m *Machine) beginShift(out *peerState, s shift) bool {
	c := &m.crew
	if c.shift.running() || m.hasRoom(out.role) {
		return false
	}
	if s.kind == anyKind && m.aloneInKind(out) {
		s.kind = kindOfPeer(out)
	}
	s.role, s.out, s.by = out.role, out.info.ID, m.now.Add(shiftFor)
	for _, p := range m.peers {
		s.after = max(s.after, p.info.ID)
	}
	c.shift = s
	m.wakeAt(s.by)
	return true
}

// hasRoom tells whether a role has places that nobody has taken.
func (m *Machine) hasRoom(r role) bool { return m.count(r) < m.kept(r) }

// inRole lists the peers of a role, who came first first.
func (m *Machine) inRole(r role) []*peerState {
	return slices.DeleteFunc(m.ready(), func(p *peerState) bool { return p.role != r || p.info.Pinned })
}

// driveShift looks after the new peer until it is clear who leaves.
func (m *Machine) driveShift() {
	s := &m.crew.shift
	if !s.running() {
		return
	}
	peers := m.inRole(s.role)
	i := slices.IndexFunc(peers, func(p *peerState) bool {
		return p.info.ID > s.after && (s.kind == anyKind || kindOfPeer(p) == s.kind)
	})
	switch {
	case i < 0:
		s.until = time.Time{}
		if m.due(s.by) || m.now.Before(m.crew.kinds[s.kind].restsTo) {
			m.nobodyCame()
		}
	case len(peers) <= m.kept(s.role): // somebody has left, and if it was to delay this, then in vain
		*s = shift{}
	case !m.proven(peers[i]):
		limit := s.by
		if !s.until.IsZero() {
			limit = s.until // it was heard before
		}
		if m.due(limit) {
			m.drop(peers[i], ReasonSlow)
			m.nobodyCame()
		}
	case s.compares() && s.until.IsZero():
		s.until = m.now.Add(compareFor)
		m.wakeAt(s.until)
		m.hearAnew()
	case !s.compares() || m.due(s.until):
		m.endShift(peers, peers[i])
	}
}

// nobodyCame ends a shift in vain.
func (m *Machine) nobodyCame() {
	c := &m.crew
	switch s := c.shift; {
	case s.cause == shiftRotation:
		c.rotateAt[s.role] = time.Time{}
	case s.cause == shiftUseless:
		c.uselessAt = m.now.Add(uselessPause)
	case s.cause == shiftKind && !m.now.Before(c.kinds[s.kind].restsTo):
		m.kindRests(s.kind)
	}
	c.shift = shift{}
}

// endShift lets one go: the new one if nothing was proved against the other.
func (m *Machine) endShift(peers []*peerState, fresh *peerState) {
	c := &m.crew
	s, out, why := c.shift, m.peer(c.shift.out), ReasonNotNeeded
	if q := m.quietest(peers); s.compares() && q != nil {
		out, why = q, ReasonSlow
	} else if s.cause == shiftQuiet || out == nil || out.role != s.role {
		out = fresh
	} else if s.cause == shiftUseless {
		why = ReasonSlow
	}
	m.drop(out, why)
	c.shift, c.rotateAt[s.role] = shift{}, time.Time{}
}

// proven tells whether a new peer has shown to be of use: it is on our tip, and
// stands by the same filters if it is here for them.
func (m *Machine) proven(p *peerState) bool {
	return m.answered(p) && (p.role != roleFilters || p.agreedTo >= m.cf.tipHeight())
}

// driveRotation has one peer after the other give its place to a new one at random
// times: a majority that has gathered by chance, or by being patient, does not
// stay. Those change soonest who could leave payments out.
func (m *Machine) driveRotation() {
	c := &m.crew
	for _, r := range roles {
		if c.bulk && r == roleFilters || m.hasRoom(r) {
			continue // its time stays: or one who comes and goes would keep the others here
		}
		if c.rotateAt[r].IsZero() {
			c.rotateAt[r] = m.now.Add(m.rotatePause(r))
		}
		if !m.due(c.rotateAt[r]) || m.cf.dispute != nil {
			continue
		}
		if peers := m.changeable(r); len(peers) > 0 {
			m.beginShift(peers[m.cfg.Rand.IntN(len(peers))], shift{cause: shiftRotation})
		}
	}
}

func (m *Machine) rotatePause(r role) time.Duration {
	if r == roleFilters {
		return m.between(rotateMin, rotateMax)
	}
	return m.between(rotateRestMin, rotateRestMax)
}

// changeable are the peers of a role that may give their place to others without a
// fault of theirs. The filter peer that has been here for longest stays, an anchor:
// or whoever fills the book of addresses would be alone with us in the end.
func (m *Machine) changeable(r role) []*peerState {
	peers := m.inRole(r)
	switch {
	case r == roleFilters:
		return peers[min(1, len(peers)):]
	case r == roleRelay && m.sending():
		return nil // they change by themselves
	}
	return peers
}
