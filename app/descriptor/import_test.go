package descriptor_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/app/descriptor"
	"thistle/assets/assetstest"
)

// Keys of the examples of BIP380, 381, 382, 386 and 389.
const (
	point        = "03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
	pointX       = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
	pointLong    = "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235"
	wif          = "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1"
	wifLong      = "5KYZdUEo39z3FPrtuX2QbbwGnNP5zTd7yyr2SC1j299sBCnWjss"
	exampleXpub  = "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH"
	exampleXpub2 = "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB"
	exampleXpub3 = "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL"
	exampleXprv  = "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U"
)

func kindOf(t testing.TB, err error, of string) descriptor.Kind {
	t.Helper()
	var pe *descriptor.ParseError
	require.ErrorAs(t, err, &pe, of)
	return pe.Kind
}

// TestBIPScripts: the examples of BIP381, 382 and 386 that hold public keys,
// those with private ones, which are refused, and the invalid ones.
func TestBIPScripts(t *testing.T) {
	t.Parallel()
	valid := map[string][]string{
		"pkh([deadbeef/1/2'/3/4']" + point + ")": {"76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac"},
		"pkh([deadbeef/1/2h/3/4h]" + point + ")": {"76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac"},
		"pkh(" + pointLong + ")":                 {"76a914b5bd079c4d57cc7fc28ecf8213a6b791625b818388ac"},
		"pkh([bd16bee5/2147483647h]xpub69H7F5dQzmVd3vPuLKtcXJziMEQByuDidnX3YdwgtNsecY5HRGtAAQC5mXTt4dsv9RzyjgDjAQs9VGVV6ydYCHnprc9vvaA5YtqWyL6hyds/0)": {"76a914ebdc90806a9c4356c1c88e42216611e1cb4c1c1788ac"},
		"wpkh(" + point + ")":                           {"00149a1c78a507689f6f54b847ad1cef1e614ee23f1e"},
		"wpkh([ffffffff/13']" + exampleXpub + "/1/2/*)": {"0014326b2249e3a25d5dc60935f044ee835d090ba859", "0014af0bd98abc2f2cae66e36896a39ffe2d32984fb7", "00141fa798efd1cbf95cebf912c031b8a4a6e9fb9f27"},
		"wpkh([ffffffff/13']" + exampleXpub + "/1/2/0)": {"0014326b2249e3a25d5dc60935f044ee835d090ba859"},
		"tr(" + pointX + ")":                            {"512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11"},
		"tr(" + point + ")":                             {"512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11"},
	}
	for text, scripts := range valid {
		d, err := descriptor.Parse(withSum(t, text))
		require.NoError(t, err, text)
		require.Equal(t, len(scripts) > 1, d.Ranged())
		for i, want := range scripts {
			got, err := d.Script(uint32(i))
			require.NoError(t, err)
			require.Equal(t, want, hex.EncodeToString(got), text)
		}
		again, err := descriptor.Parse(d.String())
		require.NoError(t, err)
		require.Equal(t, d, again, text)
	}
	require.Len(t, valid, 9)

	invalid := map[string]descriptor.Kind{
		"pk(" + point + ")": descriptor.KindScript, "sh(pkh(" + point + "))": descriptor.KindScript,
		"pkh(pk(" + point + "))": descriptor.KindKey, "sh(" + point + ")": descriptor.KindScript,
		"sh(sh(pkh(" + point + ")))": descriptor.KindScript,
		"pkh(" + wif + ")":           descriptor.KindPrivate, "pkh(" + wifLong + ")": descriptor.KindPrivate,
		"pkh([deadbeef/1/2'/3/4']" + wif + ")": descriptor.KindPrivate,
		"wpkh(" + wif + ")":                    descriptor.KindPrivate, "tr(" + wif + ")": descriptor.KindPrivate,
		"wpkh(" + wif + "/0)": descriptor.KindPrivate, "wpkh(" + wif + "/*)": descriptor.KindPrivate,
		"pkh(" + exampleXprv + "/2147483647'/0)": descriptor.KindPrivate,
		"sh(wpkh(" + exampleXprv + "/10/*'))":    descriptor.KindPrivate,
		"wpkh(" + pointLong + ")":                descriptor.KindKey, "sh(wpkh(" + pointLong + "))": descriptor.KindKey,
		"tr(" + pointLong + ")": descriptor.KindKey, "pkh(" + pointX + ")": descriptor.KindKey, "wpkh(" + pointX + ")": descriptor.KindKey,
		"wpkh(wsh(pkh(" + point + ")))": descriptor.KindKey, "wsh(" + point + ")": descriptor.KindMultisig,
		"wsh(pkh(" + point + "))": descriptor.KindMultisig, "wsh(wpkh(" + point + "))": descriptor.KindMultisig,
		"sh(wsh(pkh(" + point + ")))": descriptor.KindMultisig, "wsh(tr(" + pointX + "))": descriptor.KindMultisig,
		"multi(1," + point + ")": descriptor.KindMultisig, "sh(sortedmulti(1," + point + "))": descriptor.KindMultisig,
		"sh(tr(" + pointX + "))": descriptor.KindScript, "tr(" + pointX + ",pk(" + pointX + "))": descriptor.KindScript,
		"combo(" + point + ")": descriptor.KindScript, "addr(1BoatSLRHtKNngkdXEeobR76b53LETtpyT)": descriptor.KindScript,
		"wpkh([d34db33f/48h/0h/0h/2h]" + bip84Xpub + "/0/*)":     descriptor.KindMultisig,
		"wpkh([d34db33f/45h]" + bip84Xpub + "/0/*)":              descriptor.KindMultisig,
		"wpkh([d34db33f/87h/0h/0h]" + bip84Xpub + "/0/*)":        descriptor.KindMultisig,
		"pkh(02" + strings.Repeat("ff", 32) + ")":                descriptor.KindKey,
		"pkh(05" + point[2:] + ")":                               descriptor.KindKey,
		"pkh(06" + pointLong[2:] + ")":                           descriptor.KindKey,
		"pkh(" + point + "/0)":                                   descriptor.KindPath,
		"pkh(" + point + "00)":                                   descriptor.KindKey,
		"pkh(" + exampleXpub + strings.Repeat("/<0;1>", 3) + ")": descriptor.KindPath,
	}
	for text, kind := range invalid {
		_, err := descriptor.ParseAllUnchecked(text)
		require.Equal(t, kind, kindOf(t, err, text), "%s: %v", text, err)
		require.NotContains(t, err.Error(), "a34b", "an error shows no key")
	}
	require.Len(t, invalid, 40)
}

