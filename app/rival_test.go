package app_test

import (
	"bytes"
	"context"
	"testing"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestTakenBackUnconfirmed: that a payment which is arriving is taken back is told
// before any block says so; the block ends it.
func TestTakenBackUnconfirmed(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		s, err := external.Script(0)
		require.NoError(t, err)
		txid, err := n.Pay(s, 1_000_000)
		require.NoError(t, err)
		await(ctx, t, events, func(e app.TxSeen) bool { return e.TxID == txid })
		p, err := w.Payment(txid.String())
		require.NoError(t, err)
		require.True(t, p.Unverified)
		require.Equal(t, 1, p.Groups)
		require.False(t, p.Contested)

		rival, err := n.Replace(txid)
		require.NoError(t, err)
		got := await(ctx, t, events, func(app.DoubleSpend) bool { return true })
		require.Equal(t, app.DoubleSpend{TxID: txid, Rival: rival, Amount: 1_000_000}, got)
		p, err = w.Payment(txid.String())
		require.NoError(t, err)
		require.True(t, p.Contested)
		require.Equal(t, app.StatePending, p.State)
		require.Zero(t, w.Balance().Spendable)
		mine(t, n, 1)
		got = await(ctx, t, events, func(app.DoubleSpend) bool { return true })
		require.Equal(t, app.DoubleSpend{TxID: txid, Rival: rival, Confirmed: true, Amount: 1_000_000}, got)
	})
	require.Zero(t, w.Balance().Total)
}

// TestTakenBackAfterReopening: what was told of a payment is known again when the
// wallet is opened anew, by a program that has heard of nothing; a block ends it.
func TestTakenBackAfterReopening(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	var txid chainhash.Hash
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		for i := range uint32(2) {
			s, err := external.Script(i)
			require.NoError(t, err)
			txid, err = n.Pay(s, 1_000_000)
			require.NoError(t, err)
			await(ctx, t, events, func(e app.TxSeen) bool { return e.TxID == txid })
		}
		_, err := n.Replace(txid)
		require.NoError(t, err)
		await(ctx, t, events, func(app.DoubleSpend) bool { return true })
	})
	contested := func() (ids []chainhash.Hash) {
		for _, e := range w.History(0, -1) {
			if e.Contested {
				ids = append(ids, e.TxID)
			}
		}
		return ids
	}
	reopen := func() {
		require.NoError(t, w.Close())
		w = open(t, env)
	}
	reopen()
	require.Equal(t, []chainhash.Hash{txid}, contested())
	mine(t, n, 1)
	online(t, w, func(ctx context.Context) {
		_, err := w.Sync(ctx)
		require.NoError(t, err)
	})
	require.Empty(t, contested())
	reopen()
	require.Empty(t, contested())
}

// TestCopySpends: another copy of the wallet spends the coin that this one has
// just spent.
func TestCopySpends(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env, other := newEnv(t, net[0].Addr()), newEnv(t, net[1].Addr())
	created, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	_, err = app.Restore(other, app.RestoreParams{Mnemonic: created.Words, Password: secret("correct horse")})
	require.NoError(t, err)
	w, again := open(t, env), open(t, other)
	pay(t, net[0], ahead(t, w, descriptor.External), 0, 1_000_000)
	mine(t, net[0], 1)
	require.NoError(t, net.Synced(t.Context()))
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		net[0].Mute("inv")
		first, err := w.Send(ctx, sendParams(t, env, net[0], "0.001", 0))
		require.NoError(t, err)
		online(t, again, func(ctx context.Context) {
			second, err := again.Send(ctx, sendParams(t, other, net[1], "0.002", patience))
			require.NoError(t, err)
			var tx wire.MsgTx
			require.NoError(t, tx.Deserialize(bytes.NewReader(second.Raw)))
			require.NoError(t, net[0].SubmitTx(&tx)) // it is deaf to both
			got := await(ctx, t, events, func(app.DoubleSpend) bool { return true })
			require.Equal(t, app.DoubleSpend{TxID: first.TxID, Rival: second.TxID, Ours: true, Amount: -100_000 - first.Fee}, got)
		})
	})
	require.Equal(t, units.Amount(0), w.Balance().UntrustedPending)
}

// TestPropagated: a payment comes back from all there are.
func TestPropagated(t *testing.T) {
	t.Parallel()
	net := network(t, 3)
	env := newEnv(t, net.Addrs()...)
	w := funded(t, net[0], env, 1)
	require.NoError(t, net.Synced(t.Context()))
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		res, err := w.Send(ctx, sendParams(t, env, net[0], "0.001", patience))
		require.NoError(t, err)
		require.Equal(t, app.Echoed, res.State)
		await(ctx, t, events, func(e app.Propagated) bool { return e.TxID == res.TxID && e.Groups == 1 })
		travel := w.Travel(res.TxID)
		require.True(t, travel.Propagated)
		require.Equal(t, []int{1, 1}, []int{travel.Groups, travel.Listeners})
		require.Empty(t, travel.Stalled)
		p, err := w.Payment(res.TxID.String())
		require.NoError(t, err)
		require.False(t, p.Unverified || p.Contested)
		require.Equal(t, 1, p.Groups)
	})
}

// TestLowDataApp: without announcements a payment is seen when it is in a block,
// and that is said; ours goes out all the same.
func TestLowDataApp(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	env.Peering.LowData = true
	w := funded(t, n, env, 1)
	external := ahead(t, w, descriptor.External)
	online(t, w, func(ctx context.Context) {
		require.True(t, w.Progress().LowData)
		events := w.Events()
		defer events.Close()
		pay(t, n, external, 1, 500_000)
		res, err := w.Send(ctx, sendParams(t, env, n, "0.001", patience))
		require.NoError(t, err)
		require.Equal(t, app.Acknowledged, res.State)
		require.Zero(t, w.Balance().UntrustedPending)
		mine(t, n, 1)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return e.Amount == 500_000 })
	})
}
