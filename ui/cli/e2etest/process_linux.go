//go:build e2e

package e2etest

import "syscall"

// dieWithParent lets a process end when the test binary is killed.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
