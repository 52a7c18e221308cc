package descriptor_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/app/descriptor"
	"thistle/assets/assetstest"
)

const h = descriptor.Hardened

// The account keys of "abandon … about": of BIP84's vectors in xpub spelling,
// and of BIP86's.
const (
	bip84Xpub = "xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V"
	bip86Xpub = "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ"
	tpub      = "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba"
)

var fingerprint = [4]byte{0x73, 0xc5, 0xda, 0x0a}

func wpkh(t testing.TB, keychain descriptor.Keychain) *descriptor.Descriptor {
	t.Helper()
	d, err := descriptor.WPKH(fingerprint, []uint32{84 | h, h, h}, bip84Xpub, keychain)
	require.NoError(t, err)
	return d
}

// withSum appends the checksum, for descriptors made up here.
func withSum(t testing.TB, s string) string {
	t.Helper()
	sum, err := descriptor.Checksum(s)
	require.NoError(t, err)
	return s + "#" + sum
}

func TestBIP84Vectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keychain descriptor.Keychain
		index    uint32
		pubKey   string
		address  string
		path     string
	}{
		{descriptor.External, 0, "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "m/84h/0h/0h/0/0"},
		{descriptor.External, 1, "03e775fd51f0dfb8cd865d9ff1cca2a158cf651fe997fdc9fee9c1d3b5e995ea77", "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g", "m/84h/0h/0h/0/1"},
		{descriptor.Internal, 0, "03025324888e429ab8e3dbaf1f7802648b9cd01e9b418485c5fa4c1b9b5700e1a6", "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el", "m/84h/0h/0h/1/0"},
	} {
		d := wpkh(t, c.keychain)
		key, err := d.PubKey(c.index)
		require.NoError(t, err)
		require.Equal(t, c.pubKey, hex.EncodeToString(key[:]))
		address, err := d.Address(c.index, &chaincfg.MainNetParams)
		require.NoError(t, err)
		require.Equal(t, c.address, address)
		require.Equal(t, c.path, d.Path(c.index).String())
		script, err := d.Script(c.index)
		require.NoError(t, err)
		parsed, err := descriptor.ParseAddress(c.address, &chaincfg.MainNetParams)
		require.NoError(t, err)
		require.Equal(t, script, parsed)
		require.Equal(t, descriptor.P2WPKH, d.Kind())
		require.Equal(t, fingerprint, d.Fingerprint())
	}
}

func TestBIP86Vectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keychain string
		index    uint32
		script   string
		address  string
	}{
		{"0", 0, "5120a60869f0dbcf1dc659c9cecbaf8050135ea9e8cdc487053f1dc6880949dc684c", "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"},
		{"0", 1, "5120a82f29944d65b86ae6b5e5cc75e294ead6c59391a1edc5e016e3498c67fc7bbb", "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh"},
		{"1", 0, "5120882d74e5d0572d5a816cef0041a96b6c1de832f6f9676d9605c44d5e9a97d3dc", "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7"},
	} {
		d, err := descriptor.Parse(withSum(t, "tr([73c5da0a/86h/0h/0h]"+bip86Xpub+"/"+c.keychain+"/*)"))
		require.NoError(t, err)
		got, err := d.Derive(c.index)
		require.NoError(t, err)
		require.Equal(t, c.script, hex.EncodeToString(got.Script))
		address, err := d.Address(c.index, &chaincfg.MainNetParams)
		require.NoError(t, err)
		require.Equal(t, c.address, address)
	}
}

// TestScriptKinds wraps the first key of BIP84 in every kind of script. The
// hash is that of the published address bc1qcr8te….
func TestScriptKinds(t *testing.T) {
	t.Parallel()
	const hash = "c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2"
	for head, want := range map[string]string{
		"pkh(":  "76a914" + hash + "88ac",
		"wpkh(": "0014" + hash,
	} {
		tail := strings.Repeat(")", strings.Count(head, "("))
		d, err := descriptor.Parse(withSum(t, head+"[73c5da0a/84h/0h/0h]"+bip84Xpub+"/0/*"+tail))
		require.NoError(t, err)
		script, err := d.Script(0)
		require.NoError(t, err)
		require.Equal(t, want, hex.EncodeToString(script), head)
		again, err := descriptor.Parse(d.String())
		require.NoError(t, err)
		require.Equal(t, d.String(), again.String())
		require.Equal(t, d.Kind(), again.Kind())
	}
}

