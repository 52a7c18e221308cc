package hd_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/keystore/hd"
)

func master(t testing.TB, seed string) *hd.Key {
	t.Helper()
	key, err := hd.NewMaster([]byte(seed))
	require.NoError(t, err)
	return key
}

// Our keys, copied and cleared on the way, against hdkeychain's, left alone,
// along random paths.
func TestAgainstLibrary(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 16, 64).Draw(t, "seed")
		path := rapid.SliceOfN(rapid.Uint32(), 0, 5).Draw(t, "path")
		ours, err := hd.NewMaster(seed)
		require.NoError(t, err)
		theirs, err := hdkeychain.NewMaster(seed, net)
		require.NoError(t, err)
		ours, err = ours.Derive(path)
		require.NoError(t, err)
		for _, i := range path {
			theirs, err = theirs.Derive(i)
			require.NoError(t, err)
		}
		require.Equal(t, theirs.String(), ours.Xprv(net))
		neutered, err := theirs.Neuter()
		require.NoError(t, err)
		public, err := ours.Public(net)
		require.NoError(t, err)
		require.Equal(t, neutered.String(), public.Text())
	})
}

func TestSeedSizes(t *testing.T) {
	t.Parallel()
	for n := range 80 {
		_, err := hd.NewMaster(make([]byte, n))
		if n < 16 || n > 64 {
			require.ErrorIs(t, err, hd.ErrSeed, "%d bytes", n)
		} else {
			require.NoError(t, err, "%d bytes", n)
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	key := master(t, "0123456789abcdef")
	var err error
	for range 255 {
		key, err = key.Child(0)
		require.NoError(t, err)
	}
	_, err = key.Child(0)
	require.ErrorIs(t, err, hd.ErrChild)
}

func TestWipe(t *testing.T) {
	t.Parallel()
	key := master(t, "0123456789abcdef")
	same, err := key.Derive(nil)
	require.NoError(t, err)
	child, err := key.Child(7)
	require.NoError(t, err)
	want := child.PublicKey()
	public, err := key.Public(&chaincfg.MainNetParams)
	require.NoError(t, err)
	text := public.Text()
	key.Wipe()
	key.Wipe()
	require.Equal(t, text, public.Text(), "the public side outlives the key")
	below, err := public.PublicKey(7)
	require.NoError(t, err)
	require.Equal(t, want, below)

	require.Nil(t, key.PublicKey())
	_, err = key.Child(7)
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = key.Derive(hd.Path{7})
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = key.Sign(&[32]byte{1})
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = key.Public(&chaincfg.MainNetParams)
	require.ErrorIs(t, err, hd.ErrWiped)
	_, err = key.Fingerprint()
	require.ErrorIs(t, err, hd.ErrWiped)

	require.Equal(t, want, child.PublicKey(), "a child outlives its parent")
	again, err := same.Child(7)
	require.NoError(t, err)
	require.Equal(t, want, again.PublicKey(), "an empty path gives a key of its own")
	same.Wipe()
	require.Equal(t, want, again.PublicKey())
	_, err = again.Child(0)
	require.NoError(t, err, "a child's chain outlives its parent")
}

// hdkeychain keeps a key that begins with a zero byte shorter; copies, public
// sides and signatures have to be the same nevertheless.
func TestShortKeys(t *testing.T) {
	t.Parallel()
	raw := make([]byte, 32)
	raw[31] = 7
	short, full := hd.FromRaw(raw[31:]), hd.FromRaw(raw)
	require.Equal(t, full.Raw(), short.Raw())
	for _, path := range []hd.Path{nil, {0}, {hd.Hardened}, {hd.Hardened, 1, hd.Hardened}} {
		a, err := short.Derive(path)
		require.NoError(t, err)
		b, err := full.Derive(path)
		require.NoError(t, err)
		require.Equal(t, b.Xprv(&chaincfg.MainNetParams), a.Xprv(&chaincfg.MainNetParams), "%v", path)
		sigA, err := a.Sign(&[32]byte{1})
		require.NoError(t, err)
		sigB, err := b.Sign(&[32]byte{1})
		require.NoError(t, err)
		require.Equal(t, sigB, sigA)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	sizes := map[int]int{}
	for i := range 400 {
		key := master(t, fmt.Sprintf("seed number %08d", i))
		hash := [32]byte{byte(i), 1, 2}
		sig, err := key.Sign(&hash)
		require.NoError(t, err)
		again, err := key.Sign(&hash)
		require.NoError(t, err)
		require.Equal(t, sig, again, "deterministic")
		require.LessOrEqual(t, len(sig), hd.MaxSignature)
		require.NoError(t, ecdsa.VerifyLowS(sig))
		parsed, err := ecdsa.ParseDERSignature(sig)
		require.NoError(t, err)
		raw := key.Raw()
		private, public := btcec.PrivKeyFromBytes(raw[:])
		require.True(t, parsed.Verify(hash[:], public))
		require.Equal(t, ecdsa.Sign(private, hash[:]).Serialize(), sig)
		sizes[len(sig)]++
	}
	// Half of them have a high R, which is what takes the longest.
	require.InDelta(t, 200, sizes[hd.MaxSignature], 60, sizes)
	require.InDelta(t, 200, sizes[hd.MaxSignature-1], 60, sizes)
}

func TestAccountPaths(t *testing.T) {
	t.Parallel()
	for net, want := range map[*chaincfg.Params]string{
		&chaincfg.MainNetParams:       "m/84'/0'/0'",
		&chaincfg.TestNet4Params:      "m/84'/1'/0'",
		&chaincfg.SigNetParams:        "m/84'/1'/0'",
		&chaincfg.RegressionNetParams: "m/84'/1'/0'",
	} {
		path, err := hd.AccountPath(net, hd.PurposeBIP84, 0)
		require.NoError(t, err)
		require.Equal(t, want, path.String(), net.Name)
	}
	for _, net := range []*chaincfg.Params{nil, &chaincfg.SimNetParams, &chaincfg.TestNet3Params} {
		_, err := hd.AccountPath(net, hd.PurposeBIP84, 0)
		require.ErrorIs(t, err, hd.ErrNetwork)
	}
	_, err := hd.AccountPath(&chaincfg.MainNetParams, hd.PurposeBIP84, hd.Hardened)
	require.ErrorIs(t, err, hd.ErrPath)
}

func TestPublicRefusesHardened(t *testing.T) {
	t.Parallel()
	public, err := master(t, "0123456789abcdef").Public(&chaincfg.MainNetParams)
	require.NoError(t, err)
	_, err = public.PublicKey(hd.Hardened)
	require.ErrorIs(t, err, hd.ErrChild)
}

func TestCheckNetworks(t *testing.T) {
	t.Parallel()
	public, err := master(t, "0123456789abcdef").Public(&chaincfg.SigNetParams)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(public.Text(), "tpub"))
	for _, net := range []*chaincfg.Params{&chaincfg.TestNet4Params, &chaincfg.SigNetParams, &chaincfg.RegressionNetParams} {
		_, err := hd.ParsePublic(public.Text(), net)
		require.NoError(t, err)
	}
	_, err = hd.ParsePublic(public.Text(), &chaincfg.MainNetParams)
	require.ErrorIs(t, err, hd.ErrExtendedKey)
	for _, text := range []string{"", "xpub", " " + public.Text(), public.Text() + "1", public.Text()[1:], strings.Repeat("1", 82), strings.Repeat("z", 1<<20)} {
		_, err := hd.ParsePublic(text, &chaincfg.SigNetParams)
		require.ErrorIs(t, err, hd.ErrExtendedKey)
	}
}

// Printing a key shows neither its secret nor what it reveals.
func TestFormatting(t *testing.T) {
	t.Parallel()
	key := master(t, "0123456789abcdef")
	public, err := key.Public(&chaincfg.MainNetParams)
	require.NoError(t, err)
	raw := key.Raw()
	secrets := []string{
		string(raw[:]), fmt.Sprintf("%x", raw[:8]), fmt.Sprint(raw[:4])[1:], key.Xprv(&chaincfg.MainNetParams), public.Text(),
		fmt.Sprintf("%x", key.PublicKey()[:8]), fmt.Sprint(key.PublicKey()[:4])[1:],
	}
	for _, v := range []any{key, *key, public, *public} {
		shown := fmt.Sprintf("%v|%+v|%#v|%s|%x|%q|%d", v, v, v, v, v, v, v)
		b, err := json.Marshal(v)
		require.NoError(t, err)
		for _, secret := range secrets {
			require.NotContains(t, shown+string(b), secret)
		}
	}
}

func FuzzCheck(f *testing.F) {
	v := loadBIP32(f)
	for _, c := range v.Invalid {
		f.Add(c.Key)
	}
	for _, set := range v.Valid {
		for _, c := range set.Chains {
			f.Add(c.Xpub)
			f.Add(c.Xprv)
		}
	}
	f.Add("")
	f.Add("xpub\x00")
	net := &chaincfg.MainNetParams
	f.Fuzz(func(t *testing.T, text string) {
		private, err := hd.Check(text, net)
		public, parseErr := hd.ParsePublic(text, net)
		if err != nil {
			require.ErrorIs(t, err, hd.ErrExtendedKey)
			require.ErrorIs(t, parseErr, hd.ErrExtendedKey)
			return
		}
		require.Equal(t, private, parseErr != nil)
		if !private {
			require.Equal(t, text, public.Text())
			_, err := public.PublicKey()
			require.NoError(t, err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	key := master(b, "0123456789abcdef")
	var hash [32]byte
	for i := 0; b.Loop(); i++ {
		hash[0], hash[1], hash[2] = byte(i), byte(i>>8), byte(i>>16)
		if _, err := key.Sign(&hash); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublicKey(b *testing.B) {
	public, err := master(b, "0123456789abcdef").Public(&chaincfg.MainNetParams)
	require.NoError(b, err)
	for i := uint32(0); b.Loop(); i++ {
		if _, err := public.PublicKey(0, i); err != nil {
			b.Fatal(err)
		}
	}
}

// Private keys as text are read by the rules of Check, and give the same keys
// as their seed.
func TestParsePrivate(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	key := master(t, "0123456789abcdef")
	account, err := key.Derive(hd.Path{86 | hd.Hardened, 1 | hd.Hardened, 7 | hd.Hardened})
	require.NoError(t, err)
	for depth, k := range map[int]*hd.Key{0: key, 3: account} {
		back, err := hd.ParsePrivate([]byte(k.Xprv(net)), net)
		require.NoError(t, err)
		require.Equal(t, depth, back.Depth())
		require.Equal(t, k.Index(), back.Index())
		child, err := back.Derive(hd.Path{1, 2})
		require.NoError(t, err)
		want, err := k.Derive(hd.Path{1, 2})
		require.NoError(t, err)
		require.Equal(t, want.Xprv(net), child.Xprv(net))
		back.Wipe()
		require.Zero(t, back.Depth())
		require.Zero(t, back.Index())
		_, err = hd.ParsePrivate([]byte(k.Xprv(net)), &chaincfg.MainNetParams)
		require.ErrorIs(t, err, hd.ErrExtendedKey)
		public, err := k.Public(net)
		require.NoError(t, err)
		_, err = hd.ParsePrivate([]byte(public.Text()), net)
		require.ErrorIs(t, err, hd.ErrExtendedKey)
	}
	refused := 0
	for _, v := range loadBIP32(t).Invalid {
		_, err := hd.ParsePrivate([]byte(v.Key), &chaincfg.MainNetParams)
		require.ErrorIs(t, err, hd.ErrExtendedKey, v.Reason)
		refused++
	}
	require.Equal(t, 16, refused)
}

// The fields of a public key give it back, and nothing off the curve does.
func TestPublicFields(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	account, err := master(t, "0123456789abcdef").Derive(hd.Path{86 | hd.Hardened, 1 | hd.Hardened, 7 | hd.Hardened})
	require.NoError(t, err)
	public, err := account.Public(net)
	require.NoError(t, err)
	fields := public.AppendFields([]byte{9})
	require.Len(t, fields, 1+hd.PublicSize)
	fields = fields[1:]
	back, err := hd.ParseFields(fields, 3, account.Index(), net)
	require.NoError(t, err)
	require.Equal(t, public.Text(), back.Text())
	clear(fields)
	require.Equal(t, public.Text(), back.Text(), "a copy")
	for name, b := range map[string][]byte{"empty": nil, "zero": fields, "short": fields[1:], "uncompressed": append(fields[:36:36], append([]byte{4}, fields[37:]...)...)} {
		_, err := hd.ParseFields(b, 3, 0, net)
		require.ErrorIs(t, err, hd.ErrExtendedKey, name)
	}
	_, err = hd.ParseFields(public.AppendFields(nil), 0, 0, net)
	require.ErrorIs(t, err, hd.ErrExtendedKey, "a master key has no parent")
}
