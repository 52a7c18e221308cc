package app_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// Whatever ends a run, and whenever: nothing of it goes on, and the next one goes
// on where it was.
func TestEndAnytime(t *testing.T) {
	n := lone(t, sandbox.Options{Premine: 400})
	env := newEnv(t, n.Addr())
	created, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	again := newEnv(t, n.Addr())
	_, err = app.Restore(again, app.RestoreParams{Mnemonic: created.Words, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, again)
	external := ahead(t, w, descriptor.External)
	for i := range 10 {
		pay(t, n, external, uint32(i), 10_000)
		mine(t, n, 10)
	}
	for after := time.Duration(0); after < 300*time.Millisecond; after = after*3/2 + time.Millisecond {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		require.NoError(t, w.Run(ctx))
		cancel()
		requireQuiet(t)
	}
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(100_000), w.Balance().Confirmed)

	// Closed under a run, which must end by itself.
	bounded, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = w.Online(bounded, func(ctx context.Context) error {
		_, err := w.Sync(ctx)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		mine(t, n, 1)
		<-ctx.Done()
		return ctx.Err()
	})
	require.Equal(t, app.KindLocked, app.KindOf(err), "%v", err)
	requireQuiet(t)

	w = open(t, again)
	mine(t, n, 1)
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(100_000), w.Balance().Confirmed)
	require.Len(t, w.History(0, -1), 10)
}

// requireQuiet requires that no goroutine of a run is left.
func requireQuiet(t *testing.T) {
	t.Helper()
	buf := make([]byte, 4<<20)
	stacks := string(buf[:runtime.Stack(buf, true)])
	for _, mine := range []string{"thistle/app.(*Session)", "thistle/spv.(*runner)", "thistle/spv/peer.(*Conn)", "thistle/app.(*fetcher)", "thistle/app.(*Wallet).follow"} {
		require.NotContains(t, stacks, mine)
	}
}

// The error of a use case tells what ended the run, if that came first.
func TestOnlineErrors(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	env.Peering.Connect = []string{"127.0.0.1:1"}
	w := newWallet(t, env)
	mistake := errors.New("a mistake")
	require.ErrorIs(t, w.Online(t.Context(), func(context.Context) error { return mistake }), mistake)
	require.NoError(t, w.Online(t.Context(), func(context.Context) error { return nil }))

	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, w.Online(ctx, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}), context.Canceled)

	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := w.Online(ctx, func(ctx context.Context) error { _, err := w.Sync(ctx); return err })
	require.Equal(t, app.KindNoPeers, app.KindOf(err), "%v", err)

	// Of two runs at once one ends, and says why.
	both, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			ended <- w.Online(both, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}()
	}
	err = <-ended
	require.Equal(t, app.KindInUse, app.KindOf(err), "%v", err)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
}
