//go:build e2e

package e2etest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a running program.
type process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start runs cmd and makes sure that it ends with the test.
func start(t testing.TB, name string, cmd *exec.Cmd) (*process, error) {
	t.Helper()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = dieWithParent()
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{t: t, name: name, cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the exit code is in ProcessState
		close(p.done)
	}()
	t.Cleanup(p.Kill)
	return p, nil
}

// Child is a program of a test's own.
type Child struct{ *process }

// Launch runs cmd, which ends with the test at the latest.
func Launch(t testing.TB, name string, cmd *exec.Cmd) Child {
	t.Helper()
	p, err := start(t, name, cmd)
	require.NoError(t, err)
	return Child{p}
}

// Kill ends the process at once, as a power cut would, and waits for its end.
func (p *process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
}

// Strike kills without waiting for the end.
func (p *process) Strike() { _ = p.cmd.Process.Kill() }

// signal sends a signal to a process that must be running. It may be called on
// any goroutine.
func (p *process) signal(sig os.Signal) {
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Errorf("signal %v to %s: %v", sig, p.name, err)
	}
}

// Pause stops the process in its tracks, connections open, and Resume lets it
// go on.
func (p *process) Pause()  { p.signal(syscall.SIGSTOP) }
func (p *process) Resume() { p.signal(syscall.SIGCONT) }

// Ended reports whether the process has ended.
func (p *process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Wait gives the exit code, -1 for death by a signal.
func (p *process) Wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(Patience):
		require.FailNow(p.t, "process does not end", p.name)
	}
	return p.cmd.ProcessState.ExitCode()
}
