package addrmgr

import (
	"math/rand/v2"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// How much is remembered: about 3 MB when all is full.
const (
	newBuckets   = 512
	triedBuckets = 128
	bucketSize   = 32
	// sourceBuckets is how many new buckets one source group can reach, and
	// groupBuckets how many tried buckets the addresses of one group can.
	sourceBuckets = newBuckets / 16
	groupBuckets  = triedBuckets / 32
	// maxPlaces is in how many new buckets one address can be, when several
	// sources tell of it.
	maxPlaces = 4
	// maxRivals bounds the addresses that wait for a place among the tried.
	maxRivals = 16
)

// What makes an address not worth its place.
const (
	horizon     = 30 * 24 * time.Hour // not seen for so long
	future      = 10 * time.Minute    // seen later than this from now
	hopeless    = 3                   // attempts without any success
	lostAfter   = 7 * 24 * time.Hour  // without success for so long
	lostFails   = 10                  // and after so many attempts
	testAgain   = 4 * time.Hour       // who answered since then keeps its place
	testWithin  = 40 * time.Minute    // and is tested in this time, or loses it
	penalty     = 2 * time.Hour       // gossip is older than it says
	unsaidSince = 5 * 24 * time.Hour  // how old gossip with a wild date is taken to be
)

// Manager is the book of addresses. It is not safe for concurrent use. Times
// are arguments and must not go back by much.
//
// An address is new until a peer has answered there, then tried. Both kinds lie
// in buckets by a secret: which new buckets is chosen by who told of the
// address, so that one part of the network, however many addresses it tells of,
// fills a sixteenth of them; which tried buckets by its own group, so that one
// part of the network fills a thirty-second of those. Who is there stays as
// long as it is any good.
type Manager struct {
	cfg     Config
	key     [32]byte
	rand    *rand.Rand
	byAddr  map[Addr]*entry
	fresh   [newBuckets]bucket
	tried   [triedBuckets]bucket
	count   [2]int // new and tried
	rivals  []rival
	bans    map[string]refusal
	samples map[Network]sample
	version uint64
}

// bucket is where addresses lie.
type bucket struct {
	at   [bucketSize]*entry
	used uint32 // a bit for each place that is taken: most buckets have none
}

// put gives a place to an address, or frees it.
func (b *bucket) put(slot int, e *entry) {
	b.at[slot] = e
	if e != nil {
		b.used |= 1 << slot
	} else {
		b.used &^= 1 << slot
	}
}

// entry is one address. It is tried, or in some new buckets.
type entry struct {
	Known
	tried  bool
	source Group
	places []uint16 // new buckets
}

// Known is what is known of an address.
type Known struct {
	Addr     Addr
	Services wire.ServiceFlag
	// Sure tells that Services are what the peer itself said last.
	Sure bool
	// Seen is when somebody last said that it is there, or we knew.
	Seen time.Time
	// Attempt is the last one, Success the last that a peer answered, and
	// Failures the attempts that counted since then.
	Attempt, Success time.Time
	Failures         int
	// Latency and Rate (filters per minute) are what was measured last, 0 if
	// nothing was.
	Latency time.Duration
	Rate    int64
}

// rival is a tried address whose place among the tried another one has.
type rival struct {
	addr  Addr
	since time.Time // the other is tested since then, zero if not yet
}

// Config is what a Manager needs to know.
type Config struct {
	Rand *rand.Rand // throws the dice
	// Local says that peers may be on this computer or in its own network, as on
	// networks for tests.
	Local bool
}

// New makes an empty book. The dice throw its secret when it is first needed.
func New(cfg Config) *Manager {
	return &Manager{
		cfg: cfg, rand: cfg.Rand, byAddr: make(map[Addr]*entry),
		bans: make(map[string]refusal), samples: make(map[Network]sample),
	}
}

func (m *Manager) secret() []byte {
	for m.key == [32]byte{} {
		for i := range m.key {
			m.key[i] = byte(m.rand.Uint32())
		}
	}
	return m.key[:]
}

// Len counts new and tried addresses.
func (m *Manager) Len() (fresh, tried int) { return m.count[0], m.count[1] }

// Version changes with what Snapshot would say.
func (m *Manager) Version() uint64 { return m.version }

// Known is what is known of an address.
func (m *Manager) Known(a Addr) (Known, bool) {
	if e := m.byAddr[a]; e != nil {
		return e.Known, true
	}
	return Known{}, false
}

// Add remembers addresses that a source told of, and counts those it had not
// known. How long ago they were seen is not believed to the hour. What nobody
// can reach, or is refused, is left out.
func (m *Manager) Add(now time.Time, list []Heard, source Group) int {
	added := 0
	for _, h := range list {
		if m.reachable(h.Addr) && !m.Banned(now, h.Addr) && m.add(now, h, source) {
			added++
		}
	}
	return added
}

func (m *Manager) reachable(a Addr) bool { return a.Routable() || m.cfg.Local && a.port != 0 }

func (m *Manager) add(now time.Time, h Heard, source Group) bool {
	if h.Seen.Before(time.Unix(100_000_000, 0)) || h.Seen.After(now.Add(future)) {
		h.Seen = now.Add(-unsaidSince)
	} else if h.Addr.Group() != source { // who speaks of itself knows best
		h.Seen = h.Seen.Add(-penalty)
	}
	e := m.byAddr[h.Addr]
	if e != nil {
		if h.Seen.After(e.Seen.Add(time.Hour)) {
			e.Seen = h.Seen
			m.version++
		}
		if !e.Sure {
			e.Services |= h.Services
		}
		// The more places it has, the harder it gets: nobody may have them all.
		if e.tried || len(e.places) == maxPlaces || m.rand.IntN(1<<len(e.places)) != 0 {
			return false
		}
		m.place(now, e, source)
		return false
	}
	e = &entry{Known: Known{Addr: h.Addr, Services: h.Services, Seen: h.Seen}, source: source}
	m.byAddr[h.Addr] = e
	m.count[0]++
	m.place(now, e, source)
	if len(e.places) == 0 {
		m.forget(e)
		return false
	}
	return true
}

// place puts a new address into the bucket that its source reaches, unless a
// good one is in the way.
func (m *Manager) place(now time.Time, e *entry, source Group) {
	b := m.freshBucket(e.Addr, source)
	slot := m.slot(tagFresh, b, e.Addr)
	if old := m.fresh[b].at[slot]; old != nil {
		if old == e || !old.useless(now) && (len(old.places) == 1 || len(e.places) > 0) {
			return
		}
		m.displace(b, slot)
	}
	m.fresh[b].put(slot, e)
	e.places = append(e.places, uint16(b))
	m.version++
}

// displace empties a slot of a new bucket.
func (m *Manager) displace(bucket, slot int) {
	e := m.fresh[bucket].at[slot]
	m.fresh[bucket].put(slot, nil)
	for i, b := range e.places {
		if int(b) == bucket {
			e.places = append(e.places[:i], e.places[i+1:]...)
			break
		}
	}
	if len(e.places) == 0 && !e.tried {
		m.forget(e)
	}
	m.version++
}

// forget removes an address that is in no bucket.
func (m *Manager) forget(e *entry) {
	delete(m.byAddr, e.Addr)
	m.count[0]--
}

// Failed notes that nobody answered. counts is false when that says nothing of
// the address, because nobody else can be reached either.
func (m *Manager) Failed(now time.Time, a Addr, counts bool) {
	if e := m.byAddr[a]; e != nil {
		e.Attempt = now
		if counts {
			e.Failures++
		}
		m.version++
	}
	m.settle(now)
}

// Good notes that a peer answered and said which services it has. The time is
// not told to others: they would learn whom we are connected to.
func (m *Manager) Good(now time.Time, a Addr, services wire.ServiceFlag) {
	e := m.byAddr[a]
	if e == nil {
		return
	}
	e.Attempt, e.Success, e.Failures = now, now, 0
	e.Services, e.Sure = services, true
	m.version++
	m.settle(now)
	if !e.tried {
		m.promote(now, e, false)
	}
}

// Left notes that a connection has ended that was good until then, and that
// others may know of.
func (m *Manager) Left(now time.Time, a Addr) {
	if e := m.byAddr[a]; e != nil {
		e.Seen = now
		m.version++
	}
}

// Measured notes how quick a peer was; 0 for what was not measured.
func (m *Manager) Measured(a Addr, latency time.Duration, rate int64) {
	e := m.byAddr[a]
	if e == nil {
		return
	}
	if latency > 0 {
		e.Latency = latency
	}
	if rate > 0 {
		e.Rate = rate
	}
	m.version++
}

// promote makes an address a tried one. Unless by force, it waits while another
// has its place.
func (m *Manager) promote(now time.Time, e *entry, force bool) {
	b := m.triedBucket(e.Addr)
	slot := m.slot(tagTried, b, e.Addr)
	old := m.tried[b].at[slot]
	if old != nil && !force {
		if len(m.rivals) < maxRivals {
			m.rivals = append(m.rivals, rival{addr: e.Addr})
		}
		return
	}
	for len(e.places) > 0 {
		b := int(e.places[0])
		e.tried = true // so that it is not forgotten
		m.displace(b, m.slot(tagFresh, b, e.Addr))
	}
	e.tried = true
	m.tried[b].put(slot, e)
	m.count[0], m.count[1] = m.count[0]-1, m.count[1]+1
	if old != nil {
		m.demote(now, old)
	}
	m.version++
}

// demote makes a tried address, which has lost its place, a new one.
func (m *Manager) demote(now time.Time, e *entry) {
	e.tried = false
	m.count[0], m.count[1] = m.count[0]+1, m.count[1]-1
	b := m.freshBucket(e.Addr, e.source)
	if slot := m.slot(tagFresh, b, e.Addr); m.fresh[b].at[slot] != nil {
		m.displace(b, slot) // it has proved to be better than hearsay
	}
	m.place(now, e, e.source)
}

// settle gives rivals their places: the other has answered since and keeps it,
// or has not, or was not tested in time.
func (m *Manager) settle(now time.Time) {
	kept := m.rivals[:0]
	for _, r := range m.rivals {
		e := m.byAddr[r.addr]
		if e == nil || e.tried {
			continue
		}
		old := m.inTheWay(r.addr)
		switch {
		case old == nil:
			m.promote(now, e, false)
		case now.Sub(old.Success) < testAgain:
		case !r.since.IsZero() && !old.Attempt.Before(r.since) && now.Sub(old.Attempt) > time.Minute,
			now.Sub(e.Success) > testWithin:
			m.promote(now, e, true)
		default:
			kept = append(kept, r)
		}
	}
	m.rivals = kept
}

// inTheWay is who has the place among the tried that an address would have.
func (m *Manager) inTheWay(a Addr) *entry {
	b := m.triedBucket(a)
	return m.tried[b].at[m.slot(tagTried, b, a)]
}

// useless tells whether an address is not worth its place.
func (e *entry) useless(now time.Time) bool {
	switch {
	case now.Sub(e.Attempt) < time.Minute:
		return false // it is being found out
	case e.Seen.After(now.Add(future)), now.Sub(e.Seen) > horizon:
		return true
	case e.Success.IsZero():
		return e.Failures >= hopeless
	}
	return now.Sub(e.Success) > lostAfter && e.Failures >= lostFails
}
