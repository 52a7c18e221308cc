package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/keystore/keystoretest"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

// cheap is the program with cheap keys.
func cheap(out, errors io.Writer, in io.Reader) cli.Deps {
	deps := dependencies()
	deps.InTerminal, deps.OutTerminal, deps.ErrTerminal, deps.Colour = false, false, false, false
	deps.Stdin, deps.Stdout, deps.Stderr = in, out, errors
	deps.Env = func(p cli.Place) (*app.Env, error) {
		env, err := newEnv(p)
		if err == nil {
			env.Keys = keystoretest.CheapOptions()
		}
		return env, err
	}
	return deps
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out, errors bytes.Buffer
	require.Zero(t, cli.Run(limited(t), cheap(&out, &errors, nil), []string{"demo"}), errors.String())
	require.Empty(t, errors.String())
	last := -1
	for _, part := range []string{"1  A private network", "12  ", "An address", "+1.500 000 00 BTC are arriving", "Balance: 1.500 000 00 BTC",
		"Sent — seen by 2 peers", "The proof holds.", "The chain changes its mind", `"Leaving · unconfirmed" again`, "the same", "That was all"} {
		at := strings.Index(out.String(), part)
		require.Greater(t, at, last, "%q is missing or too early in %s", part, out.String())
		last = at
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	require.Empty(t, left, "files were left behind")
}

func TestDemoForPrograms(t *testing.T) {
	t.Parallel()
	var out, errors bytes.Buffer
	require.Zero(t, cli.Run(limited(t), cheap(&out, &errors, nil), []string{"demo", "--json"}), errors.String())
	var got cli.DemoResult
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&got))
	require.False(t, d.More())
	require.True(t, got.Proved)
	require.Equal(t, "echoed", got.State)
	require.Equal(t, 1, got.Reorg)
	require.Equal(t, got.Balance, got.Restored)
	require.Less(t, got.Balance, int64(110_000_000))
	require.Greater(t, got.Balance, int64(109_990_000))
}

func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(limited(t))
	cancel()
	var out, errors bytes.Buffer
	require.Equal(t, 1, cli.Run(ctx, cheap(&out, &errors, nil), []string{"demo"}))
	require.Equal(t, "Interrupted; what was done is kept.\n", errors.String())
}

// TestHeadlessDemo runs the network and uses it as another program would.
func TestHeadlessDemo(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(limited(t))
	in, type_ := io.Pipe()
	outRead, out := io.Pipe()
	var errors bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- cli.Run(ctx, cheap(out, &errors, in), []string{"demo", "--headless", "--json"}) }()
	lines := bufio.NewScanner(outRead)
	read := func(v any) {
		t.Helper()
		require.True(t, lines.Scan())
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(v), lines.Text())
	}
	ask := func(line string, v any) {
		t.Helper()
		_, err := io.WriteString(type_, line+"\n")
		require.NoError(t, err)
		read(v)
	}
	var net cli.DemoNetwork
	read(&net)
	require.Len(t, net.Nodes, 2)
	require.Equal(t, "regtest", net.Network)

	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(password, []byte("secret"), 0o600))
	use := func(v any, args ...string) {
		t.Helper()
		var result, errors bytes.Buffer
		args = append([]string{"--json", "--network", net.Network, "--datadir", dir, "--password-file", password,
			"--connect", net.Nodes[0], "--connect", net.Nodes[1]}, args...)
		require.Zero(t, cli.Run(limited(t), cheap(&result, &errors, nil), args), "%v: %s", args, &errors)
		require.NoError(t, json.Unmarshal(result.Bytes(), v))
	}
	var created cli.Created
	var to cli.Receiving
	var balance cli.Balance
	var synced cli.Synced
	use(&created, "create")
	use(&to, "receive")

	var answer cli.DemoAnswer
	ask("pay "+to.Address+" 0.25", &answer)
	require.NotNil(t, answer.TxID)
	ask("mine 2", &answer)
	require.Equal(t, int32(202), answer.Height)
	require.Len(t, answer.Blocks, 2)
	require.Equal(t, answer.Hash, answer.Blocks[1])
	ask("mine 1 "+to.Address, &answer)
	use(&synced, "sync")
	require.Equal(t, int32(203), synced.Height)
	use(&balance, "balance")
	require.Equal(t, int64(25_000_000), balance.Confirmed)
	require.Equal(t, int64(2_500_000_000), balance.Immature)
	ask("reorg 1", &answer)
	require.Equal(t, int32(204), answer.Height)
	use(&synced, "sync")
	use(&balance, "balance")
	require.Zero(t, balance.Immature)

	for _, line := range []string{"mine", "mine 0", "mine x", "pay me 1", "pay " + to.Address + " 0,1", "pay " + to.Address + " 999999",
		"reorg 500", "dance", "mine 1 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"} {
		var failure cli.Failure
		ask(line, &failure)
		require.NotEmpty(t, failure.Error.Kind, line)
		require.NotEmpty(t, failure.Error.Message, line)
	}
	require.NoError(t, type_.Close()) // the end of stdin is not the end
	use(&synced, "sync")
	stop()
	require.Zero(t, <-done, errors.String())
}

// TestNetworks makes sure that every network has its rules, and mainnet its
// checkpoints.
func TestNetworks(t *testing.T) {
	t.Parallel()
	for _, name := range dependencies().Networks {
		env, err := newEnv(cli.Place{Network: name})
		require.NoError(t, err)
		require.Equal(t, name == "mainnet", len(env.Params.Checkpoints) > 400, name)
		require.Equal(t, name == "mainnet", len(env.FilterCheckpoints) > 0, name)
	}
	_, err := newEnv(cli.Place{Network: "other"})
	require.Equal(t, app.KindNetwork, app.KindOf(err))
}