// TestBIP380Keys: the key expressions of BIP380, in pkh.
func TestBIP380Keys(t *testing.T) {
	t.Parallel()
	const key = "0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600"
	valid := []string{
		key, pointLong, "[deadbeef/0h/0h/0h]" + key, "[deadbeef/0'/0'/0']" + key, "[deadbeef/0'/0h/0']" + key,
		exampleXpub3, "[deadbeef/0h/1h/2h]" + exampleXpub3, "[deadbeef/0h/1h/2h]" + exampleXpub3 + "/3/4/5",
		"[deadbeef/0h/1h/2h]" + exampleXpub3 + "/3/4/5/*",
	}
	for _, k := range valid {
		d, err := descriptor.Parse(withSum(t, "pkh("+k+")"))
		require.NoError(t, err, k)
		require.Equal(t, strings.HasPrefix(k, "["), d.HasOrigin())
		require.Equal(t, k == pointLong, d.Uncompressed())
		_, err = d.Script(0)
		require.NoError(t, err)
	}
	require.Len(t, valid, 9)
	invalid := []string{
		exampleXpub3 + "/3h/4h/5h/*", exampleXpub3 + "/3h/4h/5h/*h", "[deadbeef/0h/1h/2]" + exampleXpub3 + "/3h/4h/5h/*h",
		"[deadbeef/0h/0h/0h/*]" + key, "[deadbeef/0h/0h/0h/]" + key, "[deadbef/0h/0h/0h]" + key, "[deadbeeef/0h/0h/0h]" + key,
		"[deadbeef/0f/0f/0f]" + key, "[deadbeef/0H/0H/0H]" + key, "[deadbeef/-0/-0/-0]" + key, exampleXprv + "/2147483648",
		exampleXprv + "/1aa", "[aaaaaaaa][aaaaaaaa]" + exampleXprv + "/2147483647'/0", "aaaaaaaa]" + exampleXprv + "/2147483647'/0",
		"[gaaaaaaa]" + exampleXprv + "/2147483647'/0", "[deadbeef]", exampleXpub3 + "/2147483648", exampleXpub3 + "/1aa",
	}
	for _, k := range invalid {
		_, err := descriptor.Parse(withSum(t, "pkh("+k+")"))
		require.NotZero(t, kindOf(t, err, k))
	}
	require.Len(t, invalid, 18)
}

