package store_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

var net = &chaincfg.RegressionNetParams

// open opens a store that is closed, and checked, when the test ends.
func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Dir: dir, Net: net})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// loaded is all of chain.db.
type loaded struct {
	store.Loaded
	Headers       []byte
	FilterHeaders []chainhash.Hash
}

func load(t testing.TB, s *store.Store) loaded {
	t.Helper()
	l, err := loadAll(s)
	require.NoError(t, err)
	return l
}

func loadAll(s *store.Store) (loaded, error) {
	l, err := s.Load()
	if err != nil {
		return loaded{}, err
	}
	all := loaded{Loaded: l}
	if l.Tip.Height == l.Base.Height && l.FilterCount == 0 {
		return all, nil
	}
	all.Headers = make([]byte, (l.Tip.Height-l.Base.Height)*chain.HeaderSize)
	if err := s.Headers().ReadRecords(l.Base.Height+1, all.Headers); err != nil {
		return loaded{}, err
	}
	raw := make([]byte, l.FilterCount*chainhash.HashSize)
	if err := s.FilterHeaders().ReadRecords(l.FilterBase, raw); err != nil {
		return loaded{}, err
	}
	for ; len(raw) > 0; raw = raw[chainhash.HashSize:] {
		all.FilterHeaders = append(all.FilterHeaders, chainhash.Hash(raw))
	}
	return all, nil
}

// header makes a header that links to prev. The store judges links only, so the
// rest is chance; seq is found again in it.
func header(r *rand.Rand, prev chainhash.Hash, seq uint64) chain.Header {
	var raw [chain.HeaderSize]byte
	binary.LittleEndian.PutUint32(raw[0:], r.Uint32())
	copy(raw[4:36], prev[:])
	binary.LittleEndian.PutUint64(raw[36:], seq)
	binary.LittleEndian.PutUint64(raw[44:], r.Uint64())
	binary.LittleEndian.PutUint32(raw[68:], r.Uint32())
	binary.LittleEndian.PutUint32(raw[72:], []uint32{0x1d00ffff, 0x207fffff, 0x1b0404cb}[r.IntN(3)])
	return chain.NewHeader(raw)
}

// model is what the store should hold, kept the naive way.
type model struct {
	base    chain.Base
	below   []chain.Header // of the heights 0..base.Height
	headers []chain.Header
	fbase   int32 // -1: none
	fprev   chainhash.Hash
	fhs     []chainhash.Hash
	direct  []int32
	filters map[int32]chainhash.Hash // height → block
}

func newModel() *model {
	m := &model{filters: map[int32]chainhash.Hash{}}
	m.reset((&chain.Params{Net: net}).Genesis())
	return m
}

func (m *model) clone() *model {
	c := *m
	c.headers = slices.Clone(m.headers)
	c.fhs, c.direct = slices.Clone(m.fhs), slices.Clone(m.direct)
	return &c
}

func (m *model) reset(base chain.Base) {
	base.Time = base.Time.UTC()
	m.base, m.headers, m.below = base, nil, nil
	m.fbase, m.fprev, m.fhs, m.direct = -1, chainhash.Hash{}, nil, nil
}

func (m *model) tip() chain.Tip { return m.at(m.base.Height + int32(len(m.headers))) }

func (m *model) at(height int32) chain.Tip {
	if height == m.base.Height {
		return m.base.Tip()
	}
	return chain.Tip{Height: height, Hash: m.headers[height-m.base.Height-1].Hash}
}

func (m *model) work() chain.Work { return addWork(m.base.Work, m.headers) }

func addWork(w chain.Work, headers []chain.Header) chain.Work {
	known := map[uint32]chain.Work{}
	for i := range headers {
		bits := headers[i].Bits()
		b, ok := known[bits]
		if !ok {
			var err error
			if b, err = chain.BlockWork(bits); err != nil {
				panic(err)
			}
			known[bits] = b
		}
		w = w.Add(b)
	}
	return w
}

