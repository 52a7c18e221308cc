package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

// damage harms a file in a random way, and says how.
func damage(t *testing.T, r *rand.Rand, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	if len(b) == 0 {
		return "empty"
	}
	fill := func(size int, random bool) {
		at := r.IntN(len(b)) / size * size
		for i := at; i < min(at+size, len(b)); i++ {
			b[i] = 0
			if random {
				b[i] = byte(r.Uint32())
			}
		}
	}
	kind := ""
	switch r.IntN(8) {
	case 0:
		kind = "bit"
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	case 1:
		kind = "bit in the first pages"
		b[r.IntN(min(len(b), 6*4096))] ^= 1 << r.IntN(8)
	case 2:
		kind = "zeroed 512"
		fill(512, false)
	case 3:
		kind = "zeroed page"
		fill(4096, false)
	case 4:
		kind = "garbage page"
		fill(4096, true)
	case 5:
		kind = "truncated"
		b = b[:r.IntN(len(b))]
	case 6:
		kind = "a page copied over another"
		from, to := r.IntN(len(b))/4096*4096, r.IntN(len(b))/4096*4096
		copy(b[to:min(to+4096, len(b))], b[from:min(from+4096, len(b))])
	case 7:
		kind = "bytes appended"
		for range 1 + r.IntN(6000) {
			b = append(b, byte(r.Uint32()))
		}
	}
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return kind
}

// TestCorruption damages every kind of file in seeded ways. Whatever happens,
// the store opens, gives what was stored once or says that it is gone, and can
// be written to and read again.
func TestCorruption(t *testing.T) {
	t.Parallel()
	const cases = 280
	r := rand.New(rand.NewPCG(1, 40))
	good, history := sample(t)
	m := history[len(history)-1]
	s := open(t, good)
	blocks := hashes(r, 60)
	putAll(t, s, 1990, blocks)
	require.NoError(t, s.Close())
	names := append(append(files(t, good, "chain.db"), files(t, good, "chain.db")...), files(t, good, "filters/*")...)
	require.Len(t, names, 6)

	same, older, aside, lost := 0, 0, 0, 0
	for seed := range uint64(cases) {
		r := rand.New(rand.NewPCG(seed, 41))
		dir := quickDir(t)
		require.NoError(t, os.CopyFS(dir, os.DirFS(good)))
		name, err := filepath.Rel(good, names[seed%uint64(len(names))])
		require.NoError(t, err)
		kind := damage(t, r, filepath.Join(dir, name))
		s := open(t, dir)
		l := load(t, s)
		switch {
		case len(l.SetAside) > 0:
			aside++
			newModel().require(t, l, "seed %d %s %s", seed, name, kind)
		case m.equal(l):
			same++
		default:
			older++
			found := false
			for _, h := range history {
				found = found || h.equal(l)
			}
			require.True(t, found, "silently wrong: seed %d %s %s", seed, name, kind)
		}
		if name != "chain.db" {
			lost += len(blocks) - whole(t, s, 1990, blocks)
			refill(t, dir, s, blocks, seed)
			require.NoError(t, os.RemoveAll(dir))
			continue
		}
		from := m
		if len(l.SetAside) > 0 {
			from = newModel()
		} else if !m.equal(l) || r.IntN(2) == 0 {
			from = nil
		}
		goOn(t, r, dir, s, from, seed)
		require.NoError(t, os.RemoveAll(dir))
	}
	t.Logf("%d cases: %d unharmed, %d fell back one commit, %d set aside; %d filters lost",
		cases, same, older, aside, lost)
	require.Equal(t, cases, same+older+aside)
	require.Positive(t, aside)
	require.Positive(t, lost)
}

// refill puts filters where files were damaged.
func refill(t *testing.T, dir string, s *store.Store, blocks []chainhash.Hash, seed uint64) {
	t.Helper()
	putAll(t, s, 1990, blocks)
	require.NoError(t, s.SyncFilters(), seed)
	require.Equal(t, len(blocks), whole(t, s, 1990, blocks), seed)
	require.NoError(t, s.Close(), seed)
	s = open(t, dir)
	require.Equal(t, len(blocks), whole(t, s, 1990, blocks), seed)
	require.NoError(t, s.Check(), seed)
	require.NoError(t, s.Close())
}

// goOn extends the chain in a store that was damaged, or begins it anew if m is
// nil, as the engine would. Damage that only now shows sets the file aside at
// the next opening.
func goOn(t *testing.T, r *rand.Rand, dir string, s *store.Store, m *model, seed uint64) {
	t.Helper()
	for try := range 3 {
		var b store.Batch
		if m == nil {
			m = newModel()
			b.Reset = &chain.Base{Height: -1}
			m.apply(&b)
		}
		m = m.clone()
		b.Headers = []chain.Change{m.change(r, r.IntN(2)*10, 1500, seed)}
		m.apply(&store.Batch{Headers: b.Headers})
		err := s.Commit(b)
		require.NoError(t, s.Close(), seed)
		s = open(t, dir)
		l := load(t, s)
		if err == nil && len(l.SetAside) == 0 {
			m.require(t, l, "seed %d", seed)
			require.NoError(t, s.Check(), seed)
			require.NoError(t, s.Close())
			return
		}
		if err != nil {
			require.ErrorIs(t, err, store.ErrDamaged, seed)
		}
		require.Len(t, l.SetAside, 1, seed)
		require.Zero(t, try, "seed %d: damaged again after it was set aside", seed)
		m = nil
	}
}