// TestBIP380Checksums: raw() is not known here, which is seen once the checksum
// is right.
func TestBIP380Checksums(t *testing.T) {
	t.Parallel()
	cases := map[string]descriptor.Kind{
		"raw(deadbeef)#89f8spxm":  descriptor.KindScript,
		"raw(deadbeef)":           descriptor.KindChecksumMissing,
		"raw(deadbeef)#":          descriptor.KindChecksum,
		"raw(deadbeef)#89f8spxmx": descriptor.KindChecksum,
		"raw(deadbeef)#89f8spx":   descriptor.KindChecksum,
		"raw(deedbeef)#89f8spxm":  descriptor.KindChecksum,
		"raw(deedbeef)##9f8spxm":  descriptor.KindChecksum,
		"raw(Ü)#00000000":         descriptor.KindCharacter,
	}
	for text, kind := range cases {
		_, err := descriptor.ParseAll(text)
		require.Equal(t, kind, kindOf(t, err, text), text)
	}
	require.Len(t, cases, 8)
}

// TestBIP389: the multipath examples of single keys, and the invalid ones. The
// first valid one lacks its last bracket in the BIP.
func TestBIP389(t *testing.T) {
	t.Parallel()
	valid := map[string][]string{
		"wpkh([ffffffff/13h]" + exampleXpub + "/<1;3>/2/*)": {"wpkh([ffffffff/13h]" + exampleXpub + "/1/2/*)", "wpkh([ffffffff/13h]" + exampleXpub + "/3/2/*)"},
		"pkh(" + exampleXpub2 + "/<0;1;2>)":                 {"pkh(" + exampleXpub2 + "/0)", "pkh(" + exampleXpub2 + "/1)", "pkh(" + exampleXpub2 + "/2)"},
	}
	for text, want := range valid {
		ds, err := descriptor.ParseAll(" " + withSum(t, text) + "\n")
		require.NoError(t, err)
		var got []string
		for i, d := range ds {
			got = append(got, d.String())
			require.Equal(t, withSum(t, want[i]), got[i])
		}
		require.Len(t, got, len(want))
		joined, err := descriptor.Multipath(ds...)
		require.NoError(t, err)
		require.Equal(t, withSum(t, text), joined)
		_, err = descriptor.Parse(withSum(t, text))
		require.Equal(t, descriptor.KindPath, kindOf(t, err, text))
	}
	require.Len(t, valid, 2)
	invalid := []string{
		"pkh(" + exampleXprv + "/<0;1>/<2;3>)", "pkh(" + exampleXpub2 + "/<0;1>/<2;3>)",
		"pkh([deadbeef/<0;1>]" + exampleXpub2 + "/0)",
		"wpkh(" + exampleXpub2 + "/<>/*)", "wpkh(" + exampleXpub2 + "/0>/*)", "wpkh(" + exampleXpub2 + "/<0/*)", "wpkh(" + exampleXpub2 + "/<0;>/*)",
		"wpkh(" + exampleXpub2 + "/<0;0>/*)", "wpkh(" + exampleXpub2 + "/<0>/*)", "wpkh(" + exampleXpub2 + "/<0;1h>/*)", "wpkh(" + exampleXpub2 + "/<0;*>)",
		"wpkh(" + exampleXpub2 + "/<0" + strings.Repeat(";1", 40) + ">/*)",
	}
	for _, text := range invalid {
		_, err := descriptor.ParseAll(withSum(t, text))
		require.NotZero(t, kindOf(t, err, text))
	}
	require.Len(t, invalid, 12)
}

