package cfilter

import (
	"math/bits"
	"slices"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Matcher asks filters about scripts. It keeps the memory that decoding needs
// from one filter to the next: one matcher per worker, never shared. The zero
// value is ready.
type Matcher struct{ set set }

// Match returns the indices, ascending, of the query's scripts that the filter
// of this block says it may hold; nil if none. The filter is as a cfilter
// message carries it. It is always decoded to its end, so that what is not a
// filter gives [ErrMalformed] whatever is asked of it.
func (m *Matcher) Match(filter []byte, block *chainhash.Hash, q *Query) ([]int, error) {
	if err := m.set.load(filter); err != nil {
		return nil, err
	}
	if len(m.set.values) == 0 {
		return nil, nil
	}
	k0, k1 := le64(block[0:8]), le64(block[8:16])
	limit := uint64(len(m.set.values)) * rate
	var found []int
	start := 0
	for i := 0; i < len(q.ends); i++ {
		end := int(q.ends[i])
		a := q.words[start:end]
		start = end
		if i+1 < len(q.ends) {
			if next := int(q.ends[i+1]); next-end == len(a) && len(a) > 0 {
				ha, hb := sipHash2(k0, k1, a, q.words[end:next])
				if m.set.has(reduce(ha, limit)) {
					found = append(found, i)
				}
				if m.set.has(reduce(hb, limit)) {
					found = append(found, i+1)
				}
				start = next
				i++
				continue
			}
		}
		if len(a) > 0 && m.set.has(reduce(sipHash(k0, k1, a), limit)) {
			found = append(found, i)
		}
	}
	return found, nil
}

// has tells whether a value below N·M is in the set.
func (s *set) has(v uint64) bool {
	if s.seen[v>>stepBits/64]>>(v>>stepBits%64)&1 == 0 {
		return false
	}
	_, ok := slices.BinarySearch(s.values, v)
	return ok
}

// reduce maps a hash evenly onto the numbers below limit, without dividing
// (BIP158, "Hashing Data Objects").
func reduce(hash, limit uint64) uint64 {
	v, _ := bits.Mul64(hash, limit)
	return v
}
