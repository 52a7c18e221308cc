package protocol

import "slices"

// filterNeed is which filters the program looks for. Where disk space is short
// those that have served are deleted, and not fetched again for nothing.
type filterNeed struct {
	keep  int32 // lowest height that filters were asked for from, -1 if none
	used  int32 // filters up to here have served
	floor int32 // filters below were deleted, or were never here
	all   bool  // what has served counts as here
}

// from is the first height whose filter must be here.
func (n *filterNeed) from() int32 {
	if n.all {
		return n.keep
	}
	return max(n.keep, min(n.floor, n.used+1))
}

func (n *filterNeed) init(s FilterState) {
	*n = filterNeed{keep: -1, used: s.Floor - 1, floor: s.Floor}
}

func (m *Machine) needFilters(from int32) {
	if n := &m.need; n.keep < 0 || from < n.keep {
		n.keep = max(from, 0)
	}
	m.keepFilters(m.need.from())
}

func (m *Machine) filtersUsed(through int32) {
	m.need.used = through
	if m.need.keep >= 0 {
		m.keepFilters(m.need.from())
	}
}

// trimFilters gives up the filters below a height, as far as they have served.
func (m *Machine) trimFilters(below int32) {
	n, s := &m.need, &m.scan
	below = min(below, n.used+1)
	if s.from >= 0 {
		below = min(below, s.from+int32(s.run))
	}
	if below <= n.floor {
		return
	}
	n.floor = below
	m.do(DropFilters{Below: below})
	if s.from >= 0 && s.from < below {
		s.raise(below)
		m.tellFilters(true)
	}
}

// raise makes a download begin higher. Nothing below is missing.
func (s *filterDownload) raise(from int32) {
	n := int(from - s.from)
	for _, l := range slices.Clone(s.leases) {
		if l.to < from {
			s.end(l)
		}
	}
	for _, mark := range s.marks[:n] {
		if mark == held {
			s.held--
		}
	}
	s.from, s.marks = from, slices.Clone(s.marks[n:])
	s.run, s.have, s.told, s.low = s.run-n, max(s.have-n, 0), max(s.told-n, 0), max(s.low-n, 0)
	s.advance()
}
