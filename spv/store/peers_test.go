package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/addrmgr"
	"thistle/spv/store"
)

func TestPeers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "peers.db")
	s, err := store.Open(store.Options{Dir: dir, Net: net})
	require.NoError(t, err)
	none, err := s.Peers()
	require.NoError(t, err)
	require.Empty(t, none)

	want := addrmgr.Snapshot{Secret: []byte{1, 2}, Addresses: make([]byte, 1<<20), Bans: []byte{}, Anchors: []byte{9}}
	require.NoError(t, s.SavePeers(addrmgr.Snapshot{Bans: []byte{5}}))
	require.NoError(t, s.SavePeers(want))
	got, err := s.Peers()
	require.NoError(t, err)
	require.Equal(t, want, got)
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Chmod(path, 0o644))
		_, err = s.Peers()
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm(), "nobody else's business")
	}
	require.NoError(t, s.Close())

	// Another network's is put aside, and what is written then stays.
	require.NoError(t, os.Remove(filepath.Join(dir, "chain.db")))
	other, err := store.Open(store.Options{Dir: dir, Net: &chaincfg.MainNetParams})
	require.NoError(t, err)
	got, err = other.Peers()
	require.NoError(t, err)
	require.Empty(t, got)
	require.FileExists(t, path+".foreign-1")
	require.NoError(t, other.SavePeers(want))
	got, err = other.Peers()
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, other.Close())
}

// However the file is harmed, what is read is what was written, or nothing, and
// the harmed file is put aside.
func TestDamagedPeers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	path := filepath.Join(dir, "peers.db")
	r := rand.New(rand.NewPCG(1, 60))
	want := addrmgr.Snapshot{Secret: []byte{1, 2}, Addresses: make([]byte, 9000), Bans: []byte{1}, Anchors: []byte{9}}
	for i := range want.Addresses {
		want.Addresses[i] = byte(r.Uint32())
	}
	aside := 0
	for range 100 {
		require.NoError(t, s.SavePeers(want))
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		how := damage(t, r, path)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := s.Peers()
		require.NoError(t, err, how)
		if string(before) == string(after) {
			require.Equal(t, want, got)
			continue
		}
		aside++
		require.Empty(t, got, how)
		require.NoFileExists(t, path)
	}
	found, err := filepath.Glob(path + ".*-*")
	require.NoError(t, err)
	require.Len(t, found, aside)
	require.Greater(t, aside, 80)
}
