package protocol

// lightMode is to do without filters because the person's own node is told what to
// look for (BIP37). While it answers, no filter and no filter header is asked for.
// Whether it does is known to who talks with it, outside the machine.
type lightMode struct{ on bool }

// ownNodeTold takes how the person's own node is doing.
func (m *Machine) ownNodeTold(in OwnNode) {
	if m.cfg.OwnNode == "" || in.Serves == m.light.on {
		return
	}
	if in.Serves {
		m.beginLight()
		return
	}
	m.warn(Warning{Kind: WarnLightNode, Peer: m.cfg.OwnNode})
	m.endLight(in.Lied)
}

// beginLight gives up all questions about filters.
func (m *Machine) beginLight() {
	m.light.on, m.need.all = true, true
	for _, p := range m.peers {
		m.releaseLeases(p)
	}
	m.cf.cancel(m, -1)
	if m.need.keep >= 0 {
		m.keepFilters(m.need.from())
	}
}

// endLight wants filters again. What the node has told of stands, and is not
// searched again for the sake of filters, unless it has lied.
func (m *Machine) endLight(lied bool) {
	s, n := &m.scan, &m.need
	m.light.on, n.all = false, false
	if s.from < 0 {
		return
	}
	if lied {
		n.used = min(n.used, s.from-1)
	}
	if below := min(n.used+1, s.from+int32(s.run)); below > s.from {
		n.floor = max(n.floor, below)
		s.raise(below)
	}
	if first, any := s.takeBack(asked); any && lied {
		m.emit(FiltersReverted{Height: s.from + int32(first)})
	}
	m.tellFilters(true)
}

// driveLight leaves what is not on disk to the person's own node.
func (m *Machine) driveLight() {
	s := &m.scan
	s.alone = m.now
	if s.from < 0 || !m.headed {
		return
	}
	if s.whole {
		s.whole = false
		s.takeBack(whole)
	}
	for s.skip(); s.low < len(s.marks); s.skip() {
		s.marks[s.low] = asked
	}
	for _, h := range s.lost {
		if i := int(h - s.from); i >= 0 && i < len(s.marks) && s.marks[i] == lost {
			s.marks[i] = asked
		}
	}
	s.lost = nil
	s.advance()
	m.tellFilters(false)
}

// Light tells whether the person's own node is asked in place of filters.
func (m *Machine) Light() bool { return m.light.on }

// AskOwn tells whether the person's own node is to be asked about a block.
func (m *Machine) AskOwn(height int32) bool {
	i := int(height - m.scan.from)
	return m.light.on && i >= 0 && i < len(m.scan.marks) && m.scan.marks[i] == asked
}