// apply does a batch that fits.
func (m *model) apply(b *store.Batch) {
	if b.Reset != nil {
		m.reset(*b.Reset)
	}
	for _, c := range b.Headers {
		fork := c.Fork.Height
		m.headers = append(slices.Clone(m.headers[:fork-m.base.Height]), c.Connected...)
		if m.fbase < 0 || len(c.Disconnected) == 0 {
			continue
		}
		if fork+1 < m.fbase {
			m.fbase, m.fprev, m.fhs, m.direct = -1, chainhash.Hash{}, nil, nil
			continue
		}
		if end := fork + 1 - m.fbase; end < int32(len(m.fhs)) {
			m.fhs = m.fhs[:end]
		}
		m.direct = slices.DeleteFunc(m.direct, func(h int32) bool { return h > fork })
	}
	for _, l := range b.Lower {
		at := l.Base.Height + 1
		m.headers = append(slices.Clone(m.below[at:]), m.headers...)
		m.base, m.below = l.Base, m.below[:at]
	}
	if f := b.FilterBase; f != nil {
		m.fbase, m.fprev, m.fhs = f.Height, f.PrevHeader, nil
		m.direct = slices.DeleteFunc(m.direct, func(h int32) bool { return h < f.Height })
	}
	for _, run := range b.FilterHeaders {
		m.fhs = append(slices.Clone(m.fhs[:run.From-m.fbase]), run.Headers...)
	}
	for _, h := range b.Direct {
		if !slices.Contains(m.direct, h) {
			m.direct = append(m.direct, h)
		}
	}
	m.direct = slices.DeleteFunc(m.direct, func(h int32) bool { return slices.Contains(b.Settled, h) })
	slices.Sort(m.direct)
}

// equal tells whether what was loaded is this model.
func (m *model) equal(l loaded) bool {
	var raw []byte
	for i := range m.headers {
		raw = append(raw, m.headers[i].Raw[:]...)
	}
	return l.Base == m.base && bytes.Equal(l.Headers, raw) && l.Tip == m.tip() && l.Work == m.work() &&
		l.FilterBase == m.fbase && l.FilterBaseHeader == m.fprev &&
		slices.Equal(l.FilterHeaders, m.fhs) && slices.Equal(l.Direct, m.direct)
}

func (m *model) require(t testing.TB, l loaded, args ...any) {
	t.Helper()
	require.Equal(t, m.tip(), l.Tip, args...)
	require.Equal(t, m.base, l.Base, args...)
	require.Equal(t, m.fbase, l.FilterBase, args...)
	require.Equal(t, len(m.fhs), len(l.FilterHeaders), args...)
	require.True(t, m.equal(l), args...)
}

// change moves the model's chain: back by depth, then on by n.
func (m *model) change(r *rand.Rand, depth, n int, seq uint64) chain.Change {
	tip := m.tip()
	fork := max(m.base.Height, tip.Height-int32(depth))
	c := chain.Change{Fork: m.at(fork)}
	for h := tip.Height; h > fork; h-- {
		c.Disconnected = append(c.Disconnected, m.at(h))
	}
	prev := c.Fork.Hash
	for range n {
		h := header(r, prev, seq)
		c.Connected = append(c.Connected, h)
		prev = h.Hash
	}
	return c
}

// startLate begins the model anew after k periods that are known, and can be
// put below.
func (m *model) startLate(r *rand.Rand, k int) chain.Base {
	below := []chain.Header{chain.FromWire(&net.GenesisBlock.Header)}
	for len(below) < k*2016 {
		below = append(below, header(r, below[len(below)-1].Hash, 0))
	}
	below = below[:k*2016]
	base := baseAfter(below)
	m.reset(base)
	m.below = below
	return base
}

// baseAfter is the base that these headers, from genesis on, lead to.
func baseAfter(headers []chain.Header) chain.Base {
	n := len(headers)
	if n == 0 {
		return chain.Base{Height: -1, Bits: 0x207fffff}
	}
	return chain.Base{Height: int32(n) - 1, Hash: headers[n-1].Hash, Work: addWork(chain.Work{}, headers),
		Bits: 0x1d00ffff, Time: time.Unix(int64(n), 0).UTC()}
}

