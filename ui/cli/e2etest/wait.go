//go:build e2e

package e2etest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a test waits for what should happen soon. Only a test
// that fails ever waits as long.
const Patience = 60 * time.Second

// glance is the pause between two looks at a condition.
const glance = 20 * time.Millisecond

// Eventually waits until cond holds.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, Patience, glance, "waiting for %s", what)
}
