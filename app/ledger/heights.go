package ledger

import (
	"slices"
	"sort"
)

// heights is a set of blocks in the order of [compareRefs].
type heights struct {
	list []*block
}

func (h *heights) search(ref BlockRef) int {
	return sort.Search(len(h.list), func(i int) bool {
		return compareRefs(h.list[i].ref, ref) >= 0
	})
}

func (h *heights) insert(b *block) {
	h.list = slices.Insert(h.list, h.search(b.ref), b)
}

func (h *heights) remove(b *block) {
	if i := h.search(b.ref); i < len(h.list) && h.list[i] == b {
		h.list = slices.Delete(h.list, i, i+1)
	}
}

// from returns the index of the first block at this height or above.
func (h *heights) from(height int32) int {
	return sort.Search(len(h.list), func(i int) bool { return h.list[i].ref.Height >= height })
}

// at returns the blocks at one height.
func (h *heights) at(height int32) []*block { return h.between(height, height) }

// between returns the blocks of heights from to to, both included.
func (h *heights) between(from, to int32) []*block {
	i := h.from(from)
	j := i
	for j < len(h.list) && h.list[j].ref.Height <= to {
		j++
	}
	return h.list[i:j]
}
