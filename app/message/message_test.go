package message_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/app/descriptor"
	"thistle/app/message"
	"thistle/assets/assetstest"
)

var mainnet = &chaincfg.MainNetParams

type vector struct {
	Description string
	Message     string
	Address     string
	Type        string
	Signature   string
	Signatures  []string `json:"bip322_signatures"`
	ErrorSubstr string   `json:"error_substr"`
	MessageHash string   `json:"message_hash"`
	ToSpend     string   `json:"to_spend_tx_hash"`
	ToSign      string   `json:"to_sign_tx_hash"`
	LockTime    uint32   `json:"lock_time"`
	Sequence    uint32
	Additional  [][]struct {
		Value    int64
		PkScript string `json:"pk_script"`
	} `json:"additional_inputs"`
}

type vectors struct {
	Hashes []vector `json:"tx_hashes"`
	Simple []vector
	Full   []vector
	Proofs []vector `json:"proof_of_funds"`
	Errors []vector `json:"error"`
}

func load(t testing.TB) []vectors {
	t.Helper()
	var out []vectors
	for _, name := range []string{"basic", "generated"} {
		var v vectors
		require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bips/bip-0322_"+name+"-test-vectors.json"), &v))
		out = append(out, v)
	}
	return out
}

func TestHashes(t *testing.T) {
	t.Parallel()
	n := 0
	for _, v := range load(t) {
		for _, c := range v.Hashes {
			n++
			hash := message.Hash(c.Message)
			require.Equal(t, c.MessageHash, hex.EncodeToString(hash[:]))
			to, err := descriptor.DecodeAddress(c.Address, mainnet)
			require.NoError(t, err)
			require.Equal(t, c.ToSpend, message.ToSpend(c.Message, to.Script).TxHash().String())
			require.Equal(t, c.ToSign, message.ToSign(c.Message, to.Script).TxHash().String())
		}
	}
	require.Equal(t, 3, n)
}

// TestValid: every valid vector, of several keys and time locks too; each is
// wrong for another text, another address of its kind and another network.
func TestValid(t *testing.T) {
	t.Parallel()
	counts := map[message.Format]int{}
	for _, v := range load(t) {
		for format, cases := range map[message.Format][]vector{message.Simple: v.Simple, message.Full: v.Full, message.ProofOfFunds: v.Proofs} {
			for _, c := range cases {
				for i, s := range c.Signatures {
					counts[format]++
					r := message.Verify(c.Address, c.Message, s, mainnet)
					require.Equal(t, message.Valid, r.Verdict, "%s %s: %v %v", c.Type, c.Message, r.Reason, r.Err)
					require.Equal(t, format, r.Format)
					require.Zero(t, r.Reason)
					require.Equal(t, c.LockTime, r.Time)
					require.Equal(t, c.Sequence, r.Age)
					checkClaims(t, c, i, r)
					require.Equal(t, r, message.Verify(" "+c.Address, c.Message, s+"\n", mainnet))
					bare := s
					for _, p := range []string{"smp", "ful", "pof"} {
						bare = strings.TrimPrefix(bare, p)
					}
					require.Equal(t, r, message.Verify(c.Address, c.Message, bare, mainnet), "without its prefix")
					refusedElsewhere(t, c, s)
				}
			}
		}
	}
	require.Equal(t, map[message.Format]int{message.Simple: 10, message.Full: 10, message.ProofOfFunds: 3}, counts)
}

func checkClaims(t *testing.T, c vector, i int, r message.Result) {
	t.Helper()
	var want []wire.TxOut
	if len(c.Additional) > 0 {
		for _, group := range c.Additional {
			for _, in := range group {
				script, err := hex.DecodeString(in.PkScript)
				require.NoError(t, err)
				want = append(want, wire.TxOut{Value: in.Value, PkScript: script})
			}
		}
	}
	var got []wire.TxOut
	for _, claim := range r.Claims {
		got = append(got, claim.Output)
	}
	require.ElementsMatch(t, want, got, "signature %d", i)
}

