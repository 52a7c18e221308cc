package sandbox_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/sandbox"
)

// kept starts a network in a folder.
func kept(t *testing.T, dir string, o sandbox.Options) sandbox.Cluster {
	t.Helper()
	o.DataDir = dir
	c, err := sandbox.Network(t.Context(), 2, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// lived is a network that has seen payments, blocks and a reorganisation, with
// payments unconfirmed.
func lived(t *testing.T, dir string) sandbox.Cluster {
	t.Helper()
	c := kept(t, dir, sandbox.Options{})
	require.True(t, c.Begun())
	for range 3 {
		_, err := c[0].Pay(script(1), 1e6)
		require.NoError(t, err)
		_, err = c[0].Mine(1, nil)
		require.NoError(t, err)
	}
	require.NoError(t, c[0].Reorg(2, 3))
	require.NoError(t, c.Synced(t.Context()))
	for range 60 { // more than there are coins: change of change
		_, err := c[0].Pay(script(2), 1e6)
		require.NoError(t, err)
	}
	require.NoError(t, c[1].Await(t.Context(), func() bool { return len(c[1].Mempool()) == len(c[0].Mempool()) }))
	return c
}

// requireGoesOn wants a network that is where the other was, and works.
func requireGoesOn(t *testing.T, c, before sandbox.Cluster) {
	t.Helper()
	require.False(t, c.Begun())
	height, tip := before[0].Tip()
	for i, n := range c {
		h, hash := n.Tip()
		require.Equal(t, height, h)
		require.Equal(t, tip, hash)
		require.ElementsMatch(t, before[0].Mempool(), n.Mempool())
		require.Equal(t, before[i].FaucetScript(), n.FaucetScript())
	}
	txid, err := c[1].Pay(script(3), 1e6)
	require.NoError(t, err)
	require.NoError(t, c[0].Await(t.Context(), func() bool { return len(c[0].Mempool()) == len(c[1].Mempool()) }))
	_, err = c[0].Mine(1, nil)
	require.NoError(t, err)
	require.NoError(t, c.Synced(t.Context()))
	require.Equal(t, height+1, confirmedAt(t, c[1], txid))
	for _, n := range c {
		require.Empty(t, n.Mempool())
	}
	require.NoError(t, c[0].Reorg(1, 2))
	require.NoError(t, c.Synced(t.Context()))
}

func TestNetworkGoesOnWhereItWasLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := lived(t, dir)
	require.Len(t, first[0].Mempool(), 62, "two of lost blocks are there again")
	require.NoError(t, first.Close())
	for _, name := range []string{"node-1", "node-2"} {
		entries, err := os.ReadDir(filepath.Join(dir, name))
		require.NoError(t, err)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		require.ElementsMatch(t, []string{"blocks", "mempool", "faucet.key", "lock"}, names)
	}
	second := kept(t, dir, sandbox.Options{})
	requireGoesOn(t, second, first)
	require.NoError(t, second.Close())
	third := kept(t, dir, sandbox.Options{})
	height, _ := third[0].Tip()
	_, was := second[0].Tip()
	_, is := third[1].Tip()
	require.Equal(t, was, is)
	require.Greater(t, height, int32(205))
}

// A copy of the folders, made while the network is running, is what is left of a
// program that was killed.
func TestKilledNetworkGoesOn(t *testing.T) {
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	first := lived(t, dir)
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	requireGoesOn(t, kept(t, copied, sandbox.Options{}), first)
}

func TestNetworkIsStartedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := kept(t, dir, sandbox.Options{})
	_, err := sandbox.Network(t.Context(), 2, sandbox.Options{DataDir: dir})
	require.ErrorIs(t, err, sandbox.ErrInUse)
	_, err = first[0].Mine(1, nil)
	require.NoError(t, err, "the second did no harm")
	require.NoError(t, first.Close())
	require.NoError(t, kept(t, dir, sandbox.Options{}).Close())
}

// A network that was left long ago answers at once and goes on.
func TestOldTipIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := lived(t, dir)
	require.NoError(t, first.Close())
	second := kept(t, dir, sandbox.Options{Now: func() time.Time { return time.Now().AddDate(0, 3, 0) }})
	requireServes(t, second)
	requireGoesOn(t, second, first)
}

// With a clock that was turned back nothing can be mined, but nothing is lost.
func TestBlocksFromTheFutureAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := lived(t, dir)
	require.NoError(t, first.Close())
	second := kept(t, dir, sandbox.Options{Now: func() time.Time { return time.Now().AddDate(0, -3, 0) }})
	requireServes(t, second)
	require.NoError(t, second.Close())
	requireGoesOn(t, kept(t, dir, sandbox.Options{}), first)
}

func requireServes(t *testing.T, c sandbox.Cluster) {
	t.Helper()
	height, tip := c[0].Tip()
	require.Greater(t, height, int32(200))
	peer := dial(t, c[0].Addr(), false)
	require.Len(t, peer.headers(genesis()), int(height))
	requireSound(t, peer.block(tip, wire.InvTypeWitnessBlock))
}

// damage is done to the folders of a network that has ended. What can be read of
// them is used, and what cannot is still there afterwards.
func TestDamagedFolders(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	first := lived(t, whole)
	require.NoError(t, first.Close())
	shorten := func(t *testing.T, path string) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, info.Size()-5))
	}
	flip := func(t *testing.T, path string) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		data[len(data)/2] ^= 1
		require.NoError(t, os.WriteFile(path, data, 0o600))
	}
	blank := func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, make([]byte, 100), 0o600)) }
	remove := func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, path string)
		files  []string
		lost   bool // the chain cannot go on
	}{
		{"one list cut off", shorten, []string{"node-1/blocks"}, false},
		{"a bit in one list", flip, []string{"node-2/blocks"}, false},
		{"one list blank", blank, []string{"node-1/blocks"}, false},
		{"one list gone", remove, []string{"node-1/blocks"}, false},
		{"all blank", blank, []string{"node-1/blocks", "node-2/blocks"}, true},
		{"mempools", flip, []string{"node-1/mempool", "node-2/mempool"}, false},
		{"a key", blank, []string{"node-2/faucet.key"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "damaged")
			require.NoError(t, os.CopyFS(dir, os.DirFS(whole)))
			for _, f := range c.files {
				c.damage(t, filepath.Join(dir, f))
			}
			second := kept(t, dir, sandbox.Options{})
			require.Equal(t, c.lost, second.Begun())
			_, was := first[0].Tip()
			for _, n := range second {
				_, is := n.Tip()
				require.Equal(t, c.lost, was != is)
			}
			_, err := second[0].Mine(1, nil)
			require.NoError(t, err)
			require.NoError(t, second.Close())
			if c.name != "one list gone" {
				for _, f := range c.files {
					require.FileExists(t, filepath.Join(dir, f+".set-aside-1"))
				}
			}
			third := kept(t, dir, sandbox.Options{})
			require.False(t, third.Begun())
			_, was = second[0].Tip()
			_, is := third[0].Tip()
			require.Equal(t, was, is)
		})
	}
}

func TestNetworkEndsWhileItBegins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sandbox.Network(ctx, 2, sandbox.Options{DataDir: dir})
	require.Error(t, err)
	require.NotErrorIs(t, err, sandbox.ErrInUse)
	kept(t, dir, sandbox.Options{})
}
