package chain

import "math/big"

// Target expands a compact target; false for what no header may say.
func Target(compact uint32) (*big.Int, bool) {
	t, ok := targetFromCompact(compact)
	return t.big(), ok
}

// Compact rounds n, in [0, 2^256), to the compact form.
func Compact(n *big.Int) uint32 { return uint256FromBig(n).compact() }

// Retarget is the rule alone.
func Retarget(p *Params, compact uint32, span int64) uint32 {
	return newRules(p).retarget(compact, span)
}

// Permitted is the check of a checkpoint list's steps.
func Permitted(p *Params, from, to uint32) bool { return newRules(p).permitted(from, to) }

// SetSideLimits makes the bounds of t small enough to be met in a test.
func SetSideLimits(t *Tree, headers, branches int) {
	t.side.maxNodes, t.side.maxLeaves = headers, branches
}

// SideSize counts the headers and branches beside the best chain.
func SideSize(t *Tree) (headers, branches int) { return len(t.side.nodes), len(t.side.leaves) }

// CheckSide recomputes the side branches' books, and returns what is wrong.
func CheckSide(t *Tree) string {
	kids := map[*node]int{}
	for h, n := range t.side.nodes {
		prev := n.h.Prev()
		parent, onSide := t.side.nodes[prev]
		_, onLine := t.line.find(&prev)
		switch {
		case h != n.h.Hash:
			return "key is not the hash"
		case onSide != (n.parent != nil) || onSide && parent != n.parent:
			return "wrong parent"
		case !onSide && !onLine && prev != t.line.base.Hash:
			return "parent is nowhere"
		case n.work.Cmp(t.line.work) > 0:
			return "a branch has more work than the best chain"
		case n.height <= t.floor:
			return "a branch below the last checkpoint"
		}
		if onSide {
			kids[parent]++
		}
	}
	leaves := 0
	for _, n := range t.side.nodes {
		if kids[n] != n.kids {
			return "wrong count of children"
		}
		if n.kids == 0 {
			leaves++
		}
	}
	for _, n := range t.side.leaves {
		if n.kids != 0 || t.side.nodes[n.h.Hash] != n {
			return "an end that is none"
		}
	}
	if leaves != len(t.side.leaves) {
		return "ends missing"
	}
	return ""
}

// Harm turns over one bit of a header in memory.
func Harm(t *Tree, height int32, bit int) {
	t.line.raw(t.line.position(height))[bit/8] ^= 1 << (bit % 8)
}
