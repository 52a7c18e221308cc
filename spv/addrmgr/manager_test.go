package addrmgr_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"thistle/spv/addrmgr"

	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	begin = time.Unix(1_750_000_000, 0)
	clear = addrmgr.In(addrmgr.IPv4, addrmgr.IPv6)
)

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func book(seed uint64) *addrmgr.Manager { return addrmgr.New(addrmgr.Config{Rand: dice(seed)}) }

// anyIP is an address somewhere.
func anyIP(r *rand.Rand) addrmgr.Addr {
	for {
		v := r.Uint32()
		a := addrmgr.FromIP(netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), 8333)
		if a.Routable() {
			return a
		}
	}
}

// in16 is the nth address of a /16.
func in16(a, b byte, n int) addrmgr.Addr {
	return addrmgr.FromIP(netip.AddrFrom4([4]byte{a, b, byte(n >> 8), byte(n)}), 8333)
}

func heard(now time.Time, addrs ...addrmgr.Addr) []addrmgr.Heard {
	var list []addrmgr.Heard
	for _, a := range addrs {
		list = append(list, addrmgr.Heard{Addr: a, Services: wire.SFNodeNetwork | wire.SFNodeWitness, Seen: now})
	}
	return list
}

// honestBook has addresses everywhere, told by forty sources.
func honestBook(t *testing.T, seed uint64, each int) (*addrmgr.Manager, map[addrmgr.Addr]bool) {
	t.Helper()
	m, r := book(seed), dice(seed+1)
	honest := map[addrmgr.Addr]bool{}
	for range 40 {
		source := anyIP(r).Group()
		for range each {
			a := anyIP(r)
			honest[a] = true
			m.Add(begin, heard(begin, a), source)
		}
	}
	require.NoError(t, m.Check())
	return m, honest
}

// share is which part of picks leads to somebody else than those.
func share(t *testing.T, m *addrmgr.Manager, now time.Time, n addrmgr.Need, honest map[addrmgr.Addr]bool) float64 {
	t.Helper()
	const picks = 4000
	others := 0
	for range picks {
		a, ok := m.Pick(now, n)
		require.True(t, ok)
		if !honest[a] {
			others++
		}
	}
	return float64(others) / picks
}

// One part of the network, however much it tells, fills a sixteenth of the new
// buckets, pushes nobody out, and is seldom picked.
func TestFloodFromOneSource(t *testing.T) {
	t.Parallel()
	m, honest := honestBook(t, 1, 75)
	before, _ := m.Len()
	r := dice(9)
	for i := range 100_000 {
		m.Add(begin, heard(begin, anyIP(r)), in16(66, 6, i).Group())
	}
	require.NoError(t, m.Check())
	after, _ := m.Len()
	require.LessOrEqual(t, after-before, addrmgr.SourceBuckets*addrmgr.BucketSize)
	for a := range honest {
		if _, ok := m.Known(a); ok {
			before--
		}
	}
	require.Zero(t, before, "all who were there are there")
	require.Less(t, share(t, m, begin, addrmgr.Need{Networks: clear}, honest), 0.15)

	only := book(2)
	for range 100_000 {
		only.Add(begin, heard(begin, anyIP(r)), in16(66, 6, 1).Group())
	}
	buckets, _ := only.Buckets()
	require.LessOrEqual(t, buckets, addrmgr.SourceBuckets)

	// Who comes after the flood finds room.
	late := 0
	for range 1000 {
		late += m.Add(begin, heard(begin, anyIP(r)), anyIP(r).Group())
	}
	require.Greater(t, late, 700)
}

