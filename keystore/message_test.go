package keystore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
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

type bip322Case struct {
	Message, Address, Type, Signature, Description string
	PrivateKeys                                    []string `json:"private_keys"`
	Signatures                                     []string `json:"bip322_signatures"`
	LockTime                                       uint32   `json:"lock_time"`
	Sequence                                       uint32
	MessageHash                                    string `json:"message_hash"`
	ToSpend                                        string `json:"to_spend_tx_hash"`
	ToSign                                         string `json:"to_sign_tx_hash"`
}

type bip322Vectors struct {
	TxHashes []bip322Case `json:"tx_hashes"`
	Simple   []bip322Case
	Full     []bip322Case
	Funds    []bip322Case `json:"proof_of_funds"`
	Error    []bip322Case
}

// BIP322's vectors. What one key owns is signed too, P2WPKH byte by byte (taproot's
// randomness is not published). The three proofs of funds are refused: whether the
// funds are there is not known here.
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
			script := scriptOf(t, c.Address)
			for _, sig := range c.Signatures {
				held, err := keystore.VerifyMessage(script, []byte(c.Message), sig)
				require.NoError(t, err, c.Type)
				require.Equal(t, keystore.Held{LockTime: c.LockTime, Sequence: c.Sequence}, held)
				counted["verified"]++
				_, err = keystore.VerifyMessage(script, []byte(c.Message+"."), sig)
				require.ErrorIs(t, err, keystore.ErrMessage)
			}
			if len(c.PrivateKeys) > 1 || strings.Contains(c.Type, "lock") {
				continue
			}
			sig, err := keystore.SignMessageWithWIF(net, []byte(c.PrivateKeys[0]), script, []byte(c.Message), keystoretest.NewDice(1))
			require.NoError(t, err, c.Type)
			counted["signed "+c.Type]++
			if c.Type == "p2wpkh" && c.Sequence == 0 {
				require.Contains(t, c.Signatures, sig)
				counted["equal"]++
			}
		}
		for _, c := range v.Funds {
			for _, sig := range c.Signatures {
				_, err := keystore.VerifyMessage(scriptOf(t, c.Address), []byte(c.Message), sig)
				require.ErrorIs(t, err, keystore.ErrMessageForm)
				counted["funds"]++
			}
		}
		for _, c := range v.Error {
			_, err := keystore.VerifyMessage(scriptOf(t, c.Address), []byte(c.Message), c.Signature)
			require.Error(t, err, c.Description)
			counted["refused"]++
		}
	}
	require.Equal(t, map[string]int{
		"hashes": 3, "verified": 20, "funds": 3, "refused": 36, "equal": 3,
		"signed p2wpkh": 4, "signed p2tr": 3, "signed p2pkh": 1, "signed p2sh-p2wpkh": 1,
	}, counted)
}

// Bitcoin Core's test of the legacy form, and what it refuses.
func TestLegacyMessage(t *testing.T) {
	t.Parallel()
	raw, err := hex.DecodeString("d97f5108f11cda6eeebaaa420fef0726b1f898060b98489fa3098463c0032866")
	require.NoError(t, err)
	private, _ := btcec.PrivKeyFromBytes(raw)
	script := scriptOf(t, "15CRxFdyRpGZLW9w8HnHvVduizdL5jKNbs")
	const message, want = "Trust no one", "IPojfrX2dfPnH26UegfbGQQLrdK844DlHq5157/P6h57WyuS/Qsl+h/WSVGDF4MUi4rWSswW38oimDYfNNUBUOk="
	net := &chaincfg.MainNetParams
	wif, err := btcutil.NewWIF(private, net, true)
	require.NoError(t, err)
	sig, err := keystore.SignMessageWithWIF(net, []byte(wif.String()), script, []byte(message), nil)
	require.NoError(t, err)
	require.Equal(t, want, sig)
	_, err = keystore.VerifyMessage(scriptOf(t, "11canuhp9X2NocwCq7xNrQYTmUgZAnLK3"), []byte("Trust me"),
		"IIcaIENoYW5jZWxsb3Igb24gYnJpbmsgb2Ygc2Vjb25kIGJhaWxvdXQgZm9yIGJhbmtzIAaHRtbCeDZINyavx14=")
	require.NoError(t, err, "from the key, of any signature")

	long := hd.ScriptP2PKH(private.PubKey().SerializeUncompressed())
	sig, err = keystore.SignMessageWithWIF(net, []byte(wif.String()), long, []byte(message), nil)
	require.NoError(t, err)
	_, err = keystore.VerifyMessage(long, []byte(message), sig)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		script []byte
		text   string
		want   error
	}{
		"another form of the key": {script, sig, keystore.ErrMessage},
		"another message":         {script, "IIcaIENoYW5jZWxsb3Igb24gYnJpbmsgb2Ygc2Vjb25kIGJhaWxvdXQgZm9yIGJhbmtzIAaHRtbCeDZINyavx14=", keystore.ErrMessage},
		"no key":                  {script, base64.StdEncoding.EncodeToString(make([]byte, 65)), keystore.ErrMessage},
		"not base64":              {script, "invalid signature, not in base64 encoding", keystore.ErrMessageForm},
		"short":                   {script, want[:84], keystore.ErrMessageForm},
		"empty":                   {script, "", keystore.ErrMessageForm},
		"huge":                    {script, strings.Repeat("A", 1<<20), keystore.ErrMessageForm},
		"for segwit":              {hd.ScriptP2WPKH(private.PubKey().SerializeCompressed()), want, keystore.ErrMessageForm},
	} {
		_, err := keystore.VerifyMessage(c.script, []byte(message), c.text)
		require.ErrorIs(t, err, c.want, name)
	}
}

