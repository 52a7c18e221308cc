package hd_test

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/keystore/hd"
)

var coreNets = map[string]*chaincfg.Params{
	"main": &chaincfg.MainNetParams, "test": &chaincfg.TestNet4Params,
	"signet": &chaincfg.SigNetParams, "regtest": &chaincfg.RegressionNetParams,
}

// Core's private keys, each on its network and refused on the others. The rest
// of the file are addresses, which are no private keys on any network.
func TestWIFValid(t *testing.T) {
	t.Parallel()
	var cases []json.RawMessage
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "core_v27.0/key_io_valid.json"), &cases))
	keys, addresses, refused := 0, 0, 0
	for _, raw := range cases {
		var text, payload string
		var about struct {
			Chain        string
			IsPrivkey    bool
			IsCompressed bool
		}
		require.NoError(t, json.Unmarshal(raw, &[]any{&text, &payload, &about}))
		for name, net := range coreNets {
			key, compressed, err := hd.ParseWIF([]byte(text), net)
			if !about.IsPrivkey || (name == "main") != (about.Chain == "main") {
				require.ErrorIs(t, err, hd.ErrWIF)
				require.NotContains(t, err.Error(), text)
				refused++
				continue
			}
			require.NoError(t, err)
			private := key.Raw()
			require.Equal(t, payload, hex.EncodeToString(private[:]))
			require.Equal(t, about.IsCompressed, compressed)
		}
		if about.IsPrivkey {
			keys++
		} else {
			addresses++
		}
	}
	require.Equal(t, 16, keys)
	require.Equal(t, 54, addresses)
	require.Equal(t, 54*4+4*3+12, refused)
}

func TestWIFInvalid(t *testing.T) {
	t.Parallel()
	var cases [][]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "core_v27.0/key_io_invalid.json"), &cases))
	for _, c := range cases {
		for _, net := range coreNets {
			_, _, err := hd.ParseWIF([]byte(c[0]), net)
			require.ErrorIs(t, err, hd.ErrWIF, c[0])
		}
	}
	require.Len(t, cases, 70)
}

// What a person may paste that is nearly a key.
func TestWIFStrict(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	encode := func(b ...byte) string {
		return base58.Encode(append(b, chainhash.DoubleHashB(b)[:4]...))
	}
	one := append(make([]byte, 31), 1)
	good := encode(append([]byte{0x80}, append(one, 1)...)...)
	_, compressed, err := hd.ParseWIF([]byte(good), net)
	require.NoError(t, err)
	require.True(t, compressed)
	order := btcec.S256().N.Bytes()
	for name, text := range map[string]string{
		"empty": "", "space": " " + good, "line": good + "\n", "leading one": "1" + good, "short": good[:51],
		"mistyped": good[:51] + "2", "flag": encode(append([]byte{0x80}, append(one, 2)...)...),
		"zero": encode(append([]byte{0x80}, make([]byte, 32)...)...), "order": encode(append([]byte{0x80}, order...)...),
		"version": encode(append([]byte{0x81}, one...)...), "31 bytes": encode(append([]byte{0x80}, one[1:]...)...),
		"long": strings.Repeat("K", 1<<20),
	} {
		_, _, err := hd.ParseWIF([]byte(text), net)
		require.ErrorIs(t, err, hd.ErrWIF, name)
	}
	_, _, err = hd.ParseWIF([]byte(good), &chaincfg.SimNetParams)
	require.ErrorIs(t, err, hd.ErrNetwork)
}