func refusedElsewhere(t *testing.T, c vector, s string) {
	t.Helper()
	r := message.Verify(c.Address, c.Message+" ", s, mainnet)
	require.Equal(t, message.Invalid, r.Verdict)
	require.Equal(t, message.Mismatch, r.Reason)
	r = message.Verify("bc1qgg6lpr05az2l5kz402ddz5ez7fdu25kgmd40lf", c.Message, s, mainnet)
	require.Equal(t, message.Invalid, r.Verdict)
	r = message.Verify(c.Address, c.Message, s, &chaincfg.TestNet4Params)
	require.Equal(t, message.NoAddress, r.Reason)
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	n := 0
	for _, v := range load(t) {
		for _, c := range v.Errors {
			n++
			want := map[string]message.Reason{
				"base64": message.Encoding, "signature too short": message.NoSignature, "invalid signature": message.Mismatch,
				"error decoding signature as base64":      message.Encoding,
				"error parsing signature as full variant": message.Structure,
			}[c.ErrorSubstr]
			require.NotZero(t, want, c.ErrorSubstr)
			r := message.Verify(c.Address, c.Message, c.Signature, mainnet)
			require.Equal(t, message.Invalid, r.Verdict, c.Description)
			require.Equal(t, want, r.Reason, "%s: %v", c.Description, r.Err)
			require.Error(t, r.Err)
		}
	}
	require.Equal(t, 36, n)
}

// signer signs with one key for every kind of address it has.
type signer struct {
	t   testing.TB
	key *btcec.PrivateKey
}

func newSigner(t testing.TB) signer {
	key, _ := btcec.PrivKeyFromBytes(bytes.Repeat([]byte{7}, 32))
	return signer{t, key}
}

func (s signer) script(kind descriptor.ScriptKind) []byte {
	d, err := descriptor.ForPubKey(kind, s.key.PubKey().SerializeCompressed())
	require.NoError(s.t, err)
	script, err := d.Script(0)
	require.NoError(s.t, err)
	return script
}

func (s signer) address(kind descriptor.ScriptKind) string {
	a, err := descriptor.AddressOf(s.script(kind), mainnet)
	require.NoError(s.t, err)
	return a
}

// witness signs a P2WPKH or P2SH-P2WPKH.
func (s signer) witness(text string, kind descriptor.ScriptKind, hashType txscript.SigHashType) (*wire.MsgTx, wire.TxWitness) {
	script := s.script(kind)
	tx := message.ToSign(text, script)
	program := s.script(descriptor.P2WPKH)
	fetcher := txscript.NewCannedPrevOutputFetcher(script, 0)
	w, err := txscript.WitnessSignature(tx, txscript.NewTxSigHashes(tx, fetcher), 0, 0, program, hashType, s.key, true)
	require.NoError(s.t, err)
	return tx, w
}

