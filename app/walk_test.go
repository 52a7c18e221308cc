package app_test

import (
	"context"
	"encoding/hex"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/keystore/keystoretest"
	"thistle/spv/chain"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

const patience = 30 * time.Second

// newEnv is an environment in a folder of its own, with cheap keys and only
// these peers.
func newEnv(t *testing.T, connect ...string) *app.Env {
	t.Helper()
	params, err := chain.ParamsFor(&chaincfg.RegressionNetParams, nil)
	require.NoError(t, err)
	return &app.Env{
		DataDir: t.TempDir(), Network: "regtest", Params: params, Peering: app.Peering{Connect: connect, NoDNS: true},
		Keys: keystoretest.CheapOptions(),
	}
}

func secret(s string) app.Secret { return func() []byte { return []byte(s) } }

func network(t *testing.T, n int) sandbox.Cluster {
	t.Helper()
	net, err := sandbox.Network(t.Context(), n)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, net.Close()) })
	return net
}

// open opens the default wallet and closes it with the test.
func open(t *testing.T, env *app.Env) *app.Wallet {
	t.Helper()
	w, err := app.Open(env, "", secret("correct horse"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// online runs fn with the wallet connected and synced.
func online(t *testing.T, w *app.Wallet, fn func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, w.Online(ctx, func(ctx context.Context) error {
		if _, err := w.Sync(ctx); err != nil {
			return err
		}
		fn(ctx)
		return nil
	}))
}

// await waits for an event of type E that pred accepts.
func await[E app.Event](ctx context.Context, t *testing.T, events *app.Events, pred func(E) bool) E {
	t.Helper()
	for {
		event, err := events.Next(ctx)
		require.NoError(t, err, "waiting for an event: %v", context.Cause(ctx))
		if e, ok := event.(E); ok && pred(e) {
			return e
		}
	}
}

func script(t *testing.T, env *app.Env, address string) []byte {
	t.Helper()
	s, err := descriptor.ParseAddress(address, env.Params.Net)
	require.NoError(t, err)
	return s
}

func TestWalk(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	env.Keys = keystoretest.RealOptions()
	created, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	require.Nil(t, created.BirthdayHeight)
	words := string(created.Words())

	w := open(t, env)
	address, err := w.Receive("rent", "0.5", false)
	require.NoError(t, err)
	require.Equal(t, "m/84'/1'/0'/0/0", address.Path)

	online(t, w, func(ctx context.Context) {
		events := w.Events()
		defer events.Close()
		txid, err := net[0].Pay(script(t, env, address.Address), 50_000_000)
		require.NoError(t, err)
		seen := await(ctx, t, events, func(e app.TxSeen) bool { return e.TxID == txid })
		require.Equal(t, units.Amount(50_000_000), seen.Amount)
		b := w.Balance()
		require.Equal(t, units.Amount(50_000_000), b.UntrustedPending)
		require.Zero(t, b.Spendable)

		_, err = net[0].Mine(1, nil)
		require.NoError(t, err)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return e.TxID == txid })
		_, err = w.Sync(ctx)
		require.NoError(t, err)
		b = w.Balance()
		require.Equal(t, units.Amount(50_000_000), b.Confirmed)
		require.True(t, b.Final)

		proof, err := w.Proof(txid.String())
		require.NoError(t, err)
		require.Equal(t, txid, proof.TxID)

		dest, err := descriptor.AddressOf(net[1].FaucetScript(), env.Params.Net)
		require.NoError(t, err)
		res, err := w.Send(ctx, app.SendParams{
			Recipients: []app.Recipient{{Address: dest, Amount: "0.1"}}, Password: secret("correct horse"), Wait: patience,
		})
		require.NoError(t, err)
		require.Equal(t, app.Echoed, res.State)
		require.Len(t, res.Acknowledged, 1)
		require.Equal(t, 1, res.Echoed)
		b = w.Balance()
		require.Equal(t, res.Change, b.TrustedPending)
		require.Equal(t, units.Amount(50_000_000-10_000_000)-res.Fee, b.Total)

		_, err = net[1].Mine(1, nil)
		require.NoError(t, err)
		await(ctx, t, events, func(e app.TxConfirmed) bool { return e.TxID == res.TxID })
	})
	history := w.History(0, -1)
	require.Len(t, history, 2)
	require.True(t, history[0].Proved)
	balance := w.Balance()
	proof, err := w.Proof(history[1].TxID.String())
	require.NoError(t, err)
	require.NoError(t, w.Close())

	verified, err := app.VerifyProof(env, hex.EncodeToString(proof.MerkleBlock))
	require.NoError(t, err)
	require.Equal(t, proof.Height, verified.Height)

	again := newEnv(t, net.Addrs()...)
	_, err = app.Restore(again, app.RestoreParams{Mnemonic: secret(words), Password: secret("correct horse"), Birthday: "1"})
	require.NoError(t, err)
	restored := open(t, again)
	online(t, restored, func(context.Context) {})
	require.Equal(t, balance, restored.Balance())
}
