//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// TestE2EEncrypted syncs with a node that speaks the encrypted transport, reads
// along without understanding a word, and with one that does not speak it.
func TestE2EEncrypted(t *testing.T) {
	t.Parallel()
	able := e2etest.StartNode(t, bins, e2etest.NodeOptions{V2: true})
	able.Mine(2100, nil)
	plain := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{able}})
	tap := e2etest.NewProxy(t, able.Addr)
	home := e2etest.NewHome(t, bins, tap.Addr)
	create(t, home)
	require.EqualValues(t, 2100, home.Sync().Height)
	said, _ := tap.Said()
	require.Empty(t, said, "nothing in plain text")

	home = home.With(able.Addr, plain.Addr)
	var peers []struct{ Addr, Transport string }
	home.Get(&peers, "peers")
	transports := map[string]string{}
	for _, p := range peers {
		transports[p.Addr] = p.Transport
	}
	require.Equal(t, map[string]string{able.Addr: "v2", plain.Addr: "v1"}, transports)
}