func TestMultipathOfAnAccount(t *testing.T) {
	t.Parallel()
	ext, change := wpkh(t, descriptor.External), wpkh(t, descriptor.Internal)
	text, err := descriptor.Multipath(ext, change)
	require.NoError(t, err)
	require.Equal(t, withSum(t, "wpkh([73c5da0a/84h/0h/0h]"+bip84Xpub+"/<0;1>/*)"), text)
	ds, err := descriptor.ParseAll(text)
	require.NoError(t, err)
	require.Equal(t, []*descriptor.Descriptor{ext, change}, ds)

	parse := func(s string) *descriptor.Descriptor {
		d, err := descriptor.Parse(withSum(t, s))
		require.NoError(t, err)
		return d
	}
	for _, ds := range [][]*descriptor.Descriptor{
		nil, {ext}, {ext, ext}, {ext, change, ext},
		{ext, parse("wpkh(" + bip84Xpub + "/1/*)")}, {ext, parse("tr([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1/*)")},
		{ext, parse("wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1/2/*)")}, {ext, parse("wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1)")},
		{ext, parse("wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/*)")}, {parse("wpkh(" + bip84Xpub + "/*)"), ext},
		{parse("wpkh(" + bip84Xpub + "/0/0/*)"), parse("wpkh(" + bip84Xpub + "/1/1/*)")},
	} {
		_, err := descriptor.Multipath(ds...)
		require.Equal(t, descriptor.KindPath, kindOf(t, err, "multipath"))
	}
}

func TestUncheckedIsSaid(t *testing.T) {
	t.Parallel()
	const text = "wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/<0;1>/*)"
	_, err := descriptor.ParseAll(text)
	require.Equal(t, descriptor.KindChecksumMissing, kindOf(t, err, text))
	ds, err := descriptor.ParseAllUnchecked("\t" + text + " ")
	require.NoError(t, err)
	require.Len(t, ds, 2)
	_, err = descriptor.ParseAllUnchecked(withSum(t, text))
	require.NoError(t, err)
	for _, sum := range []string{"#", "#afwvtk2s", "#afwvtk2"} {
		_, err = descriptor.ParseAllUnchecked(text + sum)
		require.Equal(t, descriptor.KindChecksum, kindOf(t, err, sum), "a wrong checksum is never forgiven")
	}
}

// TestFixedKey: one script and no other, whatever index is asked for.
func TestFixedKey(t *testing.T) {
	t.Parallel()
	raw, err := hex.DecodeString(point)
	require.NoError(t, err)
	for kind, want := range map[descriptor.ScriptKind]string{
		descriptor.P2PKH: "pkh(" + point + ")", descriptor.P2SHP2WPKH: "sh(wpkh(" + point + "))",
		descriptor.P2WPKH: "wpkh(" + point + ")", descriptor.P2TR: "tr(" + point + ")",
	} {
		d, err := descriptor.ForPubKey(kind, raw)
		require.NoError(t, err)
		require.Equal(t, withSum(t, want), d.String())
		require.False(t, d.Ranged())
		got, err := d.Derive(0)
		require.NoError(t, err)
		require.Equal(t, raw, got.PubKey[:])
		_, err = d.Derive(1)
		require.ErrorIs(t, err, descriptor.ErrIndex)
		require.Equal(t, "m", d.Path(0).String())
		require.True(t, d.IsForNet(&chaincfg.MainNetParams))
		require.True(t, d.IsForNet(&chaincfg.SigNetParams))
	}
	long, err := hex.DecodeString(pointLong)
	require.NoError(t, err)
	d, err := descriptor.ForPubKey(descriptor.P2PKH, long)
	require.NoError(t, err)
	require.True(t, d.Uncompressed())
	got, err := d.PubKey(0)
	require.NoError(t, err)
	require.Equal(t, raw, got[:])
	for _, c := range []struct {
		kind descriptor.ScriptKind
		key  []byte
	}{{descriptor.P2WPKH, long}, {descriptor.P2SH, raw}, {0, raw}, {descriptor.P2PKH, nil}, {descriptor.P2TR, raw[1:]}} {
		_, err = descriptor.ForPubKey(c.kind, c.key)
		require.NotZero(t, kindOf(t, err, "key"))
	}
	with, err := descriptor.Parse(withSum(t, "wpkh([73c5da0a/84h/0h/0h]"+bip84Xpub+"/0/7)"))
	require.NoError(t, err)
	require.Equal(t, "m/84h/0h/0h/0/7", with.Path(0).String())
	want, err := wpkh(t, descriptor.External).Script(7)
	require.NoError(t, err)
	script, err := with.Script(0)
	require.NoError(t, err)
	require.Equal(t, want, script)
}

