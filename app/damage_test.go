package app_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"thistle/app"
	"thistle/app/config"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// What can be downloaded again is damaged: the wallet says so once, and is what it
// was.
func TestDamagedChain(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	for i := range uint32(5) {
		pay(t, n, external, i, 1_000_000)
		mine(t, n, 2)
	}
	online(t, w, func(context.Context) {})
	balance, history := w.Balance(), w.History(0, -1)
	require.Len(t, history, 5)
	require.NoError(t, w.Close())

	folder := config.NetworkFolder(env.DataDir, env.Network)
	spoil := func(pattern string) {
		files, err := filepath.Glob(filepath.Join(folder.Dir, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, f := range files {
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			for i := 64; i < len(b); i += 512 {
				b[i] ^= 0x04
			}
			require.NoError(t, os.WriteFile(f, b, 0o600))
		}
	}
	run := func() (warnings []string) {
		w, err := app.Open(env, "", secret("correct horse"))
		require.NoError(t, err)
		defer func() { require.NoError(t, w.Close()) }()
		require.Equal(t, balance, w.Balance(), "the wallet does not need the chain to know")
		events := w.Events()
		online(t, w, func(context.Context) {})
		over, cancel := context.WithCancel(t.Context())
		cancel() // what was told is read nevertheless
		for {
			e, err := events.Next(over)
			if err != nil {
				break
			}
			if e, ok := e.(app.Warning); ok {
				warnings = append(warnings, e.Kind)
			}
		}
		require.Equal(t, balance, w.Balance())
		require.Equal(t, history, w.History(0, -1))
		return warnings
	}
	spoil("chain.db")
	spoil("filters/*")
	before, err := os.ReadFile(folder.Keystore(config.DefaultWallet))
	require.NoError(t, err)
	require.Equal(t, []string{"set_aside"}, run(), "said once")
	require.Empty(t, run(), "and not again")
	after, err := os.ReadFile(folder.Keystore(config.DefaultWallet))
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
	for pattern, count := range map[string]int{"chain.db.*": 1, "wallets/default/*.db": 2, "wallets/default/*damaged*": 0} {
		files, err := filepath.Glob(filepath.Join(folder.Dir, pattern))
		require.NoError(t, err)
		require.Len(t, files, count, pattern)
	}
}

// A chain.db that turns out to be damaged while it is used is set aside at once:
// the wallet goes on.
func TestChainDamagedWhileRunning(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	// ruin writes over all pages of chain.db, and lets a payment be mined.
	paid := uint32(0)
	ruin := func() {
		path := filepath.Join(config.NetworkFolder(env.DataDir, env.Network).Dir, "chain.db")
		info, err := os.Stat(path)
		require.NoError(t, err)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		require.NoError(t, err)
		_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, int(info.Size())), 0)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		pay(t, n, external, paid, 1_000_000)
		paid++
		mine(t, n, 1)
	}
	setAside := func(ctx context.Context, events *app.Events) {
		warning := await(ctx, t, events, func(app.Warning) bool { return true })
		require.Equal(t, "set_aside", warning.Kind)
	}
	synced := func(ctx context.Context, events *app.Events) {
		height, hash := n.Tip()
		await(ctx, t, events, func(e app.Synced) bool { return e.Height == height && e.Hash == hash })
	}
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		ruin()
		setAside(ctx, events)
		synced(ctx, events)
	})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
	require.NoError(t, w.Close())

	s := session(t, env)
	w, lock := unlock(t, s, "")
	defer lock()
	ctx := within(t)
	_, err := w.Sync(ctx)
	require.NoError(t, err)
	events, news := w.Events(), s.Events()
	defer events.Close()
	defer news.Close()
	ruin()
	setAside(ctx, news)
	synced(ctx, events)
	require.Equal(t, units.Amount(2_000_000), w.Balance().Confirmed)
}
