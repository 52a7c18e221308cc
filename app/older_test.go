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

// Whoever names a birthday that has not come yet is not shown an empty wallet: all
// is searched, also if the chain at hand was begun later, alone and in a session.
func TestBirthdayBeyondTheChain(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	n, params := checkpointed(t, []*descriptor.Descriptor{keys})
	restored := app.RestoreParams{Mnemonic: words, Password: secret("correct horse"), Birthday: "9999"}
	whole := func(w *app.Wallet) {
		require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
		require.True(t, w.Balance().Final)
		require.Equal(t, int32(1), *w.Status().BirthdayHeight)
	}

	env := newEnv(t, n.Addr())
	env.Params = params
	_, err := app.Restore(env, restored)
	require.NoError(t, err)
	w := open(t, env)
	online(t, w, func(context.Context) {})
	whole(w)

	env = newEnv(t, n.Addr())
	env.Params = params
	s := session(t, env)
	eventually(t, func() bool { return s.Progress().Current })
	require.Equal(t, int32(2016), s.Progress().Base)
	_, err = s.Restore(restored)
	require.NoError(t, err)
	w, _ = unlock(t, s, "")
	syncedTo(t, w, n)
	whole(w)
}

// A wallet whose chain was left behind does not take that for the lower part of
// another one, of which only the upper part is here yet.
func TestLeftBehindBelowTheChain(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	left, n := lone(t, sandbox.Options{}), lone(t, sandbox.Options{})
	pay(t, n, keys, 0, 1_000_000)
	mine(t, n, 2000)
	params := passed(t, n)
	mine(t, left, 20)
	env := newEnv(t, left.Addr())
	_, err := app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, env)
	online(t, w, func(context.Context) {})
	require.NoError(t, w.Close())
	before, _ := left.Tip()

	env.Peering.Connect, env.Params = []string{n.Addr()}, params
	fresh := newEnv(t, n.Addr())
	fresh.Params = params
	s, err := app.Begin(fresh)
	require.NoError(t, err)
	require.NoError(t, s.End())
	require.NoError(t, os.Rename(filepath.Join(fresh.DataDir, env.Network, "chain.db"), filepath.Join(env.DataDir, env.Network, "chain.db")))
	s = session(t, env)
	eventually(t, func() bool { return s.Progress().Current })
	require.Equal(t, int32(2016), s.Progress().Base)
	n.Mute("getheaders")
	w, _ = unlock(t, s, "")
	eventually(t, func() bool { return s.Progress().BaseWanted == 0 })
	require.Never(t, func() bool { return w.Balance().Height != before }, 100*time.Millisecond, time.Millisecond)
	n.Unmute()
	n.DropPeers()
	syncedTo(t, w, n)
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
}

// A day is no height before the chain reaches back to it: until then a wallet that
// joins a session whose chain was begun later waits.
func TestBirthdayWaitsForHeaders(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	n, params := checkpointed(t, []*descriptor.Descriptor{keys})
	env := newEnv(t, n.Addr())
	env.Params = params
	s := session(t, env)
	eventually(t, func() bool { return s.Progress().Current })
	require.Equal(t, int32(2016), s.Progress().Base)
	day := time.Now().AddDate(0, 0, -50).Format(time.DateOnly)
	_, err := s.Restore(app.RestoreParams{Mnemonic: words, Password: secret("correct horse"), Birthday: day})
	require.NoError(t, err)
	n.Mute("getheaders")
	w, _ := unlock(t, s, "")
	eventually(t, func() bool { return s.Progress().BaseWanted == 0 })
	eventually(t, func() bool { return w.Balance().Height > 0 })
	require.Nil(t, w.Status().BirthdayHeight)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = w.Sync(ctx)
	require.ErrorContains(t, err, "headers are here from block 2016 on, and wanted from 0")
	n.Unmute()
	n.DropPeers() // it would be given half a minute to answer
	syncedTo(t, w, n)
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
	require.Zero(t, s.Progress().Base)
	require.Zero(t, s.Progress().BaseWanted)
}

// The birthday of a wallet that was made by a clock that was ahead lies before the
// chain's end, and may lie before where a new chain begins.
func TestClockAheadBelowTheChain(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	env.Now = func() time.Time { return time.Now().AddDate(0, 0, 100) }
	w := newWallet(t, env)
	keys := ahead(t, w, descriptor.External)
	require.NoError(t, w.Close())
	n := lone(t, sandbox.Options{})
	mine(t, n, 1000)
	pay(t, n, keys, 0, 1_000_000)
	mine(t, n, 1020)
	env.Params, env.Peering.Connect = passed(t, n), []string{n.Addr()}
	w = open(t, env)
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
	require.True(t, w.Balance().Final)
}
