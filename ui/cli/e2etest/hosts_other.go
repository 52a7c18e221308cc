//go:build e2e && !linux

package e2etest

import (
	"net"
	"os/exec"
	"testing"
)

// Host is nil: there is only this computer here.
type Host struct{ IP string }

func (h *Host) inside(cmd *exec.Cmd) *exec.Cmd { return cmd }

// Dial connects.
func (h *Host) Dial(_, to string) (net.Conn, error) { return net.Dial("tcp", to) }

// Reach is the address itself.
func (h *Host) Reach(_ testing.TB, to string) string { return to }
