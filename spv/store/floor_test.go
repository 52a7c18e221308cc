package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/spv/store"
)

func TestDropFilters(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 70))
	dir := t.TempDir()
	s := open(t, dir)
	blocks := hashes(r, 5000) // 1,000 to 5,999: four segments
	putAll(t, s, 1000, blocks)
	require.NoError(t, s.SyncFilters())
	require.Zero(t, s.FilterFloor())

	size := func() (n int64) {
		for _, f := range files(t, dir, "filters/*.seg*") {
			info, err := os.Stat(f)
			require.NoError(t, err)
			n += info.Size()
		}
		return n
	}
	all := size()
	require.Zero(t, s.FiltersOver(all, 6000), "there is room")
	require.EqualValues(t, 2016, s.FiltersOver(all-1, 6000), "the oldest goes first")
	require.EqualValues(t, 4032, s.FiltersOver(all/2, 6000))
	require.EqualValues(t, 4032, s.FiltersOver(0, 6047), "the last is not whole")
	require.EqualValues(t, 2016, s.FiltersOver(0, 2016))
	require.Zero(t, s.FiltersOver(0, 2015), "it is needed")

	spare := copyDir(t, dir) // to bring back what a crash would leave
	require.NoError(t, s.DropFilters(4100))
	gone := func(s *store.Store, floor int32) {
		t.Helper()
		require.Equal(t, floor, s.FilterFloor())
		require.Equal(t, []store.Range{{From: 4032, To: 5999}}, s.HeldFilters())
		require.Equal(t, 1968, whole(t, s, 1000, blocks))
		require.Len(t, files(t, dir, "filters/*.seg"), 1)
		require.Len(t, files(t, dir, "filters/*.idx"), 1)
	}
	gone(s, 4032)
	require.NoError(t, s.DropFilters(2016), "less than before changes nothing")
	gone(s, 4032)
	require.NoError(t, s.Close())

	for _, name := range []string{"000000.seg", "000001.seg", "000001.seg.idx"} {
		b, err := os.ReadFile(filepath.Join(spare, "filters", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "filters", name), b, 0o600))
	}
	s = open(t, dir)
	gone(s, 4032)
	require.NoError(t, s.Check())

	// Wanted again.
	require.NoError(t, s.PutFilter(3000, blocks[2000], filterFor(blocks[2000])))
	require.EqualValues(t, 2016, s.FilterFloor())
	require.Equal(t, 1969, whole(t, s, 1000, blocks))
	require.NoError(t, s.Close())
	s = open(t, dir)
	require.EqualValues(t, 2016, s.FilterFloor())
	require.Equal(t, 1969, whole(t, s, 1000, blocks))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.DropFilters(4032), store.ErrClosed)

	// A damaged floor is none.
	for _, bad := range [][]byte{{}, {1, 2, 3}, {0, 0, 0x1f, 0x80, 1, 2, 3, 4}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "filters", "floor"), bad, 0o600))
		s = open(t, dir)
		require.Zero(t, s.FilterFloor())
		require.Equal(t, 1969, whole(t, s, 1000, blocks))
		require.NoError(t, s.Close())
	}
}
