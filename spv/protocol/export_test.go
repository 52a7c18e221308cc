package protocol

import chainhash "github.com/btcsuite/btcd/chainhash/v2"

const here = held // where that is something else

// HashAt is the block at a height.
func (m *Machine) HashAt(height int32) (chainhash.Hash, bool) { return m.tree.HashAt(height) }

// FiltersHeld is what is said to be here for others, and the same counted anew.
func (m *Machine) FiltersHeld() (held, counted [2]int32) {
	held[0], held[1] = m.filtersHeld()
	s := &m.scan
	if s.from < 0 || s.from < m.cf.base {
		return held, [2]int32{0, -1}
	}
	counted = [2]int32{s.from, s.from - 1}
	if s.from == 1 {
		counted[0] = 0
	}
	for _, mark := range s.marks {
		if next := counted[1] + 1; mark != here || m.cf.direct[next] || next > m.cf.tipHeight() {
			break
		}
		counted[1]++
	}
	return held, counted
}

// Staged counts what waits in memory for its turn: answers about ranges of
// filter headers, come or under way, and filters without their headers.
func (m *Machine) Staged() (claims, filters int) {
	if r := m.cf.round; r != nil {
		claims += len(r.claims)
	}
	if b := m.cf.bulk; b != nil {
		for _, r := range b.ranges {
			claims += len(r.claims) + len(r.asks)
		}
	}
	for _, p := range m.peers {
		if p.audit.claim != nil {
			claims++
		}
	}
	return claims, len(m.cf.early)
}
