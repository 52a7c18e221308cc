package app_test

import (
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/sandbox"
	"thistle/spv/store"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// falsify makes the stored filter of a height one that holds nothing, with filter
// headers to fit, as if all peers had once agreed on that lie.
func falsify(t *testing.T, env *app.Env, height int32, block chainhash.Hash) {
	t.Helper()
	s := openStore(t, env)
	loaded, err := s.Load()
	require.NoError(t, err)
	require.EqualValues(t, 1, loaded.FilterBase)
	tree, err := chain.Open(env.Params, chain.Stored{Base: loaded.Base, Tip: loaded.Tip, Work: loaded.Work, Source: s.Headers()})
	require.NoError(t, err)
	empty := cfilter.Build([][]byte{{0x51}}, &block)
	require.NoError(t, s.PutFilter(height, block, empty))
	var header chainhash.Hash
	require.NoError(t, s.FilterHeaders().ReadRecords(height-1, header[:]))
	run := store.FilterHeaderRun{From: height}
	for h := height; h <= loaded.Tip.Height; h++ {
		hash, _ := tree.HashAt(h)
		filter, err := s.Filter(h, hash)
		require.NoError(t, err)
		header = cfilter.NextHeader(cfilter.Hash(filter), header)
		run.Headers = append(run.Headers, header)
	}
	require.NoError(t, s.Commit(store.Batch{FilterHeaders: []store.FilterHeaderRun{run}}))
	require.NoError(t, s.Close())
}

func openStore(t *testing.T, env *app.Env) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Dir: filepath.Join(env.DataDir, env.Network), Net: env.Params.Net})
	require.NoError(t, err)
	return s
}

// A wallet that was closed when a filter was found to be a lie learns of it all
// the same: from the filter headers.
func TestLieFoundOutWhileAway(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	first, err := app.Create(env, app.CreateParams{Name: "first", Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	_, err = app.Restore(env, app.RestoreParams{Name: "second", Mnemonic: first.Words, Password: secret("correct horse")})
	require.NoError(t, err)
	_, err = app.Restore(env, app.RestoreParams{Mnemonic: first.Words, Password: secret("correct horse")})
	require.NoError(t, err)

	w, err := app.Open(env, "second", secret("correct horse"))
	require.NoError(t, err)
	pay(t, n, ahead(t, w, descriptor.External), 0, 1_000_000)
	mine(t, n, 1)
	height, block := n.Tip()
	mine(t, n, 5)
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
	require.NoError(t, w.Close())

	falsify(t, env, height, block)
	n.Mute("getcfilters", "getcfheaders", "getcfcheckpt")
	w = open(t, env)
	online(t, w, func(context.Context) {})
	require.Zero(t, w.Balance().Total, "the lie has worked")
	require.NoError(t, w.Close())

	// Somebody else finds it out.
	s := openStore(t, env)
	base := store.FilterBase{Height: 1, PrevHeader: cfilter.GenesisHeader(env.Params.Net)}
	require.NoError(t, s.Commit(store.Batch{FilterBase: &base}))
	require.NoError(t, s.Close())
	n.Unmute()
	w = open(t, env)
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
}

// A chain.db that is lost costs a download and nothing else: what was seen
// confirmed stays so, and no reorg is told of that there was not.
func TestChainLost(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	pay(t, n, ahead(t, w, descriptor.External), 0, 1_000_000)
	mine(t, n, 5)
	online(t, w, func(context.Context) {})
	before := w.Balance()
	require.Equal(t, units.Amount(1_000_000), before.Confirmed)
	require.NoError(t, w.Close())
	require.NoError(t, os.Remove(filepath.Join(env.DataDir, env.Network, "chain.db")))

	w = open(t, env)
	events := w.Events()
	defer events.Close()
	n.Mute("getheaders")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_ = w.Online(ctx, func(ctx context.Context) error {
		_, err := w.Sync(ctx)
		require.Error(t, err)
		return nil
	})
	require.Equal(t, before, w.Balance())

	n.Unmute()
	mine(t, n, 2)
	online(t, w, func(context.Context) {})
	after := before
	after.Height += 2
	require.Equal(t, after, w.Balance())
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		event, err := events.Next(over)
		if err != nil {
			break
		}
		require.IsNotType(t, app.Reorg{}, event)
	}
}

// A wallet made by a clock that was ahead finds what was paid to it before the
// clock's time had come.
func TestBornInTheFuture(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	env.Now = func() time.Time { return time.Now().AddDate(0, 0, 3) }
	w := newWallet(t, env)
	pay(t, n, ahead(t, w, descriptor.External), 0, 1_000_000)
	mine(t, n, 10)
	require.NoError(t, w.Close())
	env.Now = nil
	w = open(t, env)
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
}

// The history of keys that are gone is not given to new ones.
func TestCreateBesideOldHistory(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	w := newWallet(t, env)
	require.NoError(t, w.Close())
	folder := filepath.Join(env.DataDir, env.Network, "wallets", w.Name())
	require.NoError(t, os.Rename(filepath.Join(folder, "keystore.db"), filepath.Join(folder, "keystore.old")))
	_, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.Equal(t, app.KindExists, app.KindOf(err))
	require.NoFileExists(t, filepath.Join(folder, "keystore.db"), "keys whose words nobody has seen")
	require.NoError(t, os.Rename(filepath.Join(folder, "keystore.old"), filepath.Join(folder, "keystore.db")))
	open(t, env)
}

// A proof is no internal error where there is no chain yet.
func TestVerifyProofWithoutChain(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	pay(t, n, ahead(t, w, descriptor.External), 0, 1_000_000)
	mine(t, n, 1)
	online(t, w, func(context.Context) {})
	proof, err := w.Proof(w.History(0, 1)[0].TxID.String())
	require.NoError(t, err)
	_, err = app.VerifyProof(newEnv(t), hexOf(proof.MerkleBlock))
	require.Equal(t, app.KindProof, app.KindOf(err), "%v", err)
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
