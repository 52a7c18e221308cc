package addrmgr

import (
	"fmt"
	"math/bits"
)

// Buckets is how many buckets hold addresses.
func (m *Manager) Buckets() (fresh, tried int) {
	return filled(m.fresh[:]), filled(m.tried[:])
}

func filled(table []bucket) int {
	n := 0
	for _, b := range table {
		if b.used != 0 {
			n++
		}
	}
	return n
}

// The sizes that bounds follow from.
const (
	NewBuckets, TriedBuckets, BucketSize = newBuckets, triedBuckets, bucketSize
	SourceBuckets, GroupBuckets          = sourceBuckets, groupBuckets
)

// Check says what is wrong with the book, if anything is: every address must be
// where the secret puts it, and counted once.
func (m *Manager) Check() error {
	var count [2]int
	for a, e := range m.byAddr {
		if a != e.Addr || e.tried == (len(e.places) > 0) || len(e.places) > maxPlaces {
			return fmt.Errorf("%v: tried %v, places %v", a, e.tried, e.places)
		}
		if e.tried {
			count[1]++
			if m.inTheWay(a) != e {
				return fmt.Errorf("%v is not among the tried", a)
			}
			continue
		}
		count[0]++
		for _, b := range e.places {
			if m.fresh[b].at[m.slot(tagFresh, int(b), a)] != e {
				return fmt.Errorf("%v is not in bucket %d", a, b)
			}
		}
	}
	if count != m.count {
		return fmt.Errorf("counted %v, there are %v", m.count, count)
	}
	slots := 0
	for _, table := range [][]bucket{m.fresh[:], m.tried[:]} {
		for i := range table {
			for slot, e := range table[i].at {
				if (e != nil) != (table[i].used>>slot&1 == 1) {
					return fmt.Errorf("place %d of bucket %d: taken %b", slot, i, table[i].used)
				}
			}
		}
	}
	for i := range m.fresh {
		slots += bits.OnesCount32(m.fresh[i].used)
	}
	for _, e := range m.byAddr {
		slots -= len(e.places)
	}
	if slots != 0 || len(m.rivals) > maxRivals || len(m.bans) > 2*MaxBans {
		return fmt.Errorf("%d places of nobody, %d rivals, %d bans", slots, len(m.rivals), len(m.bans))
	}
	return nil
}
