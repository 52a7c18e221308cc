package protocol

import (
	"cmp"
	"slices"
	"time"

	"thistle/spv/addrmgr"
)

// keyOf is what stands for an address and its neighbours in the list of those
// refused; a name stands for itself.
func keyOf(addr string) string { return cmp.Or(addrmgr.KeyOf(addr), addr) }

// banned tells whether an address is refused.
func (m *Machine) banned(addr string) bool {
	if at, err := addrmgr.Parse(addr); err == nil {
		return m.book.known.Banned(m.now, at)
	}
	return m.book.known.BannedKey(m.now, addr)
}

// banPeer refuses an address by the person's wish, the pinned included.
func (m *Machine) banPeer(addr string, length time.Duration) {
	if length <= 0 {
		length = BanTime
	}
	m.book.known.Refuse(m.now, keyOf(addr), m.now.Add(length))
	for _, p := range slices.Concat(m.ready(), m.inbound.present()) {
		if m.banned(p.info.Addr) {
			m.drop(p, ReasonRefused)
		}
	}
}

func (m *Machine) unbanPeer(addr string) {
	m.book.known.Unban(keyOf(addr))
	for _, a := range m.book.list {
		if keyOf(a.addr) == keyOf(addr) {
			a.failures, a.retryAt = 0, m.now
		}
	}
	clear(m.book.nobodyFor)
}

// addPeer names an address to be connected to and kept.
func (m *Machine) addPeer(addr string) {
	a := m.book.add(addr)
	a.pinned, a.unwanted = true, false
	a.failures, a.retryAt = 0, m.now
}

// removePeer is the opposite.
func (m *Machine) removePeer(addr string) {
	a := m.book.byAddr[nameOf(addr)]
	if a == nil || !a.pinned || slices.ContainsFunc(m.cfg.Pinned, func(only string) bool { return nameOf(only) == a.addr }) {
		return
	}
	a.pinned, a.unwanted = false, true
	for _, p := range m.ready() {
		if p.info.Addr == a.addr {
			m.drop(p, ReasonNotNeeded)
		}
	}
}

// Bans lists what is refused, what ends first first.
func (m *Machine) Bans(now time.Time) []addrmgr.Ban { return m.book.known.Bans(now) }