// BIP340's vectors. Those with a secret key are signed byte by byte, the others
// verified. Four have messages of another length than 32 bytes, which no
// signature hash has; the library refuses to sign them, and verifies them.
func TestBIP340(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(bytes.NewReader(assetstest.Vector(t, "bips/bip-0340_test-vectors.csv"))).ReadAll()
	require.NoError(t, err)
	signed, otherLength, verified := 0, 0, 0
	for _, row := range rows[1:] {
		secret, aux, message, want := unhex(t, row[1]), unhex(t, row[3]), unhex(t, row[4]), unhex(t, row[5])
		public, err := schnorr.ParsePubKey(unhex(t, row[2]))
		valid := false
		if err == nil {
			sig, err := schnorr.ParseSignature(want)
			valid = err == nil && sig.Verify(message, public)
		}
		if len(message) != 32 {
			otherLength++
			continue
		}
		require.Equal(t, row[6] == "TRUE", valid, "case %s", row[0])
		verified++
		if len(secret) == 0 {
			continue
		}
		sig, err := hd.SingleFromRaw(secret).SignSchnorr((*[32]byte)(message), (*[32]byte)(aux))
		require.NoError(t, err)
		require.Equal(t, want, sig, "case %s", row[0])
		signed++
	}
	require.Equal(t, []int{4, 15, 4}, []int{signed, verified, otherLength})
}

type bip341Vectors struct {
	ScriptPubKey []struct {
		Given struct {
			InternalPubkey string
			ScriptTree     json.RawMessage
		}
		Intermediary struct{ TweakedPubkey string }
		Expected     struct{ ScriptPubKey string }
	}
	KeyPathSpending []struct {
		Given struct {
			RawUnsignedTx string
			UtxosSpent    []struct {
				ScriptPubKey string
				AmountSats   int64
			}
		}
		InputSpending []struct {
			Given struct {
				TxinIndex       int
				InternalPrivkey string
				MerkleRoot      *string
				HashType        txscript.SigHashType
			}
			Intermediary struct{ InternalPubkey, TweakedPrivkey, SigHash string }
			Expected     struct{ Witness []string }
		}
	}
}

// BIP341's wallet vectors. Of the seven output scripts one has no tree of
// scripts, which is what is paid to here; the others never leave this program.
// All seven inputs are signed: the tweak with and without a tree, and every hash
// type, of which only the default is asked for elsewhere.
func TestBIP341(t *testing.T) {
	t.Parallel()
	var v bip341Vectors
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bips/bip-0341_wallet-test-vectors.json"), &v))
	scripts := 0
	for _, c := range v.ScriptPubKey {
		script, err := hd.ScriptP2TR(append([]byte{2}, unhex(t, c.Given.InternalPubkey)...))
		require.NoError(t, err)
		if string(c.Given.ScriptTree) != "null" {
			require.NotEqual(t, c.Expected.ScriptPubKey, hex.EncodeToString(script))
			continue
		}
		require.Equal(t, c.Expected.ScriptPubKey, hex.EncodeToString(script))
		scripts++
	}
	require.Len(t, v.ScriptPubKey, 7)
	require.Equal(t, 1, scripts)

	signed := 0
	for _, spending := range v.KeyPathSpending {
		tx := wire.NewMsgTx(2)
		require.NoError(t, tx.Deserialize(bytes.NewReader(unhex(t, spending.Given.RawUnsignedTx))))
		prevOuts := txscript.NewMultiPrevOutFetcher(nil)
		for i, out := range spending.Given.UtxosSpent {
			prevOuts.AddPrevOut(tx.TxIn[i].PreviousOutPoint, wire.NewTxOut(out.AmountSats, unhex(t, out.ScriptPubKey)))
		}
		hashes := txscript.NewTxSigHashes(tx, prevOuts)
		for _, in := range spending.InputSpending {
			key := hd.SingleFromRaw(unhex(t, in.Given.InternalPrivkey))
			require.Equal(t, in.Intermediary.InternalPubkey, hex.EncodeToString(key.PublicKey(true)[1:]))
			var root []byte
			if in.Given.MerkleRoot != nil {
				root = unhex(t, *in.Given.MerkleRoot)
			}
			tweaked, err := key.Tweak(root)
			require.NoError(t, err)
			private := tweaked.Raw()
			require.Equal(t, in.Intermediary.TweakedPrivkey, hex.EncodeToString(private[:]))
			sum, err := txscript.CalcTaprootSignatureHash(hashes, in.Given.HashType, tx, in.Given.TxinIndex, prevOuts)
			require.NoError(t, err)
			require.Equal(t, in.Intermediary.SigHash, hex.EncodeToString(sum))
			sig, err := tweaked.SignSchnorr((*[32]byte)(sum), new([32]byte))
			require.NoError(t, err)
			if root == nil {
				same, err := key.SignTaproot((*[32]byte)(sum), new([32]byte))
				require.NoError(t, err)
				require.Equal(t, sig, same)
			}
			if in.Given.HashType != txscript.SigHashDefault {
				sig = append(sig, byte(in.Given.HashType))
			}
			require.Equal(t, in.Expected.Witness, []string{hex.EncodeToString(sig)})
			signed++
		}
	}
	require.Equal(t, 7, signed)
}

