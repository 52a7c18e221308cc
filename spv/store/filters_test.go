package store_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/store"
)

// putAll puts a filter for each block, at heights from on.
func putAll(t testing.TB, s *store.Store, from int32, blocks []chainhash.Hash) {
	t.Helper()
	for i, b := range blocks {
		require.NoError(t, s.PutFilter(from+int32(i), b, filterFor(b)))
	}
}

// whole counts the filters that are there, and makes sure that those are right.
func whole(t testing.TB, s *store.Store, from int32, blocks []chainhash.Hash) int {
	t.Helper()
	n := 0
	for i, b := range blocks {
		f, err := s.Filter(from+int32(i), b)
		if err != nil {
			require.ErrorIs(t, err, store.ErrMissing)
			continue
		}
		require.True(t, bytes.Equal(filterFor(b), f))
		n++
	}
	return n
}

func TestFilters(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 30))
	dir := t.TempDir()
	s := open(t, dir)
	blocks := hashes(r, 30)
	putAll(t, s, 2000, blocks) // across the edge of a segment
	putAll(t, s, 900_000, blocks[:1])
	check := func() {
		t.Helper()
		require.Equal(t, 30, whole(t, s, 2000, blocks))
		require.Equal(t, []store.Range{{From: 2000, To: 2029}, {From: 900_000, To: 900_000}}, s.HeldFilters())
		b, ok := s.HeldFilter(2016)
		require.True(t, ok)
		require.Equal(t, blocks[16], b)
		for _, h := range []int32{-1, 0, 1999, 2030, 5000, 1<<31 - 1} {
			_, ok = s.HeldFilter(h)
			require.False(t, ok, h)
			_, err := s.Filter(h, blocks[0])
			require.ErrorIs(t, err, store.ErrMissing, h)
		}
		_, err := s.Filter(2000, blocks[1])
		require.ErrorIs(t, err, store.ErrMissing, "another block's")
		_, err = s.Filter(2000, chainhash.Hash{})
		require.ErrorIs(t, err, store.ErrMissing)
		_, err = s.Filter(1, chainhash.Hash{})
		require.ErrorIs(t, err, store.ErrMissing, "the hash of nothing")
	}
	check()
	require.NoError(t, s.SyncFilters())
	check()
	require.NoError(t, s.Close())
	s = open(t, dir)
	check()
	require.NoError(t, s.Check())
	require.Len(t, files(t, dir, "filters/*.seg"), 3)

	require.ErrorIs(t, s.PutFilter(-1, blocks[0], nil), store.ErrMismatch)
	require.ErrorIs(t, s.PutFilter(1, chainhash.Hash{}, nil), store.ErrMismatch)
	require.ErrorIs(t, s.PutFilter(1, blocks[0], make([]byte, 4_000_001)), store.ErrMismatch)

	buf := make([]byte, 0, 4096)
	f, err := s.FilterInto(buf, 2003, blocks[3])
	require.NoError(t, err)
	require.Equal(t, filterFor(blocks[3]), f)
}

func TestFilterIntoDoesNotAllocate(t *testing.T) {
	s := open(t, t.TempDir())
	b := hashes(rand.New(rand.NewPCG(1, 31)), 1)
	putAll(t, s, 5, b)
	buf := make([]byte, 4096)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		if _, err := s.FilterInto(buf, 5, b[0]); err != nil {
			t.Fatal(err)
		}
	}))
}

// TestLastFilterWins puts another block's filter at a height, and the same
// block's again.
func TestLastFilterWins(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 30))
	dir := t.TempDir()
	s := open(t, dir)
	b := hashes(r, 2)
	require.NoError(t, s.PutFilter(7, b[0], []byte("old")))
	require.NoError(t, s.PutFilter(7, b[1], []byte("other")))
	require.NoError(t, s.PutFilter(7, b[1], []byte("newer")))
	for range 2 {
		f, err := s.Filter(7, b[1])
		require.NoError(t, err)
		require.Equal(t, "newer", string(f))
		_, err = s.Filter(7, b[0])
		require.ErrorIs(t, err, store.ErrMissing)
		require.NoError(t, s.Close())
		s = open(t, dir)
	}
	require.NoError(t, s.Close())
	require.NoError(t, os.Remove(filepath.Join(dir, "filters", "000000.seg.idx")))
	s = open(t, dir)
	f, err := s.Filter(7, b[1])
	require.NoError(t, err)
	require.Equal(t, "newer", string(f))
}

