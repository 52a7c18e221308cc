//go:build !e2e

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

// childEnv makes the test program a child that lacks something: "HOW DIR PEER".
const childEnv = "THISTLE_CLI_CHILD"

func TestMain(m *testing.M) {
	if how := os.Getenv(childEnv); how != "" {
		args := strings.Fields(how)
		if args[0] == "nobody" {
			os.Exit(nobodyChild(args[1]))
		}
		os.Exit(fullChild(args[0], args[1], args[2]))
	}
	os.Exit(m.Run())
}

// TestFileTooLarge runs a child whose files may not grow, so that the kernel
// refuses its writes.
func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	runFullChild(t, "limit", nil)
}

// TestDiskFull runs a child with a small disk of its own, in memory, where the
// system allows that.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	id := func(at int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: at, Size: 1}}
	}
	runFullChild(t, "tmpfs", &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: id(os.Getuid()),
		GidMappings: id(os.Getgid()),
	})
}

// TestNoPermission runs a child that is nobody, to whom the folder is closed.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	out, err := runChild(t, "nobody", "", nil)
	require.NoError(t, err, string(out))
	require.Equal(t, "refused\n", string(out))
}

// runChild runs this program as a child in a folder of its own.
func runChild(t *testing.T, how, peer string, attr *syscall.SysProcAttr) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", childEnv, how, t.TempDir(), peer))
	cmd.SysProcAttr = attr
	return cmd.CombinedOutput()
}

func runFullChild(t *testing.T, how string, attr *syscall.SysProcAttr) {
	t.Helper()
	out, err := runChild(t, how, nodes(t, 1).Addrs()[0], attr)
	if errors.Is(err, syscall.EPERM) || strings.HasPrefix(string(out), "no mount") {
		t.Skipf("no disk of one's own here: %v %s", err, out)
	}
	require.NoError(t, err, string(out))
	require.Equal(t, "refused, kept, went on\n", string(out))
}

// fullChild makes a wallet, takes the room away, and gives it back.
func fullChild(how, dir, peer string) int {
	if how == "tmpfs" {
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=8m"); err != nil {
			fmt.Println("no mount:", err)
			return 1
		}
	}
	c := child{dir: dir, peer: peer}
	ensure(os.WriteFile(filepath.Join(dir, "password"), []byte("secret"), 0o600) == nil, "password file")
	c.run(0, "create")
	c.run(0, "receive", "--label", "kept")
	before := c.run(0, "addresses")
	limit, free := limitFiles, func() { limitFiles(1 << 40) }
	refused := []string{"sync", "receive"}
	if how == "tmpfs" {
		refused = refused[:1] // an address needs no more room than its file has
		limit = func(uint64) { remount(dir, used(dir)+32<<10) }
		free = func() { remount(dir, 64<<20) }
	}
	limit(8 << 10)
	for _, command := range refused {
		var f cli.Failure
		ensure(json.Unmarshal(c.run(1, command), &f) == nil && f.Error.Kind == "disk_full", command, f)
	}
	ensure(bytes.Equal(before, c.run(0, "addresses")), "addresses changed")
	free()
	c.run(0, "sync")
	ensure(bytes.Equal(before, c.run(0, "addresses")), "addresses changed")
	fmt.Println("refused, kept, went on")
	return 0
}

// nobodyChild gives its rights up and tries to make a wallet where it may only
// read.
func nobodyChild(dir string) int {
	c := child{dir: dir, peer: "127.0.0.1:1"}
	ensure(os.WriteFile(filepath.Join(dir, "password"), []byte("secret"), 0o600) == nil, "password file")
	ensure(os.Chmod(filepath.Join(dir, "password"), 0o644) == nil, "password file")
	ensure(os.Chmod(dir, 0o555) == nil, "folder")
	if os.Geteuid() == 0 {
		const nobody = 65534
		ensure(os.Chmod(filepath.Dir(dir), 0o755) == nil, "folder above")
		ensure(syscall.Setuid(nobody) == nil, "set user")
	}
	var f cli.Failure
	ensure(json.Unmarshal(c.run(1, "create"), &f) == nil && f.Error.Kind == "permission", f)
	fmt.Println("refused")
	return 0
}

type child struct{ dir, peer string }

func (c child) run(code int, args ...string) []byte {
	var out, errs bytes.Buffer
	deps := cli.Deps{Env: testEnv, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	args = append([]string{"--json", "--network", "regtest", "--datadir", filepath.Join(c.dir, "data"),
		"--connect", c.peer, "--password-file", filepath.Join(c.dir, "password")}, args...)
	got := cli.Run(context.Background(), deps, args)
	ensure(got == code, args[len(args)-1], got, errs.String())
	return out.Bytes()
}

func ensure(ok bool, what ...any) {
	if !ok {
		fmt.Println(what...)
		os.Exit(1)
	}
}

func limitFiles(bytes uint64) {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	ensure(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l) == nil, "getrlimit")
	l.Cur = min(bytes, l.Max)
	ensure(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l) == nil, "setrlimit")
}

func remount(dir string, size uint64) {
	err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size))
	ensure(err == nil, "remount", err)
}

// used is how much of the disk is taken, in bytes.
func used(dir string) uint64 {
	var s syscall.Statfs_t
	ensure(syscall.Statfs(dir, &s) == nil, "statfs")
	return (s.Blocks - s.Bfree) * uint64(s.Bsize)
}
