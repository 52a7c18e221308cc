package synth

import (
	"encoding/binary"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// index finds heights by hash: 8 bytes a block at most, where a map takes eighty.
type index struct {
	slots []uint32 // height+1, 0 if free
}

func (x *index) slot(hash chainhash.Hash) int {
	return int(binary.LittleEndian.Uint64(hash[:]) % uint64(len(x.slots)))
}

func (x *index) find(hash chainhash.Hash, at func(int32) chainhash.Hash) (int32, bool) {
	for i := x.slot(hash); x.slots[i] != 0; i = (i + 1) % len(x.slots) {
		if h := int32(x.slots[i] - 1); at(h) == hash {
			return h, true
		}
	}
	return 0, false
}

// add enters the blocks from..to; all below are there.
func (x *index) add(from, to int32, at func(int32) chainhash.Hash) {
	if n := int(to) + 1; 2*n > len(x.slots) {
		x.slots, from = make([]uint32, 2*n+n/8+64), 0
	}
	for h := from; h <= to; h++ {
		i := x.slot(at(h))
		for x.slots[i] != 0 {
			i = (i + 1) % len(x.slots)
		}
		x.slots[i] = uint32(h) + 1
	}
}