// TestTornTail cuts a segment at every length: what was whole before the cut is
// found, the rest is missing and can be put again.
func TestTornTail(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 30))
	blocks := hashes(r, 8)
	good := t.TempDir()
	s := open(t, good)
	var ends []int64
	seg := filepath.Join("filters", "000000.seg")
	for i, b := range blocks {
		putAll(t, s, int32(i), []chainhash.Hash{b})
		info, err := os.Stat(filepath.Join(good, seg))
		require.NoError(t, err)
		ends = append(ends, info.Size())
		if i < 5 {
			require.NoError(t, s.SyncFilters())
		}
	}
	list, err := os.ReadFile(filepath.Join(good, seg+".idx"))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	full, err := os.ReadFile(filepath.Join(good, seg))
	require.NoError(t, err)

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "filters"), 0o700))
	for cut := 0; cut <= len(full); cut += 1 + r.IntN(9) {
		for _, l := range [][]byte{nil, list} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, seg), full[:cut], 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, seg+".idx"), l, 0o600))
			s := open(t, dir)
			want, end := 0, int64(0)
			for want < len(ends) && ends[want] <= int64(cut) {
				end = ends[want]
				want++
			}
			require.Equal(t, want, whole(t, s, 0, blocks), cut)
			info, err := os.Stat(filepath.Join(dir, seg))
			require.NoError(t, err)
			require.Equal(t, end, info.Size(), "the torn end is cut off")
			putAll(t, s, int32(want), blocks[want:])
			require.NoError(t, s.Check())
			require.NoError(t, s.Close())
			s = open(t, dir)
			require.Equal(t, len(blocks), whole(t, s, 0, blocks), cut)
			require.NoError(t, s.Close())
		}
	}
}

// TestDamagedRecords damages one record in the middle: only it is missing, with
// and without the list, and putting it again heals.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 30))
	blocks := hashes(r, 5)
	good := t.TempDir()
	s := open(t, good)
	putAll(t, s, 100, blocks)
	require.NoError(t, s.Close())
	seg := filepath.Join("filters", "000000.seg")
	full, err := os.ReadFile(filepath.Join(good, seg))
	require.NoError(t, err)
	start := bytes.Index(full, blocks[2][:]) - 12
	end := bytes.Index(full, blocks[3][:]) - 12

	for at := start; at < end; at += 1 + r.IntN(3) {
		for _, listed := range []bool{true, false} {
			dir := copyDir(t, good)
			bad := bytes.Clone(full)
			bad[at] ^= 1 << r.IntN(8)
			require.NoError(t, os.WriteFile(filepath.Join(dir, seg), bad, 0o600))
			if !listed {
				require.NoError(t, os.Remove(filepath.Join(dir, seg+".idx")))
			}
			s := open(t, dir)
			if listed {
				require.ErrorIs(t, s.Check(), store.ErrDamaged, "it is not read before it is asked for")
			}
			require.Equal(t, 4, whole(t, s, 100, blocks), at)
			require.Equal(t, []store.Range{{From: 100, To: 101}, {From: 103, To: 104}}, s.HeldFilters())
			require.NoError(t, s.Check())
			putAll(t, s, 102, blocks[2:3])
			require.Equal(t, 5, whole(t, s, 100, blocks), at)
			require.NoError(t, s.Close())
			s = open(t, dir)
			require.Equal(t, 5, whole(t, s, 100, blocks), at)
			require.NoError(t, s.Close())
		}
	}
}

// TestFilesVanish deletes and cuts segment files, and the folder, under an open
// store.
func TestFilesVanish(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 30))
	blocks := hashes(r, 20)
	seg := filepath.Join("filters", "000000.seg")
	for name, harm := range map[string]func(dir string) error{
		"file gone":   func(dir string) error { return os.Remove(filepath.Join(dir, seg)) },
		"list gone":   func(dir string) error { return os.Remove(filepath.Join(dir, seg+".idx")) },
		"folder gone": func(dir string) error { return os.RemoveAll(filepath.Join(dir, "filters")) },
		"file cut":    func(dir string) error { return os.Truncate(filepath.Join(dir, seg), 500) },
		"file empty":  func(dir string) error { return os.Truncate(filepath.Join(dir, seg), 0) },
		"list cut":    func(dir string) error { return os.Truncate(filepath.Join(dir, seg+".idx"), 60) },
	} {
		dir := t.TempDir()
		s := open(t, dir)
		putAll(t, s, 0, blocks[:10])
		require.NoError(t, s.SyncFilters(), name)
		require.NoError(t, harm(dir), name)
		whole(t, s, 0, blocks)
		putAll(t, s, 10, blocks[10:15])
		require.NoError(t, s.SyncFilters(), name)
		whole(t, s, 0, blocks)
		putAll(t, s, 15, blocks[15:])
		require.NoError(t, s.SyncFilters(), name)
		require.NoError(t, s.Close(), name)

		s = open(t, dir)
		for i := range blocks { // whatever was lost is downloaded
			if whole(t, s, int32(i), blocks[i:i+1]) == 0 {
				putAll(t, s, int32(i), blocks[i:i+1])
			}
		}
		require.NoError(t, s.Close(), name)
		s = open(t, dir)
		require.Equal(t, 20, whole(t, s, 0, blocks), name)
		require.NoError(t, s.Check(), name)
	}
}

