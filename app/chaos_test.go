package app_test

import (
	"context"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// lone starts one node of the given options.
func lone(t *testing.T, o sandbox.Options) *sandbox.Node {
	t.Helper()
	n, err := sandbox.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// Reorgs deeper than the run of blocks that the ledger remembers without gaps.
func TestDeepReorg(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{Premine: 400})
	env := newEnv(t, n.Addr())
	_, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, env)
	external := ahead(t, w, descriptor.External)
	pay(t, n, external, 0, 1_000_000)
	mine(t, n, 300)
	online(t, w, func(ctx context.Context) {
		for _, depth := range []int{70, 93, 101, 130, 177, 211} {
			events := w.Events()
			require.NoError(t, n.Reorg(depth, depth+1, sandbox.Remine))
			height, hash := n.Tip()
			await(ctx, t, events, func(e app.Synced) bool { return e.Height == height && e.Hash == hash })
			events.Close()
		}
		_, err := w.Sync(ctx)
		require.NoError(t, err)
	})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
	require.True(t, w.Balance().Final)
}

// One reorg after the other, faster than the wallet can follow.
func TestReorgStorm(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	online(t, w, func(ctx context.Context) {
		var want units.Amount
		for i := range 60 {
			pay(t, n, external, uint32(i%15), 10_000)
			want += 10_000
			mine(t, n, 1)
			require.NoError(t, n.Reorg(1+i%4, 2+i%4, sandbox.Remine))
			require.NoError(t, ctx.Err(), "the run has ended: %v", context.Cause(ctx))
		}
		mine(t, n, 1)
		height, hash := n.Tip()
		for {
			res, err := w.Sync(ctx)
			require.NoError(t, err)
			if res.Height == height && res.Hash == hash {
				break
			}
		}
		require.Equal(t, want, w.Balance().Confirmed)
	})
}

// A chain that has only its first block is soon known.
func TestSyncAtGenesis(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{Premine: -1})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	online(t, w, func(context.Context) {
		require.Zero(t, w.Balance().Height)
		require.False(t, w.Balance().Final, "a restored wallet that has met nobody yet is here as well")
	})
	mine(t, n, 3)
	online(t, w, func(context.Context) { require.Equal(t, int32(3), w.Balance().Height) })
}

// What nobody serves keeps nothing else waiting: neither news nor other blocks.
func TestBlockNobodyServes(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	online(t, w, func(ctx context.Context) {
		n.Mute("getdata")
		events := w.Events()
		defer events.Close()
		pay(t, n, external, 0, 1_000_000)
		mine(t, n, 1)
		height, _ := n.Tip()
		await(ctx, t, events, func(e app.Headers) bool { return e.Height == height })
		require.Eventually(t, func() bool { return w.Status().Unapplied == 1 }, patience, 10*time.Millisecond)

		mine(t, n, 1)
		began := time.Now()
		await(ctx, t, events, func(e app.Headers) bool { return e.Height == height+1 })
		require.Less(t, time.Since(began), 15*time.Second, "news had to wait until the block was given up for a while")
		n.Unmute()
	})
}
