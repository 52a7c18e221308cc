package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

// Old records are read while commits go on above them, and a cut is seen at once.
func TestReadRecordsBesideCommits(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 90))
	s, m := open(t, t.TempDir()), newModel()
	base := m.startLate(r, 3)
	require.NoError(t, s.Commit(store.Batch{Reset: &base}))
	commit := func(b store.Batch) {
		t.Helper()
		m.apply(&b)
		require.NoError(t, s.Commit(b))
	}
	commit(store.Batch{Headers: []chain.Change{m.change(r, 0, 5000, 1)}})
	commit(store.Batch{FilterBase: &store.FilterBase{Height: base.Height + 1}})
	commit(store.Batch{FilterHeaders: []store.FilterHeaderRun{{From: base.Height + 1, Headers: hashes(r, 5000)}}})

	stop := make(chan struct{})
	var readers sync.WaitGroup
	old, oldFilters := m.headers[:4000], m.fhs[:4000]
	for seed := range uint64(3) {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(seed, 91))
			for {
				select {
				case <-stop:
					return
				default:
				}
				i, n := r.IntN(3900), []int{1, 1, 7, 100}[r.IntN(4)]
				raw, fhs := make([]byte, n*80), make([]byte, n*32)
				at := base.Height + 1 + int32(i)
				if s.Headers().ReadRecords(at, raw) != nil || s.FilterHeaders().ReadRecords(at, fhs) != nil {
					t.Error("read")
					return
				}
				one, err1 := s.Headers().Record(at)
				two, err2 := s.FilterHeaders().Record(at)
				if err1 != nil || err2 != nil || [80]byte(one) != old[i].Raw || [32]byte(two) != oldFilters[i] {
					t.Error("wrong record", err1, err2)
					return
				}
				for j := range n {
					if [80]byte(raw[j*80:]) != old[i+j].Raw || [32]byte(fhs[j*32:]) != oldFilters[i+j] {
						t.Error("wrong record")
						return
					}
				}
			}
		})
	}
	for i := range 60 {
		commit(store.Batch{Headers: []chain.Change{m.change(r, r.IntN(900), 950, uint64(i))}})
		top := m.headers[len(m.headers)-10]
		got, err := s.Headers().Record(m.tip().Height - 9)
		require.NoError(t, err)
		require.Equal(t, top.Raw[:], got)
		below, err := s.Headers().Record(m.tip().Height - 900)
		require.NoError(t, err)
		require.Equal(t, m.headers[len(m.headers)-901].Raw[:], below)
		if i == 30 {
			commit(store.Batch{Lower: m.lower(r)})
		}
	}
	close(stop)
	readers.Wait()
	m.require(t, load(t, s))
}

// What is not stored, and what is damaged, is an error; a damaged file is set
// aside at the next opening.
func TestReadRecordsRefuses(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 90))
	dir := t.TempDir()
	s, m := open(t, dir), newModel()
	b := store.Batch{Headers: []chain.Change{m.change(r, 0, 5000, 1)}}
	m.apply(&b)
	require.NoError(t, s.Commit(b))
	one, many := make([]byte, 80), make([]byte, 80*1000)
	for _, at := range []int32{-1, 5001, 1 << 30} {
		_, err := s.Headers().Record(at)
		require.ErrorIs(t, err, store.ErrMismatch)
		require.ErrorIs(t, s.Headers().ReadRecords(at, one), store.ErrMismatch)
		require.ErrorIs(t, s.Headers().ReadRecords(at, many), store.ErrMismatch)
	}
	require.ErrorIs(t, s.Headers().ReadRecords(4999, many), store.ErrMismatch)
	require.ErrorIs(t, s.Headers().ReadRecords(0, one[:79]), store.ErrMismatch)
	require.ErrorIs(t, s.FilterHeaders().ReadRecords(0, one[:32]), store.ErrMismatch)
	require.NoError(t, s.Headers().ReadRecords(100, one))
	_, err := s.Headers().Record(2100)
	require.NoError(t, err)

	require.NoError(t, os.Truncate(filepath.Join(dir, "chain.db"), 40_000))
	_, err = s.Headers().Record(1000)
	require.ErrorIs(t, err, store.ErrDamaged)
	require.ErrorIs(t, s.Headers().ReadRecords(3000, one), store.ErrDamaged)
	require.ErrorIs(t, s.Commit(store.Batch{}), store.ErrDamaged)
	require.NoError(t, s.Close())
	l := load(t, open(t, dir))
	require.Len(t, l.SetAside, 1)
}