// Peers of one part of the network that all answer fill few of the tried
// buckets, and are picked accordingly.
func TestFloodOfOneGroup(t *testing.T) {
	t.Parallel()
	m, honest := honestBook(t, 3, 20)
	for a := range honest {
		m.Good(begin, a, wire.SFNodeNetwork|wire.SFNodeWitness)
	}
	_, before := m.Len()
	r := dice(4)
	for i := range 20_000 {
		a := in16(66, 6, i)
		m.Add(begin, heard(begin, a), anyIP(r).Group()) // told by everybody
		m.Good(begin, a, wire.SFNodeNetwork|wire.SFNodeWitness)
	}
	require.NoError(t, m.Check())
	_, after := m.Len()
	require.LessOrEqual(t, after-before, addrmgr.GroupBuckets*addrmgr.BucketSize)

	tried := addrmgr.Need{Networks: clear, Services: wire.SFNodeNetwork, Skip: func(a addrmgr.Addr) bool {
		k, _ := m.Known(a)
		return k.Success.IsZero()
	}}
	skipNew := share(t, m, begin.Add(time.Hour), tried, honest)
	require.Less(t, skipNew, 0.6, "half of all picks are of the new ones, which cost little")
}

func TestAlive(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			m, _ := honestBook(t, seed, 10)
			// Nobody answers any more: the useless make room.
			now := begin
			for range 5 {
				now = now.Add(time.Hour)
				for range 2000 {
					if a, ok := m.Pick(now, addrmgr.Need{Networks: clear}); ok {
						m.Failed(now, a, true)
					}
				}
			}
			now = now.Add(time.Hour)
			require.Empty(t, m.Sample(now, addrmgr.IPv4), "who never answered is not told of")
			require.NoError(t, m.Check())
		})
	}
}

func TestDatesOfGossip(t *testing.T) {
	t.Parallel()
	m := book(5)
	source := in16(9, 9, 9).Group()
	for i, c := range []struct{ said, want time.Time }{
		{begin, begin.Add(-2 * time.Hour)},
		{begin.Add(-20 * time.Hour), begin.Add(-22 * time.Hour)},
		{begin.Add(time.Hour), begin.Add(-5 * 24 * time.Hour)},
		{time.Unix(1<<32-1, 0), begin.Add(-5 * 24 * time.Hour)},
		{time.Unix(0, 0), begin.Add(-5 * 24 * time.Hour)},
	} {
		a := in16(10+byte(i)*2+1, 1, 1)
		m.Add(begin, []addrmgr.Heard{{Addr: a, Seen: c.said}}, source)
		k, ok := m.Known(a)
		require.True(t, ok)
		require.Equal(t, c.want, k.Seen)
	}
	own := in16(99, 9, 1)
	m.Add(begin, heard(begin, own), own.Group())
	k, _ := m.Known(own)
	require.Equal(t, begin, k.Seen)

	require.Zero(t, m.Add(begin, heard(begin, parse(t, "127.0.0.1:8333"), parse(t, "8.8.8.8:0"), addrmgr.Addr{}), source))
	local := addrmgr.New(addrmgr.Config{Rand: dice(1), Local: true})
	require.Equal(t, 1, local.Add(begin, heard(begin, parse(t, "127.0.0.1:8333"), parse(t, "127.0.0.1:0")), source))
}

// What a peer said of itself is not changed by what others say of it.
func TestServices(t *testing.T) {
	t.Parallel()
	m := book(6)
	a := in16(8, 8, 8)
	m.Add(begin, []addrmgr.Heard{{Addr: a, Services: wire.SFNodeNetwork, Seen: begin}}, a.Group())
	filters := addrmgr.Need{Services: wire.SFNodeCF, Networks: clear}
	_, ok := m.Pick(begin, filters)
	require.False(t, ok)
	more := []addrmgr.Heard{{Addr: a, Services: wire.SFNodeCF, Seen: begin}}
	m.Add(begin, more, a.Group())
	_, ok = m.Pick(begin, filters)
	require.True(t, ok)
	m.Good(begin, a, wire.SFNodeNetwork)
	m.Add(begin, more, a.Group())
	_, ok = m.Pick(begin, filters)
	require.False(t, ok)
}

