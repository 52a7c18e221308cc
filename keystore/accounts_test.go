package keystore_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore"
	"thistle/keystore/keystoretest"
)

// Every account that is prepared is what the words give, before and after the
// file is opened again, and they are listed in order.
func TestPreparedAccounts(t *testing.T) {
	t.Parallel()
	for _, net := range networks {
		k, path := keystoretest.New(t, net, keystoretest.Words12)
		s := keystoretest.NewSigner(t, net, keystoretest.Words12)
		created, err := k.Accounts()
		require.NoError(t, err)
		require.NoError(t, k.Close())
		k, err = open(t, path, net)
		require.NoError(t, err)
		_, err = k.Accounts()
		require.ErrorIs(t, err, keystore.ErrLocked)
		_, err = k.Source()
		require.ErrorIs(t, err, keystore.ErrLocked)
		require.NoError(t, k.Unlock(password))
		list, err := k.Accounts()
		require.NoError(t, err)
		require.Equal(t, created, list)
		require.Len(t, list, 80)
		source, err := k.Source()
		require.NoError(t, err)
		require.Equal(t, keystore.SourceWords, source)
		require.Equal(t, 2, k.Info().Format)
		for i, a := range list {
			require.Equal(t, []uint32{44, 49, 84, 86}[i/20], a.Purpose)
			require.Equal(t, uint32(i%20), a.Number)
			require.Equal(t, "73c5da0a", hex.EncodeToString(a.Fingerprint[:]))
			require.Len(t, a.Path, 3)
			want, err := s.AccountXpub(a.Purpose, a.Number)
			require.NoError(t, err)
			require.Equal(t, want, a.Xpub())
			got, err := k.AccountXpub(a.Purpose, a.Number)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", a, a, a), want[:12])
		}
	}
}

