//go:build e2e

package e2etest

import (
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"github.com/tyler-smith/go-bip39"
)

// Account is account 0 of BIP84 for the test networks: the addresses that a
// wallet of the same words must have.
type Account struct {
	t    testing.TB
	key  *hdkeychain.ExtendedKey
	Xpub string
}

// NewAccount derives the account of recovery words without a passphrase.
func NewAccount(t testing.TB, words string) *Account {
	t.Helper()
	seed, err := bip39.NewSeedWithErrorChecking(words, "")
	require.NoError(t, err)
	key, err := hdkeychain.NewMaster(seed, Net)
	require.NoError(t, err)
	const hardened = hdkeychain.HardenedKeyStart
	a := &Account{t: t}
	a.key = a.derive(key, hardened+84, hardened+1, hardened)
	public, err := a.key.Neuter()
	require.NoError(t, err)
	a.Xpub = public.String()
	return a
}

func (a *Account) derive(key *hdkeychain.ExtendedKey, path ...uint32) *hdkeychain.ExtendedKey {
	a.t.Helper()
	for _, i := range path {
		var err error
		key, err = key.Derive(i)
		require.NoError(a.t, err)
	}
	return key
}

// External is the script of a receiving address, Internal that of a change
// address.
func (a *Account) External(index uint32) []byte { return a.script(0, index) }
func (a *Account) Internal(index uint32) []byte { return a.script(1, index) }

func (a *Account) script(keychain, index uint32) []byte {
	a.t.Helper()
	script, err := txscript.NewScriptBuilder().AddOp(txscript.OP_0).AddData(a.hash160(keychain, index)).Script()
	require.NoError(a.t, err)
	return script
}

func (a *Account) hash160(keychain, index uint32) []byte {
	a.t.Helper()
	pub, err := a.derive(a.key, keychain, index).ECPubKey()
	require.NoError(a.t, err)
	return address.Hash160(pub.SerializeCompressed())
}

// SpendExternal spends an output of a receiving address, as a copy of the
// wallet elsewhere might: it pays amount to script, fee to the miner, and the
// rest to the change address of that index.
func (a *Account) SpendExternal(index uint32, prev *wire.MsgTx, vout uint32, script []byte, amount, fee int64, change uint32) *wire.MsgTx {
	a.t.Helper()
	spent := prev.TxOut[vout]
	require.Equal(a.t, a.External(index), spent.PkScript)
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: prev.TxHash(), Index: vout}, Sequence: rbf})
	tx.AddTxOut(&wire.TxOut{Value: amount, PkScript: script})
	tx.AddTxOut(&wire.TxOut{Value: spent.Value - amount - fee, PkScript: a.Internal(change)})
	key, err := a.derive(a.key, 0, index).ECPrivKey()
	require.NoError(a.t, err)
	sign(a.t, tx, spent.PkScript, spent.Value, key)
	return tx
}

// Hash160s are the key hashes of the first addresses of both keychains.
func (a *Account) Hash160s(count uint32) [][]byte {
	a.t.Helper()
	var all [][]byte
	for i := range count {
		all = append(all, a.hash160(0, i), a.hash160(1, i))
	}
	return all
}

// AddressOf writes a P2WPKH script as an address.
func AddressOf(t testing.TB, script []byte) string {
	t.Helper()
	_, addrs, _, err := txscript.ExtractPkScriptAddrs(script, Net)
	require.NoError(t, err)
	require.Len(t, addrs, 1)
	return addrs[0].EncodeAddress()
}

// ScriptOf is the script of an address.
func ScriptOf(t testing.TB, text string) []byte {
	t.Helper()
	addr, err := address.DecodeAddress(text, Net)
	require.NoError(t, err)
	script, err := txscript.PayToAddrScript(addr)
	require.NoError(t, err)
	return script
}
