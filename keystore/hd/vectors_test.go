package hd_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/keystore/hd"
	"thistle/keystore/mnemonic"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func parsePath(t *testing.T, s string) hd.Path {
	t.Helper()
	var path hd.Path
	for _, part := range strings.Split(s, "/")[1:] {
		digits := strings.TrimRight(part, "'hH")
		n, err := strconv.ParseUint(digits, 10, 31)
		require.NoError(t, err)
		index := uint32(n)
		if digits != part {
			index |= hd.Hardened
		}
		path = append(path, index)
	}
	return path
}

type bip32Vectors struct {
	Valid []struct {
		Vector int
		Seed   string
		Chains []struct{ Path, Xpub, Xprv string }
	}
	Invalid []struct{ Key, Reason string }
}

func loadBIP32(t testing.TB) (v bip32Vectors) {
	t.Helper()
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "extracted/bip32.json"), &v))
	return v
}

func TestBIP32Valid(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	chains, public := 0, 0
	for _, v := range loadBIP32(t).Valid {
		master, err := hd.NewMaster(unhex(t, v.Seed))
		require.NoError(t, err)
		var parent *hd.Public
		for _, c := range v.Chains {
			path := parsePath(t, c.Path)
			key, err := master.Derive(path)
			require.NoError(t, err)
			require.Equal(t, c.Xprv, key.Xprv(net), "vector %d %s", v.Vector, c.Path)
			pub, err := key.Public(net)
			require.NoError(t, err)
			require.Equal(t, c.Xpub, pub.Text(), "vector %d %s", v.Vector, c.Path)
			require.Equal(t, len(path), pub.Depth())

			parsed, err := hd.ParsePublic(c.Xpub, net)
			require.NoError(t, err)
			require.Equal(t, c.Xpub, parsed.Text())
			private, err := hd.Check(c.Xprv, net)
			require.NoError(t, err)
			require.True(t, private)
			_, err = hd.ParsePublic(c.Xprv, net)
			require.ErrorIs(t, err, hd.ErrExtendedKey)

			if n := len(path); n > 0 && path[n-1] < hd.Hardened {
				got, err := parent.PublicKey(path[n-1])
				require.NoError(t, err)
				require.Equal(t, key.PublicKey(), got)
				public++
			}
			parent = pub
			chains++
		}
	}
	require.Equal(t, 17, chains)
	require.Equal(t, 6, public)
}

func TestBIP32Invalid(t *testing.T) {
	t.Parallel()
	byLibrary := 0
	invalid := loadBIP32(t).Invalid
	for _, v := range invalid {
		for _, net := range []*chaincfg.Params{&chaincfg.MainNetParams, &chaincfg.TestNet4Params} {
			_, err := hd.Check(v.Key, net)
			require.ErrorIs(t, err, hd.ErrExtendedKey, v.Reason)
			require.NotContains(t, err.Error(), v.Key)
			_, err = hd.ParsePublic(v.Key, net)
			require.ErrorIs(t, err, hd.ErrExtendedKey, v.Reason)
		}
		if _, err := hdkeychain.NewKeyFromString(v.Key); err == nil {
			byLibrary++
		}
	}
	require.Len(t, invalid, 16)
	require.Equal(t, 8, byLibrary, "what hdkeychain lets through has changed: look at Check again")
}

// BIP84's example, whose keys carry SLIP-132's version bytes.
func TestBIP84(t *testing.T) {
	t.Parallel()
	text := string(assetstest.Vector(t, "bips/bip-0084.mediawiki"))
	text = text[strings.Index(text, "==Test vectors=="):]
	field := func(section, name string) string {
		from := text[strings.Index(text, section):]
		m := regexp.MustCompile(`(?m)^\s*` + name + `\s*= (.+)$`).FindStringSubmatch(from)
		require.NotNil(t, m, "%s %s", section, name)
		return m[1]
	}
	plain := func(key string) string { // zpub to xpub, zprv to xprv
		x, err := hdkeychain.NewKeyFromString(key)
		require.NoError(t, err)
		version := chaincfg.MainNetParams.HDPublicKeyID
		if x.IsPrivate() {
			version = chaincfg.MainNetParams.HDPrivateKeyID
		}
		x, err = x.CloneWithVersion(version[:])
		require.NoError(t, err)
		return x.String()
	}
	net := &chaincfg.MainNetParams
	seed, err := mnemonic.Seed([]byte(field("mnemonic", "mnemonic")), nil)
	require.NoError(t, err)
	master, err := hd.NewMaster(seed)
	require.NoError(t, err)
	require.Equal(t, plain(field("rootpriv", "rootpriv")), master.Xprv(net))
	path, err := hd.AccountPath(net, hd.PurposeBIP84, 0)
	require.NoError(t, err)
	require.Equal(t, "m/84'/0'/0'", path.String())
	account, err := master.Derive(path)
	require.NoError(t, err)
	require.Equal(t, plain(field("// Account 0, root", "xpriv")), account.Xprv(net))
	public, err := account.Public(net)
	require.NoError(t, err)
	require.Equal(t, plain(field("// Account 0, root", "xpub")), public.Text())

	addresses := 0
	for section, at := range map[string]hd.Path{
		"m/84'/0'/0'/0/0": {0, 0}, "m/84'/0'/0'/0/1": {0, 1}, "m/84'/0'/0'/1/0": {1, 0},
	} {
		key, err := account.Derive(at)
		require.NoError(t, err)
		wif, err := btcutil.DecodeWIF(field(section, "privkey"))
		require.NoError(t, err)
		raw := key.Raw()
		require.Equal(t, wif.PrivKey.Serialize(), raw[:])
		require.Equal(t, field(section, "pubkey"), hex.EncodeToString(key.PublicKey()))
		pub, err := public.PublicKey(at...)
		require.NoError(t, err)
		require.Equal(t, key.PublicKey(), pub)
		addr, err := address.NewAddressWitnessPubKeyHash(hd.ScriptP2WPKH(pub)[2:], net)
		require.NoError(t, err)
		require.Equal(t, field(section, "address"), addr.EncodeAddress())
		script, err := txscript.PayToAddrScript(addr)
		require.NoError(t, err)
		require.Equal(t, script, hd.ScriptP2WPKH(pub))
		addresses++
	}
	require.Equal(t, 3, addresses)
}

