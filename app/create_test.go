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

	"github.com/stretchr/testify/require"
)

// A wallet that could not be finished, or whose words could not be shown, does
// not stay as one that could be paid.
func TestUnfinishedWallet(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	dir := filepath.Join(env.DataDir, env.Network, "wallets")
	created, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	require.NoError(t, app.Discard(env, created))
	wallets, err := app.Wallets(env)
	require.NoError(t, err)
	require.Empty(t, wallets)
	aside, err := filepath.Glob(filepath.Join(dir, ".unfinished-*", "keystore.db"))
	require.NoError(t, err)
	require.Len(t, aside, 1, "nothing is deleted")

	// The name is free again, as often as need be.
	for range 2 {
		created, err = app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
		require.NoError(t, err)
		require.NoError(t, app.Discard(env, created))
	}
	aside, err = filepath.Glob(filepath.Join(dir, ".unfinished-*"))
	require.NoError(t, err)
	require.Len(t, aside, 3)
}

// The keys are written and the history beside them cannot be: the wallet is put
// aside, and what stood in the way goes with it.
func TestSecondFileFails(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	dir := filepath.Join(env.DataDir, env.Network, "wallets")
	hindered := *env
	hindered.Keys.Now = func() time.Time { // asked for while the keys are made
		_ = os.Mkdir(filepath.Join(dir, "default", "wallet.db"), 0o700)
		return time.Now()
	}
	_, err := app.Create(&hindered, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.Error(t, err)
	aside, err := filepath.Glob(filepath.Join(dir, ".unfinished-*", "keystore.db"))
	require.NoError(t, err)
	require.Len(t, aside, 1)
	wallets, err := app.Wallets(env)
	require.NoError(t, err)
	require.Empty(t, wallets)
	newWallet(t, env)
}

// A mistyped name or folder is refused without leaving anything behind.
func TestNoWallet(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	env.DataDir = filepath.Join(env.DataDir, "mistyped")
	_, err := app.Open(env, "nobody", secret("x"))
	require.Equal(t, app.KindNoWallet, app.KindOf(err))
	_, err = os.Stat(env.DataDir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Many coins are spent at once by the real keystore: the size planned is the
// size signed.
func TestSendMaxOfMany(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	for i := range uint32(12) {
		pay(t, net[0], external, i, int64(50_000+i))
	}
	mine(t, net[0], 1)
	online(t, w, func(ctx context.Context) {
		dest, err := descriptor.AddressOf(net[1].FaucetScript(), env.Params.Net)
		require.NoError(t, err)
		params := app.SendParams{
			Recipients: []app.Recipient{{Address: dest, Amount: app.MaxWord}}, Password: secret("correct horse"), Wait: patience,
		}
		for range 5 { // signatures differ with every order of the inputs
			params.DryRun = true
			_, err = w.Send(ctx, params)
			require.NoError(t, err)
		}
		params.FeeRate, params.DryRun = "0.5", false
		_, err = w.Send(ctx, params)
		require.Equal(t, app.KindFeeRate, app.KindOf(err), "nobody would pass it on")
		params.FeeRate = ""
		res, err := w.Send(ctx, params)
		require.NoError(t, err)
		require.Zero(t, res.Change)
		require.Equal(t, units.Amount(12*50_000+66)-res.Fee, res.Amount)
	})
	require.Zero(t, w.Balance().Total)
}
