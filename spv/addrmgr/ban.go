package addrmgr

import (
	"cmp"
	"slices"
	"time"
)

// MaxBans bounds the list; beyond it the one that ends first makes room.
const MaxBans = 1000

// Ban is an address, or what stands for it and its neighbours, that is refused.
type Ban struct {
	Key   string // see Addr.BanKey
	Until time.Time
}

// maxKey is how long a key may be, in bytes: no name is longer.
const maxKey = 255

// Ban refuses a key until a time, at least as long as it was refused before.
func (m *Manager) Ban(now time.Time, key string, until time.Time) {
	if key == "" || len(key) > maxKey || !until.After(now) || !m.bans[key].Before(until) {
		return
	}
	m.expire(now)
	if _, known := m.bans[key]; !known && len(m.bans) >= MaxBans {
		delete(m.bans, m.Bans(now)[0].Key)
	}
	m.bans[key] = until
	m.version++
}

// Unban ends a refusal and tells whether there was one.
func (m *Manager) Unban(key string) bool {
	_, known := m.bans[key]
	if known {
		delete(m.bans, key)
		m.version++
	}
	return known
}

// Banned tells whether an address is refused.
func (m *Manager) Banned(now time.Time, a Addr) bool {
	return len(m.bans) > 0 && (m.BannedKey(now, a.BanKey()) || m.BannedKey(now, a.hostName()))
}

// BannedKey tells whether a key is refused.
func (m *Manager) BannedKey(now time.Time, key string) bool { return now.Before(m.bans[key]) }

// Bans lists what is refused, what ends first first.
func (m *Manager) Bans(now time.Time) []Ban {
	list := make([]Ban, 0, len(m.bans))
	for key, until := range m.bans {
		if now.Before(until) {
			list = append(list, Ban{Key: key, Until: until})
		}
	}
	slices.SortFunc(list, func(a, b Ban) int { return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Key, b.Key)) })
	return list
}

func (m *Manager) expire(now time.Time) {
	for key, until := range m.bans {
		if !now.Before(until) {
			delete(m.bans, key)
		}
	}
}
