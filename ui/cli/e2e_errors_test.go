//go:build e2e

package cli_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestE2EErrors meets what goes wrong with real files and nodes: one sentence,
// the right exit code, nothing lost.
func TestE2EErrors(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	faucet := e2etest.NewFaucet(t, a, 2)
	home := e2etest.NewHome(t, bins, a.Addr)
	home.Fail(2, "no_wallet", "balance")
	account := e2etest.NewAccount(t, create(t, home))
	home.Fail(1, "exists", "create")
	to := e2etest.AddressOf(t, faucet.Script)
	home.Fail(5, "insufficient_funds", "send", to, "0.001")
	a.MineAll([][]*wire.MsgTx{{faucet.Pay(coin, account.External(0))}}, nil)
	home.Fail(5, "insufficient_funds", "send", to, "1")
	home.Fail(2, "bad_address", "send", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0.1")
	home.WithPassword("wrong horse").Fail(4, "wrong_password", "balance")
	require.EqualValues(t, coin, home.Balance().Confirmed)

	// A vault of another network.
	require.NoError(t, os.CopyFS(filepath.Join(home.Dir, "testnet4"), os.DirFS(filepath.Join(home.Dir, "regtest"))))
	home.Fail(6, "foreign", "balance", "--network", "testnet4")

	damage(t, home)
	loseChain(t, home)
	var sent e2etest.Sent
	home.Get(&sent, "send", to, "max", "--dry-run")
	require.EqualValues(t, coin, sent.Amount+sent.Fee)
	require.Zero(t, sent.Change)
}

// damage harms the wallet's files one by one. Whatever is told, it is never a
// wrong balance, never a wrong password, and the keys are never replaced.
func damage(t *testing.T, home *e2etest.Home) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	cut := func(b []byte) []byte { return b[:len(b)/2] }
	empty := func([]byte) []byte { return nil }
	zeros := func(b []byte) []byte { return make([]byte, len(b)) }
	noticed := 0
	for _, file := range []string{"keystore.db", "wallet.db"} {
		path := home.WalletFile(file)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, harm := range []func([]byte) []byte{cut, empty, zeros} {
			require.NoError(t, os.WriteFile(path, harm(bytes.Clone(whole)), 0o600))
			home.Fail(6, "damaged", "balance")
		}
		for range 5 {
			bad := bytes.Clone(whole)
			used := usedBytes(bad)
			at := used[dice.IntN(len(used))]
			bad[at] ^= 1 << dice.IntN(8)
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			switch result := home.Run("balance"); result.Code {
			case 6:
				noticed++
			case 0: // what is not in use, the library's old pages for one
				var b e2etest.Balance
				require.NoError(t, json.Unmarshal(result.Stdout, &b))
				require.EqualValues(t, coin, b.Confirmed, "%s, byte %d", file, at)
			default:
				require.Fail(t, "neither damaged nor well", "%s, byte %d: %s", file, at, result.Stdout)
			}
		}
		require.NoError(t, os.WriteFile(path, whole, 0o600))
	}
	t.Logf("%d of 10 flipped bits were noticed", noticed)
	require.EqualValues(t, coin, home.Balance().Confirmed, "the files are as they were")

	// The history is lost, but not the coins: they are found again.
	require.NoError(t, os.Remove(home.WalletFile("wallet.db")))
	home.Sync()
	require.EqualValues(t, coin, home.Balance().Confirmed)
}

// loseChain takes away what can be downloaded again.
func loseChain(t *testing.T, home *e2etest.Home) {
	folder := filepath.Join(home.Dir, "regtest")
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "filters")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "chain.db"), []byte("no database"), 0o600))
	var synced e2etest.Synced
	result := home.Get(&synced, "sync")
	require.Len(t, setAside(t, home), 1, "nothing is deleted that might still tell something")
	require.Contains(t, string(result.Stderr), `"kind":"set_aside"`)
	require.EqualValues(t, coin, home.Balance().Confirmed)
}

// usedBytes are the places of bytes that are not zero.
func usedBytes(b []byte) []int {
	var used []int
	for i, v := range b {
		if v != 0 {
			used = append(used, i)
		}
	}
	return used
}