// TestBIP49Vector derives the published first address from the published
// account key, whose version bytes say upub there and tpub in descriptors.
func TestBIP49Vector(t *testing.T) {
	t.Parallel()
	const upub = "upub5EFU65HtV5TeiSHmZZm7FUffBGy8UKeqp7vw43jYbvZPpoVsgU93oac7Wk3u6moKegAEWtGNF8DehrnHtv21XXEMYRUocHqguyjknFHYfgY"
	key, _, err := base58.CheckDecode(upub)
	require.NoError(t, err)
	id := chaincfg.TestNet4Params.HDPublicKeyID
	copy(key, id[1:])
	d, err := descriptor.Parse(withSum(t, "sh(wpkh("+base58.CheckEncode(key, id[0])+"/0/*))"))
	require.NoError(t, err)
	pub, err := d.PubKey(0)
	require.NoError(t, err)
	require.Equal(t, "03a1af804ac108a8a51782198c2d034b28bf90c8803f5a53f76276fa69a4eae77f", hex.EncodeToString(pub[:]))
	address, err := d.Address(0, &chaincfg.TestNet4Params)
	require.NoError(t, err)
	require.Equal(t, "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2", address)
	require.Equal(t, descriptor.P2SHP2WPKH, d.Kind())
}

func TestChecksum(t *testing.T) {
	t.Parallel()
	// From BIP380, the documentation of Bitcoin Core, and the account above in
	// both spellings of hardened steps.
	for desc, want := range map[string]string{
		"raw(deadbeef)": "89f8spxm",
		"wpkh([d34db33f/84h/0h/0h]xpub6DJ2dNUysrn5Vt36jH2KLBT2i1auw1tTSSomg8PhqNiUtx8QX2SvC9nrHu81fT41fvDUnhMjEzQgXnQjKEu3oaqMSzhSrHMxyyoEAmUHQbY/0/*)": "cjjspncu",
		"wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/0/*)": "afwvtk2s",
		"wpkh([73c5da0a/84'/0'/0']" + bip84Xpub + "/0/*)": "wc3n3van",
	} {
		got, err := descriptor.Checksum(desc)
		require.NoError(t, err)
		require.Equal(t, want, got, desc)
	}
	_, err := descriptor.Checksum("wpkh(Ü)")
	require.Error(t, err)
}

