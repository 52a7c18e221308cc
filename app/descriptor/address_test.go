package descriptor_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/app/descriptor"
	"thistle/assets/assetstest"
)

var nets = map[string]*chaincfg.Params{
	"main": &chaincfg.MainNetParams, "test": &chaincfg.TestNet4Params,
	"signet": &chaincfg.SigNetParams, "regtest": &chaincfg.RegressionNetParams,
}

// decodeAny tries the networks a bech32 address may be of.
func decodeAny(s string) (descriptor.Destination, *chaincfg.Params, error) {
	var err error
	for _, name := range []string{"main", "test", "regtest"} {
		var d descriptor.Destination
		if d, err = descriptor.DecodeAddress(s, nets[name]); err == nil {
			return d, nets[name], nil
		}
	}
	return descriptor.Destination{}, nil, err
}

func section(t *testing.T, file, head string) [][2]string {
	t.Helper()
	var v map[string][][2]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, file), &v))
	for name, rows := range v {
		if strings.HasPrefix(name, head) {
			return rows
		}
	}
	t.Fatalf("%s has no section %q", file, head)
	return nil
}

// TestBIP350Addresses: all of them, future witness versions included.
func TestBIP350Addresses(t *testing.T) {
	t.Parallel()
	valid := section(t, "extracted/bip350.json", "The following list gives valid segwit")
	future := 0
	for _, v := range valid {
		want := strings.TrimSuffix(strings.TrimPrefix(v[1], "<tt>"), "</tt>")
		d, net, err := decodeAny(v[0])
		require.NoError(t, err, v[0])
		require.Equal(t, want, hex.EncodeToString(d.Script), v[0])
		back, err := descriptor.AddressOf(d.Script, net)
		require.NoError(t, err)
		require.Equal(t, strings.ToLower(v[0]), back)
		script, err := descriptor.ParseAddress(v[0], net)
		if d.Kind == descriptor.WitnessUnknown {
			future++
			requireKind(t, err, descriptor.AddressFuture)
			require.True(t, d.Kind.AnyoneCanSpend())
			continue
		}
		require.NoError(t, err)
		require.Equal(t, d.Script, script)
	}
	require.Len(t, valid, 8)
	require.Equal(t, 3, future)

	invalid := section(t, "extracted/bip350.json", "The following list gives invalid segwit")
	for _, v := range invalid {
		_, _, err := decodeAny(v[0])
		var ae *descriptor.AddressError
		require.ErrorAs(t, err, &ae, "%s: %s", v[0], v[1])
	}
	require.Len(t, invalid, 15)
}

// TestBIP173Addresses: version 0 as published; those of later versions carry
// the checksum that BIP350 took from them.
func TestBIP173Addresses(t *testing.T) {
	t.Parallel()
	valid := section(t, "extracted/bip173.json", "The following list gives valid segwit")
	superseded := 0
	for _, v := range valid {
		want := strings.TrimSuffix(strings.TrimPrefix(v[1], "<tt>"), "</tt>")
		d, _, err := decodeAny(v[0])
		if !strings.HasPrefix(want, "00") {
			superseded++
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, v[0])
		require.Equal(t, want, hex.EncodeToString(d.Script))
	}
	require.Len(t, valid, 6)
	require.Equal(t, 3, superseded)
	invalid := section(t, "extracted/bip173.json", "The following list gives invalid segwit")
	for _, v := range invalid {
		_, _, err := decodeAny(v[0])
		require.Error(t, err, "%s: %s", v[0], v[1])
	}
	require.Len(t, invalid, 10)
	strs := 0
	for file, heads := range map[string][]string{
		"extracted/bip173.json": {"The following strings are valid", "The following string are not valid"},
		"extracted/bip350.json": {"The following strings are valid", "The following string are not valid"},
	} {
		for _, head := range heads {
			for _, v := range section(t, file, head) {
				_, _, err := decodeAny(v[0])
				require.Error(t, err, "bech32, but no address: %s", v[0])
				strs++
			}
		}
	}
	require.Equal(t, 7+9+7+11, strs)
}

