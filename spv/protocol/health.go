package protocol

import (
	"math"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Condition is what a person should know first about the connection, the worst
// of what is found.
type Condition uint8

const (
	// HealthGood: nothing to worry about.
	HealthGood Condition = iota
	// HealthStarting: peers are being looked for.
	HealthStarting
	// HealthLone: everything is believed on the word of one peer, or of one part
	// of the network.
	HealthLone
	// HealthFew: fewer peers than wanted for some time.
	HealthFew
	// HealthUnfiltered: no connected peer serves compact filters.
	HealthUnfiltered
	// HealthNodeBypassed: the person's own node makes no progress, so others are
	// used.
	HealthNodeBypassed
	// HealthNodeStuck: the person's own nodes, which are the only ones allowed,
	// make no progress.
	HealthNodeStuck
	// HealthOld: no block has come for longer than chance explains.
	HealthOld
	// HealthDispute: peers disagree about headers or filters.
	HealthDispute
	// HealthClock: this computer's clock differs from that of most peers.
	HealthClock
	// HealthEclipse: signs that all peers are one attacker's: an old tip or too
	// little work, and peers from too few parts of the network.
	HealthEclipse
	// HealthOffline: nobody can be connected to.
	HealthOffline
)

var conditionNames = [...]string{
	HealthGood:         "good",
	HealthStarting:     "starting",
	HealthLone:         "lone",
	HealthFew:          "few",
	HealthUnfiltered:   "unfiltered",
	HealthNodeBypassed: "node bypassed",
	HealthNodeStuck:    "node stuck",
	HealthOld:          "old",
	HealthDispute:      "dispute",
	HealthClock:        "clock",
	HealthEclipse:      "eclipse",
	HealthOffline:      "offline",
}

func (c Condition) String() string {
	if int(c) < len(conditionNames) {
		return conditionNames[c]
	}
	return "unknown"
}

// Health is how well the machine is connected.
type Health struct {
	Condition Condition
	// Outbound and Inbound count connections; Groups the parts of the network
	// (see addrmgr) and Networks the kinds of it (IPv4, onion, …) of outbound
	// ones; Encrypted those with BIP324.
	Outbound, Inbound, Groups, Networks, Encrypted int
	// Nobody: nobody is connected to, and no address is known to try.
	Nobody              bool
	FilterPeers, Agreed int
	// Silent counts outbound peers that let a question about headers lie, Heard the
	// parts of the network that the others are in.
	Silent, Heard int
	// TipAge is the time since the tip was learned of; Odds is the chance, from 0
	// to 1, that no block is found for so long.
	TipAge time.Duration
	Odds   float64
	// Disputed counts heights whose filter is in dispute, Branches other chains
	// of about the same work that peers stand by.
	Disputed, Branches int
	// ClockSkew is by how much the clocks of most outbound peers are ahead of
	// ours; ClockPeers of how many that is known.
	ClockSkew  time.Duration
	ClockPeers int
	// Served and Relayed count what was given to others.
	ServedBytes, ServedMessages, RelayedTxs uint64
}

// healthWatch notices when the condition becomes another.
type healthWatch struct {
	told    Condition
	any     bool // something was told
	fewFrom time.Time
	at      time.Time // when it was looked at
	peers   int       // as many were here then
}

// Health is how well the machine is connected at a time.
func (m *Machine) Health(now time.Time) Health {
	h := Health{Disputed: len(m.cf.direct), TipAge: max(0, now.Sub(m.tipFound)), Odds: 1}
	if m.tipFound.IsZero() {
		h.TipAge = 0
	}
	if !m.cfg.Params.Net.PoWNoRetargeting { // else blocks come when somebody wants them
		h.Odds = math.Exp(-h.TipAge.Seconds() / blockInterval.Seconds())
	}
	h.ClockSkew, h.ClockPeers = m.clock.skew()
	h.ServedBytes, h.ServedMessages, h.RelayedTxs = m.given.Bytes, m.given.Messages, m.given.Txs
	m.countPeers(&h)
	h.Nobody = h.Outbound == 0 && m.book.nobody(now)
	m.countBranches(&h)
	h.Condition = m.condition(now, h)
	return h
}

func (m *Machine) countPeers(h *Health) {
	networks := make(map[string]bool)
	groups, heard := make(map[string]bool), make(map[string]bool)
	for _, p := range m.ready() {
		h.Outbound++
		if m.silentLong(p) {
			h.Silent++
		} else {
			heard[groupOf(p)] = true
		}
		groups[groupOf(p)], networks[networkOf(p.info.Addr)] = true, true
		if p.info.Transport == TransportV2 {
			h.Encrypted++
		}
		if m.hopeful(p) {
			h.FilterPeers++
			if m.cf.count() > 0 && p.agreedTo >= m.cf.tipHeight() {
				h.Agreed++
			}
		}
	}
	h.Inbound = len(m.inbound.present())
	h.Groups, h.Heard, h.Networks = len(groups), len(heard), len(networks)
}

// networkOf names the kind of network an address is in, empty if it is none.
func networkOf(addr string) string {
	a, err := addrmgr.Parse(addr)
	if err != nil {
		return ""
	}
	return a.Network().String()
}

// countBranches counts the other chains that peers stand by and that end close to
// our tip.
func (m *Machine) countBranches(h *Health) {
	ends := make(map[chainhash.Hash]bool)
	for _, p := range m.ready() {
		_, best, ok := m.tree.Find(p.last.Hash)
		if p.last != (chain.Tip{}) && ok && !best && p.last.Height+liveBlocks >= m.tree.Tip().Height {
			ends[p.last.Hash] = true
		}
	}
	h.Branches = len(ends)
}

// condition is the worst of what is found.
func (m *Machine) condition(now time.Time, h Health) Condition {
	stuck, own := m.ownStuck()
	starting := m.book.started.IsZero() || now.Before(m.book.started.Add(healthGrace))
	old := h.Odds < tooOld && (m.current || !starting)
	lowWork := m.headed && m.tree.Work().Cmp(m.cfg.Params.MinWork()) < 0
	switch {
	case h.Outbound == 0 && !starting:
		return HealthOffline
	case h.Outbound == 0:
		return HealthStarting
	case !m.book.pinned && !starting && (lowWork || old && h.Groups < fewGroups):
		return HealthEclipse
	case h.ClockSkew.Abs() > maxSkew && h.ClockPeers >= minClocks || m.whyNoHeaders() == WhyClock:
		return HealthClock
	case m.cf.dispute != nil && !starting || h.Branches > 0 && m.branchedLong(now):
		return HealthDispute
	case old:
		return HealthOld
	case m.book.pinned && own > 0 && stuck == own:
		return HealthNodeStuck
	case stuck > 0:
		return HealthNodeBypassed
	}
	if c := m.crewCondition(now, h); !starting || m.current && c == HealthGood {
		return c
	}
	return HealthStarting
}

// crewCondition is what there is to say of the peers that are here.
func (m *Machine) crewCondition(now time.Time, h Health) Condition {
	switch few := m.health.fewFrom; {
	case m.cfg.OwnNode != "" && !m.light.on:
		return HealthNodeBypassed
	case h.FilterPeers == 0 && m.scan.from >= 0 && !m.light.on:
		return HealthUnfiltered
	case !few.IsZero() && !now.Before(few.Add(fewPatience)):
		return HealthFew
	case h.Heard <= 1 && !m.book.pinned: // else the person wants it so
		return HealthLone
	}
	return HealthGood
}

// branchedLong tells whether our tip is so old that a race between two blocks is
// over.
func (m *Machine) branchedLong(now time.Time) bool { return now.Sub(m.tipAt) > raceOver }

// driveHealth tells of another condition than before.
func (m *Machine) driveHealth() {
	if m.tipFound.IsZero() {
		m.noteTip()
	}
	m.wakeAt(laterOf(m.book.started.Add(healthGrace), m.now))
	switch {
	case len(m.ready()) >= min(m.peersWanted(), DefaultPeers):
		m.health.fewFrom = time.Time{}
	case m.health.fewFrom.IsZero():
		m.health.fewFrom = m.now
	}
	w := &m.health
	if len(m.peers) == w.peers && m.now.Sub(w.at) < time.Second {
		m.wakeAt(w.at.Add(time.Second)) // perhaps nothing else comes for long
		return
	}
	w.at, w.peers = m.now, len(m.peers)
	h := m.Health(m.now)
	if h.Condition != m.health.told || !m.health.any {
		m.health.told, m.health.any = h.Condition, true
		m.emit(HealthChanged{Health: h})
	}
}

// noteTip notes when our tip was found: now if we were watching, else by its
// miner's word.
func (m *Machine) noteTip() {
	m.tipAt, m.tipFound = m.now, m.now
	if header, ok := m.tree.HeaderAt(m.tree.Tip().Height); ok && !m.current {
		if t := time.Unix(int64(header.Time()), 0); t.Before(m.now) {
			m.tipFound = t
		}
	}
}
