//go:build unix

package vault_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"thistle/keystore/vault"
)

// A map longer than its file faults with SIGBUS, which ends a program unless
// somebody asked for a panic.
func TestGuardFault(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "short"))
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, f.Truncate(1<<16))
	m, err := unix.Mmap(int(f.Fd()), 0, 1<<16, unix.PROT_READ, unix.MAP_SHARED)
	require.NoError(t, err)
	defer unix.Munmap(m)
	require.NoError(t, f.Truncate(0))
	sum := byte(0)
	require.ErrorIs(t, vault.Guarded(func() error { sum += m[1<<15]; return nil }), vault.ErrCorrupt)
	require.Zero(t, sum)
}
