//go:build e2e && !linux

package e2etest

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }
