package protocol

import (
	"math/bits"
	"slices"
)

// groupSet is a set of parts of the network, as bits of a groupTable.
type groupSet uint64

func (s groupSet) len() int { return bits.OnesCount64(uint64(s)) }

// groupTable gives the parts of the network that peers are in bits. When there
// have been more than there are bits, the oldest one's is used again: then too
// few are counted, never too many.
type groupTable struct {
	names []string
	next  int
}

func (t *groupTable) of(p *peerState) groupSet {
	const most = 64
	if p.group != 0 {
		return p.group
	}
	name := groupOf(p)
	i := slices.Index(t.names, name)
	switch {
	case i >= 0:
	case len(t.names) < most:
		i = len(t.names)
		t.names = append(t.names, name)
	default:
		i = t.next
		t.names[i] = name
		t.next = (t.next + 1) % most
	}
	p.group = 1 << i
	return p.group
}
