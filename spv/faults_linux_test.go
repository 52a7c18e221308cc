package spv_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// become puts a device in the place of the open files of a folder whose names
// begin so.
func become(t *testing.T, device, dir, name string) (n int) {
	t.Helper()
	dev, err := os.OpenFile(device, os.O_RDWR, 0)
	require.NoError(t, err)
	defer dev.Close()
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range fds {
		path, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if err != nil || !strings.HasPrefix(path, filepath.Join(dir, name)) {
			continue
		}
		var fd int
		_, err = fmt.Sscan(e.Name(), &fd)
		require.NoError(t, err)
		require.NoError(t, syscall.Dup3(int(dev.Fd()), fd, syscall.O_CLOEXEC))
		n++
	}
	return n
}

// TestFailingDisk has the disk refuse what is written, or fail to make it
// durable, while a client runs. Its run ends and says so; the next one finds all
// that was told, and goes on.
func TestFailingDisk(t *testing.T) {
	t.Parallel()
	for _, how := range []struct {
		name, device, file string
		want               error
	}{
		{"headers, gone", "/dev/null", "chain.db", nil},
		{"filters, full", "/dev/full", "filters", spv.ErrDiskFull},
		{"filters, not durable", "/dev/null", "filters", nil},
	} {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(dawn())
				town := spvtest.NewTown(land())
				town.Add(spvtest.Deviation{})
				tr := newTrial(t, town, spvtest.Hostile{})
				tr.run(func(ctx context.Context, tr *trial) {
					tr.requireKnown(ctx, time.Hour)
					require.Positive(t, become(t, how.device, tr.cfg.Dir, how.file))
					town.Grow(land().Main.To(land().Start + 2))
					err := tr.fails()
					require.Error(t, err)
					t.Log(err)
					if how.want != nil {
						require.ErrorIs(t, err, how.want)
					}
					ctx = tr.start()
					tr.requireKnown(ctx, time.Hour)
				})
			})
		})
	}
}