// bip143Case is one signature hash of BIP143 with what surrounds it.
type bip143Case struct {
	tx        *wire.MsgTx
	preimage  []byte
	sigHash   []byte
	private   []byte // nil where the BIP has none
	signature []byte // DER and hash type
}

func loadBIP143(t *testing.T) (cases []bip143Case) {
	line := regexp.MustCompile(`^\s*(hash preimage[^:]*|preimage|sigHash|private key|signature)\s*:\s*([0-9a-f]+)`)
	unsigned := regexp.MustCompile(`^\s*(?:The following is an unsigned transaction: )?(01000000[0-9a-f]{80,})\s*$`)
	var tx *wire.MsgTx
	var private, preimage []byte
	for _, l := range strings.Split(string(assetstest.Vector(t, "bips/bip-0143.mediawiki")), "\n") {
		if m := unsigned.FindStringSubmatch(l); m != nil {
			tx, private = wire.NewMsgTx(1), nil
			require.NoError(t, tx.Deserialize(bytes.NewReader(unhex(t, m[1]))))
			continue
		}
		m := line.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		last := len(cases) - 1
		switch value := unhex(t, m[2]); m[1] {
		case "sigHash":
			cases = append(cases, bip143Case{tx: tx, preimage: preimage, sigHash: value, private: private})
		case "private key":
			private = value
			if last >= 0 && cases[last].tx == tx && cases[last].signature == nil {
				cases[last].private = value
			}
		case "signature":
			if last >= 0 && cases[last].tx == tx && cases[last].signature == nil {
				cases[last].signature = value
			}
		default:
			preimage = value
		}
	}
	return cases
}

// Every signature hash of BIP143, and every signature whose key is published,
// byte by byte.
func TestBIP143(t *testing.T) {
	t.Parallel()
	signed := 0
	cases := loadBIP143(t)
	for i, c := range cases {
		require.Equal(t, c.sigHash, chainhash.DoubleHashB(c.preimage), "case %d", i)
		require.Equal(t, c.sigHash, sigHashOf(t, c), "case %d", i)
		if c.private == nil {
			continue
		}
		key := hd.FromRaw(c.private)
		sig, err := key.Sign((*[32]byte)(c.sigHash))
		require.NoError(t, err)
		require.Equal(t, c.signature[:len(c.signature)-1], sig, "case %d", i)
		signed++
	}
	require.Len(t, cases, 13)
	require.Equal(t, 12, signed)
}

// sigHashOf computes a hash from the transaction and the parts of the preimage
// that are not in it: script code, amount and hash type.
func sigHashOf(t *testing.T, c bip143Case) []byte {
	t.Helper()
	r := bytes.NewReader(c.preimage[4+32+32:])
	var spent wire.OutPoint
	_, err := r.Read(spent.Hash[:])
	require.NoError(t, err)
	read := func(n int) (v uint64) {
		for i := range n {
			b, err := r.ReadByte()
			require.NoError(t, err)
			v |= uint64(b) << (8 * i)
		}
		return v
	}
	spent.Index = uint32(read(4))
	script, err := wire.ReadVarBytes(r, 0, 10000, "script code")
	require.NoError(t, err)
	amount := int64(read(8))
	hashType := txscript.SigHashType(c.preimage[len(c.preimage)-4])
	for i, in := range c.tx.TxIn {
		if in.PreviousOutPoint == spent {
			hashes := txscript.NewTxSigHashes(c.tx, txscript.NewCannedPrevOutputFetcher(script, amount))
			sum, err := txscript.CalcWitnessSigHash(script, hashes, hashType, c.tx, i, amount)
			require.NoError(t, err)
			return sum
		}
	}
	t.Fatal("the transaction does not spend the preimage's outpoint")
	return nil
}
