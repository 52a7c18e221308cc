package instance_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"thistle/app/instance"

	"github.com/stretchr/testify/require"
)

// callEnv makes the test program a stranger that calls at a path.
const callEnv = "THISTLE_INSTANCE_CALL"

func TestMain(m *testing.M) {
	if path := os.Getenv(callEnv); path != "" {
		os.Exit(stranger(path))
	}
	os.Exit(m.Run())
}

// stranger tells how far a call came: 10 hung up on, 11 not even that.
func stranger(path string) int {
	c, err := net.Dial("unix", path)
	if err != nil {
		return 11
	}
	if n, err := c.Read(make([]byte, 1)); n == 0 && err != nil {
		return 10
	}
	return 1
}

// Another user is hung up on, even where the modes would let him in.
func TestStranger(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	dir := short(t)
	path := filepath.Join(dir, "socket")
	l, err := instance.Listen(path)
	require.NoError(t, err)
	go func() { _, _ = l.Accept() }()
	self := filepath.Join(dir, "self")
	program, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(self, program, 0o755))
	call := func() int {
		cmd := exec.Command(self)
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), callEnv+"="+path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	require.NoError(t, os.Chmod(dir, 0o755))
	require.Equal(t, 11, call(), "the socket's mode")
	require.NoError(t, os.Chmod(path, 0o666))
	require.Equal(t, 10, call(), "who calls")
	require.NoError(t, l.Close())
}