// TestCoreKeyIO: Bitcoin Core's valid addresses give the script they stand for,
// its private keys and invalid strings give an error.
func TestCoreKeyIO(t *testing.T) {
	t.Parallel()
	var valid [][3]json.RawMessage
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "core_v27.0/key_io_valid.json"), &valid))
	addresses, private := 0, 0
	for _, row := range valid {
		var s, script string
		var meta struct {
			Chain       string
			IsPrivkey   bool
			TryCaseFlip bool
		}
		require.NoError(t, json.Unmarshal(row[0], &s))
		require.NoError(t, json.Unmarshal(row[1], &script))
		require.NoError(t, json.Unmarshal(row[2], &meta))
		net := nets[meta.Chain]
		d, err := descriptor.DecodeAddress(s, net)
		if meta.IsPrivkey {
			require.Error(t, err, "a private key is no address")
			private++
			continue
		}
		require.NoError(t, err, s)
		require.Equal(t, script, hex.EncodeToString(d.Script), s)
		back, err := descriptor.AddressOf(d.Script, net)
		require.NoError(t, err)
		require.Equal(t, s, back)
		require.Equal(t, d.Kind, descriptor.ScriptKindOf(d.Script))
		if meta.TryCaseFlip {
			flipped, err := descriptor.DecodeAddress(strings.ToUpper(s), net)
			require.NoError(t, err)
			require.Equal(t, d, flipped)
		}
		other := &chaincfg.MainNetParams
		if meta.Chain == "main" {
			other = &chaincfg.RegressionNetParams
		}
		_, err = descriptor.DecodeAddress(s, other)
		requireKind(t, err, descriptor.AddressWrongNetwork)
		addresses++
	}
	require.Equal(t, 54, addresses)
	require.Equal(t, 16, private)

	var invalid [][1]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "core_v27.0/key_io_invalid.json"), &invalid))
	for _, row := range invalid {
		for name, net := range nets {
			_, err := descriptor.DecodeAddress(row[0], net)
			require.Error(t, err, "%s on %s", row[0], name)
		}
	}
	require.Len(t, invalid, 70)
}

func requireKind(t *testing.T, err error, kind descriptor.AddressKind) {
	t.Helper()
	var ae *descriptor.AddressError
	require.ErrorAs(t, err, &ae)
	require.Equal(t, kind, ae.Kind, err)
}

func TestParseAddressKinds(t *testing.T) {
	t.Parallel()
	const good = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
	for s, kind := range map[string]descriptor.AddressKind{
		"":                          descriptor.AddressEmpty,
		" " + good:                  descriptor.AddressSpace,
		good + "\n":                 descriptor.AddressSpace,
		good[:20] + " " + good[20:]: descriptor.AddressSpace,
		good[:41] + "v":             descriptor.AddressChecksum,
		good[:20] + "b" + good[21:]: descriptor.AddressChecksum,
		"bc1Qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu": descriptor.AddressMixedCase,
		"1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2m1":         descriptor.AddressChecksum,
		"hello":                                      descriptor.AddressUnknown,
		"bitcoin:" + good:                            descriptor.AddressUnknown,
		strings.Repeat("q", 91):                      descriptor.AddressUnknown,
		"tb1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu": descriptor.AddressChecksum,
		"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn":         descriptor.AddressWrongNetwork,
		"2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2":        descriptor.AddressWrongNetwork,
		"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx": descriptor.AddressWrongNetwork,
		"BC1SW50QGDZ25J":                             descriptor.AddressFuture,
		"bc1pfeessrawgf":                             descriptor.AddressAnchor,
		"bc1rw5uspcuh":                               descriptor.AddressChecksum,
		// A compressed public key in hex, which btcd's decoder takes.
		"0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c": descriptor.AddressUnknown,
	} {
		script, err := descriptor.ParseAddress(s, &chaincfg.MainNetParams)
		require.Nil(t, script)
		var ae *descriptor.AddressError
		require.ErrorAs(t, err, &ae, s)
		require.Equal(t, kind, ae.Kind, "%q: %v", s, err)
	}
	seen := map[string]bool{}
	for k := descriptor.AddressUnknown; k <= descriptor.AddressProgram; k++ {
		s := (&descriptor.AddressError{Kind: k}).Error()
		require.False(t, seen[s], "two kinds say %q", s)
		seen[s] = true
	}
	require.Len(t, seen, 9)
}

func TestAddressOfRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "6a", "6a0b68656c6c6f20776f726c64", "51", "0014", "0013" + strings.Repeat("00", 19),
		"76a914" + strings.Repeat("00", 20) + "88", "210330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3cac",
		"5029" + strings.Repeat("00", 41), "5101ff",
	} {
		script, err := hex.DecodeString(s)
		require.NoError(t, err)
		_, err = descriptor.AddressOf(script, &chaincfg.MainNetParams)
		require.ErrorIs(t, err, descriptor.ErrNoAddress, s)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "BC1SW50QGDZ25J", "bc1pfeessrawgf",
		"2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2", "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", "bcrt1q", "tb1", "1", "",
		"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, name := range []string{"main", "test", "regtest"} {
			net := nets[name]
			d, err := descriptor.DecodeAddress(s, net)
			if err != nil {
				var ae *descriptor.AddressError
				if !errors.As(err, &ae) || ae.Kind == 0 {
					t.Fatalf("%q: %v", s, err)
				}
				continue
			}
			back, err := descriptor.AddressOf(d.Script, net)
			if err != nil || !strings.EqualFold(back, s) || descriptor.ScriptKindOf(d.Script) != d.Kind {
				t.Fatalf("%q is %x, which is %q: %v", s, d.Script, back, err)
			}
			script, err := descriptor.ParseAddress(s, net)
			if (err == nil) == d.Kind.AnyoneCanSpend() || err == nil && string(script) != string(d.Script) {
				t.Fatalf("%q: %v %v", s, d.Kind, err)
			}
		}
	})
}
