package cli

import (
	"testing"
	"time"

	"thistle/app"

	"github.com/stretchr/testify/require"
)

// TestPeersAreToldOnce: who came after events were kept, and before it was asked
// who is there, is told of once; who comes again is told of again.
func TestPeersAreToldOnce(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_750_000_000, 0)
	up := func(after time.Duration) app.Event {
		return app.PeerConnected{Peer: app.Peer{Addr: "1.2.3.4:8333", Since: at.Add(after)}}
	}
	known := make(acquainted)
	require.False(t, known.again(up(0)))
	require.True(t, known.again(up(0)))
	require.False(t, known.again(app.PeerConnected{Peer: app.Peer{Addr: "1.2.3.5:8333", Since: at}}))
	require.False(t, known.again(app.PeerLost{Addr: "1.2.3.4:8333"}))
	require.False(t, known.again(app.PeerLost{Addr: "1.2.3.4:8333"}), "an attempt in vain")
	require.False(t, known.again(up(0)), "it has been lost meanwhile")
	require.False(t, known.again(up(time.Second)))
	require.True(t, known.again(up(time.Second)))
}
