package spv_test

import (
	"testing"

	"thistle/assets"
	"thistle/spv/chain"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

func mainnet(t *testing.T) *chain.Params {
	t.Helper()
	rows, err := assets.MainnetCheckpoints()
	require.NoError(t, err)
	converted := make([]chain.Row, len(rows))
	for i, r := range rows {
		converted[i] = chain.Row(r)
	}
	p, err := chain.ParamsFor(&chaincfg.MainNetParams, converted)
	require.NoError(t, err)
	return p
}