func TestConstructors(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]func([4]byte, []uint32, string, descriptor.Keychain) (*descriptor.Descriptor, error){
		"pkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1/*)":      descriptor.PKH,
		"sh(wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1/*))": descriptor.SHWPKH,
		"wpkh([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1/*)":     descriptor.WPKH,
		"tr([73c5da0a/84h/0h/0h]" + bip84Xpub + "/1/*)":       descriptor.TR,
	} {
		d, err := f(fingerprint, []uint32{84 | h, h, h}, bip84Xpub, descriptor.Internal)
		require.NoError(t, err)
		require.Equal(t, withSum(t, want), d.String())
		_, err = f(fingerprint, []uint32{84 | h, h, 1 | h}, bip84Xpub, descriptor.Internal)
		require.Equal(t, descriptor.KindKey, kindOf(t, err, want))
	}
	_, err := descriptor.ForAccount(descriptor.P2WSH, fingerprint, []uint32{84 | h, h, h}, bip84Xpub, descriptor.External)
	require.Equal(t, descriptor.KindScript, kindOf(t, err, "p2wsh"))
}

// TestSLIP132: the published keys of BIP49 and BIP84 lead to the published
// addresses, and every spelling made of another key to what it says.
func TestSLIP132(t *testing.T) {
	t.Parallel()
	const (
		zpub = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
		upub = "upub5EFU65HtV5TeiSHmZZm7FUffBGy8UKeqp7vw43jYbvZPpoVsgU93oac7Wk3u6moKegAEWtGNF8DehrnHtv21XXEMYRUocHqguyjknFHYfgY"
	)
	ext, change, err := descriptor.FromKey("[73c5da0a/84h/0h/0h]"+zpub+"\n", 0)
	require.NoError(t, err)
	require.Equal(t, wpkh(t, descriptor.External).String(), ext.String())
	require.Equal(t, wpkh(t, descriptor.Internal).String(), change.String())
	ext, _, err = descriptor.FromKey(upub, descriptor.P2SHP2WPKH)
	require.NoError(t, err)
	address, err := ext.Address(0, &chaincfg.TestNet4Params)
	require.NoError(t, err)
	require.Equal(t, "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2", address)
	require.False(t, ext.HasOrigin())

	key, _, err := base58.CheckDecode(bip84Xpub)
	require.NoError(t, err)
	spell := func(version uint32) string {
		copy(key, []byte{byte(version >> 16), byte(version >> 8), byte(version)})
		return base58.CheckEncode(key, byte(version>>24))
	}
	n := 0
	for prefix, c := range map[string]struct {
		version uint32
		says    descriptor.ScriptKind
		err     descriptor.Kind
	}{
		"xpub": {0x0488b21e, 0, 0}, "tpub": {0x043587cf, 0, 0},
		"ypub": {0x049d7cb2, descriptor.P2SHP2WPKH, 0}, "zpub": {0x04b24746, descriptor.P2WPKH, 0},
		"upub": {0x044a5262, descriptor.P2SHP2WPKH, 0}, "vpub": {0x045f1cf6, descriptor.P2WPKH, 0},
		"Ypub": {0x0295b43f, 0, descriptor.KindMultisig}, "Zpub": {0x02aa7ed3, 0, descriptor.KindMultisig},
		"Upub": {0x024289ef, 0, descriptor.KindMultisig}, "Vpub": {0x02575483, 0, descriptor.KindMultisig},
		"xprv": {0x0488ade4, 0, descriptor.KindPrivate}, "tprv": {0x04358394, 0, descriptor.KindPrivate},
		"yprv": {0x049d7878, 0, descriptor.KindPrivate}, "zprv": {0x04b2430c, 0, descriptor.KindPrivate},
		"uprv": {0x044a4e28, 0, descriptor.KindPrivate}, "vprv": {0x045f18bc, 0, descriptor.KindPrivate},
		"Yprv": {0x0295b005, 0, descriptor.KindPrivate}, "Zprv": {0x02aa7a99, 0, descriptor.KindPrivate},
		"Uprv": {0x024285b5, 0, descriptor.KindPrivate}, "Vprv": {0x02575048, 0, descriptor.KindPrivate},
		"dgub": {0x02facafd, 0, descriptor.KindKey},
	} {
		text := spell(c.version)
		require.True(t, strings.HasPrefix(text, prefix), text)
		says, err := descriptor.KeyKind(text)
		n++
		if c.err != 0 {
			require.Equal(t, c.err, kindOf(t, err, prefix))
			_, _, err = descriptor.FromKey(text, descriptor.P2WPKH)
			require.Equal(t, c.err, kindOf(t, err, prefix))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.says, says)
		for _, kind := range []descriptor.ScriptKind{0, descriptor.P2PKH, descriptor.P2SHP2WPKH, descriptor.P2WPKH, descriptor.P2TR} {
			ext, change, err := descriptor.FromKey(text, kind)
			if says == kind && kind == 0 || says != 0 && kind != 0 && says != kind {
				require.Equal(t, descriptor.KindChoice, kindOf(t, err, prefix))
				continue
			}
			require.NoError(t, err, "%s %v", prefix, kind)
			if says != 0 {
				require.Equal(t, says, ext.Kind())
			} else {
				require.Equal(t, kind, ext.Kind())
			}
			require.Equal(t, strings.ContainsAny(prefix[:1], "xyz"), ext.IsForNet(&chaincfg.MainNetParams))
			require.Equal(t, "m/1/0", change.Path(0).String())
		}
	}
	require.Equal(t, 21, n)
	_, _, err = descriptor.FromKey(bip84Xpub, descriptor.P2WSH)
	require.Equal(t, descriptor.KindScript, kindOf(t, err, "p2wsh"))
	_, _, err = descriptor.FromKey("[73c5da0a/84h/0h/1h]"+zpub, 0)
	require.Equal(t, descriptor.KindOrigin, kindOf(t, err, "other account"))
	_, _, err = descriptor.FromKey("[73c5da0a/48h/0h/0h/2h]"+zpub, 0)
	require.Equal(t, descriptor.KindMultisig, kindOf(t, err, "BIP48"))
	_, err = descriptor.Parse(withSum(t, "wpkh("+zpub+"/0/*)"))
	require.Equal(t, descriptor.KindKey, kindOf(t, err, "zpub in a descriptor"))
	_, err = descriptor.KeyKind(wif)
	require.Equal(t, descriptor.KindPrivate, kindOf(t, err, "WIF"))
	_, err = descriptor.KeyKind(strings.Repeat("x", 5000))
	require.Equal(t, descriptor.KindKey, kindOf(t, err, "long"))
}

