package spv

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBudget: after a quiet time much may be given at once, in the long run a rate,
// and who waits for somebody who is gone waits no longer.
func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget{rate: 100, burst: 1000}
		begun := time.Now()
		for range 10 {
			require.True(t, b.wait(nil, 100))
		}
		require.Zero(t, time.Since(begun))
		for range 20 {
			require.True(t, b.wait(nil, 100))
		}
		require.Equal(t, 20*time.Second, time.Since(begun))
		time.Sleep(5 * time.Second)
		require.True(t, b.wait(nil, 500))
		require.Equal(t, 25*time.Second, time.Since(begun))
		gone := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(gone) })
		require.False(t, b.wait(gone, 5000))
		require.Equal(t, 26*time.Second, time.Since(begun))
		time.Sleep(time.Hour)
		require.True(t, b.wait(nil, 1000), "never more than the burst")
		begun = time.Now()
		require.True(t, b.wait(nil, 100))
		require.Equal(t, time.Second, time.Since(begun))
	})
}