func TestPickMeetsTheNeed(t *testing.T) {
	t.Parallel()
	m := book(7)
	six, onion := parse(t, "[2a02::1]:8333"), parse(t, onionName+":8333")
	four := in16(8, 8, 8)
	for _, a := range []addrmgr.Addr{six, onion, four} {
		require.Equal(t, 1, m.Add(begin, heard(begin, a), a.Group()))
	}
	for range 50 {
		a, ok := m.Pick(begin, addrmgr.Need{Networks: addrmgr.In(addrmgr.Onion)})
		require.True(t, ok)
		require.Equal(t, onion, a)
	}
	_, ok := m.Pick(begin, addrmgr.Need{Networks: addrmgr.In(addrmgr.I2P)})
	require.False(t, ok)
	_, ok = m.Pick(begin, addrmgr.Need{Networks: clear, Skip: func(a addrmgr.Addr) bool { return a == six || a == four }})
	require.False(t, ok)
	m.Good(begin, six, 0)
	for range 50 {
		a, ok := m.Pick(begin, addrmgr.Need{Networks: clear, Untried: true})
		require.True(t, ok)
		require.Equal(t, four, a)
	}
	// Who has failed is chosen less, who is slow a little less.
	m.Failed(begin, four, true)
	m.Failed(begin, four, false)
	k, _ := m.Known(four)
	require.Equal(t, 1, k.Failures, "no fault of its own")
	require.Equal(t, begin, k.Attempt)
	m.Left(begin.Add(time.Minute), six)
	m.Measured(six, 3*time.Second, 30)
	k, _ = m.Known(six)
	require.Equal(t, 3*time.Second, k.Latency)
	require.EqualValues(t, 30, k.Rate)
	require.Equal(t, begin.Add(time.Minute), k.Seen)
	for range 6 {
		m.Failed(begin, four, true)
	}
	count := map[addrmgr.Addr]int{}
	for range 500 {
		a, _ := m.Pick(begin.Add(time.Hour), addrmgr.Need{Networks: clear | addrmgr.In(addrmgr.Onion), Untried: true})
		count[a]++
	}
	require.Greater(t, count[onion], 20*max(1, count[four]))
}

// A tried address keeps its place while it answers; another in its way gets it
// when it does not.
func TestRivals(t *testing.T) {
	t.Parallel()
	for _, answers := range []bool{true, false} {
		m := book(8)
		good := func(now time.Time, a addrmgr.Addr) (tried bool) {
			m.Add(now, heard(now, a), anyIP(dice(uint64(now.Unix())+uint64(a.Group()[2]))).Group())
			_, before := m.Len()
			m.Good(now, a, wire.SFNodeNetwork)
			_, after := m.Len()
			return after > before
		}
		for i := range 2000 {
			good(begin, in16(7, 7, i))
		}
		now := begin.Add(5 * time.Hour)
		m.Failed(begin, addrmgr.Addr{}, true)
		rival := in16(7, 7, 5000)
		for i := 1; good(now, rival); i++ { // until one falls into the same place
			rival = in16(7, 7, 5000+i)
		}
		got, ok := m.Pick(now, addrmgr.Need{Networks: clear, Untried: true})
		require.True(t, ok)
		k, _ := m.Known(got)
		require.False(t, k.Success.IsZero(), "one that is in the way is tested")
		if answers {
			m.Good(now.Add(time.Second), got, wire.SFNodeNetwork)
		} else {
			m.Failed(now.Add(time.Second), got, true)
		}
		now = now.Add(2 * time.Minute)
		m.Failed(now, in16(7, 7, 0xffff), true) // time passes
		_, ok = m.Known(rival)
		require.True(t, ok)
		require.NoError(t, m.Check())
		n := addrmgr.Need{Networks: clear, Untried: true, Skip: func(a addrmgr.Addr) bool { return a != rival }}
		_, isNew := m.Pick(now, n)
		require.Equal(t, answers, isNew, "the rival is a new one still")
	}
}

