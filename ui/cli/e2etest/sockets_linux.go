//go:build e2e

package e2etest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sockets tells which internet sockets a process had while it ran, as
// "tcp to 127.0.0.1:18444", by looking again and again. Listening ones are to
// port 0.
func (p *process) Sockets() (stop func() []string) {
	quit, result := make(chan struct{}), make(chan []string)
	go func() {
		seen := make(map[string]bool)
		look := time.NewTicker(2 * time.Millisecond)
		defer look.Stop()
		for {
			for _, s := range socketsOf(p.cmd.Process.Pid) {
				seen[s] = true
			}
			select {
			case <-quit:
				var list []string
				for s := range seen {
					list = append(list, s)
				}
				slices.Sort(list)
				result <- list
				return
			case <-look.C:
			}
		}
	}()
	return func() []string {
		close(quit)
		return <-result
	}
}

// socketsOf reads /proc: the process may end at any moment, so what cannot be
// read is not there.
func socketsOf(pid int) []string {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	mine := make(map[string]bool) // inodes
	fds, _ := filepath.Glob(filepath.Join(proc, "fd", "*"))
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		if inode, ok := strings.CutPrefix(target, "socket:["); err == nil && ok {
			mine[strings.TrimSuffix(inode, "]")] = true
		}
	}
	if len(mine) == 0 {
		return nil
	}
	var list []string
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6"} {
		table, _ := os.ReadFile(filepath.Join(proc, "net", kind))
		for _, line := range strings.Split(string(table), "\n") {
			// sl local remote state queues timer retransmits uid timeout inode
			if f := strings.Fields(line); len(f) > 9 && mine[f[9]] {
				list = append(list, fmt.Sprintf("%s to %s", strings.TrimSuffix(kind, "6"), remote(f[2])))
			}
		}
	}
	return list
}

// remote reads an address as the kernel writes it: words of the machine's
// order in hexadecimal, a colon, the port.
func remote(text string) string {
	ip, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(ip)
	number, perr := strconv.ParseUint(port, 16, 16)
	if err != nil || perr != nil || len(raw)%4 != 0 {
		return text
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)).String()
}