// TestInvalidKeysAlone: none of the invalid keys of BIP32 passes for an account
// key either.
func TestInvalidKeysAlone(t *testing.T) {
	t.Parallel()
	var v struct {
		Invalid []struct{ Key, Reason string }
	}
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "extracted/bip32.json"), &v))
	for _, c := range v.Invalid {
		_, _, err := descriptor.FromKey(c.Key, descriptor.P2WPKH)
		require.NotZero(t, kindOf(t, err, c.Reason))
	}
	require.Len(t, v.Invalid, 16)
}

// fuzzAll holds whatever a text stands for to be read again from what it
// prints, and joined again if it was several.
func fuzzAll(t *testing.T, s string) {
	ds, err := descriptor.ParseAllUnchecked(s)
	if err != nil {
		return
	}
	for _, d := range ds {
		again, err := descriptor.Parse(d.String())
		if err != nil || again.String() != d.String() {
			t.Fatalf("%q prints as %q: %v", s, d.String(), err)
		}
	}
	if len(ds) == 1 {
		return
	}
	joined, err := descriptor.Multipath(ds...)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	if again, err := descriptor.ParseAll(joined); err != nil || len(again) != len(ds) {
		t.Fatalf("%q joined as %q: %v", s, joined, err)
	}
}

func FuzzFromKey(f *testing.F) {
	for _, s := range []string{bip84Xpub, "[73c5da0a/84h/0h/0h]" + bip84Xpub, tpub, wif, exampleXprv, "[", ""} {
		f.Add(s, uint8(descriptor.P2WPKH))
	}
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		ext, change, err := descriptor.FromKey(s, descriptor.ScriptKind(kind))
		if err != nil {
			require.NotZero(t, kindOf(t, err, s))
			return
		}
		a, errA := ext.Script(0)
		b, errB := change.Script(0)
		if errA != nil || errB != nil || bytes.Equal(a, b) {
			t.Fatalf("%q: %x %x %v %v", s, a, b, errA, errB)
		}
	})
}
