package addrmgr

import (
	"cmp"
	"slices"
	"time"
)

// MaxBans bounds each of two lists: what the person refuses, and what is refused
// for a fault. Beyond it the one of the list that ends first makes room.
const MaxBans = 1000

// Ban is an address, or what stands for it and its neighbours, that is refused.
type Ban struct {
	Key   string // see Addr.BanKey
	Until time.Time
	Own   bool // by the person's wish
}

// refusal is what a key is refused for.
type refusal struct {
	until time.Time
	own   bool
}

// maxKey is how long a key may be, in bytes: no name is longer.
const maxKey = 255

// Ban refuses a key for a fault until a time, at least as long as it was refused
// before.
func (m *Manager) Ban(now time.Time, key string, until time.Time) {
	m.ban(now, key, refusal{until: until})
}

// Refuse does the same by the person's wish. However many others are banned, they
// do not push it out.
func (m *Manager) Refuse(now time.Time, key string, until time.Time) {
	m.ban(now, key, refusal{until: until, own: true})
}

func (m *Manager) ban(now time.Time, key string, r refusal) {
	if key == "" || len(key) > maxKey || !r.until.After(now) {
		return
	}
	m.expire(now)
	old := m.bans[key]
	r.own = r.own || old.own
	if old.until.After(r.until) {
		r.until = old.until
	}
	if r == old {
		return
	}
	if old.own != r.own || old.until.IsZero() {
		m.banRoom(r.own)
	}
	m.bans[key] = r
	m.version++
}

// banRoom has what ends first give way where a list is full.
func (m *Manager) banRoom(own bool) {
	var first Ban
	n := 0
	for key, r := range m.bans {
		if r.own != own {
			continue
		}
		b := Ban{Key: key, Until: r.until}
		if n++; n == 1 || sooner(b, first) < 0 {
			first = b
		}
	}
	if n >= MaxBans {
		delete(m.bans, first.Key)
	}
}

// sooner puts first what ends first.
func sooner(a, b Ban) int { return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Key, b.Key)) }

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
func (m *Manager) BannedKey(now time.Time, key string) bool { return now.Before(m.bans[key].until) }

// Bans lists what is refused, what ends first first.
func (m *Manager) Bans(now time.Time) []Ban {
	list := make([]Ban, 0, len(m.bans))
	for key, r := range m.bans {
		if now.Before(r.until) {
			list = append(list, Ban{Key: key, Until: r.until, Own: r.own})
		}
	}
	slices.SortFunc(list, sooner)
	return list
}

func (m *Manager) expire(now time.Time) {
	for key, r := range m.bans {
		if !now.Before(r.until) {
			delete(m.bans, key)
		}
	}
}
