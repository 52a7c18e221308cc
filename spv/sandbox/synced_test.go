package sandbox_test

import (
	"context"
	"testing"
	"time"

	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// Whichever node mines, the others are waited for.
func TestSyncedWhoeverMines(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	net, err := sandbox.Network(ctx, 3)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, net.Close()) })
	for i, n := range net {
		_, err := n.Mine(i+1, nil)
		require.NoError(t, err)
		require.NoError(t, net.Synced(ctx))
		_, want := n.Tip()
		for _, other := range net {
			_, got := other.Tip()
			require.Equal(t, want, got)
		}
	}
}