func encodeWitness(t testing.TB, w wire.TxWitness) string {
	b := []byte{byte(len(w))}
	for _, e := range w {
		require.Less(t, len(e), 0xfd)
		b = append(append(b, byte(len(e))), e...)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func encodeTx(t testing.TB, tx *wire.MsgTx) string {
	var b bytes.Buffer
	require.NoError(t, tx.Serialize(&b))
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// TestSimpleInsideP2SH: a witness says all there is to say of P2SH-P2WPKH.
func TestSimpleInsideP2SH(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	_, w := s.witness("text", descriptor.P2SHP2WPKH, txscript.SigHashAll)
	r := message.Verify(s.address(descriptor.P2SHP2WPKH), "text", encodeWitness(t, w), mainnet)
	require.Equal(t, message.Result{Verdict: message.Valid, Format: message.Simple}, r)
	r = message.Verify(s.address(descriptor.P2SHP2WPKH), "text", encodeWitness(t, append(w, nil)), mainnet)
	require.Equal(t, message.NoFormat, r.Reason)
	r = message.Verify(s.address(descriptor.P2PKH), "text", encodeWitness(t, w), mainnet)
	require.Equal(t, message.NoFormat, r.Reason)
}

// TestSigHashes: what commits to a part of the transaction proves nothing.
func TestSigHashes(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	for _, h := range []txscript.SigHashType{txscript.SigHashNone, txscript.SigHashSingle, txscript.SigHashAll | txscript.SigHashAnyOneCanPay} {
		tx, w := s.witness("text", descriptor.P2WPKH, h)
		r := message.Verify(s.address(descriptor.P2WPKH), "text", encodeWitness(t, w), mainnet)
		require.Equal(t, message.Invalid, r.Verdict)
		require.Equal(t, message.SigHash, r.Reason, "%v %v", h, r.Err)
		tx.TxIn[0].Witness = w
		require.Equal(t, message.SigHash, message.Verify(s.address(descriptor.P2WPKH), "text", "ful"+encodeTx(t, tx), mainnet).Reason)

		script := s.script(descriptor.P2TR)
		tap := message.ToSign("text", script)
		fetcher := txscript.NewCannedPrevOutputFetcher(script, 0)
		sig, err := txscript.RawTxInTaprootSignature(tap, txscript.NewTxSigHashes(tap, fetcher), 0, 0, script, nil, h, s.key)
		require.NoError(t, err)
		r = message.Verify(s.address(descriptor.P2TR), "text", encodeWitness(t, wire.TxWitness{sig}), mainnet)
		require.Equal(t, message.SigHash, r.Reason)

		legacy := message.ToSign("text", s.script(descriptor.P2PKH))
		legacy.TxIn[0].SignatureScript, err = txscript.SignatureScript(legacy, 0, s.script(descriptor.P2PKH), h, s.key, true)
		require.NoError(t, err)
		r = message.Verify(s.address(descriptor.P2PKH), "text", "ful"+encodeTx(t, legacy), mainnet)
		require.Equal(t, message.SigHash, r.Reason)
	}
}

// TestShape: a transaction of another form than BIP322's is refused, or left
// undecided where a later version might mean something by it.
func TestShape(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	script := s.script(descriptor.P2WPKH)
	verify := func(change func(tx *wire.MsgTx)) message.Result {
		tx := message.ToSign("text", script)
		change(tx)
		if len(tx.TxIn) > 0 {
			fetcher := txscript.NewCannedPrevOutputFetcher(script, 0)
			var err error
			tx.TxIn[0].Witness, err = txscript.WitnessSignature(tx, txscript.NewTxSigHashes(tx, fetcher), 0, 0, script, txscript.SigHashAll, s.key, true)
			require.NoError(t, err)
		}
		return message.Verify(s.address(descriptor.P2WPKH), "text", "ful"+encodeTx(t, tx), mainnet)
	}
	require.Equal(t, message.Result{Verdict: message.Valid, Format: message.Full, Time: 5, Age: 6}, verify(func(tx *wire.MsgTx) {
		tx.Version, tx.LockTime, tx.TxIn[0].Sequence = 2, 5, 6
	}))
	for _, c := range []struct {
		verdict message.Verdict
		reason  message.Reason
		change  func(tx *wire.MsgTx)
	}{
		{message.Inconclusive, message.Version, func(tx *wire.MsgTx) { tx.Version = 1 }},
		{message.Inconclusive, message.Version, func(tx *wire.MsgTx) { tx.Version = 3 }},
		{message.Inconclusive, message.UnknownInputs, func(tx *wire.MsgTx) { tx.TxIn = append(tx.TxIn, &wire.TxIn{}) }},
		{message.Inconclusive, message.TooLarge, func(tx *wire.MsgTx) {
			for i := range uint32(100) {
				tx.TxIn = append(tx.TxIn, &wire.TxIn{PreviousOutPoint: wire.OutPoint{Index: i}})
			}
		}},
		{message.Invalid, message.Structure, func(tx *wire.MsgTx) { tx.TxIn = append(tx.TxIn, tx.TxIn[0]) }},
		{message.Invalid, message.Structure, func(tx *wire.MsgTx) { tx.TxOut[0].Value = 1 }},
		{message.Invalid, message.Structure, func(tx *wire.MsgTx) { tx.TxOut[0].PkScript = script }},
		{message.Invalid, message.Structure, func(tx *wire.MsgTx) { tx.TxOut = append(tx.TxOut, tx.TxOut[0]) }},
		{message.Invalid, message.Structure, func(tx *wire.MsgTx) { tx.TxOut = nil }},
		{message.Invalid, message.Mismatch, func(tx *wire.MsgTx) { tx.TxIn[0].PreviousOutPoint.Index = 1 }},
	} {
		r := verify(c.change)
		require.Equal(t, c.verdict, r.Verdict, "%v", r.Err)
		require.Equal(t, c.reason, r.Reason, "%v", r.Err)
	}
}

// TestUpgradable: what later rules may decide is not decided here.
func TestUpgradable(t *testing.T) {
	t.Parallel()
	future := []byte{txscript.OP_2, 32}
	future = append(future, bytes.Repeat([]byte{1}, 32)...)
	address, err := descriptor.AddressOf(future, mainnet)
	require.NoError(t, err)
	r := message.Verify(address, "text", "smp"+encodeWitness(t, wire.TxWitness{{1}}), mainnet)
	require.Equal(t, message.Inconclusive, r.Verdict, "%v", r.Err)
	require.Equal(t, message.Upgradable, r.Reason)
}

// TestLegacy: one key signs for all the addresses it has, with the headers that
// programs write. The first two signatures are of Bitcoin Core's own tests.
func TestLegacy(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"15CRxFdyRpGZLW9w8HnHvVduizdL5jKNbs", "Trust no one", "IPojfrX2dfPnH26UegfbGQQLrdK844DlHq5157/P6h57WyuS/Qsl+h/WSVGDF4MUi4rWSswW38oimDYfNNUBUOk="},
		{"11canuhp9X2NocwCq7xNrQYTmUgZAnLK3", "Trust me", "IIcaIENoYW5jZWxsb3Igb24gYnJpbmsgb2Ygc2Vjb25kIGJhaWxvdXQgZm9yIGJhbmtzIAaHRtbCeDZINyavx14="},
	} {
		require.Equal(t, message.Result{Verdict: message.Valid, Format: message.Legacy}, message.Verify(c[0], c[1], c[2], mainnet))
		require.Equal(t, message.Mismatch, message.Verify(c[0], c[1]+".", c[2], mainnet).Reason)
	}
	// The seed "all all …" in the tests of Trezor's firmware: header of the kind,
	// then of Electrum's way.
	for _, c := range [][3]string{
		{"1JAd7XCBzGudGpJQSDSfpmJhiygtLQWaGL", "20", "fd8f2f7db5238fcdd077d5204c3e6949c261d700269cefc1d9d2dcef6b95023630ee617f6c8acf9eb40c8edd704c9ca74ea4afc393f43f35b4e8958324cbdd1c"},
		{"3L6TyTisPBmrDAj6RoKmDzNnj4eQi54gD2", "23 1f", "744de4516fac5c140808015664516a32fead94de89775cec7e24dbc24fe133075ac09301c4cc8e197bea4b6481661d5b8e9bf19d8b7b8a382ecdb53c2ee0750d"},
		{"bc1qannfxke2tfd4l7vhepehpvt05y83v3qsf6nfkk", "28 20", "b55d7600d9e9a7e2a49155ddf3cfdb8e796c207faab833010fa41fb7828889bc47cf62348a7aaa0923c0832a589fab541e8f12eb54fb711c90e2307f0f66b194"},
	} {
		for header := range strings.FieldsSeq(c[1]) {
			raw, err := hex.DecodeString(header + c[2])
			require.NoError(t, err)
			r := message.Verify(c[0], "This is an example of a signed message.", base64.StdEncoding.EncodeToString(raw), mainnet)
			require.Equal(t, message.Valid, r.Verdict, "%s: %v", c[0], r.Err)
			require.Equal(t, c[0][0] != '1', r.Format == message.LegacySegwit)
		}
	}
	s := newSigner(t)
	hash := message.LegacyHash("text")
	long, err := descriptor.ForPubKey(descriptor.P2PKH, s.key.PubKey().SerializeUncompressed())
	require.NoError(t, err)
	longAddress, err := long.Address(0, mainnet)
	require.NoError(t, err)
	addresses := []string{longAddress, s.address(descriptor.P2PKH), s.address(descriptor.P2SHP2WPKH), s.address(descriptor.P2WPKH), s.address(descriptor.P2TR)}
	for base, accepted := range map[byte][]int{27: {0}, 31: {1, 2, 3}, 35: {2}, 39: {3}, 43: nil, 23: nil} {
		sig := ecdsa.SignCompact(s.key, hash[:], true)
		sig[0] = sig[0] - 31 + base
		for i, a := range addresses {
			r := message.Verify(a, "text", base64.StdEncoding.EncodeToString(sig), mainnet)
			if !slices.Contains(accepted, i) {
				require.Equal(t, message.Invalid, r.Verdict, "header %d for %s", sig[0], a)
				continue
			}
			require.Equal(t, message.Valid, r.Verdict, "header %d for %s: %v", sig[0], a, r.Err)
			require.Equal(t, i >= 2, r.Format == message.LegacySegwit)
			r = message.Verify(a, "other", base64.StdEncoding.EncodeToString(sig), mainnet)
			require.Equal(t, message.Mismatch, r.Reason)
		}
	}
	zero := make([]byte, 65)
	zero[0] = 31
	require.Equal(t, message.Mismatch, message.Verify(addresses[1], "text", base64.StdEncoding.EncodeToString(zero), mainnet).Reason)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	address := newSigner(t).address(descriptor.P2WPKH)
	require.Equal(t, message.Encoding, message.Verify(address, "", strings.Repeat("A", 300_000), mainnet).Reason)
	for name, raw := range map[string][]byte{
		"many elements":    {0xfe, 0xff, 0xff, 0xff, 0x7f},
		"a long element":   {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"longer spelling":  {0xfd, 1, 0, 0},
		"rest":             {1, 0, 0},
		"many inputs":      {2, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f},
		"psbt, many input": append([]byte("psbt\xff\x01\x00\x09\x02\x00\x00\x00"), 0xfe, 0xff, 0xff, 0xff, 0x0f),
	} {
		for _, prefix := range []string{"", "smp", "ful", "pof"} {
			r := message.Verify(address, "", prefix+base64.StdEncoding.EncodeToString(raw), mainnet)
			require.Equal(t, message.Invalid, r.Verdict, name)
			require.Equal(t, message.Structure, r.Reason, name)
		}
	}
}

// FuzzVerify: no signature is taken for a text it was not made for, whatever
// is done to it, and none makes the parser fail.
func FuzzVerify(f *testing.F) {
	s := newSigner(f)
	_, w := s.witness("text", descriptor.P2WPKH, txscript.SigHashAll)
	f.Add(s.address(descriptor.P2WPKH), "other", encodeWitness(f, w))
	f.Add("15CRxFdyRpGZLW9w8HnHvVduizdL5jKNbs", "", "IPojfrX2dfPnH26UegfbGQQLrdK844DlHq5157/P6h57WyuS/Qsl+h/WSVGDF4MUi4rWSswW38oimDYfNNUBUOk=")
	for _, v := range []string{"smpAA==", "fulAgAAAAA=", "pofcHNidP8B"} {
		f.Add("bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr", "text", v)
	}
	f.Fuzz(func(t *testing.T, address, text, signature string) {
		r := message.Verify(address, text, signature, mainnet)
		switch r.Verdict {
		case message.Valid:
			// A script that anyone satisfies is valid for every text.
			if r.Reason != 0 || r.Format == 0 {
				t.Fatalf("%+v", r)
			}
		case message.Invalid, message.Inconclusive:
			if r.Reason == 0 || r.Err == nil || r.Claims != nil {
				t.Fatalf("%+v", r)
			}
		default:
			t.Fatalf("no verdict: %+v", r)
		}
	})
}
