package protocol

import (
	"net/netip"
	"time"
)

// address is one place where a peer may be found.
type address struct {
	addr     string
	pinned   bool
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

func (b *addressBook) init(pinned []string) {
	b.byAddr = make(map[string]*address)
	b.pinned = len(pinned) > 0
	for _, addr := range pinned {
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

// drivePeers keeps enough connections open.
func (m *Machine) drivePeers() {
	if m.book.started.IsZero() {
		m.book.started = m.now
	}
	if m.book.pinned {
		for _, a := range m.book.list {
			if a.pinned && !a.dialing && a.peer == 0 && m.due(a.retryAt) {
				m.dial(a)
			}
		}
		return
	}
	dialing := 0
	for _, a := range m.book.list {
		if a.dialing {
			dialing++
		}
	}
	missing := m.crew.wanted() - len(m.ready())
	if missing <= 0 {
		return
	}
	for want := min(2*missing, maxDialing) - dialing; want > 0; want-- {
		a := m.pickAddress()
		if a == nil {
			m.resolve()
			return
		}
		m.dial(a)
	}
}

func (m *Machine) dial(a *address) {
	a.dialing = true
	m.do(Dial{Addr: a.addr})
}

func (m *Machine) resolve() {
	if m.cfg.NoDNS || m.book.resolving || !m.due(m.book.resolveAt) {
		return
	}
	m.book.resolving = true
	m.do(Resolve{})
}

// pickAddress chooses at random among the addresses that may be dialled now,
// preferring net groups we are not connected to yet.
func (m *Machine) pickAddress() *address {
	groups := make(map[netip.Prefix]bool)
	for _, a := range m.book.list {
		if a.peer != 0 || a.dialing {
			groups[netGroup(a.addr)] = true
		}
	}
	var fresh, rest []*address
	for _, a := range m.book.list {
		switch {
		case a.dialing || a.peer != 0 || !m.due(a.retryAt):
		case groups[netGroup(a.addr)]:
			rest = append(rest, a)
		default:
			fresh = append(fresh, a)
		}
	}
	if len(fresh) == 0 {
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