// lower is one or several steps down by random periods.
func (m *model) lower(r *rand.Rand) []store.Lower {
	var out []store.Lower
	for at := len(m.below); at > 0 && (len(out) == 0 || r.IntN(3) == 0); {
		to := r.IntN(at/2016) * 2016
		l := store.Lower{Base: baseAfter(m.below[:to])}
		for from := max(to, 1); from < at; {
			n := min(1+r.IntN(2000), at-from)
			var raw []byte
			for _, h := range m.below[from : from+n] {
				raw = append(raw, h.Raw[:]...)
			}
			l.Headers = append(l.Headers, raw)
			from += n
		}
		out = append(out, l)
		at = to
	}
	return out
}

func hashes(r *rand.Rand, n int) []chainhash.Hash {
	out := make([]chainhash.Hash, n)
	for i := range out {
		binary.LittleEndian.PutUint64(out[i][:], r.Uint64())
		binary.LittleEndian.PutUint64(out[i][24:], r.Uint64())
	}
	return out
}

// batch makes a random batch that fits the model, and applies it. It always
// ends in a new tip that carries seq.
func (m *model) batch(r *rand.Rand, seq uint64, size int) store.Batch {
	var b store.Batch
	step := func(part store.Batch) { m.apply(&part) }
	if r.IntN(60) == 0 || seq == 1 {
		base := m.startLate(r, r.IntN(5))
		b.Reset = &base
	}
	for range 1 + r.IntN(2) {
		depth := 0
		switch r.IntN(8) {
		case 0:
			depth = 1 + r.IntN(6)
		case 1:
			depth = 1 + r.IntN(size)
		}
		c := m.change(r, depth, 1+r.IntN(size), seq)
		b.Headers = append(b.Headers, c)
		step(store.Batch{Headers: []chain.Change{c}})
	}
	if len(m.below) > 0 && r.IntN(8) == 0 {
		b.Lower = m.lower(r)
		step(store.Batch{Lower: b.Lower})
	}
	if m.fbase < 0 && r.IntN(2) == 0 || r.IntN(40) == 0 {
		f := store.FilterBase{
			Height:     m.base.Height + 1 + r.Int32N(int32(len(m.headers))+1),
			PrevHeader: hashes(r, 1)[0],
		}
		b.FilterBase = &f
		step(store.Batch{FilterBase: &f})
	}
	for range r.IntN(3) {
		if m.fbase < 0 {
			break
		}
		from := m.fbase + int32(len(m.fhs))
		if r.IntN(6) == 0 {
			from -= r.Int32N(int32(len(m.fhs)) + 1)
		}
		room := m.tip().Height + 1 - from
		run := store.FilterHeaderRun{From: from, Headers: hashes(r, r.IntN(int(min(room, int32(2*size)))+1))}
		b.FilterHeaders = append(b.FilterHeaders, run)
		step(store.Batch{FilterHeaders: []store.FilterHeaderRun{run}})
	}
	if m.fbase >= 0 && m.tip().Height >= m.fbase && r.IntN(3) == 0 {
		b.Direct = []int32{m.fbase + r.Int32N(m.tip().Height-m.fbase+1)}
		if len(m.direct) > 0 {
			b.Settled = []int32{m.direct[r.IntN(len(m.direct))], 1 << 30}
		}
		step(store.Batch{Direct: b.Direct, Settled: b.Settled})
	}
	return b
}

// filterFor is a filter's content, known from its block.
func filterFor(block chainhash.Hash) []byte {
	r := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(block[:]), 1))
	b := make([]byte, r.IntN(400))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// quickDir is a folder for one of many cases, to be removed when the case is over.
// It lies in memory where the system offers that: what a case shows does not take
// a disk, and waiting for one costs more than all the rest.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "thistle-store-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

func files(t testing.TB, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	return names
}