func TestStringIsCanonical(t *testing.T) {
	t.Parallel()
	const want = "wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/0/*)#afwvtk2s"
	require.Equal(t, want, wpkh(t, descriptor.External).String())
	d, err := descriptor.Parse("wpkh([73c5da0a/84'/0'/0']" + bip84Xpub + "/0/*)#wc3n3van")
	require.NoError(t, err)
	require.Equal(t, want, d.String())

	bare, err := descriptor.Parse(withSum(t, "wpkh("+bip84Xpub+"/*)"))
	require.NoError(t, err)
	require.Equal(t, "m/7", bare.Path(7).String())
	require.Zero(t, bare.Fingerprint())
	again, err := descriptor.Parse(bare.String())
	require.NoError(t, err)
	require.Equal(t, bare.String(), again.String())
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const good = "wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/0/*)"
	xprv := "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
	swap := func(old, new string) string { return withSum(t, strings.Replace(good, old, new, 1)) }
	for s, kind := range map[string]descriptor.Kind{
		good:                descriptor.KindChecksumMissing,
		good + "#":          descriptor.KindChecksum,
		good + "#afwvtk2":   descriptor.KindChecksum,
		good + "#afwvtk2sx": descriptor.KindChecksum,
		good + "#bfwvtk2s":  descriptor.KindChecksum,
		strings.Replace(good, "0/*", "1/*", 1) + "#afwvtk2s": descriptor.KindChecksum,
		"wpkh(\x00)#afwvtk2s":                                descriptor.KindCharacter,
		"":                                                   descriptor.KindChecksumMissing,
		withSum(t, "raw(deadbeef)"):                          descriptor.KindScript,
		withSum(t, "wpkh"):                                   descriptor.KindScript,
		swap("wpkh(", "wsh("):                                descriptor.KindMultisig,
		swap("/*)", "/*"):                                    descriptor.KindScript,
		swap("/*)", "/*))"):                                  descriptor.KindPath,
		swap("[73c5da0a", "[73c5da0"):                        descriptor.KindOrigin,
		swap("[73c5da0a", "[73c5da0g"):                       descriptor.KindOrigin,
		swap("84h", "84hh"):                                  descriptor.KindOrigin,
		swap("84h", "084h"):                                  descriptor.KindOrigin,
		swap("84h", "2147483648h"):                           descriptor.KindOrigin,
		swap("84h", "-84h"):                                  descriptor.KindOrigin,
		swap("84h", ""):                                      descriptor.KindOrigin,
		swap("]", ""):                                        descriptor.KindOrigin,
		swap(bip84Xpub, bip84Xpub[:110]+"W"):                 descriptor.KindKey,
		swap(bip84Xpub, ""):                                  descriptor.KindKey,
		swap(bip84Xpub, strings.Repeat("x", 500)):            descriptor.KindKey,
		swap(bip84Xpub, xprv):                                descriptor.KindPrivate,
		swap("/0/*", "/"):                                    descriptor.KindPath,
		swap("/0/*", "/0/"):                                  descriptor.KindPath,
		swap("/0/*", "/0/*h"):                                descriptor.KindPath,
		swap("/0/*", "/0h/*"):                                descriptor.KindPath,
		swap("/0/*", "/<0;1>/*"):                             descriptor.KindPath,
		swap("/0/*", "/*/*"):                                 descriptor.KindPath,
		swap("/0/*", "//*"):                                  descriptor.KindPath,
		swap("/0/*", strings.Repeat("/0", 255)+"/*"):         descriptor.KindPath,
		strings.Repeat("w", 5000):                            descriptor.KindScript,
	} {
		d, err := descriptor.Parse(s)
		var pe *descriptor.ParseError
		require.ErrorAs(t, err, &pe, s)
		require.Equal(t, kind, pe.Kind, "%s: %v", s, err)
		require.Nil(t, d)
		require.NotContains(t, err.Error(), "xpub", "an error shows no key")
	}
}

// TestBIP32InvalidKeys: none of the 16 invalid keys of test vector 5 is taken,
// all valid public ones are.
func TestBIP32Keys(t *testing.T) {
	t.Parallel()
	var v struct {
		Valid []struct {
			Chains []struct{ Xpub, Xprv string }
		}
		Invalid []struct{ Key, Reason string }
	}
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "extracted/bip32.json"), &v))
	for _, c := range v.Invalid {
		_, err := descriptor.Parse(withSum(t, "wpkh("+c.Key+"/*)"))
		var pe *descriptor.ParseError
		require.ErrorAs(t, err, &pe, c.Reason)
	}
	require.Len(t, v.Invalid, 16)
	n := 0
	for _, c := range v.Valid {
		for _, k := range c.Chains {
			d, err := descriptor.Parse(withSum(t, "wpkh("+k.Xpub+"/*)"))
			require.NoError(t, err)
			_, err = d.Script(0)
			require.NoError(t, err)
			_, err = descriptor.Parse(withSum(t, "wpkh("+k.Xprv+"/*)"))
			var pe *descriptor.ParseError
			require.ErrorAs(t, err, &pe)
			require.Equal(t, descriptor.KindPrivate, pe.Kind)
			n++
		}
	}
	require.Equal(t, 17, n)
}

// TestDerivationIsBIP32: a child written by hand into the path and one reached
// by index are the published ones of test vector 1: m/0h/1 under m/0h.
func TestDerivationIsBIP32(t *testing.T) {
	t.Parallel()
	const parent = "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw"
	d, err := descriptor.Parse(withSum(t, "wpkh("+parent+"/*)"))
	require.NoError(t, err)
	key, err := d.PubKey(1)
	require.NoError(t, err)
	// The key inside the published xpub of m/0h/1.
	require.Equal(t, "03501e454bf00751f24b1b489aa925215d66af2234e3891c3b21a52bedb3cd711c", hex.EncodeToString(key[:]))
}

