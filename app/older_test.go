package app_test

import (
	"context"
	"testing"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"

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
