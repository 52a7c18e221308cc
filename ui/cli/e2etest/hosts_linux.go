//go:build e2e

package e2etest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Host is a computer of its own as far as the network goes. Nil is this one.
type Host struct {
	// IP is its first address.
	IP string

	pid string // of a process that only keeps the namespace
}

// NewHosts puts hosts with these addresses on one wire that leads nowhere else.
// They end with the test, whatever becomes of it. The error is EPERM where the
// system does not allow them.
func NewHosts(t testing.TB, ips ...string) ([]*Host, error) {
	t.Helper()
	var here *Host
	var hosts []*Host
	for i, ip := range ips {
		cmd := exec.Command("sleep", "infinity")
		cmd.SysProcAttr = dieWithParent()
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
		p, err := start(t, "host "+ip, cmd)
		if err != nil {
			return nil, err
		}
		h := &Host{IP: ip, pid: strconv.Itoa(p.cmd.Process.Pid)}
		hosts = append(hosts, h)
		if i == 0 {
			err = h.setUp("link add wire type bridge")
		} else {
			name := fmt.Sprintf("host%d", i)
			err = errors.Join(
				here.setUp("link add "+name+" netns "+hosts[0].pid+" type veth peer name wire netns "+h.pid),
				hosts[0].setUp("link set "+name+" master wire up"))
		}
		if err = errors.Join(err, h.setUp("link set lo up", "link set wire up", "route add default dev wire"), h.Add(ip)); err != nil {
			return nil, err
		}
	}
	return hosts, nil
}

// Add gives the host more addresses.
func (h *Host) Add(ips ...string) error {
	var lines []string
	for _, ip := range ips {
		lines = append(lines, "addr add "+ip+"/32 dev wire")
	}
	return h.setUp(lines...)
}

// setUp gives commands to iproute2.
func (h *Host) setUp(lines ...string) error {
	tool, err := exec.LookPath("ip")
	if err != nil {
		tool = "/usr/sbin/ip" // not where everybody looks
	}
	cmd := h.inside(exec.Command(tool, "-batch", "-"))
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	if err != nil && strings.Contains(stderr.String(), "not permitted") {
		err = syscall.EPERM
	}
	if err != nil {
		return fmt.Errorf("ip %q: %w: %s", lines, err, stderr.Bytes())
	}
	return nil
}

// inside makes a program run on the host.
func (h *Host) inside(cmd *exec.Cmd) *exec.Cmd {
	if h == nil {
		return cmd
	}
	return exec.Command("nsenter", append([]string{"--target", h.pid, "--net", "--", cmd.Path}, cmd.Args[1:]...)...)
}

// Dial connects from one of the host's addresses, any if empty.
func (h *Host) Dial(from, to string) (conn net.Conn, err error) {
	dialer := net.Dialer{Timeout: Patience}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	if h == nil {
		return dialer.Dial("tcp", to)
	}
	// A socket belongs to where its thread was when it was made. The thread comes
	// back: were it to end, the programs that it started would be killed with it.
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer home.Close()
	there, err := os.Open("/proc/" + h.pid + "/ns/net")
	if err != nil {
		return nil, err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	conn, err = dialer.Dial("tcp", to)
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return nil, back
	}
	runtime.UnlockOSThread()
	return conn, err
}

// Reach gives an address of this computer that leads to one of the host.
func (h *Host) Reach(t testing.TB, to string) string {
	t.Helper()
	if h == nil {
		return to
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := h.Dial("", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			join := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				_ = to.Close()
				_ = from.Close()
			}
			group.Go(func() { join(out, in) })
			group.Go(func() { join(in, out) })
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}