func TestWPKHRefuses(t *testing.T) {
	t.Parallel()
	_, err := descriptor.WPKH(fingerprint, []uint32{84 | h, h, 1 | h}, bip84Xpub, descriptor.External)
	require.Error(t, err, "key of account 0 at the path of account 1")
	_, err = descriptor.WPKH(fingerprint, []uint32{84 | h, h}, bip84Xpub, descriptor.External)
	require.Error(t, err, "wrong depth")
	_, err = descriptor.WPKH(fingerprint, []uint32{84 | h, h, h}, bip84Xpub, 2)
	require.Error(t, err, "no such keychain")
	_, err = descriptor.WPKH(fingerprint, []uint32{84 | h, h, h}, "", descriptor.External)
	require.Error(t, err)
}

func TestIndexAndNetwork(t *testing.T) {
	t.Parallel()
	d := wpkh(t, descriptor.External)
	_, err := d.Derive(h)
	require.ErrorIs(t, err, descriptor.ErrIndex)
	_, err = d.Derive(h - 1)
	require.NoError(t, err)
	_, err = d.Address(0, &chaincfg.RegressionNetParams)
	require.ErrorIs(t, err, descriptor.ErrNetwork)
	require.True(t, d.IsForNet(&chaincfg.MainNetParams))

	test, err := descriptor.Parse(withSum(t, "wpkh([d34db33f/84h/1h/0h]"+tpub+"/0/*)"))
	require.NoError(t, err)
	for net, hrp := range map[*chaincfg.Params]string{
		&chaincfg.TestNet4Params: "tb1q", &chaincfg.SigNetParams: "tb1q", &chaincfg.RegressionNetParams: "bcrt1q",
	} {
		a, err := test.Address(0, net)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(a, hrp), a)
	}
	_, err = test.Address(0, &chaincfg.MainNetParams)
	require.ErrorIs(t, err, descriptor.ErrNetwork)
}

func TestPathsDoNotShareMemory(t *testing.T) {
	t.Parallel()
	d := wpkh(t, descriptor.External)
	a, b := d.Path(1), d.Path(2)
	require.Equal(t, "m/84h/0h/0h/0/1", a.String())
	require.Equal(t, "m/84h/0h/0h/0/2", b.String())
}

func TestConcurrentDerivation(t *testing.T) {
	t.Parallel()
	d := wpkh(t, descriptor.External)
	want, err := d.Script(5)
	require.NoError(t, err)
	results := make(chan bool)
	for range 8 {
		go func() {
			ok := true
			for range 20 {
				got, err := d.Script(5)
				ok = ok && err == nil && bytes.Equal(want, got)
			}
			results <- ok
		}()
	}
	for range 8 {
		require.True(t, <-results)
	}
}

func BenchmarkDerive(b *testing.B) {
	d := wpkh(b, descriptor.External)
	b.ReportAllocs()
	for i := range uint32(b.N) {
		if _, err := d.Derive(i); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/0/*)", "tr(" + bip86Xpub + "/*)",
		"pkh([deadbeef/1/2h]03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)", "tr(a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)",
		"sh(wpkh([00000000]" + tpub + "/1/*))", "pkh(" + bip84Xpub + "/2147483647/*)",
		"wpkh([73c5da0a/84'/0'/0']" + bip84Xpub + "/<0;1>/*)", "raw(deadbeef)", "",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, sum bool) {
		if sum {
			c, err := descriptor.Checksum(s)
			if err != nil {
				return
			}
			s += "#" + c
		}
		fuzzAll(t, s)
		d, err := descriptor.Parse(s)
		if err != nil {
			var pe *descriptor.ParseError
			if !errors.As(err, &pe) || pe.Kind == 0 || d != nil {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := descriptor.Parse(d.String())
		if err != nil || again.String() != d.String() {
			t.Fatalf("%q prints as %q: %v", s, d.String(), err)
		}
		index := uint32(3)
		if !d.Ranged() {
			index = 0
		}
		a, errA := d.Script(index)
		b, errB := again.Script(index)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Fatalf("%q: %x %x %v %v", s, a, b, errA, errB)
		}
	})
}