func TestBans(t *testing.T) {
	t.Parallel()
	m := book(9)
	a, b := parse(t, "[2a02:1:2:3::1]:8333"), parse(t, "[2a02:1:2:3::2]:1")
	m.Add(begin, heard(begin, a), a.Group())
	m.Ban(begin, a.BanKey(), begin.Add(time.Hour))
	require.True(t, m.Banned(begin, b), "its neighbour")
	require.Zero(t, m.Add(begin, heard(begin, b), b.Group()))
	_, ok := m.Pick(begin, addrmgr.Need{Networks: clear})
	require.False(t, ok)
	require.Empty(t, m.Sample(begin, addrmgr.IPv4))
	m.Ban(begin, a.BanKey(), begin.Add(time.Minute))
	require.Equal(t, []addrmgr.Ban{{Key: a.BanKey(), Until: begin.Add(time.Hour)}}, m.Bans(begin), "no shorter than before")
	require.False(t, m.Banned(begin.Add(time.Hour), a))
	require.Empty(t, m.Bans(begin.Add(time.Hour)))

	for i := range 3 * addrmgr.MaxBans {
		m.Ban(begin, in16(byte(11+i>>8), 0, i).BanKey(), begin.Add(time.Duration(i+1)*time.Minute))
	}
	bans := m.Bans(begin)
	require.Len(t, bans, addrmgr.MaxBans)
	require.Equal(t, begin.Add(time.Duration(2*addrmgr.MaxBans+1)*time.Minute), bans[0].Until, "what ended first has gone")
	require.True(t, m.Unban(bans[5].Key))
	require.False(t, m.Unban(bans[5].Key))
	m.Ban(begin, "", begin.Add(time.Hour))
	m.Ban(begin, strings.Repeat("x", 256), begin.Add(time.Hour)) // no snapshot has room for it
	m.Ban(begin, "1.2.3.4", begin)
	require.Len(t, m.Bans(begin), addrmgr.MaxBans-1)
}

// However many are banned, what the person refuses stays refused, over restarts;
// and only so much of that makes room for each other.
func TestOwnBansStay(t *testing.T) {
	t.Parallel()
	m := book(9)
	soon, late := begin.Add(time.Hour), begin.Add(24*time.Hour)
	m.Refuse(begin, "1.2.3.4", soon)
	m.Ban(begin, "5.6.7.8", late)
	m.Refuse(begin, "5.6.7.8", soon) // for as long as before
	flood := func(ban func(time.Time, string, time.Time), n int) {
		for i := range n {
			ban(begin, fmt.Sprintf("%d.peer.example", i), late)
		}
	}
	flood(m.Ban, 2*addrmgr.MaxBans)
	check := func(m *addrmgr.Manager) {
		t.Helper()
		require.NoError(t, m.Check())
		bans := m.Bans(begin)
		require.Len(t, bans, addrmgr.MaxBans+2)
		require.Contains(t, bans, addrmgr.Ban{Key: "1.2.3.4", Until: soon, Own: true})
		require.Contains(t, bans, addrmgr.Ban{Key: "5.6.7.8", Until: late, Own: true})
	}
	check(m)
	m = addrmgr.Restore(addrmgr.Config{Rand: dice(10)}, m.Snapshot())
	check(m)
	flood(m.Ban, 3*addrmgr.MaxBans)
	check(m)
	flood(m.Refuse, 2*addrmgr.MaxBans)
	require.False(t, m.BannedKey(begin, "1.2.3.4"), "it ended first")
	require.NoError(t, m.Check())
	require.LessOrEqual(t, len(m.Bans(begin)), 2*addrmgr.MaxBans)
}

// What was saved before it was known who refuses is refused still.
func TestFormerBans(t *testing.T) {
	t.Parallel()
	saved := binary.AppendUvarint([]byte{1}, uint64(begin.Add(time.Hour).Unix()))
	saved = append(append(saved, 7), "1.2.3.4"...)
	m := addrmgr.Restore(addrmgr.Config{Rand: dice(10)}, addrmgr.Snapshot{Bans: saved})
	require.Equal(t, []addrmgr.Ban{{Key: "1.2.3.4", Until: time.Unix(begin.Add(time.Hour).Unix(), 0)}}, m.Bans(begin))
}

