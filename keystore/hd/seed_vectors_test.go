package hd_test

import (
	"encoding/json"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/keystore/hd"
)

// The master keys of the Trezor set, whose seeds package mnemonic computes.
func TestTrezorMasterKeys(t *testing.T) {
	t.Parallel()
	var sets map[string][][]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bip39/trezor_vectors.json"), &sets))
	keys := 0
	for language, cases := range sets {
		for _, c := range cases {
			master, err := hd.NewMaster(unhex(t, c[2]))
			require.NoError(t, err)
			require.Equal(t, c[3], master.Xprv(&chaincfg.MainNetParams), "%s %s", language, c[0])
			keys++
		}
	}
	require.Equal(t, 12*24, keys)
}
