package protocol

import chainhash "github.com/btcsuite/btcd/chainhash/v2"

// HashAt is the block at a height.
func (m *Machine) HashAt(height int32) (chainhash.Hash, bool) { return m.tree.HashAt(height) }

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
