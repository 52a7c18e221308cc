package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"thistle/app"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

func practiceIn(t *testing.T, dir string) *practice {
	t.Helper()
	var told []string
	p, err := startPractice(limited(t), cli.Place{DataDir: dir, Network: "regtest"}, func(s string) { told = append(told, s) })
	require.NoError(t, err)
	require.Equal(t, []string{"Starting the practice network…"}, told)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// TestPracticeGoesOn leaves the demo and comes back, with a payment on its way.
func TestPracticeGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("secret"), 0o600))
	use := func(p *practice, v any, args ...string) {
		t.Helper()
		var result, errors bytes.Buffer
		args = append([]string{"--json", "--network", "regtest", "--datadir", dir, "--password-file", password,
			"--connect", p.Addrs()[0], "--connect", p.Addrs()[1]}, args...)
		require.Zero(t, cli.Run(limited(t), cheap(&result, &errors, nil), args), "%v: %s", args, &errors)
		require.NoError(t, json.Unmarshal(result.Bytes(), v))
	}
	var created cli.Created
	var to cli.Receiving
	var synced cli.Synced
	var balance cli.Balance

	p := practiceIn(t, dir)
	use(p, &created, "create")
	use(p, &to, "receive")
	_, err := p.Pay(limited(t), to.Address, 30_000_000)
	require.NoError(t, err)
	require.NoError(t, p.Mine(limited(t), 2))
	use(p, &synced, "sync")
	require.Equal(t, int32(202), synced.Height)
	_, err = p.Pay(limited(t), to.Address, 4_000_000)
	require.NoError(t, err)
	require.NoError(t, p.Close())

	p = practiceIn(t, dir)
	use(p, &synced, "sync")
	require.Equal(t, int32(202), synced.Height)
	use(p, &balance, "balance")
	require.Equal(t, int64(30_000_000), balance.Confirmed)
	require.NoError(t, p.Mine(limited(t), 1))
	require.NoError(t, p.Reorg(limited(t), 1))
	require.NoError(t, p.Mine(limited(t), 1))
	use(p, &synced, "sync")
	use(p, &balance, "balance")
	require.Equal(t, int64(34_000_000), balance.Confirmed)
}

// TestPracticeBegunAnew loses the nodes: the wallets of their chain are set aside.
func TestPracticeBegunAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, practiceIn(t, dir).Close())
	wallet := filepath.Join(dir, "regtest", "wallets", "mine")
	require.NoError(t, os.MkdirAll(wallet, 0o700))
	require.NoError(t, practiceIn(t, dir).Close())
	require.DirExists(t, wallet, "nothing was lost")

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "nodes")))
	require.NoError(t, practiceIn(t, dir).Close())
	require.NoDirExists(t, filepath.Join(dir, "regtest"))
	require.DirExists(t, filepath.Join(dir, "regtest.set-aside-1", "wallets", "mine"))
}

func TestPracticeRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	place := cli.Place{DataDir: dir, Network: "regtest"}
	quiet := func(string) {}
	first := practiceIn(t, dir)
	_, err := startPractice(limited(t), place, quiet)
	require.Equal(t, app.KindInUse, app.KindOf(err))
	_, err = first.Pay(limited(t), "nowhere", 1000)
	require.Equal(t, app.KindAddress, app.KindOf(err))
	require.NoError(t, first.Close())

	ctx, cancel := context.WithCancel(limited(t))
	cancel()
	_, err = startPractice(ctx, place, quiet)
	require.Error(t, err)

	// What it was started by may end: the network goes on until it is closed.
	ctx, cancel = context.WithCancel(limited(t))
	p, err := startPractice(ctx, place, quiet)
	require.NoError(t, err)
	cancel()
	require.NoError(t, p.Mine(limited(t), 1))
	require.NoError(t, p.Close())
}
