package protocol

// withoutFilters is the rule for doing without filters: nobody serves them, though
// peers are connected and headers are current. It costs the bandwidth of whole
// blocks, so it is for catching up with a few, and not before filter peers have
// had their time to turn up.
func (m *Machine) withoutFilters() bool {
	s := &m.scan
	if m.cfg.FullBlocks < 0 || s.from < 0 || m.hasFilterPeer() || len(m.ready()) == 0 {
		s.alone = m.now
		return false
	}
	return m.due(s.alone.Add(fullBlocksAfter)) && m.current
}

// driveWhole offers blocks to be read themselves while filters cannot be had.
func (m *Machine) driveWhole() {
	s := &m.scan
	if !m.withoutFilters() {
		if s.whole && (m.hasFilterPeer() || s.from < 0) {
			s.whole = false
			s.takeBack(whole)
			m.tellFilters(true)
		}
		return
	}
	missing := int32(0)
	for i := max(s.run, int(m.need.used+1-s.from)); i < len(s.marks) && missing <= m.cfg.FullBlocks; i++ {
		if s.marks[i] != held {
			missing++
		}
	}
	if missing == 0 || missing > m.cfg.FullBlocks {
		return
	}
	s.whole = true
	before := s.run
	for i := s.run; i < len(s.marks); i++ {
		if s.marks[i] != held {
			s.marks[i] = whole
		}
	}
	s.advance()
	if s.run > before {
		m.tellFilters(true)
	}
}

// takeBack wants filters again where something else was to serve: the first such
// place, false if there is none.
func (s *filterDownload) takeBack(mark filterMark) (first int, any bool) {
	for i := len(s.marks) - 1; i >= 0; i-- {
		if s.marks[i] == mark {
			s.marks[i] = needed
			s.run, s.told, s.low = min(s.run, i), min(s.told, i), min(s.low, i)
			first, any = i, true
		}
	}
	return first, any
}

// ReadWhole tells whether a block is to be read itself, because nobody is there
// to serve its filter.
func (m *Machine) ReadWhole(height int32) bool {
	i := int(height - m.scan.from)
	return m.scan.whole && i >= 0 && i < len(m.scan.marks) && m.scan.marks[i] == whole
}
