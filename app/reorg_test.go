package app_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// ahead derives addresses of the wallet that it has not handed out.
func ahead(t *testing.T, w *app.Wallet, kc descriptor.Keychain) *descriptor.Descriptor {
	t.Helper()
	d, err := descriptor.Parse(w.Status().Descriptors[kc])
	require.NoError(t, err)
	return d
}

func pay(t *testing.T, node *sandbox.Node, d *descriptor.Descriptor, index uint32, sat int64) {
	t.Helper()
	s, err := d.Script(index)
	require.NoError(t, err)
	_, err = node.Pay(s, sat)
	require.NoError(t, err)
}

func mine(t *testing.T, node *sandbox.Node, n int) {
	t.Helper()
	_, err := node.Mine(n, nil)
	require.NoError(t, err)
}

func newWallet(t *testing.T, env *app.Env) *app.Wallet {
	t.Helper()
	_, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	return open(t, env)
}

// A reorg takes a payment out of its block: it is pending again, and confirmed
// again when it is mined again.
func TestReorg(t *testing.T) {
	t.Parallel()
	net := network(t, 1)
	env := newEnv(t, net.Addrs()...)
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		pay(t, net[0], external, 0, 1_000_000)
		mine(t, net[0], 3)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return true })
		_, err := w.Sync(ctx)
		require.NoError(t, err)
		require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)

		require.NoError(t, net[0].Reorg(3, 4, sandbox.Return))
		reorg := await(ctx, t, events, func(e app.Reorg) bool { return true })
		require.Equal(t, 3, reorg.Disconnected)
		await(ctx, t, events, func(e app.Synced) bool { return e.Height == reorg.Height })
		b := w.Balance()
		require.Zero(t, b.Confirmed)
		require.Equal(t, units.Amount(1_000_000), b.UntrustedPending)
		require.Equal(t, app.StatePending, w.History(0, 1)[0].State)
		require.Equal(t, 1, w.Status().Pending)

		mine(t, net[0], 1)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return true })
		_, err = w.Sync(ctx)
		require.NoError(t, err)
		require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)

		// A payment whose coins went elsewhere in the new branch is gone.
		require.NoError(t, net[0].Reorg(1, 2, sandbox.Conflict))
		reorg = await(ctx, t, events, func(e app.Reorg) bool { return true })
		await(ctx, t, events, func(e app.Synced) bool { return e.Height == reorg.Height })
		b = w.Balance()
		require.Zero(t, b.Total)
		require.True(t, b.Final)
		require.Contains(t, []app.TxState{app.StateReplaced, app.StateConflicted}, w.History(0, 1)[0].State)
		require.Zero(t, w.Status().Pending)
	})
}

// A reorg that happens while the wallet is closed is found at the next start;
// also if the chain followed it and the program died before the wallet did: then
// the wallet finds out by what it remembers of the chain alone.
func TestReorgWhileAway(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*testing.T, *app.Env){
		"both away":         func(*testing.T, *app.Env) {},
		"the chain went on": syncHeaders,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := network(t, 1)
			env := newEnv(t, net.Addrs()...)
			w := newWallet(t, env)
			external := ahead(t, w, descriptor.External)
			pay(t, net[0], external, 0, 1_000_000)
			mine(t, net[0], 5)
			online(t, w, func(context.Context) {})
			require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
			before := w.Status()
			require.NoError(t, w.Close())

			require.NoError(t, net[0].Reorg(5, 6, sandbox.Return))
			between(t, env)
			w = open(t, env)
			online(t, w, func(context.Context) {})
			b := w.Balance()
			require.Zero(t, b.Confirmed)
			require.Equal(t, units.Amount(1_000_000), b.Total)
			require.True(t, b.Final)
			require.Equal(t, before.BirthdayHeight, w.Status().BirthdayHeight, "the reorg was above the birthday")
		})
	}
}

// syncHeaders lets the peer alone follow the chain, without a wallet.
func syncHeaders(t *testing.T, env *app.Env) {
	t.Helper()
	client, err := spv.Open(spv.Config{Params: env.Params, Dir: filepath.Join(env.DataDir, env.Network), Connect: env.Peering.Connect, NoDNS: true})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sub := client.Subscribe()
	ran := make(chan error, 1)
	go func() { ran <- client.Run(ctx) }()
	for {
		event, err := sub.Next(ctx)
		require.NoError(t, err)
		if _, ok := event.(spv.HeadersCurrent); ok {
			break
		}
	}
	cancel()
	require.NoError(t, <-ran)
	require.NoError(t, client.Close())
}

// A payment in a block before the birthday is not looked for; in one that took
// the place of such a block it is, since that one was never looked at.
func TestReorgBelowBirthday(t *testing.T) {
	t.Parallel()
	var behind atomic.Int64 // the node's clock is so far behind
	behind.Store(int64(10 * time.Hour))
	n := lone(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) }})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	pay(t, n, external, 0, 1_000_000)
	mine(t, n, 1)
	paid, _ := n.Tip()
	behind.Store(0)
	mine(t, n, 60)
	online(t, w, func(ctx context.Context) {
		born := *w.Status().BirthdayHeight
		require.Greater(t, born, paid)
		require.Zero(t, w.Balance().Total)
		require.True(t, w.Balance().Final)

		height, _ := n.Tip()
		depth := int(height-paid) + 1
		events := w.Events()
		defer events.Close()
		require.NoError(t, n.Reorg(depth, depth+1, sandbox.Remine))
		await(ctx, t, events, func(e app.Reorg) bool { return true })
		_, err := w.Sync(ctx)
		require.NoError(t, err)
		require.LessOrEqual(t, *w.Status().BirthdayHeight, paid)
	})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
	require.True(t, w.Balance().Final)
}

// Addresses paid out of order, and ones that are reached only when others
// before them have been used, are all found from the words alone.
func TestRestoreFindsAll(t *testing.T) {
	t.Parallel()
	net := network(t, 1)
	env := newEnv(t, net.Addrs()...)
	created, err := app.Create(env, app.CreateParams{Words: 24, Password: secret("correct horse"), Passphrase: secret("TREZOR")})
	require.NoError(t, err)
	words := string(created.Words())
	w := open(t, env)
	external, internal := ahead(t, w, descriptor.External), ahead(t, w, descriptor.Internal)
	var total units.Amount
	paid := func(d *descriptor.Descriptor, index uint32) {
		amount := int64(10_000 + 100*index)
		pay(t, net[0], d, index, amount)
		mine(t, net[0], 2)
		total += units.Amount(amount)
	}
	paid(external, 25)
	paid(external, 10)
	paid(external, 190) // beyond the look-ahead until 110 is seen, later
	paid(external, 110)
	paid(internal, 3)
	paid(internal, 90)
	mine(t, net[0], 10)

	again := newEnv(t, net.Addrs()...)
	_, err = app.Restore(again, app.RestoreParams{Mnemonic: secret(words), Passphrase: secret("TREZOR"), Password: secret("correct horse")})
	require.NoError(t, err)
	restored := open(t, again)
	online(t, restored, func(context.Context) {})
	b := restored.Balance()
	require.Equal(t, total, b.Total)
	require.True(t, b.Final)
	require.Len(t, restored.History(0, -1), 6)

	// Another passphrase is another wallet.
	other := newEnv(t, net.Addrs()...)
	_, err = app.Restore(other, app.RestoreParams{Mnemonic: secret(words), Password: secret("correct horse")})
	require.NoError(t, err)
	empty := open(t, other)
	online(t, empty, func(context.Context) {})
	require.Zero(t, empty.Balance().Total)
	require.True(t, empty.Balance().Final)
}
