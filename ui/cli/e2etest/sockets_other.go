//go:build e2e && !linux

package e2etest

// Sockets cannot be told here.
func (p *process) Sockets() (stop func() []string) { return func() []string { return nil } }
