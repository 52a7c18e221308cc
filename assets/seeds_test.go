package assets_test

import (
	"testing"

	"thistle/assets"

	"github.com/stretchr/testify/require"
)

// Comments are no addresses; a network without a list has none. The generator's
// test looks at what the lists hold.
func TestFixedSeeds(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"mainnet", "testnet4", "signet", "regtest"} {
		for _, addr := range assets.FixedSeeds(network) {
			require.NotContains(t, addr, "#")
			require.NotContains(t, addr, " ")
		}
	}
	require.Empty(t, assets.FixedSeeds("regtest"))
}
