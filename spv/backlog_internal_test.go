package spv

import (
	"context"
	"testing"
	"testing/synctest"

	"thistle/spv/protocol"

	"github.com/stretchr/testify/require"
)

// However slow the disk is, what waits for it is bounded; what is larger than
// the bound still gets through.
func TestBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := backlog{less: make(chan struct{}, 1)}
		ctx, cancel := context.WithCancel(t.Context())
		require.True(t, b.add(ctx, 2*maxBacklog), "nothing else waits")
		added := make(chan bool, 1)
		go func() { added <- b.add(ctx, 1) }()
		synctest.Wait()
		require.Empty(t, added)
		b.done(2 * maxBacklog)
		require.True(t, <-added)
		go func() { added <- b.add(ctx, maxBacklog) }()
		synctest.Wait()
		require.Empty(t, added)
		cancel()
		require.False(t, <-added)
	})
	require.Equal(t, 300, weigh([]protocol.Output{
		protocol.SaveFilter{Data: make([]byte, 100)}, protocol.SaveFilter{Data: make([]byte, 200)}, protocol.Resolve{},
	}))
}
