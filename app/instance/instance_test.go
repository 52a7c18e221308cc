package instance_test

import (
	"os"
	"path/filepath"
	"testing"

	"thistle/app/instance"

	"github.com/stretchr/testify/require"
)

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "lock")
	first, err := instance.Acquire(path)
	require.NoError(t, err)
	info, err := os.Stat(filepath.Dir(path))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	_, err = instance.Acquire(path)
	require.ErrorIs(t, err, instance.ErrInUse)

	require.NoError(t, first.Release())
	require.NoError(t, first.Release())
	second, err := instance.Acquire(path)
	require.NoError(t, err)
	require.NoError(t, second.Release())
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := instance.Acquire(filepath.Join(file, "sub", "lock"))
	require.Error(t, err)
	require.NotErrorIs(t, err, instance.ErrInUse)
}
