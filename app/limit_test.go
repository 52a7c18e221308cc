package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// With a limit to what is kept, filters that have served make room, and nothing is
// missed: who needs them has them fetched again.
func TestFiltersGoAndComeAgain(t *testing.T) {
	t.Parallel()
	words1, keys1 := keysElsewhere(t)
	words2, keys2 := keysElsewhere(t)
	n := lone(t, sandbox.Options{})
	for _, keys := range []*descriptor.Descriptor{keys1, keys2} {
		pay(t, n, keys, 0, 1_000_000)
		mine(t, n, 1)
	}
	mine(t, n, 4200)
	env := newEnv(t, n.Addr())
	env.Data.FilterLimit = 1
	s := session(t, env)

	restore := func(name string, words app.Secret) *app.Wallet {
		_, err := s.Restore(app.RestoreParams{Name: name, Mnemonic: words, Password: secret("correct horse")})
		require.NoError(t, err)
		w, _ := unlock(t, s, name)
		syncedTo(t, w, n)
		require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
		require.True(t, w.Balance().Final)
		return w
	}
	first := restore("first", words1)
	mine(t, n, 1)
	syncedTo(t, first, n)
	eventually(t, func() bool { return s.Progress().FiltersFrom >= 2016 })
	second := restore("second", words2)
	pay(t, n, keys1, 1, 20_000)
	pay(t, n, keys2, 1, 20_000)
	mine(t, n, 1)
	for _, w := range []*app.Wallet{first, second} {
		syncedTo(t, w, n)
		require.Equal(t, units.Amount(1_020_000), w.Balance().Confirmed)
	}
	eventually(t, func() bool { return s.Progress().FiltersFrom >= 2016 })
}

// Where the headers of filters that are gone are lost as well, the later ones vouch
// for what was searched.
func TestChainLostWithLimit(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	n := lone(t, sandbox.Options{})
	pay(t, n, keys, 0, 1_000_000)
	mine(t, n, 1)
	env := newEnv(t, n.Addr())
	env.Data.FilterLimit = 1
	_, err := app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, env)
	online(t, w, func(ctx context.Context) { // which leaves a mark
		mine(t, n, 2200)
		syncedTo(t, w, n)
		mine(t, n, 1)
		eventually(t, func() bool { return w.Progress().FiltersFrom >= 2016 })
	})
	require.NoError(t, w.Close())
	require.NoError(t, os.Remove(filepath.Join(env.DataDir, env.Network, "chain.db")))
	pay(t, n, keys, 1, 20_000)
	mine(t, n, 1)

	w = open(t, env)
	online(t, w, func(ctx context.Context) {})
	require.Equal(t, units.Amount(1_020_000), w.Balance().Confirmed)
	require.True(t, w.Balance().Final)
}

// The far look-ahead that grows when filters have gone already is matched against
// those that are there, and keeps nothing on disk for the sake of the others.
func TestFarLookaheadWithLimit(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	n := lone(t, sandbox.Options{})
	pay(t, n, keys, 0, 1_000_000)
	mine(t, n, 2200)
	env := newEnv(t, n.Addr())
	env.Data.FilterLimit = 1
	_, err := app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, env)
	online(t, w, func(ctx context.Context) {
		mine(t, n, 1)
		eventually(t, func() bool { return w.Progress().FiltersFrom == 2016 })
		for index := uint32(90); index <= 630; index += 90 { // more than half of it
			pay(t, n, keys, index, 1000)
		}
		mine(t, n, 2000)
		syncedTo(t, w, n)
		require.Equal(t, units.Amount(1_007_000), w.Balance().Confirmed)
		for end := time.Now().Add(patience); w.Progress().FiltersFrom != 4032; {
			require.True(t, time.Now().Before(end))
			mine(t, n, 1) // room is made when something new comes
			syncedTo(t, w, n)
		}
	})
}
