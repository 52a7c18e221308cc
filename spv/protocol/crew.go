package protocol

import (
	"slices"
	"time"
)

// crew is how many peers are kept, and which: more while much is to be fetched,
// and then none that is far slower than the others.
type crew struct {
	rest, most int // peers kept at rest and at most
	bulk       bool
	restAt     time.Time // when bulk ends, zero while much is left
	replaceAt  time.Time // when the slowest is looked for again
}

func (c *crew) init(cfg Config) {
	c.rest, c.most = cfg.Peers, cfg.Peers
	if cfg.Peers == 0 { // nobody has named a number
		c.rest, c.most = DefaultPeers, BulkPeers
	}
}

// wanted is how many peers to keep now.
func (c *crew) wanted() int {
	if c.bulk {
		return c.most
	}
	return c.rest
}

// driveCrew notices the begin and the end of much work, and looks after who does
// it.
func (m *Machine) driveCrew() {
	c := &m.crew
	if m.book.pinned || c.most == c.rest {
		return
	}
	switch left := m.bulkLeft(); {
	case left > bulkFrom:
		if !c.bulk {
			c.bulk, c.replaceAt = true, m.now.Add(replacePause)
		}
		c.restAt = time.Time{}
	case c.bulk && left == 0 && c.restAt.IsZero():
		c.restAt = m.now.Add(bulkRest)
	}
	switch {
	case !c.bulk:
	case !c.restAt.IsZero() && m.due(c.restAt):
		c.bulk, c.restAt = false, time.Time{}
		m.leaveSurplus()
	case c.restAt.IsZero() && m.due(c.replaceAt):
		c.replaceAt = m.now.Add(replacePause)
		m.wakeAt(c.replaceAt)
		m.replaceSlowest()
	}
}

// bulkLeft is how many headers or filters are still to be fetched, whichever are
// more.
func (m *Machine) bulkLeft() int32 {
	st := m.counts()
	return max(st.Headers.Total-st.Headers.Done, st.Filters.Total-st.Filters.Done)
}

// leaveSurplus lets go of the slowest peers that are too many.
func (m *Machine) leaveSurplus() {
	peers := m.ready()
	slices.SortStableFunc(peers, slower)
	for _, p := range peers[:max(0, len(peers)-m.crew.rest)] {
		m.drop(p, ReasonNotNeeded)
	}
}

// slower puts who serves no filters first, then the slowest; of equals the
// youngest.
func slower(p, q *peerState) int {
	a, b := p.pace.rate, q.pace.rate
	if !p.info.ServesFilters() {
		a = -1
	}
	if !q.info.ServesFilters() {
		b = -1
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return int(int64(q.info.ID) - int64(p.info.ID))
}

// replaceSlowest gives the place of a filter peer that is far behind the others
// to an address not tried yet. Who is part of a dispute is heard to its end.
func (m *Machine) replaceSlowest() {
	peers := slices.DeleteFunc(m.ready(), func(p *peerState) bool {
		return !p.info.ServesFilters() || m.now.Sub(p.info.Since) < replacePause/2
	})
	if m.cf.dispute != nil || len(m.ready()) < m.crew.wanted() || len(peers) < minFilterPeers+2 || !m.canDial() {
		return
	}
	slices.SortStableFunc(peers, slower)
	median := peers[len(peers)/2].pace.rate
	if slowest := peers[0]; slowest.pace.rate < median/farBehind {
		m.drop(slowest, ReasonSlow)
	}
}

// canDial tells whether an address is free that could be dialled now.
func (m *Machine) canDial() bool {
	return slices.ContainsFunc(m.book.list, func(a *address) bool {
		return !a.dialing && a.peer == 0 && !m.now.Before(a.retryAt)
	})
}