// TestForeignNames leaves files alone that are no segments.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "filters"), 0o700))
	for _, n := range []string{"x.seg", "1.seg", "-00001.seg", "99999999999.seg", "notes.txt", "000001.seg.bak"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "filters", n), []byte("keep"), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "filters", "000003.seg"), 0o700))
	s := open(t, dir)
	require.Empty(t, s.HeldFilters())
	require.NoError(t, s.Close())
	for _, n := range files(t, dir, "filters/*[^3].seg") {
		b, err := os.ReadFile(n)
		require.NoError(t, err)
		require.Equal(t, "keep", string(b), n)
	}
}

// TestManySegments uses more segments than files may be open, from several
// goroutines.
func TestManySegments(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 30))
	const n = 150
	blocks := hashes(r, n)
	dir := t.TempDir()
	s := open(t, dir)
	for i, b := range blocks {
		putAll(t, s, int32(i)*2016+5, []chainhash.Hash{b})
	}
	require.NoError(t, s.SyncFilters())
	require.NoError(t, s.Close())
	s = open(t, dir)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(g)))
			for range 400 {
				i := r.IntN(n)
				f, err := s.Filter(int32(i)*2016+5, blocks[i])
				if err != nil || !bytes.Equal(f, filterFor(blocks[i])) {
					t.Errorf("filter %d: %v", i, err)
				}
				if r.IntN(10) == 0 {
					if err := s.PutFilter(int32(i)*2016+5, blocks[i], filterFor(blocks[i])); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, s.SyncFilters())
	require.Len(t, s.HeldFilters(), n)
	require.NoError(t, s.Check())
}

// FuzzSegment opens arbitrary bytes as a segment and its list: no panic, and
// the store is usable after.
func FuzzSegment(f *testing.F) {
	r := rand.New(rand.NewPCG(8, 30))
	dir := f.TempDir()
	s, err := store.Open(store.Options{Dir: dir, Net: net})
	require.NoError(f, err)
	blocks := hashes(r, 4)
	putAll(f, s, 0, blocks)
	require.NoError(f, s.Close())
	seg := filepath.Join("filters", "000000.seg")
	data, err := os.ReadFile(filepath.Join(dir, seg))
	require.NoError(f, err)
	list, err := os.ReadFile(filepath.Join(dir, seg+".idx"))
	require.NoError(f, err)
	f.Add(data, list)
	f.Add(data, []byte{})
	f.Add(data[:len(data)-3], list)
	f.Add([]byte("tflttflttflt"), list)
	f.Add([]byte{}, list)
	f.Fuzz(func(t *testing.T, data, list []byte) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "filters"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, seg), data, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, seg+".idx"), list, 0o600))
		s := open(t, dir)
		for _, r := range s.HeldFilters() {
			for h := r.From; h <= r.To; h++ {
				b, ok := s.HeldFilter(h)
				require.True(t, ok)
				if f, err := s.Filter(h, b); err == nil {
					require.True(t, bytes.Contains(data, f))
				} else {
					require.ErrorIs(t, err, store.ErrMissing)
				}
			}
		}
		putAll(t, s, 0, blocks)
		require.Equal(t, 4, whole(t, s, 0, blocks))
		require.NoError(t, s.Close())
		s = open(t, dir)
		require.Equal(t, 4, whole(t, s, 0, blocks))
	})
}

// TestSegmentsInMemory: what is known of the filters of a whole chain does not lie in
// memory all at once. Not parallel: it measures the heap.
func TestSegmentsInMemory(t *testing.T) {
	const segments = 300
	r := rand.New(rand.NewPCG(1, 31))
	dir := t.TempDir()
	s := open(t, dir)
	blocks := hashes(r, segments)
	for i, b := range blocks {
		require.NoError(t, s.PutFilter(int32(i)*2016+int32(i), b, filterFor(b)))
		if i%20 == 19 {
			require.NoError(t, s.SyncFilters())
		}
	}
	require.NoError(t, s.Close())
	s = open(t, dir)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 2 {
		for i, b := range blocks {
			held, ok := s.HeldFilter(int32(i)*2016 + int32(i))
			require.True(t, ok && held == b)
			_, ok = s.HeldFilter(int32(i)*2016 + int32(i) + 1)
			require.False(t, ok)
			f, err := s.Filter(int32(i)*2016+int32(i), b)
			require.NoError(t, err)
			require.Equal(t, filterFor(b), f)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(12<<20), "all of them take 29 MB")
	require.NoError(t, s.Check())
}
