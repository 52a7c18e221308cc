package protocol

import (
	"slices"
	"time"
)

// clock compares this computer's clock with those of the peers we have chosen.
// It is only for telling the person: nothing is ever judged by it, or whoever
// sends us false times could have us accept or refuse blocks.
type clock struct {
	groups []string // parts of the network, the one last heard of last
	ahead  map[string]time.Duration
}

func (c *clock) init() { c.ahead = make(map[string]time.Duration) }

// note takes the word of one peer: the last of its part of the network counts.
func (c *clock) note(p *peerState) {
	if p.info.Inbound || p.info.Purpose == ForBroadcast {
		return
	}
	group := groupOf(p)
	c.groups = slices.DeleteFunc(c.groups, func(g string) bool { return g == group })
	if len(c.groups) == maxClocks {
		delete(c.ahead, c.groups[0])
		c.groups = c.groups[1:]
	}
	c.groups = append(c.groups, group)
	c.ahead[group] = p.info.ClockAhead
}

// skew is by how much most clocks are ahead of ours, and how many are known.
// Zero while they are too few to tell.
func (c *clock) skew() (time.Duration, int) {
	if len(c.groups) < minClocks {
		return 0, len(c.groups)
	}
	var all []time.Duration
	for _, g := range c.groups {
		all = append(all, c.ahead[g])
	}
	slices.Sort(all)
	return all[len(all)/2], len(all)
}
