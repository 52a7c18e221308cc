//go:build e2e

package cli_test

import (
	"fmt"
	"os"
	"testing"

	"thistle/app"
	"thistle/keystore"
	"thistle/keystore/seal"
	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// bins are the programs under test.
var bins e2etest.Binaries

func TestMain(m *testing.M) {
	if spec := os.Getenv(stormEnv); spec != "" {
		os.Exit(stormChild(spec))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "thistle-e2e-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		bins, err = e2etest.Build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// create makes a wallet in a home and returns its words. Its password costs the
// least that the program accepts, a sixth of what the program itself would ask:
// every command pays that again. What the program makes is for TestE2EPrivacy,
// TestE2ERestore and TestE2EDaemon to show.
func create(t *testing.T, home *e2etest.Home) string {
	t.Helper()
	created, err := app.Create(outside(t, home), app.CreateParams{Name: home.Wallet, Words: 12, Password: password})
	require.NoError(t, err)
	return string(created.Words())
}

// restore does the same from words.
func restore(t *testing.T, home *e2etest.Home, words string) {
	t.Helper()
	_, err := app.Restore(outside(t, home), app.RestoreParams{
		Name: home.Wallet, Mnemonic: func() []byte { return []byte(words) }, Password: password,
	})
	require.NoError(t, err)
}

func outside(t *testing.T, home *e2etest.Home) *app.Env {
	t.Helper()
	env, err := stormEnvironment(home.Dir)
	require.NoError(t, err)
	env.Keys = keystore.Options{KDF: seal.DefaultBounds.Min}
	return env
}

func password() []byte { return []byte(e2etest.Password) }
