package keystore_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/keystore"
	"thistle/keystore/hd"
	"thistle/keystore/keystoretest"
)

func scriptOf(t testing.TB, addr string) []byte {
	t.Helper()
	a, err := address.DecodeAddress(addr, &chaincfg.MainNetParams)
	require.NoError(t, err)
	script, err := txscript.PayToAddrScript(a)
	require.NoError(t, err)
	return script
}

// checkMessage verifies a signature of a script with one key, as the script engine
// or whoever recovers the key sees it, and returns the prefix.
func checkMessage(t testing.TB, script, message []byte, text string) (prefix string) {
	t.Helper()
	if !txscript.IsPayToPubKeyHash(script) {
		prefix, text = text[:3], text[3:]
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	tx := keystore.ToSign(script, message)
	switch prefix {
	case "":
		hash := sha256.Sum256(slices.Concat([]byte("\x18Bitcoin Signed Message:\n"), []byte{byte(len(message))}, message))
		hash = sha256.Sum256(hash[:])
		public, compressed, err := ecdsa.RecoverCompact(raw, hash[:])
		require.NoError(t, err)
		key := public.SerializeUncompressed()
		if compressed {
			key = public.SerializeCompressed()
		}
		require.Equal(t, script, hd.ScriptP2PKH(key))
		return prefix
	case "smp":
		r := bytes.NewReader(raw)
		for range must(wire.ReadVarInt(r, 0)) {
			tx.TxIn[0].Witness = append(tx.TxIn[0].Witness, must(wire.ReadVarBytes(r, 0, 100, "")))
		}
		require.Zero(t, r.Len())
	case "ful":
		got := &wire.MsgTx{}
		require.NoError(t, got.Deserialize(bytes.NewReader(raw)))
		tx.TxIn[0].SignatureScript = got.TxIn[0].SignatureScript
		require.Equal(t, tx.TxHash(), got.TxHash())
		tx = got
	}
	prevOuts := txscript.NewCannedPrevOutputFetcher(script, 0)
	engine, err := txscript.NewEngine(script, tx, 0, txscript.StandardVerifyFlags, nil, txscript.NewTxSigHashes(tx, prevOuts), 0, prevOuts)
	require.NoError(t, err)
	require.NoError(t, engine.Execute())
	return prefix
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type bip322Case struct {
	Message, Address, Type string
	PrivateKeys            []string `json:"private_keys"`
	Signatures             []string `json:"bip322_signatures"`
	Sequence               uint32
	MessageHash            string `json:"message_hash"`
	ToSpend                string `json:"to_spend_tx_hash"`
	ToSign                 string `json:"to_sign_tx_hash"`
}

type bip322Vectors struct {
	TxHashes []bip322Case `json:"tx_hashes"`
	Simple   []bip322Case
	Full     []bip322Case
}

// BIP322's vectors as far as they are about signing with one key. P2WPKH is compared
// byte by byte; taproot's randomness is not published, and full signatures there have
// lock times, which are not made here. Scripts of several keys or time locks, proofs
// of funds and errors are for whoever verifies.
func TestBIP322(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	counted := map[string]int{}
	for _, file := range []string{"basic", "generated"} {
		var v bip322Vectors
		require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bips/bip-0322_"+file+"-test-vectors.json"), &v))
		for _, c := range v.TxHashes {
			script := scriptOf(t, c.Address)
			spent := keystore.ToSpend(script, []byte(c.Message))
			require.Equal(t, c.MessageHash, hex.EncodeToString(spent.TxIn[0].SignatureScript[2:]))
			require.Equal(t, c.ToSpend, spent.TxHash().String())
			require.Equal(t, c.ToSign, keystore.ToSign(script, []byte(c.Message)).TxHash().String())
			counted["hashes"]++
		}
		for _, c := range slices.Concat(v.Simple, v.Full) {
			if len(c.PrivateKeys) > 1 || strings.Contains(c.Type, "lock") {
				counted["not of one key"]++
				continue
			}
			script := scriptOf(t, c.Address)
			sig, err := keystore.SignMessageWithWIF(net, []byte(c.PrivateKeys[0]), script, []byte(c.Message), keystoretest.NewDice(1))
			require.NoError(t, err, c.Type)
			checkMessage(t, script, []byte(c.Message), sig)
			counted["signed "+c.Type]++
			if c.Type == "p2wpkh" && c.Sequence == 0 {
				require.Contains(t, c.Signatures, sig)
				counted["equal"]++
			}
		}
	}
	require.Equal(t, map[string]int{
		"hashes": 3, "not of one key": 9, "equal": 3,
		"signed p2wpkh": 4, "signed p2tr": 3, "signed p2pkh": 1, "signed p2sh-p2wpkh": 1,
	}, counted)
}

// Bitcoin Core's test of the legacy form, and the other form of its key.
func TestLegacyMessage(t *testing.T) {
	t.Parallel()
	raw, err := hex.DecodeString("d97f5108f11cda6eeebaaa420fef0726b1f898060b98489fa3098463c0032866")
	require.NoError(t, err)
	private, public := btcec.PrivKeyFromBytes(raw)
	const message, want = "Trust no one", "IPojfrX2dfPnH26UegfbGQQLrdK844DlHq5157/P6h57WyuS/Qsl+h/WSVGDF4MUi4rWSswW38oimDYfNNUBUOk="
	net := &chaincfg.MainNetParams
	wif, err := btcutil.NewWIF(private, net, true)
	require.NoError(t, err)
	sig, err := keystore.SignMessageWithWIF(net, []byte(wif.String()), scriptOf(t, "15CRxFdyRpGZLW9w8HnHvVduizdL5jKNbs"), []byte(message), nil)
	require.NoError(t, err)
	require.Equal(t, want, sig)
	long := hd.ScriptP2PKH(public.SerializeUncompressed())
	sig, err = keystore.SignMessageWithWIF(net, []byte(wif.String()), long, []byte(message), nil)
	require.NoError(t, err)
	require.NotEqual(t, want, sig)
	checkMessage(t, long, []byte(message), sig)
}

// Messages of a wallet's own addresses, of each kind.
func TestSignMessage(t *testing.T) {
	t.Parallel()
	k, s := signer(t, regtest)
	prefixes := map[uint32]string{hd.PurposeBIP44: "", hd.PurposeBIP49: "ful", hd.PurposeBIP84: "smp", hd.PurposeBIP86: "smp"}
	for _, at := range allPlaces() {
		script, _, _ := s.At(t, at.purpose, at.account, at.chain, at.index)
		for _, message := range []string{"", "Hello World", strings.Repeat("ü\x00\n", 50)} {
			sig, err := k.SignMessage(password, at.purpose, at.account, at.chain, at.index, []byte(message))
			require.NoError(t, err)
			require.Equal(t, prefixes[at.purpose], checkMessage(t, script, []byte(message), sig))
		}
	}
	for _, at := range []place{{84, 20, 0, 0}, {48, 0, 0, 0}, {84, 0, 2, 0}, {84, 0, 0, hd.Hardened}} {
		_, err := k.SignMessage(password, at.purpose, at.account, at.chain, at.index, nil)
		require.ErrorIs(t, err, keystore.ErrNoAccount)
	}
	_, err := k.SignMessage([]byte("wrong"), 84, 0, 0, 0, nil)
	require.ErrorIs(t, err, keystore.ErrWrongPassword)
	k.Lock()
	_, err = k.SignMessage(password, 84, 0, 0, 0, nil)
	require.ErrorIs(t, err, keystore.ErrLocked)
}
