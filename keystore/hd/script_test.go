package hd_test

import (
	"encoding/hex"
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore/hd"
	"thistle/keystore/mnemonic"
)

// The examples of BIP49 (testnet), BIP84 and BIP86, and of BIP44 what every
// wallet shows for the same words.
func TestScripts(t *testing.T) {
	t.Parallel()
	seed, err := mnemonic.Seed([]byte("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"), nil)
	require.NoError(t, err)
	root, err := hd.NewMaster(seed)
	require.NoError(t, err)
	examples := []struct {
		net     *chaincfg.Params
		purpose uint32
		address string
	}{
		{&chaincfg.MainNetParams, hd.PurposeBIP44, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"},
		{&chaincfg.TestNet4Params, hd.PurposeBIP49, "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"},
		{&chaincfg.MainNetParams, hd.PurposeBIP84, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
		{&chaincfg.MainNetParams, hd.PurposeBIP86, "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"},
	}
	for i, x := range examples {
		require.Equal(t, hd.Purposes()[i], x.purpose)
		path, err := hd.AccountPath(x.net, x.purpose, 0)
		require.NoError(t, err)
		key, err := root.Derive(append(path, 0, 0))
		require.NoError(t, err)
		script, err := hd.Script(x.purpose, key.PublicKey())
		require.NoError(t, err)
		addr, err := address.DecodeAddress(x.address, x.net)
		require.NoError(t, err)
		want, err := txscript.PayToAddrScript(addr)
		require.NoError(t, err)
		require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(script), x.address)
	}
	require.Len(t, examples, 4)
}

func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	key := master(t, "0123456789abcdef").PublicKey()
	_, err := hd.Script(48, key)
	require.ErrorIs(t, err, hd.ErrPath)
	_, err = hd.Script(hd.PurposeBIP86, key[1:])
	require.ErrorIs(t, err, hd.ErrChild)
	script, err := hd.ScriptP2TR(key)
	require.NoError(t, err)
	_, err = schnorr.ParsePubKey(script[2:])
	require.NoError(t, err)
	public, err := btcec.ParsePubKey(key)
	require.NoError(t, err)
	require.NotEqual(t, schnorr.SerializePubKey(public), script[2:], "tweaked, though there are no scripts")
}
