//go:build e2e

package e2etest

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Binaries are the programs that tests run.
type Binaries struct {
	Btcd    string
	Thistle string
}

// Build finds or builds the programs; dir takes the wallet's. btcd lies in Go's
// build cache.
func Build(dir string) (Binaries, error) {
	btcd, err := goCommand("", "tool", "-n", "github.com/btcsuite/btcd")
	if err != nil {
		return Binaries{}, err
	}
	mod, err := goCommand("", "env", "GOMOD")
	if err != nil {
		return Binaries{}, err
	}
	thistle := filepath.Join(dir, "thistle")
	_, err = goCommand(filepath.Dir(mod), "build", "-buildvcs=false", "-tags", "nogui", "-o", thistle, ".")
	return Binaries{Btcd: btcd, Thistle: thistle}, err
}

func goCommand(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}
