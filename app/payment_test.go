package app_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// funded is a wallet with confirmed coins of 0.01 BTC each.
func funded(t *testing.T, n *sandbox.Node, env *app.Env, coins int) *app.Wallet {
	t.Helper()
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	for i := range coins {
		pay(t, n, external, uint32(i), 1_000_000)
	}
	mine(t, n, 1)
	return w
}

func sendParams(t *testing.T, env *app.Env, n *sandbox.Node, amount string, wait time.Duration) app.SendParams {
	t.Helper()
	to, err := descriptor.AddressOf(n.FaucetScript(), env.Params.Net)
	require.NoError(t, err)
	return app.SendParams{Recipients: []app.Recipient{{Address: to, Amount: amount}}, Password: secret("correct horse"), Wait: wait}
}

func inPool(t *testing.T, n *sandbox.Node, txid chainhash.Hash) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(n.Mempool(), txid) }, patience, 10*time.Millisecond)
}

// Payments made at the same moment never spend the same coin or share a place for
// their change.
func TestSendAtOnce(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 3)
	online(t, w, func(ctx context.Context) {
		var group sync.WaitGroup
		results := make([]*app.SendResult, 5)
		errs := make([]error, len(results))
		for i := range results {
			params := sendParams(t, env, n, "0.008", patience)
			group.Go(func() { results[i], errs[i] = w.Send(ctx, params) })
		}
		group.Wait()
		spent := make(map[wire.OutPoint]bool)
		outs := make(map[string]int)
		sent := 0
		for i, res := range results {
			if errs[i] != nil {
				require.Equal(t, app.KindInsufficient, app.KindOf(errs[i]), "%v", errs[i])
				continue
			}
			sent++
			var tx wire.MsgTx
			require.NoError(t, tx.Deserialize(bytes.NewReader(res.Raw)))
			for _, in := range tx.TxIn {
				require.False(t, spent[in.PreviousOutPoint], "a coin was spent twice")
				spent[in.PreviousOutPoint] = true
			}
			for _, out := range tx.TxOut {
				outs[string(out.PkScript)]++
			}
			inPool(t, n, res.TxID)
		}
		require.Equal(t, 3, sent)
		delete(outs, string(n.FaucetScript()))
		require.Len(t, outs, sent)
	})
}

// A payment that was saved when nobody could be told is announced at the next
// start; one that was given up is not, and its coins can be spent.
func TestAnnouncedLater(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 1)
	var first, given *app.SendResult
	online(t, w, func(ctx context.Context) {
		n.Mute("inv")
		var err error
		given, err = w.Send(ctx, sendParams(t, env, n, "0.002", 100*time.Millisecond))
		require.Equal(t, app.KindUnannounced, app.KindOf(err))
		require.NoError(t, w.Abandon(given.TxID))
		first, err = w.Send(ctx, sendParams(t, env, n, "0.001", 100*time.Millisecond))
		require.Equal(t, app.KindUnannounced, app.KindOf(err))
	})
	require.NoError(t, w.Close())
	n.Unmute()
	w = open(t, env)
	online(t, w, func(context.Context) {
		inPool(t, n, first.TxID)
		require.NotContains(t, n.Mempool(), given.TxID)
	})
	require.Equal(t, units.Amount(1_000_000-100_000)-first.Fee, w.Balance().Total)
}

// A payment is given up also if the clock has been put back since it was made.
func TestAbandonedByAnEarlierClock(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 1)
	var sent *app.SendResult
	online(t, w, func(ctx context.Context) {
		var err error
		sent, err = w.Send(ctx, sendParams(t, env, n, "0.002", 0))
		require.NoError(t, err)
	})
	env.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	require.NoError(t, w.Abandon(sent.TxID))
	given, err := w.Payment(sent.TxID.String())
	require.NoError(t, err)
	require.Equal(t, app.StateAbandoned, given.State)
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
}

// A payment of ours that a reorg takes out of its block, and that everybody has
// forgotten, is announced again.
func TestAnnouncedAfterReorg(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 1)
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		res, err := w.Send(ctx, sendParams(t, env, n, "0.002", patience))
		require.NoError(t, err)
		mine(t, n, 1)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return e.TxID == res.TxID })
		require.NoError(t, n.Reorg(1, 2, sandbox.Forget))
		await(ctx, t, events, func(e app.TxChanged) bool { return e.TxID == res.TxID && e.State == app.StatePending })
		inPool(t, n, res.TxID)
		mine(t, n, 1)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return e.TxID == res.TxID })
	})
}

// A payment that is arriving is taken back by its sender in a block that does
// not mention us: it is not counted any more.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	net := network(t, 1)
	env := newEnv(t, net.Addrs()...)
	w := newWallet(t, env)
	external := ahead(t, w, descriptor.External)
	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		s, err := external.Script(0)
		require.NoError(t, err)
		txid, err := net[0].Pay(s, 1_000_000)
		require.NoError(t, err)
		await(ctx, t, events, func(e app.TxSeen) bool { return e.TxID == txid })
		require.Equal(t, units.Amount(1_000_000), w.Balance().Total)

		_, err = net[0].Replace(txid)
		require.NoError(t, err)
		mine(t, net[0], 1)
		lost := await(ctx, t, events, func(e app.TxChanged) bool { return e.TxID == txid })
		require.Contains(t, []app.TxState{app.StateReplaced, app.StateConflicted}, lost.State)
		_, err = w.Sync(ctx)
		require.NoError(t, err)
	})
	require.Zero(t, w.Balance().Total)
	require.True(t, w.Balance().Final)
}
