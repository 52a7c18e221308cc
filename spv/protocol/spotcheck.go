package protocol

import (
	"slices"

	"thistle/spv/cfilter"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// spotChecks hold a filter now and then against its block, also where all peers
// agree: a lie told by all of them is found out.
type spotChecks struct {
	left  int // filters to let pass before the next check; 0 before the first draw
	under []spotCheck
}

// spotCheck is a filter whose block is awaited.
type spotCheck struct {
	height int32
	block  chainhash.Hash
	filter []byte
}

// maybeCheck throws the dice for a filter that has been kept.
func (m *Machine) maybeCheck(height int32, block chainhash.Hash, filter []byte) {
	c := &m.checks
	if c.left == 0 {
		c.left = 1 + m.cfg.Rand.IntN(2*spotCheckEvery)
	}
	if c.left--; c.left > 0 || len(c.under) == maxSpotChecks {
		return
	}
	c.under = append(c.under, spotCheck{height: height, block: block, filter: filter})
	m.wantBlock(block, true)
}

// checkedBlock holds a block that has come against the filter it was asked for.
func (m *Machine) checkedBlock(hash chainhash.Hash, block *wire.MsgBlock) {
	i := slices.IndexFunc(m.checks.under, func(c spotCheck) bool { return c.block == hash })
	if i < 0 {
		return
	}
	c := m.checks.under[i]
	m.checks.under = slices.Delete(m.checks.under, i, i+1)
	// It may have been given up meanwhile, and says nothing of its successor.
	if m.fitsHeader(c.height, cfilter.Hash(c.filter)) && filterLies(c.filter, block) {
		m.filterDisproved(c.height, hash)
	}
}

// driveChecks gives up the checks of blocks that have left the best chain, and
// wants the others though a dispute over the same block has ended.
func (m *Machine) driveChecks() {
	m.checks.under = slices.DeleteFunc(m.checks.under, func(c spotCheck) bool {
		hash, ok := m.tree.HashAt(c.height)
		gone := !ok || hash != c.block
		if gone {
			m.unwantInternal(c.block)
		} else {
			m.wantBlock(c.block, true)
		}
		return gone
	})
}