// Randomness changes a taproot signature and nothing else does.
func TestSignTaproot(t *testing.T) {
	t.Parallel()
	key := hd.SingleFromRaw([]byte{7})
	hash := [32]byte{1}
	a, err := key.SignTaproot(&hash, &[32]byte{1})
	require.NoError(t, err)
	again, err := key.SignTaproot(&hash, &[32]byte{1})
	require.NoError(t, err)
	require.Equal(t, a, again)
	b, err := key.SignTaproot(&hash, &[32]byte{2})
	require.NoError(t, err)
	require.NotEqual(t, a, b)
	script, err := hd.ScriptP2TR(key.PublicKey(true))
	require.NoError(t, err)
	public, err := schnorr.ParsePubKey(script[2:])
	require.NoError(t, err)
	for _, raw := range [][]byte{a, b} {
		sig, err := schnorr.ParseSignature(raw)
		require.NoError(t, err)
		require.True(t, sig.Verify(hash[:], public))
	}
}

func TestSingleWipe(t *testing.T) {
	t.Parallel()
	key := master(t, "0123456789abcdef")
	single, err := key.Single()
	require.NoError(t, err)
	raw := single.Raw()
	for _, v := range []any{single, *single} {
		shown := fmt.Sprintf("%v|%+v|%#v|%x", v, v, v, v)
		require.NotContains(t, shown, fmt.Sprintf("%x", raw[:8]))
		require.NotContains(t, shown, fmt.Sprint(raw[:4])[1:])
	}
	require.Equal(t, key.PublicKey(), single.PublicKey(true))
	require.Len(t, single.PublicKey(false), 65)
	single.Wipe()
	single.Wipe()
	require.NotNil(t, key.PublicKey(), "the extended key is another one")
	require.Nil(t, single.PublicKey(true))
	hash := &[32]byte{1}
	_, err = single.Sign(hash)
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = single.SignCompact(hash, true)
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = single.SignTaproot(hash, hash)
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = single.SignSchnorr(hash, hash)
	require.ErrorIs(t, err, hd.ErrWiped)
	key.Wipe()
	_, err = key.Single()
	require.ErrorIs(t, err, hd.ErrWiped)
}

// BIP86's three outputs, and the scripts of public keys of either form.
func TestKeyScripts(t *testing.T) {
	t.Parallel()
	bip86 := string(assetstest.Vector(t, "bips/bip-0086.mediawiki"))
	examples := regexp.MustCompile(`internal_key = ([0-9a-f]+)\noutput_key .*\nscriptPubKey = ([0-9a-f]+)`).FindAllStringSubmatch(bip86, -1)
	require.Len(t, examples, 3)
	for _, x := range examples {
		script, err := hd.Script(hd.PurposeBIP86, append([]byte{3}, unhex(t, x[1])...))
		require.NoError(t, err)
		require.Equal(t, x[2], hex.EncodeToString(script))
	}
	for _, compressed := range []bool{true, false} {
		public := hd.SingleFromRaw([]byte{9}).PublicKey(compressed)
		pk, err := txscript.NewScriptBuilder().AddData(public).AddOp(txscript.OP_CHECKSIG).Script()
		require.NoError(t, err)
		require.Equal(t, pk, hd.ScriptP2PK(public))
		require.Equal(t, txscript.PubKeyHashTy, txscript.GetScriptClass(hd.ScriptP2PKH(public)))
	}
}
