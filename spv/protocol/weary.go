package protocol

import (
	"slices"
	"time"
)

// weariness counts, for each part of the network, the disputes it has caused that
// no block can settle. Whoever has many peers there, or comes back again and
// again, has no more of them for that.
type weariness struct {
	groups []wearyGroup // bounded: of too many the oldest is forgotten
}

type wearyGroup struct {
	name      string
	count     int
	disputeAt time.Time // when it may cause another, once there were too many
}

func (w *weariness) find(p *peerState) *wearyGroup {
	if len(w.groups) == 0 {
		return nil
	}
	name := groupOf(p)
	if i := slices.IndexFunc(w.groups, func(g wearyGroup) bool { return g.name == name }); i >= 0 {
		return &w.groups[i]
	}
	return nil
}

// count notes a dispute caused by peers, once for each part of the network, and
// returns those who have caused too many.
func (w *weariness) count(now time.Time, peers []*peerState) (weary []*peerState) {
	counted := make(map[string]bool)
	for _, p := range peers {
		g := w.find(p)
		if g == nil {
			if len(w.groups) == maxWearyGroups {
				w.groups = slices.Delete(w.groups, 0, 1)
			}
			w.groups = append(w.groups, wearyGroup{name: groupOf(p)})
			g = &w.groups[len(w.groups)-1]
		}
		if !counted[g.name] {
			counted[g.name] = true
			g.count++
		}
		if g.count > maxUndecided {
			g.disputeAt = now.Add(disputePause)
			weary = append(weary, p)
		}
	}
	return weary
}

// heardSeldom tells of a peer that is from where more disputes have come than can
// be followed.
func (m *Machine) heardSeldom(p *peerState) bool {
	g := m.cf.weary.find(p)
	return g != nil && g.count > maxUndecided
}

// mayDispute tells whether a peer may cause a dispute now.
func (m *Machine) mayDispute(p *peerState) bool {
	g := m.cf.weary.find(p)
	return g == nil || g.count <= maxUndecided || m.due(g.disputeAt)
}

// undecidable counts a dispute that its block cannot settle against the variant
// with the least support; of two with the same, against that with fewer elements.
// Of those who have caused too many all but one go. That one is heard on, in
// audits and seldom: the many may be one, and it the only honest peer.
func (m *Machine) undecidable(d *dispute, left []*variant) {
	weary := m.cf.weary.count(m.now, leastSupported(left).peers)
	if len(weary) == 0 {
		return
	}
	stays := weary[m.cfg.Rand.IntN(len(weary))]
	for _, p := range weary {
		if !p.info.Pinned && (p != stays || m.hasNeighbour(p, weary)) {
			m.drop(p, ReasonNotNeeded)
			continue
		}
		if b := m.cf.bulk; b != nil {
			m.leaveBulk(b, p)
		}
		if d.over != nil {
			d.over.forget(p)
		}
	}
}

func leastSupported(left []*variant) *variant {
	best := richest(left)
	return slices.MinFunc(left, func(a, b *variant) int {
		switch n := a.support() - b.support(); {
		case n != 0 || a == b:
			return n
		case a == best:
			return 1
		}
		return -1
	})
}

// hasNeighbour tells whether somebody from the same part of the network is here
// who serves filters as well and is none of some others.
func (m *Machine) hasNeighbour(p *peerState, but []*peerState) bool {
	return slices.ContainsFunc(m.ready(), func(q *peerState) bool {
		return q.servesFilters() && groupOf(q) == groupOf(p) && !slices.Contains(but, q)
	})
}
