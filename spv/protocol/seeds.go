package protocol

import (
	"slices"
	"time"

	"thistle/spv/addrmgr"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// SeedAnswer is what one DNS seed said.
type SeedAnswer struct {
	Seed     string
	Services wire.ServiceFlag // of all these addresses
	Addrs    []string         // "host:port"
}

// addressesFound takes what seeds told. Each is a source of its own, so that one
// that lies cannot fill the book.
func (m *Machine) addressesFound(answers []SeedAnswer) {
	m.book.resolving = false
	m.book.resolvedAt = m.now
	m.book.resolved++
	for _, answer := range answers {
		m.learn(answer)
	}
}

func (m *Machine) learn(answer SeedAnswer) {
	clear(m.book.nobodyFor)
	var list []addrmgr.Heard
	for _, addr := range answer.Addrs {
		at, err := addrmgr.Parse(addr)
		if err != nil {
			if len(m.book.list) < maxAddresses {
				m.book.add(addr)
			}
			continue
		}
		// Seeds say nothing of when; gossip that does shall count for more.
		ago := seedAge + time.Duration(m.cfg.Rand.Int64N(int64(seedAge)))
		list = append(list, addrmgr.Heard{Addr: at, Services: answer.Services | suitable, Seen: m.now.Add(-ago)})
	}
	m.book.known.Add(m.now, list, addrmgr.SourceGroup(answer.Seed))
}

// resolve asks the DNS seeds, where that is allowed; else the fixed seeds have
// to do.
func (m *Machine) resolve() {
	if m.cfg.NoDNS {
		m.useFixedSeeds()
		return
	}
	// While somebody is connected, seeds that had nobody better are asked less and
	// less: each time tells the name server that we are here.
	pause := resolvePause
	if m.usablePeers() > 0 {
		pause <<= min(max(m.book.resolved-1, 0), resolveDoubles)
	}
	if m.book.resolving || m.book.resolved > 0 && !m.due(m.book.resolvedAt.Add(pause)) {
		return
	}
	m.book.resolving = true
	m.do(Resolve{})
}

func (m *Machine) useFixedSeeds() {
	if len(m.book.fixed) > 0 {
		m.learn(SeedAnswer{Seed: "fixed seeds", Addrs: m.book.fixed})
		m.book.fixed = nil
		m.wakeAt(m.now) // whoever looked for an address may look again
	}
}

// driveBook looks for more addresses while nobody can be connected to, asks
// peers for some, and has the book saved from time to time.
func (m *Machine) driveBook() {
	b := &m.book
	if b.started.IsZero() {
		b.started = m.now
	}
	if m.usablePeers() > 0 {
		b.lonely = time.Time{}
	} else if b.lonely.IsZero() {
		b.lonely = m.now
	}
	if !b.pinned && !b.lonely.IsZero() {
		if known, tried := b.known.Len(); known+tried > 0 && m.due(b.lonely.Add(seedsAfter)) {
			m.resolve() // the book is of no use
		}
		if len(b.fixed) > 0 && m.due(b.lonely.Add(fixedAfter)) {
			m.useFixedSeeds()
		}
	}
	m.askAddresses()
	m.saveBook()
}

// pickAnchor chooses a peer of the last run: whoever has led us into a trap
// before the restart or during it would have to be there then, too.
func (m *Machine) pickAnchor(n need, groups map[addrmgr.Group]bool) *address {
	for n.anchors && len(m.book.anchors) > 0 {
		at := m.book.anchors[0]
		k, known := m.book.known.Known(at)
		if known && n.filters && k.Services&wire.SFNodeCF == 0 {
			return nil // for another need
		}
		m.book.anchors = m.book.anchors[1:]
		met := m.book.byKey[at]
		if groups[at.Group()] || met != nil || !m.book.reach.Has(at.Network()) || m.book.known.Banned(m.now, at) {
			continue
		}
		return m.book.add(at.String())
	}
	return nil
}

// anchors are whom to connect to first in the next run: peers that gossip does
// not know of, then those kept for longest, of different net groups. Those of
// the last run stay until there are others.
func (m *Machine) anchors() []addrmgr.Addr {
	var peers []*peerState
	for _, p := range m.peers {
		if a := m.book.byAddr[p.info.Addr]; p.usable() && !p.info.Inbound && a != nil && !a.pinned && !a.at.IsZero() {
			peers = append(peers, p)
		}
	}
	slices.SortStableFunc(peers, func(a, b *peerState) int { return anchorRank(a) - anchorRank(b) })
	var list []addrmgr.Addr
	for _, p := range peers {
		at := m.book.byAddr[p.info.Addr].at
		apart := !slices.ContainsFunc(list, func(a addrmgr.Addr) bool { return a.Group() == at.Group() })
		if apart && len(list) < maxAnchors {
			list = append(list, at)
		}
	}
	if len(list) == 0 {
		return m.book.lastSaved
	}
	return list
}

func anchorRank(p *peerState) int {
	if p.info.Purpose == ForBlocks {
		return 0
	}
	return 1
}

// BookChanged tells whether there is more to be kept than was saved last.
func (m *Machine) BookChanged() bool {
	b := &m.book
	return b.known.Version() != b.saved || !b.pinned && !slices.Equal(m.anchors(), b.lastSaved)
}

// Book is what is to be kept of addresses for the next run.
func (m *Machine) Book() addrmgr.Snapshot {
	s := m.book.known.Snapshot()
	s.Anchors = addrmgr.AppendAnchors(m.anchors())
	return s
}

// saveBook has the book saved some time after it has changed.
func (m *Machine) saveBook() {
	b := &m.book
	if !m.BookChanged() {
		b.saveAt = time.Time{}
		return
	}
	if b.saveAt.IsZero() {
		b.saveAt = m.now.Add(saveBookEvery)
	}
	if !m.due(b.saveAt) {
		return
	}
	b.saved, b.lastSaved, b.saveAt = b.known.Version(), m.anchors(), time.Time{}
	m.do(SaveBook{Book: m.Book()})
}
