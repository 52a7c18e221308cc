package addrmgr

import "fmt"

// Buckets is how many buckets hold addresses.
func (m *Manager) Buckets() (fresh, tried int) {
	return filled(m.fresh[:]), filled(m.tried[:])
}

func filled(table [][bucketSize]*entry) int {
	n := 0
	for _, bucket := range table {
		for _, e := range bucket {
			if e != nil {
				n++
				break
			}
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
			if m.fresh[b][m.slot(tagFresh, int(b), a)] != e {
				return fmt.Errorf("%v is not in bucket %d", a, b)
			}
		}
	}
	if count != m.count {
		return fmt.Errorf("counted %v, there are %v", m.count, count)
	}
	slots := 0
	for i := range m.fresh {
		for _, e := range m.fresh[i] {
			if e != nil {
				slots++
			}
		}
	}
	for _, e := range m.byAddr {
		slots -= len(e.places)
	}
	if slots != 0 || len(m.rivals) > maxRivals || len(m.bans) > MaxBans {
		return fmt.Errorf("%d places of nobody, %d rivals, %d bans", slots, len(m.rivals), len(m.bans))
	}
	return nil
}