// Who asks often learns a quarter of the book, the same for a day.
func TestSample(t *testing.T) {
	t.Parallel()
	m, honest := honestBook(t, 10, 30)
	one := m.Sample(begin, addrmgr.IPv4)
	require.InDelta(t, len(honest)*23/100, len(one), 20)
	for _, h := range one {
		require.True(t, honest[h.Addr])
	}
	r := dice(11)
	for range 100 {
		m.Add(begin, heard(begin, anyIP(r)), anyIP(r).Group())
	}
	require.Equal(t, one, m.Sample(begin.Add(20*time.Hour), addrmgr.IPv4))
	require.NotEqual(t, one, m.Sample(begin, addrmgr.Onion), "another face")
	require.NotEqual(t, one, m.Sample(begin.Add(28*time.Hour), addrmgr.IPv4))
	require.Empty(t, m.Sample(begin.Add(60*24*time.Hour), addrmgr.IPv4), "too old to be told")

	big, _ := honestBook(t, 12, 200)
	require.Len(t, big.Sample(begin, addrmgr.IPv4), addrmgr.MaxHeard)
}

// To be connected to somebody changes nothing that others are told.
func TestSampleSaysNothingOfConnections(t *testing.T) {
	t.Parallel()
	m := book(13)
	for i := range 9 {
		a := in16(byte(20+i), 1, 1)
		m.Add(begin, heard(begin, a), a.Group())
	}
	now := begin.Add(time.Hour)
	for i := range 9 {
		m.Good(now, in16(byte(20+i), 1, 1), wire.SFNodeNetwork|wire.SFNodeWitness)
	}
	for _, h := range m.Sample(now, addrmgr.IPv4) {
		require.Equal(t, begin, h.Seen)
	}
}

func TestAllowance(t *testing.T) {
	t.Parallel()
	var a addrmgr.Allowance
	require.Equal(t, 1, a.Take(begin, 10))
	require.Zero(t, a.Take(begin.Add(9*time.Second), 10))
	require.Equal(t, 1, a.Take(begin.Add(11*time.Second), 10))
	a.Expect()
	require.Equal(t, 1000, a.Take(begin.Add(12*time.Second), 5000))
	require.Equal(t, 360, a.Take(begin.Add(time.Hour+12*time.Second), 5000))
	require.Zero(t, a.Take(begin, 10), "the clock goes back")
	require.Equal(t, 1000, a.Take(begin.Add(1000*time.Hour), 5000))
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	m, honest := honestBook(t, 14, 30)
	r := dice(15)
	n := 0
	for a := range honest {
		switch n++; n % 3 {
		case 0:
			m.Good(begin, a, wire.SFNodeNetwork|wire.SFNodeCF)
			m.Measured(a, 70*time.Millisecond, 1<<20)
		case 1:
			m.Failed(begin, a, true)
		default:
			m.Add(begin, heard(begin, a), anyIP(r).Group()) // a second place, perhaps
		}
	}
	onion := parse(t, onionName+":8333")
	m.Add(begin, heard(begin, onion), onion.Group())
	m.Ban(begin, "1.2.3.4", begin.Add(time.Hour))
	s := m.Snapshot()
	got := addrmgr.Restore(addrmgr.Config{Rand: dice(16)}, s)
	require.NoError(t, got.Check())
	require.Equal(t, s, got.Snapshot(), "every place and every word")
	require.Equal(t, m.Bans(begin), got.Bans(begin))
	for a := range honest {
		want, wasKnown := m.Known(a)
		is, isKnown := got.Known(a)
		require.Equal(t, wasKnown, isKnown)
		require.Equal(t, want, is)
	}

	anchors := []addrmgr.Addr{onion, in16(8, 8, 8)}
	require.Equal(t, anchors, addrmgr.DecodeAnchors(addrmgr.AppendAnchors(anchors)))

	// Without the secret addresses are hearsay.
	s.Secret = nil
	got = addrmgr.Restore(addrmgr.Config{Rand: dice(17)}, s)
	require.NoError(t, got.Check())
	fresh, tried := got.Len()
	require.Zero(t, tried)
	require.Greater(t, fresh, 300)
	require.NotEqual(t, m.Snapshot().Secret, got.Snapshot().Secret)
}

