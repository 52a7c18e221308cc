package chain

import (
	"encoding/binary"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// index finds positions on a line by hash: open addressing over positions
// only, 4 bytes a slot, since the hashes themselves stand in the headers. Go's
// map would take ten times the memory.
//
// The low bytes of a hash spread the keys; to pile many into one place an
// attacker would have to grind them under the proof of work.
//
// Entries are never removed. After a reorg some point at positions where
// another hash stands, or none; a lookup compares and passes them over, and
// growing drops them.
type index struct {
	slots []uint32 // position+1, 0 is empty; the length is a power of two
	used  int
}

const minSlots = 1 << 8

func slotOf(h *chainhash.Hash, n int) int {
	return int(binary.LittleEndian.Uint64(h[:8]) & uint64(n-1))
}

// insert adds pos under h. l.n does not count pos yet or any more.
func (x *index) insert(l *line, h *chainhash.Hash, pos int) {
	if 4*(x.used+1) > 3*len(x.slots) {
		x.rebuild(l, pos+1)
	}
	x.put(h, pos)
}

func (x *index) put(h *chainhash.Hash, pos int) {
	i := slotOf(h, len(x.slots))
	for x.slots[i] != 0 {
		i = (i + 1) & (len(x.slots) - 1)
	}
	x.slots[i] = uint32(pos + 1)
	x.used++
}

// rebuild makes room for n positions and as many again, from the line.
func (x *index) rebuild(l *line, n int) {
	size := minSlots
	for 3*size < 8*n {
		size *= 2
	}
	x.slots, x.used = make([]uint32, size), 0
	for i := range l.n {
		h := l.hash(i)
		x.put(&h, i)
	}
}

// find returns the position of h on l.
func (x *index) find(l *line, h *chainhash.Hash) (int, bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	for i := slotOf(h, len(x.slots)); x.slots[i] != 0; i = (i + 1) & (len(x.slots) - 1) {
		if pos := int(x.slots[i] - 1); pos < l.n && l.hash(pos) == *h {
			return pos, true
		}
	}
	return 0, false
}
