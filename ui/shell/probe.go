//go:build !e2e

package shell

// probe lets tests of the real window look at it. Programs that people get
// cannot be looked at: see probe_e2e.go.
func (*Shell) probe() {}