// FuzzRestore: whatever stands in the file, the book is sound.
func FuzzRestore(f *testing.F) {
	m := book(1)
	a := parse(f, onionName+":8333")
	m.Add(begin, heard(begin, a, in16(8, 8, 8), parse(f, "[2a02::1]:1")), a.Group())
	m.Good(begin, a, wire.SFNodeNetwork)
	m.Ban(begin, "1.2.3.4", begin.Add(time.Hour))
	s := m.Snapshot()
	f.Add(s.Secret, s.Addresses, s.Bans)
	f.Add(s.Secret[:5], s.Addresses[:len(s.Addresses)-3], s.Bans[:4])
	f.Add([]byte{2}, []byte{2, 3}, []byte{})
	f.Fuzz(func(t *testing.T, secret, addresses, bans []byte) {
		m := addrmgr.Restore(addrmgr.Config{Rand: dice(1)}, addrmgr.Snapshot{Secret: secret, Addresses: addresses, Bans: bans})
		require.NoError(t, m.Check())
		m.Sample(begin, addrmgr.IPv4)
		m.Pick(begin, addrmgr.Need{Networks: clear})
		again := addrmgr.Restore(addrmgr.Config{Rand: dice(2)}, m.Snapshot())
		require.Equal(t, m.Snapshot(), again.Snapshot())
		addrmgr.DecodeAnchors(addresses)
	})
}

// Whatever happens in whatever order, every address is where it belongs, and
// what is picked meets the need.
func TestBookStaysSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := book(rapid.Uint64().Draw(t, "seed"))
		now := begin
		var some []addrmgr.Addr
		for i := range 40 { // few groups, so that places are fought for
			some = append(some, in16(byte(60+i%3), 1, i*7))
		}
		pick := rapid.SampledFrom(some)
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			a := pick.Draw(t, "addr")
			switch rapid.IntRange(0, 8).Draw(t, "what") {
			case 0, 1, 2:
				m.Add(now, heard(now, a), pick.Draw(t, "source").Group())
			case 3, 4:
				m.Good(now, a, wire.SFNodeNetwork)
			case 5:
				m.Failed(now, a, true)
			case 6:
				now = now.Add(time.Duration(rapid.IntRange(-600, 1_000_000).Draw(t, "seconds")) * time.Second)
			case 7:
				m.Ban(now, a.BanKey(), now.Add(time.Hour))
			case 8:
				m = addrmgr.Restore(addrmgr.Config{Rand: dice(1)}, m.Snapshot())
			}
			require.NoError(t, m.Check())
			untried := rapid.Bool().Draw(t, "untried")
			if got, ok := m.Pick(now, addrmgr.Need{Networks: clear, Untried: untried}); ok {
				_, known := m.Known(got)
				require.True(t, known && !m.Banned(now, got))
			}
		}
	})
}

func BenchmarkPick(b *testing.B) {
	m, r := book(1), dice(2)
	for range 20_000 {
		m.Add(begin, heard(begin, anyIP(r)), anyIP(r).Group())
	}
	b.Run("any", func(b *testing.B) {
		for b.Loop() {
			m.Pick(begin, addrmgr.Need{Networks: clear})
		}
	})
	b.Run("none", func(b *testing.B) {
		for b.Loop() {
			m.Pick(begin, addrmgr.Need{Networks: clear, Services: wire.SFNodeCF})
		}
	})
	b.Run("lonely", func(b *testing.B) {
		m := book(1)
		m.Add(begin, heard(begin, anyIP(r)), anyIP(r).Group())
		for b.Loop() {
			m.Pick(begin, addrmgr.Need{Networks: clear, Services: wire.SFNodeCF})
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			m.Snapshot()
		}
	})
}
