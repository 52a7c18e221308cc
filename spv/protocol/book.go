package protocol

import (
	"net/netip"
	"slices"
	"time"
)

// address is one place where a peer may be found.
type address struct {
	addr     string
	pinned   bool // named by the person, so always connected to
	dialing  bool
	peer     PeerID // 0 if not connected
	failures int
	tried    bool // connected or failed at least once
	retryAt  time.Time
}

// addressBook is the memory of addresses of one run.
type addressBook struct {
	list      []*address
	byAddr    map[string]*address
	pinned    bool // only pinned addresses are used
	started   time.Time
	resolving bool
	resolveAt time.Time
}

func (b *addressBook) init(cfg Config) {
	b.byAddr = make(map[string]*address)
	b.pinned = len(cfg.Pinned) > 0
	for _, addr := range slices.Concat(cfg.Pinned, cfg.Preferred) {
		b.add(addr, true)
	}
}

func (b *addressBook) add(addr string, pinned bool) {
	if b.byAddr[addr] != nil || len(b.list) >= maxAddresses {
		return
	}
	a := &address{addr: addr, pinned: pinned}
	b.list = append(b.list, a)
	b.byAddr[addr] = a
}

// kept counts the addresses that the person has named.
func (b *addressBook) kept() int {
	n := 0
	for _, a := range b.list {
		if a.pinned {
			n++
		}
	}
	return n
}

// unresolvedPinned tells whether a pinned address has neither connected nor
// failed yet.
func (m *Machine) unresolvedPinned() bool {
	for _, a := range m.book.list {
		if a.pinned && !a.tried && !m.due(m.book.started.Add(PinnedGrace)) {
			return true
		}
	}
	return false
}

// punish sets when an address may be tried again.
func (m *Machine) punish(addr string, r Reason) {
	a := m.book.byAddr[addr]
	if a == nil {
		return
	}
	pause := min(redialMin<<min(a.failures, 16), redialMax)
	a.failures++
	switch {
	case r.Provable():
		pause = BanTime
	case r == ReasonUnsuitable || r == ReasonSelf || r == ReasonNotNeeded:
		pause = time.Hour
	case r == ReasonSlow || r == ReasonFlood:
		pause = max(pause, time.Minute)
	}
	if a.pinned && !r.Provable() {
		pause = min(pause, 10*time.Second)
	}
	if t := m.now.Add(pause); t.After(a.retryAt) {
		a.retryAt = t
	}
}

func (m *Machine) dialFailed(addr string, r Reason) {
	a := m.book.byAddr[addr]
	if a == nil {
		return
	}
	delete(m.crew.dials, addr)
	a.dialing, a.tried = false, true
	m.punish(addr, r)
	m.emit(PeerFailed{Addr: addr, Reason: r})
}

func (m *Machine) addressesFound(addrs []string) {
	m.book.resolving = false
	m.book.resolveAt = m.now.Add(resolvePause)
	for _, a := range addrs {
		m.book.add(a, false)
	}
}

func (m *Machine) resolve() {
	if m.cfg.NoDNS || m.book.resolving || !m.due(m.book.resolveAt) {
		return
	}
	m.book.resolving = true
	m.do(Resolve{})
}

// need is what an address is looked for.
type need struct {
	filters bool // it serves compact filters, if any is known to
	untried bool // never connected to
	fresh   bool // of a net group that nobody we are connected to is in
}

// pick chooses at random among the addresses that may be dialled now, preferring
// net groups we are not connected to yet; nil if there is none.
func (m *Machine) pick(n need) *address {
	groups := make(map[netip.Prefix]bool)
	for _, a := range m.book.list {
		if a.peer != 0 || a.dialing {
			groups[netGroup(a.addr)] = true
		}
	}
	var fresh, rest []*address
	for _, a := range m.book.list {
		switch {
		case a.dialing || a.peer != 0 || a.pinned || a.tried && n.untried || !m.due(a.retryAt):
		case groups[netGroup(a.addr)]:
			rest = append(rest, a)
		default:
			fresh = append(fresh, a)
		}
	}
	if len(fresh) == 0 && !n.fresh {
		fresh = rest
	}
	if len(fresh) == 0 {
		return nil
	}
	return fresh[m.cfg.Rand.IntN(len(fresh))]
}

// netGroup is the part of an address that one operator is likely to hold: /16
// for IPv4, /32 for IPv6.
func netGroup(addr string) netip.Prefix {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	ip := ap.Addr().Unmap()
	if ip.Is4() {
		bits = 16
	}
	p, _ := ip.Prefix(bits)
	return p
}
