package chain

import (
	"cmp"
	"slices"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

const (
	// MaxSideHeaders bounds the headers held beside the best chain. Above the
	// last checkpoint each costs its sender real work, but on test networks
	// work is cheap. 65,536 are 15 months of blocks, so that any reorg a
	// running network could see fits, in some 16 MB.
	MaxSideHeaders = 1 << 16
	// MaxSideBranches bounds the ends of side branches, since room is made by
	// looking at each. A network has a few stale blocks a week at most, and
	// only those of late could still win.
	MaxSideBranches = 256
)

// node is a header on a side branch.
type node struct {
	h      Header
	height int32
	work   Work   // summed through this block
	seq    uint64 // order of arrival
	parent *node  // nil if the parent is on the best chain
	kids   int    // nodes whose parent this is
}

// side holds the branches beside the best chain. Every node's parent is
// another node or on the best chain.
type side struct {
	nodes  map[chainhash.Hash]*node
	leaves []*node // ends of branches, in no order that matters
	seq    uint64
	// The bounds, smaller in tests.
	maxNodes, maxLeaves int
}

func newSide() side {
	return side{nodes: map[chainhash.Hash]*node{}, maxNodes: MaxSideHeaders, maxLeaves: MaxSideBranches}
}

// add puts a header after parent, which is nil for one on the best chain. It
// makes room by dropping ends of other branches, and is false when there is
// none to drop. A header that wins is taken in any case: settle follows.
func (s *side) add(h *Header, height int32, work Work, parent *node, wins bool) (*node, bool) {
	// grows: the branch gets longer and no new one begins. Dropping the last
	// child of parent makes it so.
	grows := func() bool { return parent != nil && parent.kids == 0 }
	for !wins && (len(s.nodes) >= s.maxNodes || !grows() && len(s.leaves) >= s.maxLeaves) {
		if !s.dropWeakest(parent) {
			return nil, false
		}
	}
	n := s.insert(h, height, work)
	n.parent = parent
	if grows() {
		s.leaves[slices.Index(s.leaves, parent)] = n
	} else {
		s.leaves = append(s.leaves, n)
	}
	if parent != nil {
		parent.kids++
	}
	return n, true
}

// insert adds a node without its links.
func (s *side) insert(h *Header, height int32, work Work) *node {
	s.seq++
	n := &node{h: *h, height: height, work: work, seq: s.seq}
	s.nodes[h.Hash] = n
	return n
}

// dropWeakest removes the end with the least work, of equals the one seen
// last, but never keep: a branch that is growing must be able to go on.
func (s *side) dropWeakest(keep *node) bool {
	at := -1
	for i, n := range s.leaves {
		if n != keep && (at < 0 || weaker(n, s.leaves[at])) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	n := s.leaves[at]
	delete(s.nodes, n.h.Hash)
	p := n.parent
	if p != nil {
		p.kids--
	}
	if p != nil && p.kids == 0 {
		s.leaves[at] = p
	} else {
		s.leaves[at] = s.leaves[len(s.leaves)-1]
		s.leaves = s.leaves[:len(s.leaves)-1]
	}
	return true
}

func weaker(a, b *node) bool {
	if c := a.work.Cmp(b.work); c != 0 {
		return c < 0
	}
	return a.seq > b.seq
}

// settle restores the links between nodes, and the bounds, after the best
// chain was rewritten under them. Branches that leave it at floor or below are
// dropped; onLine tells whether a hash is on the best chain.
func (s *side) settle(floor int32, onLine func(*chainhash.Hash) bool) {
	all := make([]*node, 0, len(s.nodes))
	for _, n := range s.nodes {
		n.parent, n.kids = nil, 0
		all = append(all, n)
	}
	// Parents come before their children.
	slices.SortFunc(all, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.height, b.height), cmp.Compare(a.seq, b.seq))
	})
	for _, n := range all {
		prev := n.h.Prev()
		n.parent = s.nodes[prev]
		if n.height <= floor || n.parent == nil && !onLine(&prev) {
			delete(s.nodes, n.h.Hash)
		} else if n.parent != nil {
			n.parent.kids++
		}
	}
	s.leaves = s.leaves[:0]
	for _, n := range all {
		if n.kids == 0 && s.nodes[n.h.Hash] == n {
			s.leaves = append(s.leaves, n)
		}
	}
	for len(s.nodes) > s.maxNodes || len(s.leaves) > s.maxLeaves {
		s.dropWeakest(nil)
	}
}

// clear drops all branches.
func (s *side) clear() {
	clear(s.nodes)
	s.leaves = s.leaves[:0]
}
