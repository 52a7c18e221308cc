package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"thistle/spv/chain"
	"thistle/spv/store"
)

func TestNew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "regtest")
	s := open(t, dir)
	l := load(t, s)
	newModel().require(t, l)
	require.Nil(t, l.Headers)
	require.EqualValues(t, -1, l.FilterBase)
	require.Empty(t, l.SetAside)
	require.Empty(t, s.HeldFilters())
	require.NoError(t, s.Check())
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{
			dir: 0o700 | os.ModeDir, filepath.Join(dir, "filters"): 0o700 | os.ModeDir,
			filepath.Join(dir, "chain.db"): 0o600, filepath.Join(dir, "spv.lock"): 0o600,
		} {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, want, info.Mode(), path)
		}
	}
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Commit(store.Batch{}), store.ErrClosed)
	_, err := s.Load()
	require.ErrorIs(t, err, store.ErrClosed)
	require.ErrorIs(t, s.Headers().ReadRecords(0, make([]byte, 80)), store.ErrClosed)
	require.ErrorIs(t, s.PutFilter(1, hashes(rand.New(rand.NewPCG(1, 1)), 1)[0], nil), store.ErrClosed)
	require.ErrorIs(t, s.SyncFilters(), store.ErrClosed)
}

func TestInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	_, err := store.Open(store.Options{Dir: dir, Net: net})
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, s.Close())
	open(t, dir)
}

// TestBoltInUse holds chain.db itself, without the folder's lock.
func TestBoltInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, open(t, dir).Close())
	db, err := bolt.Open(filepath.Join(dir, "chain.db"), 0o600, nil)
	require.NoError(t, err)
	_, err = store.Open(store.Options{Dir: dir, Net: net})
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, db.Close())
	require.Empty(t, load(t, open(t, dir)).SetAside)
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	_, err := store.Open(store.Options{Dir: filepath.Join(dir, "file", "x"), Net: net})
	require.Error(t, err)
	require.NotErrorIs(t, err, store.ErrDamaged)

	require.NoError(t, os.Mkdir(filepath.Join(dir, "chain.db"), 0o700))
	_, err = store.Open(store.Options{Dir: dir, Net: net})
	require.Error(t, err, "a folder is not damage to be set aside")
	require.NotErrorIs(t, err, store.ErrDamaged)
	require.DirExists(t, filepath.Join(dir, "chain.db"))
}

func TestModesAreTightened(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.PutFilter(5, hashes(rand.New(rand.NewPCG(1, 1)), 1)[0], []byte{0}))
	require.NoError(t, s.Close())
	names := []string{filepath.Join(dir, "chain.db"), filepath.Join(dir, "filters", "000000.seg")}
	for _, n := range names {
		require.NoError(t, os.Chmod(n, 0o644))
	}
	open(t, dir)
	for _, n := range names {
		info, err := os.Stat(n)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), n)
	}
}

// TestSetAside puts files in chain.db's place that are not to be used.
func TestSetAside(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 22))
	m := newModel()
	good := t.TempDir()
	s := open(t, good)
	b := m.batch(r, 1, 300)
	require.NoError(t, s.Commit(b))
	require.NoError(t, s.Close())

	// TestNet3 gives another magic, and another genesis than regtest's.
	foreign := t.TempDir()
	f, err := store.Open(store.Options{Dir: foreign, Net: &chaincfg.TestNet3Params})
	require.NoError(t, err)
	require.NoError(t, f.Close())
	foreignDB, err := os.ReadFile(filepath.Join(foreign, "chain.db"))
	require.NoError(t, err)

	edit := func(change func(tx *bolt.Tx) error) func(string) {
		return func(path string) {
			db, err := bolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(change))
			require.NoError(t, db.Close())
		}
	}
	write := func(b []byte) func(string) {
		return func(path string) { require.NoError(t, os.WriteFile(path, b, 0o600)) }
	}
	cases := []struct {
		name, word string
		do         func(path string)
	}{
		{"empty", "damaged", write(nil)},
		{"text", "damaged", write([]byte("hello"))},
		{"zeros", "damaged", write(make([]byte, 1<<16))},
		{"another network", "foreign", write(foreignDB)},
		{"a later version", "newer", edit(store.EditState(func(state []byte) { state[15] = 3 }))},
		{"no state", "damaged", edit(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("state")) })},
		{"another bbolt file", "damaged", edit(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("meta")) })},
		{"a header gone", "damaged", edit(func(tx *bolt.Tx) error {
			k, _ := tx.Bucket([]byte("hdrtail")).Cursor().First()
			return tx.Bucket([]byte("hdrtail")).Delete(k)
		})},
		{"a header changed", "damaged", edit(func(tx *bolt.Tx) error {
			k, v := tx.Bucket([]byte("hdrtail")).Cursor().First()
			v = append([]byte{}, v...)
			v[40] ^= 1
			return tx.Bucket([]byte("hdrtail")).Put(k, v)
		})},
		{"condemned", "damaged", func(path string) { write([]byte("why"))(path + ".bad") }},
	}
	for _, c := range cases {
		dir := copyDir(t, good)
		path := filepath.Join(dir, "chain.db")
		c.do(path)
		was, err := os.ReadFile(path)
		require.NoError(t, err)
		for n := range 2 { // a second time: another name
			s := open(t, dir)
			l := load(t, s)
			newModel().require(t, l, c.name)
			aside := path + "." + c.word + []string{"-1", "-2"}[n]
			require.Equal(t, []string{aside}, l.SetAside, c.name)
			kept, err := os.ReadFile(aside)
			require.NoError(t, err)
			require.Equal(t, len(was), len(kept), c.name)
			require.Empty(t, load(t, s).SetAside, "told once")
			require.NoError(t, s.Commit(store.Batch{Headers: b.Headers, Reset: b.Reset}), c.name)
			require.NoError(t, s.Close())
			s = open(t, dir)
			l = load(t, s)
			require.Empty(t, l.SetAside, c.name)
			require.Equal(t, m.tip(), l.Tip, c.name)
			require.NoError(t, s.Close())
			if n == 0 {
				c.do(path)
			}
		}
	}
	require.Len(t, cases, 10)
}

// TestUnfinishedCreation finds the temporary file of a creation cut short.
func TestUnfinishedCreation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.db.tmp"), make([]byte, 5000), 0o600))
	require.Empty(t, load(t, open(t, dir)).SetAside)
	require.NoFileExists(t, filepath.Join(dir, "chain.db.tmp"))
}

// TestDamageWhileOpen cuts chain.db under an open store: no panic, and the next
// opening recovers.
func TestDamageWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be cut")
	}
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 23))
	dir := t.TempDir()
	s, m := open(t, dir), newModel()
	c := m.change(r, 0, 9000, 1)
	b := store.Batch{Headers: []chain.Change{c}}
	require.NoError(t, s.Commit(b))
	m.apply(&b)
	load(t, s)
	require.NoError(t, os.Truncate(filepath.Join(dir, "chain.db"), 40_000))

	_, err := s.Load()
	require.ErrorIs(t, err, store.ErrDamaged)
	next := store.Batch{Headers: []chain.Change{m.change(r, 0, 1, 2)}}
	require.ErrorIs(t, s.Commit(next), store.ErrDamaged)
	require.ErrorIs(t, s.Check(), store.ErrDamaged)
	require.NoError(t, s.Close())

	s = open(t, dir)
	l := load(t, s)
	require.Len(t, l.SetAside, 1)
	newModel().require(t, l)
	require.NoError(t, s.Commit(b))
	require.NoFileExists(t, filepath.Join(dir, "chain.db.bad"))
}
