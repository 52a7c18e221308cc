package instance_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"thistle/app/instance"

	"github.com/stretchr/testify/require"
)

// short is a folder whose name leaves room for a socket's.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "t-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// talk calls and is answered.
func talk(t *testing.T, l *instance.Listener, path string) {
	t.Helper()
	heard := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			heard <- err.Error()
			return
		}
		b, _ := io.ReadAll(c)
		_ = c.Close()
		heard <- string(b)
	}()
	c, err := instance.Dial(path)
	require.NoError(t, err)
	_, err = io.WriteString(c, "hello")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.Equal(t, "hello", <-heard)
}

func TestListen(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"short": filepath.Join(short(t), "socket"),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long", 30), "socket"),
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		_, err := instance.Dial(path)
		require.ErrorIs(t, err, instance.ErrNobody, name)
		l, err := instance.Listen(path)
		require.NoError(t, err, name)
		require.Equal(t, path, l.Path())
		at, err := filepath.EvalSymlinks(path)
		require.NoError(t, err)
		for file, mode := range map[string]os.FileMode{at: 0o600, filepath.Dir(at): 0o700, filepath.Dir(path): 0o700} {
			info, err := os.Stat(file)
			require.NoError(t, err)
			if runtime.GOOS != "windows" {
				require.Equal(t, mode, info.Mode().Perm(), file)
			}
		}
		talk(t, l, path)
		talk(t, l, path)
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
		_, err = l.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = instance.Dial(path)
		require.ErrorIs(t, err, instance.ErrNobody)
		require.NoFileExists(t, at)
		left, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Empty(t, left, name)
	}
}

// What a crash has left is no hindrance: nobody answers there, and the next to
// listen removes it.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"short": filepath.Join(short(t), "socket"),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long", 30), "socket"),
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		dead, err := instance.Listen(path)
		require.NoError(t, err)
		dead.Abandon()
		first, err := filepath.EvalSymlinks(path)
		require.NoError(t, err, "the socket is still there")
		_, err = instance.Dial(path)
		require.ErrorIs(t, err, instance.ErrNobody, name)
		l, err := instance.Listen(path)
		require.NoError(t, err, name)
		if name == "long" {
			require.NoDirExists(t, filepath.Dir(first))
		}
		talk(t, l, path)
		require.NoError(t, l.Close())
	}
}

// A call that could not be taken, for want of files perhaps, is not the last.
func TestStumbles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(short(t), "socket")
	l, err := instance.Listen(path)
	require.NoError(t, err)
	l.Stumble(true)
	taken := make(chan error, 2)
	accept := func() {
		c, err := l.Accept()
		if err == nil {
			err = c.Close()
		}
		taken <- err
	}
	go accept()
	c, err := instance.Dial(path)
	require.NoError(t, err)
	select {
	case err := <-taken:
		t.Fatal(err)
	case <-time.After(50 * time.Millisecond):
	}
	l.Stumble(false)
	require.NoError(t, <-taken)
	require.NoError(t, c.Close())
	l.Stumble(true)
	go accept()
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-taken, net.ErrClosed)
}
