package addrmgr

import (
	"cmp"
	"slices"
	"time"
)

const (
	// maxShare in percent of what is known goes into a sample.
	maxShare = 23
	// sampleFor and sampleMore are how long a sample is told: who asks often,
	// under whatever names, learns no more of the book than who asks once.
	sampleFor  = 21 * time.Hour
	sampleMore = 6 * time.Hour
	// smallSample is what a book gives that has hardly begun: soon there is more.
	smallSample = 50
)

type sample struct {
	list  []Heard
	until time.Time
}

// Sample is what is told to a peer that asks for addresses: some that were heard
// of or seen alive lately. Peers of one network are all told the same for a day;
// those of another something else, or who asks in both would know that we are
// the same.
func (m *Manager) Sample(now time.Time, asker Network) []Heard {
	if s, ok := m.samples[asker]; ok && now.Before(s.until) {
		return s.list
	}
	list := []Heard{}
	for _, e := range m.byAddr {
		if !e.useless(now) && !m.Banned(now, e.Addr) {
			list = append(list, Heard{Addr: e.Addr, Services: e.Services, Seen: e.Seen})
		}
	}
	slices.SortFunc(list, func(a, b Heard) int { return cmp.Compare(string(a.Addr.id()), string(b.Addr.id())) })
	m.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	list = slices.Clip(list[:min(MaxHeard, len(m.byAddr)*maxShare/100, len(list))])
	lasts := sampleFor + time.Duration(m.rand.Int64N(int64(sampleMore)))
	if len(list) < smallSample {
		lasts = time.Hour
	}
	m.samples[asker] = sample{list, now.Add(lasts)}
	return list
}