// Messages of a wallet's own addresses, of each kind, there and back.
func TestSignMessage(t *testing.T) {
	t.Parallel()
	k, s := signer(t, regtest)
	prefixes := map[uint32]string{hd.PurposeBIP44: "", hd.PurposeBIP49: "ful", hd.PurposeBIP84: "smp", hd.PurposeBIP86: "smp"}
	for _, at := range allPlaces() {
		script, _, _ := s.At(t, at.purpose, at.account, at.chain, at.index)
		for _, message := range []string{"", "Hello World", strings.Repeat("ü\x00\n", 300)} {
			sig, err := k.SignMessage(password, at.purpose, at.account, at.chain, at.index, []byte(message))
			require.NoError(t, err)
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sig, prefixes[at.purpose]))
			require.NoError(t, err)
			require.Equal(t, at.purpose == hd.PurposeBIP44, len(raw) == 65)
			held, err := keystore.VerifyMessage(script, []byte(message), sig)
			require.NoError(t, err)
			require.Zero(t, held)
			if at.purpose == hd.PurposeBIP84 || at.purpose == hd.PurposeBIP86 {
				_, err = keystore.VerifyMessage(script, []byte(message), sig[3:])
				require.NoError(t, err, "without prefix, as it was before")
			}
			_, err = keystore.VerifyMessage(script, []byte(message+"!"), sig)
			require.ErrorIs(t, err, keystore.ErrMessage)
			other, _, _ := s.At(t, at.purpose, at.account, at.chain, 4)
			_, err = keystore.VerifyMessage(other, []byte(message), sig)
			require.ErrorIs(t, err, keystore.ErrMessage)
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

func FuzzVerifyMessage(f *testing.F) {
	f.Add([]byte{0, 20, 1}, "smpAA==")
	f.Add([]byte{0x76, 0xa9}, "")
	f.Add(hd.ScriptP2WPKH(nil), "fulAAAAAAA=")
	f.Fuzz(func(t *testing.T, script []byte, text string) {
		_, err := keystore.VerifyMessage(script, []byte("m"), text)
		if err != nil && !errors.Is(err, keystore.ErrMessage) && !errors.Is(err, keystore.ErrMessageForm) {
			t.Fatal(err)
		}
	})
}

// Signatures that verify, of a hash type that BIP322 does not allow.
func TestMessageHashTypes(t *testing.T) {
	t.Parallel()
	private, public := btcec.PrivKeyFromBytes([]byte{7})
	taproot, err := hd.ScriptP2TR(public.SerializeCompressed())
	require.NoError(t, err)
	for _, script := range [][]byte{hd.ScriptP2WPKH(public.SerializeCompressed()), taproot} {
		for hashType, want := range map[txscript.SigHashType]error{txscript.SigHashAll: nil, txscript.SigHashNone: keystore.ErrMessage} {
			tx := keystore.ToSign(script, []byte("m"))
			prevOuts := txscript.NewCannedPrevOutputFetcher(script, 0)
			hashes := txscript.NewTxSigHashes(tx, prevOuts)
			if txscript.IsPayToTaproot(script) {
				tx.TxIn[0].Witness, err = txscript.TaprootWitnessSignature(tx, hashes, 0, 0, script, hashType, private)
			} else {
				tx.TxIn[0].Witness, err = txscript.WitnessSignature(tx, hashes, 0, 0, script, hashType, private, true)
			}
			require.NoError(t, err)
			engine, err := txscript.NewEngine(script, tx, 0, txscript.StandardVerifyFlags, nil, hashes, 0, prevOuts)
			require.NoError(t, err)
			require.NoError(t, engine.Execute())
			var b bytes.Buffer
			require.NoError(t, psbt.WriteTxWitness(&b, tx.TxIn[0].Witness))
			_, err = keystore.VerifyMessage(script, []byte("m"), "smp"+base64.StdEncoding.EncodeToString(b.Bytes()))
			require.ErrorIs(t, err, want)
			b.Reset()
			require.NoError(t, tx.Serialize(&b))
			_, err = keystore.VerifyMessage(script, []byte("m"), "ful"+base64.StdEncoding.EncodeToString(b.Bytes()))
			require.ErrorIs(t, err, want)
		}
	}
}