func TestPrepareAccounts(t *testing.T) {
	t.Parallel()
	k, path := keystoretest.New(t, regtest, keystoretest.Words12)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, k.PrepareAccounts(nil, 86, 19), "they are there")
	require.ErrorIs(t, k.PrepareAccounts([]byte("wrong"), 86, 20), keystore.ErrWrongPassword)
	require.ErrorIs(t, k.PrepareAccounts(password, 48, 0), keystore.ErrNoAccount)
	require.ErrorIs(t, k.PrepareAccounts(password, 86, 50), keystore.ErrNoAccount)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, string(before) == string(after), "nothing was written")

	require.NoError(t, k.PrepareAccounts(password, 86, 22))
	for _, purpose := range []uint32{44, 49, 84, 86} {
		require.NoError(t, k.PrepareAccounts(password, purpose, 49), "as many as there can be")
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, int64(len(before)), info.Size(), "the file does not tell how many")
	created, err := k.Accounts()
	require.NoError(t, err)
	require.NoError(t, k.Check())
	require.NoError(t, k.Close())

	k, err = open(t, path, regtest)
	require.NoError(t, err)
	require.ErrorIs(t, k.PrepareAccounts(password, 86, 0), keystore.ErrLocked)
	require.NoError(t, k.Unlock(password))
	list, err := k.Accounts()
	require.NoError(t, err)
	require.Equal(t, created, list)
	require.Len(t, list, 200)
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
	for _, at := range [][2]uint32{{44, 20}, {86, 22}, {86, 23}, {86, 49}} {
		want, err := s.AccountXpub(at[0], at[1])
		require.NoError(t, err)
		got, err := k.AccountXpub(at[0], at[1])
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// The words' own master key (BIP32's text of it, as other wallets export it), and
// the key of one of its accounts.
const (
	masterKey  = "tprv8ZgxMBicQKsPe5YMU9gHen4Ez3ApihUfykaqUorj9t6FDqy3nP6eoXiAo2ssvpAjoLroQxHqr3R5nE3a5dU3DHTjTgJDd7zrbniJr6nrCzd"
	accountKey = "tprv8gytrHbFLhE89NMMqv3AdH2veyUSbstjPuYbvNRYk2NbkvkAMEFJ9jBsECjLL29zmfM5wNQGAjsEJwRgcY87BarXUJsuTpDmdjc39h9gv2M" // m/86'/1'/3'
)

func fromKey(t *testing.T, key string, purpose uint32) (*keystore.Keystore, error) {
	t.Helper()
	p := keystoretest.Params(t, regtest, keystoretest.Words12)
	p.Entropy, p.ExtendedKey, p.Purpose = nil, keystore.Hold([]byte(key)), purpose
	k, err := keystore.Create(filepath.Join(t.TempDir(), "k"), p)
	if err == nil {
		t.Cleanup(func() { k.Close() })
	}
	return k, err
}

// A master key gives the wallet of its words, without the words.
func TestFromMasterKey(t *testing.T) {
	t.Parallel()
	k, err := fromKey(t, " "+masterKey+"\n", 0)
	require.NoError(t, err)
	same, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	want, err := same.Accounts()
	require.NoError(t, err)
	got, err := k.Accounts()
	require.NoError(t, err)
	require.Equal(t, want, got)
	source, err := k.Source()
	require.NoError(t, err)
	require.Equal(t, keystore.SourceMasterKey, source)
	_, _, err = k.Words(password)
	require.ErrorIs(t, err, keystore.ErrNoWords)
	_, _, err = k.Passphrase(password)
	require.ErrorIs(t, err, keystore.ErrNoWords)
	_, _, err = same.ExtendedKey(password)
	require.ErrorIs(t, err, keystore.ErrNoExtendedKey)
	k.Lock()
	require.NoError(t, k.Unlock(password))
	reveal, wipe, err := k.ExtendedKey(password)
	require.NoError(t, err)
	require.Equal(t, masterKey, string(reveal()))
	wipe()
	require.Nil(t, reveal())
	require.NoError(t, k.PrepareAccounts(password, 44, 20))

	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
	p := packet(t, s, coin{0, 0, 50_000}, coin{1, 1, 60_000})
	require.NoError(t, k.SignPSBT(password, p))
}

// The key of an account gives that account alone, which it is the root of.
func TestFromAccountKey(t *testing.T) {
	t.Parallel()
	k, err := fromKey(t, accountKey, 86)
	require.NoError(t, err)
	list, err := k.Accounts()
	require.NoError(t, err)
	require.Len(t, list, 1)
	want, err := keystoretest.NewSigner(t, regtest, keystoretest.Words12).AccountXpub(86, 3)
	require.NoError(t, err)
	require.Equal(t, want, list[0].Xpub())
	require.Equal(t, []uint32{86, 3}, []uint32{list[0].Purpose, list[0].Number})
	require.Empty(t, list[0].Path)
	fp, err := k.Fingerprint()
	require.NoError(t, err)
	require.Equal(t, list[0].Fingerprint, fp)
	require.NotEqual(t, "73c5da0a", hex.EncodeToString(fp[:]), "the master key cannot be known")
	k.Lock()
	require.NoError(t, k.Unlock(password))
	source, err := k.Source()
	require.NoError(t, err)
	require.Equal(t, keystore.SourceAccountKey, source)
	again, err := k.Accounts()
	require.NoError(t, err)
	require.Equal(t, list, again)
	require.NoError(t, k.PrepareAccounts(password, 86, 3), "it is there")
	require.ErrorIs(t, k.PrepareAccounts(password, 86, 4), keystore.ErrNoAccount)
	_, err = k.AccountXpub(86, 0)
	require.ErrorIs(t, err, keystore.ErrNoAccount)
	_, _, err = k.Words(password)
	require.ErrorIs(t, err, keystore.ErrNoWords)
}

func TestExtendedKeyRefused(t *testing.T) {
	t.Parallel()
	public, err := keystoretest.NewSigner(t, regtest, keystoretest.Words12).AccountXpub(84, 0)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		key     string
		purpose uint32
		want    error
	}{
		"public":                {public, 84, keystore.ErrExtendedKey},
		"master of a purpose":   {masterKey, 84, keystore.ErrSource},
		"account of no purpose": {accountKey, 0, keystore.ErrSource},
		"account of another":    {accountKey, 48, keystore.ErrSource},
		"cut short":             {masterKey[:100], 0, keystore.ErrExtendedKey},
		"one letter":            {masterKey[:60] + "z" + masterKey[61:], 0, keystore.ErrExtendedKey},
		"text behind it":        {masterKey + " x", 0, keystore.ErrExtendedKey},
		"another network's":     {"xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu", 0, keystore.ErrExtendedKey},
	} {
		_, err := fromKey(t, c.key, c.purpose)
		require.ErrorIs(t, err, c.want, name)
		require.NotContains(t, err.Error(), c.key[:20], name)
	}
	p := keystoretest.Params(t, regtest, keystoretest.Words12)
	p.ExtendedKey = keystore.Hold([]byte(masterKey))
	_, err = keystore.Create(filepath.Join(t.TempDir(), "k"), p)
	require.ErrorIs(t, err, keystore.ErrSource, "two sources")
	p.Entropy, p.Passphrase = nil, keystore.Hold([]byte("x"))
	_, err = keystore.Create(filepath.Join(t.TempDir(), "k"), p)
	require.ErrorIs(t, err, keystore.ErrSource, "a passphrase without words")
	p = keystoretest.Params(t, &chaincfg.MainNetParams, keystoretest.Words12)
	p.Purpose = 84
	_, err = keystore.Create(filepath.Join(t.TempDir(), "k"), p)
	require.ErrorIs(t, err, keystore.ErrSource, "words of one purpose")
}

// Checking what is shown costs some milliseconds; stretching the password, a
// second, is not in this.
func BenchmarkUnlock(b *testing.B) {
	k, _ := keystoretest.New(b, regtest, keystoretest.Words12)
	for b.Loop() {
		if err := k.Unlock(password); err != nil {
			b.Fatal(err)
		}
	}
}
