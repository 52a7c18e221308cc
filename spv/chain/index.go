package chain

import (
	"encoding/binary"
	"math/bits"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// index finds heights on a line by hash: open addressing with 4 bytes a slot,
// since the hashes themselves stand in the headers. Go's map would take ten
// times the memory. Heights are absolute, so that a line can grow downwards.
//
// The bits of a slot that a height leaves free hold some of the hash: most
// hashes that are not on the line are told so without a look at its headers,
// which may be on disk.
//
// The low bytes of a hash spread the keys; to pile many into one place an
// attacker would have to grind them under the proof of work.
//
// Entries are never removed. After a reorg some point at heights where another
// hash stands, or none; a lookup compares and passes them over, and growing
// drops them.
type index struct {
	slots []uint32 // 0 is empty; the length is a power of two
	width int      // low bits of a slot that hold height+1; the others are the hash's
	used  int
}

const (
	minSlots = 1 << 8
	minWidth = 20 // bits, a million blocks
)

func slotOf(h *chainhash.Hash, n int) int {
	return int(binary.LittleEndian.Uint64(h[:8]) & uint64(n-1))
}

// mark is the part of a slot that stands for the hash.
func (x *index) mark(h *chainhash.Hash) uint32 {
	return binary.LittleEndian.Uint32(h[8:12]) >> x.width << x.width
}

// insert adds height under h.
func (x *index) insert(l *line, h *chainhash.Hash, height int32) {
	if 4*(x.used+1) > 3*len(x.slots) || height+1 >= 1<<x.width {
		x.rebuild(l, l.n, height)
	}
	x.put(h, height)
}

func (x *index) put(h *chainhash.Hash, height int32) {
	i := slotOf(h, len(x.slots))
	for x.slots[i] != 0 {
		i = (i + 1) & (len(x.slots) - 1)
	}
	x.slots[i] = x.mark(h) | uint32(height+1)
	x.used++
}

// putLinks adds the hashes that raw headers from height at on link to.
func (x *index) putLinks(at int32, records []byte) {
	for ; len(records) > 0; records = records[HeaderSize:] {
		if at > 0 {
			x.put((*chainhash.Hash)(records[4:36]), at-1)
		}
		at++
	}
}

// reset empties the index and makes room for n entries up to a height, and some
// more.
func (x *index) reset(n int, height int32) {
	size := minSlots
	for 5*size < 8*(n+1) {
		size *= 2
	}
	x.width = max(minWidth, bits.Len32(uint32(height+1)))
	x.slots, x.used = make([]uint32, size), 0
}

// rebuild takes in what is on the line, with room for n entries and a height.
func (x *index) rebuild(l *line, n int, height int32) {
	x.reset(n, max(height, l.height(l.n)))
	if l.n == 0 {
		return
	}
	_ = l.raws.Walk(l.height(0), l.height(l.n), x.putLinks)
	x.put(&l.tip, l.height(l.n-1))
}

// lowered takes in the first n headers of the line, which came below the others.
func (x *index) lowered(l *line, n int) {
	if 4*(x.used+n) > 3*len(x.slots) {
		// More is likely to come: the line is read back from disk once, not each
		// time it has doubled.
		x.rebuild(l, int(l.height(l.n)), 0)
		return
	}
	_ = l.raws.Walk(l.height(0), l.height(n), x.putLinks)
	h := l.hash(n - 1)
	x.put(&h, l.height(n-1))
}

// find returns the position of h on l.
func (x *index) find(l *line, h *chainhash.Hash) (int, bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	mark, low := x.mark(h), uint32(1)<<x.width-1
	for i := slotOf(h, len(x.slots)); x.slots[i] != 0; i = (i + 1) & (len(x.slots) - 1) {
		s := x.slots[i]
		if s&^low != mark {
			continue
		}
		if pos := l.position(int32(s&low) - 1); pos < l.n && l.hash(pos) == *h {
			return pos, true
		}
	}
	return 0, false
}
