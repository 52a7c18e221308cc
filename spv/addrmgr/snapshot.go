package addrmgr

import (
	"encoding/binary"
	"slices"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Snapshot is a book as it is kept on disk. Each part can be lost on its own: a
// part that is no part is as good as none. It begins with the version of its
// format: 1, but for Bans, where that has no word of who refuses.
type Snapshot struct{ Secret, Addresses, Bans, Anchors []byte }

const (
	format     = 1
	bansFormat = 2
)

// What an entry's flags say.
const (
	flagTried = 1 << iota
	flagSure
)

// Snapshot is what Restore needs. Anchors, which the book does not know, are
// nil.
func (m *Manager) Snapshot() Snapshot {
	s := Snapshot{Secret: append([]byte{format}, m.secret()...), Addresses: []byte{format}, Bans: []byte{bansFormat}}
	for i := range m.tried {
		for _, e := range m.tried[i].at {
			if e != nil {
				s.Addresses = e.append(s.Addresses)
			}
		}
	}
	for i := range m.fresh {
		for _, e := range m.fresh[i].at {
			if e != nil && int(e.places[0]) == i { // once
				s.Addresses = e.append(s.Addresses)
			}
		}
	}
	for _, ban := range m.Bans(time.Time{}) {
		s.Bans = binary.AppendUvarint(s.Bans, uint64(ban.Until.Unix()))
		var own byte
		if ban.Own {
			own = 1
		}
		s.Bans = append(s.Bans, own, byte(len(ban.Key)))
		s.Bans = append(s.Bans, ban.Key...)
	}
	return s
}

// AppendAnchors is the part of a snapshot that holds anchors.
func AppendAnchors(anchors []Addr) []byte {
	b := []byte{format}
	for i := range anchors {
		b = anchors[i].append(b)
	}
	return b
}

func (a *Addr) append(b []byte) []byte {
	b = append(append(b, byte(a.net)), a.bytes()...)
	return binary.BigEndian.AppendUint16(b, a.port)
}

func (e *entry) append(b []byte) []byte {
	b = e.Addr.append(b)
	var flags byte
	if e.tried {
		flags |= flagTried
	}
	if e.Sure {
		flags |= flagSure
	}
	b = append(b, flags)
	for _, v := range []uint64{
		uint64(e.Services), stamp(e.Seen), stamp(e.Attempt), stamp(e.Success), uint64(e.Failures),
		uint64(e.Latency / time.Millisecond), uint64(e.Rate),
	} {
		b = binary.AppendUvarint(b, v)
	}
	b = append(b, e.source[:]...)
	b = append(b, byte(len(e.places)))
	for _, p := range e.places {
		b = binary.BigEndian.AppendUint16(b, p)
	}
	return b
}

// stamp is a time in seconds, 0 for none.
func stamp(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(max(t.Unix(), 1))
}

func (r *reader) stamp() time.Time {
	if v := r.uvarint(); v != 0 {
		return time.Unix(int64(min(v, 1<<40)), 0)
	}
	return time.Time{}
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) addr() Addr {
	network := Network(r.uint(1))
	host := r.take(uint64(network.size()))
	if port := r.port(); !r.bad && len(host) > 0 && network != onionV2 {
		return from(network, host, port)
	}
	r.bad = true
	return Addr{}
}

// opened is a part without its version, empty if it is of none of these.
func opened(part []byte, versions ...byte) *reader {
	if len(part) == 0 || !slices.Contains(versions, part[0]) {
		return &reader{}
	}
	return &reader{b: part[1:]}
}

// Restore makes the book of a snapshot. Without the secret no address can be
// found again in its bucket: then they are taken as told by one source.
func Restore(cfg Config, s Snapshot) *Manager {
	m := New(cfg)
	known := len(s.Secret) == 1+len(m.key) && s.Secret[0] == format
	if known {
		copy(m.key[:], s.Secret[1:])
	}
	for r := opened(s.Addresses, format); len(r.b) > 0; {
		e := r.entry()
		if r.bad {
			break
		}
		if !known {
			e.tried, e.source, e.places = false, SourceGroup("lost"), nil
			e.places = []uint16{uint16(m.freshBucket(e.Addr, e.source))}
		}
		m.restore(e)
	}
	m.restoreBans(s.Bans)
	m.version = 0
	return m
}

func (m *Manager) restoreBans(part []byte) {
	var count [2]int
	for r := opened(part, format, bansFormat); len(r.b) > 0; {
		ban := refusal{until: r.stamp()}
		ban.own = part[0] == bansFormat && r.uint(1) == 1
		key := string(r.take(r.uint(1)))
		if r.bad {
			break
		}
		list := 0
		if ban.own {
			list = 1
		}
		if _, twice := m.bans[key]; !twice && count[list] < MaxBans {
			m.bans[key] = ban
			count[list]++
		}
	}
}

func (r *reader) entry() *entry {
	e := &entry{Known: Known{Addr: r.addr()}}
	flags := r.uint(1)
	e.tried, e.Sure = flags&flagTried != 0, flags&flagSure != 0
	e.Services = wire.ServiceFlag(r.uvarint())
	e.Seen, e.Attempt, e.Success = r.stamp(), r.stamp(), r.stamp()
	e.Failures = int(min(r.uvarint(), 1<<20))
	e.Latency = time.Duration(min(r.uvarint(), 1<<30)) * time.Millisecond
	e.Rate = int64(min(r.uvarint(), 1<<40))
	copy(e.source[:], r.take(uint64(len(e.source))))
	for range r.uint(1) {
		e.places = append(e.places, r.port())
	}
	return e
}

// restore puts an address back into its buckets, where there is room.
func (m *Manager) restore(e *entry) {
	if m.byAddr[e.Addr] != nil || !m.reachable(e.Addr) {
		return
	}
	if e.tried {
		b := m.triedBucket(e.Addr)
		if slot := m.slot(tagTried, b, e.Addr); m.tried[b].at[slot] == nil {
			m.tried[b].put(slot, e)
			e.places, m.byAddr[e.Addr] = nil, e
			m.count[1]++
		}
		return
	}
	places := e.places
	e.places = nil
	for _, b := range places {
		if int(b) >= newBuckets || len(e.places) == maxPlaces {
			continue
		}
		if slot := m.slot(tagFresh, int(b), e.Addr); m.fresh[b].at[slot] == nil {
			m.fresh[b].put(slot, e)
			e.places = append(e.places, b)
		}
	}
	if len(e.places) > 0 {
		m.byAddr[e.Addr] = e
		m.count[0]++
	}
}

// DecodeAnchors reads the part of a snapshot that holds anchors.
func DecodeAnchors(part []byte) []Addr {
	var list []Addr
	for r := opened(part, format); len(r.b) > 0; {
		a := r.addr()
		if r.bad {
			break
		}
		list = append(list, a)
	}
	return list
}
