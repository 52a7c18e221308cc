//go:build e2e

package cli_test

import (
	"fmt"
	"os"
	"testing"

	"thistle/ui/cli/e2etest"
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
