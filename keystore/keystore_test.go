package keystore_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore"
	"thistle/keystore/hd"
	"thistle/keystore/keystoretest"
	"thistle/keystore/mnemonic"
)

var (
	networks = []*chaincfg.Params{
		&chaincfg.MainNetParams, &chaincfg.TestNet4Params, &chaincfg.SigNetParams, &chaincfg.RegressionNetParams,
	}
	regtest  = &chaincfg.RegressionNetParams
	password = []byte(keystoretest.Password)
)

func open(t testing.TB, path string, net *chaincfg.Params) (*keystore.Keystore, error) {
	t.Helper()
	k, err := keystore.Open(path, net, keystoretest.CheapOptions())
	if err == nil {
		t.Cleanup(func() { k.Close() })
	}
	return k, err
}

func TestFourNetworks(t *testing.T) {
	t.Parallel()
	for _, net := range networks {
		t.Run(net.Name, func(t *testing.T) {
			t.Parallel()
			k, path := keystoretest.New(t, net, keystoretest.Words12)
			require.True(t, k.Unlocked(), "created unlocked")
			xpub, err := k.AccountXpub(84, 0)
			require.NoError(t, err)
			want, err := keystoretest.NewSigner(t, net, keystoretest.Words12).AccountXpub(84, 0)
			require.NoError(t, err)
			require.Equal(t, want, xpub)
			_, err = hd.ParsePublic(xpub, net)
			require.NoError(t, err)
			fp, err := k.Fingerprint()
			require.NoError(t, err)
			require.Equal(t, "73c5da0a", hex.EncodeToString(fp[:]))
			info := k.Info()
			require.Equal(t, net.Name, info.Network)
			require.True(t, info.Birthday.Equal(keystoretest.Birthday))
			require.WithinDuration(t, time.Now(), info.CreatedAt, time.Minute)
			require.NotZero(t, info.WalletID)
			require.NoError(t, k.Check())
			require.NoError(t, k.Close())

			for _, other := range networks {
				again, err := open(t, path, other)
				if other != net {
					require.ErrorIs(t, err, keystore.ErrForeignNetwork, "%s as %s", net.Name, other.Name)
					continue
				}
				require.NoError(t, err)
				require.False(t, again.Unlocked(), "opened locked")
				require.Equal(t, info, again.Info())
				require.NoError(t, again.Unlock(password))
				back, err := again.AccountXpub(84, 0)
				require.NoError(t, err)
				require.Equal(t, xpub, back)
				require.NoError(t, again.Close())
			}
		})
	}
	_, err := keystore.Create(filepath.Join(t.TempDir(), "k"), keystoretest.Params(t, &chaincfg.TestNet3Params, keystoretest.Words12))
	require.ErrorIs(t, err, hd.ErrNetwork)
	_, err = keystore.Create(filepath.Join(t.TempDir(), "k"), keystoretest.Params(t, nil, keystoretest.Words12))
	require.ErrorIs(t, err, hd.ErrNetwork)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	k, path := keystoretest.New(t, regtest, keystoretest.Words12)
	for _, wrong := range []string{"x", keystoretest.Password + " ", strings.ToUpper(keystoretest.Password)} {
		require.ErrorIs(t, k.Unlock([]byte(wrong)), keystore.ErrWrongPassword)
		_, _, err := k.Words([]byte(wrong))
		require.ErrorIs(t, err, keystore.ErrWrongPassword)
	}
	require.ErrorIs(t, k.Unlock(nil), keystore.ErrPassword)
	require.ErrorIs(t, k.Unlock([]byte("\xff")), keystore.ErrPassword)
	require.True(t, k.Unlocked(), "a failed attempt does not lock")

	_, err := open(t, path, regtest)
	require.ErrorIs(t, err, keystore.ErrInUse)
	_, err = keystore.Create(path, keystoretest.Params(t, regtest, keystoretest.Other12))
	require.ErrorIs(t, err, keystore.ErrExists)
	_, err = k.AccountXpub(48, 0)
	require.ErrorIs(t, err, keystore.ErrNoAccount)
	_, err = k.AccountXpub(84, 20)
	require.ErrorIs(t, err, keystore.ErrNoAccount)

	k.Lock()
	k.Lock()
	_, err = k.AccountXpub(84, 0)
	require.ErrorIs(t, err, keystore.ErrLocked)
	_, err = k.Fingerprint()
	require.ErrorIs(t, err, keystore.ErrLocked)
	_, err = k.SealKey("x")
	require.ErrorIs(t, err, keystore.ErrLocked)
	_, _, err = k.Words(password)
	require.ErrorIs(t, err, keystore.ErrLocked)
	require.ErrorIs(t, k.SignPSBT(password, nil), keystore.ErrLocked)

	require.NoError(t, k.Close())
	require.NoError(t, k.Close())
	require.ErrorIs(t, k.Unlock(password), keystore.ErrClosed)
	require.ErrorIs(t, k.Check(), keystore.ErrClosed)
	require.ErrorIs(t, k.ChangePassword(password, password), keystore.ErrClosed)

	_, err = open(t, path+".none", regtest)
	require.ErrorIs(t, err, fs.ErrNotExist)
	// The file was made cheaply, which nobody but a test accepts.
	_, err = keystore.Open(path, regtest, keystore.Options{})
	require.ErrorIs(t, err, keystore.ErrKDFBounds)
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		change func(p *keystore.CreateParams)
		want   error
	}{
		"no password":       {func(p *keystore.CreateParams) { p.Password = nil }, keystore.ErrPassword},
		"empty password":    {func(p *keystore.CreateParams) { p.Password = keystore.Hold(nil) }, keystore.ErrPassword},
		"password encoding": {func(p *keystore.CreateParams) { p.Password = keystore.Hold([]byte{0xff}) }, keystore.ErrPassword},
		"no entropy":        {func(p *keystore.CreateParams) { p.Entropy = nil }, keystore.ErrEntropySize},
		"17 bytes":          {func(p *keystore.CreateParams) { p.Entropy = keystore.Hold(make([]byte, 17)) }, keystore.ErrEntropySize},
		"33 bytes":          {func(p *keystore.CreateParams) { p.Entropy = keystore.Hold(make([]byte, 33)) }, keystore.ErrTooLong},
		"language":          {func(p *keystore.CreateParams) { p.Language = 10 }, keystore.ErrLanguage},
		"passphrase":        {func(p *keystore.CreateParams) { p.Passphrase = keystore.Hold([]byte{0xff}) }, keystore.ErrNotUTF8},
		"long passphrase":   {func(p *keystore.CreateParams) { p.Passphrase = keystore.Hold(make([]byte, 1025)) }, keystore.ErrTooLong},
		"cheap for real":    {func(p *keystore.CreateParams) { p.Options.Bounds = keystore.Bounds{} }, keystore.ErrKDFBounds},
	} {
		p := keystoretest.Params(t, regtest, keystoretest.Words12)
		c.change(&p)
		_, err := keystore.Create(filepath.Join(dir, "keystore.db"), p)
		require.ErrorIs(t, err, c.want, name)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// What a person may do to their words gives the same wallet, through the file
// and back.
func TestRestore(t *testing.T) {
	t.Parallel()
	fingerprints := map[string]int{}
	for i, words := range []string{
		keystoretest.Words12,
		" " + strings.ReplaceAll(keystoretest.Words12, " ", "  ") + "\n",
		strings.ReplaceAll(keystoretest.Words12, " ", "\u3000"),
		strings.ToUpper(keystoretest.Words12),
	} {
		k, _ := keystoretest.New(t, regtest, words)
		fp, err := k.Fingerprint()
		require.NoError(t, err)
		fingerprints[hex.EncodeToString(fp[:])]++
		reveal, wipe, err := k.Words(password)
		require.NoError(t, err)
		require.Equal(t, keystoretest.Words12, string(reveal()), "%d", i)
		words := reveal()
		wipe()
		require.Nil(t, reveal())
		require.Equal(t, make([]byte, len(words)), words, "cleared")
	}
	require.Equal(t, map[string]int{"73c5da0a": 4}, fingerprints)

	for _, n := range []int{16, 20, 24, 28, 32} {
		p := keystoretest.Params(t, regtest, keystoretest.Words12)
		entropy := bytes.Repeat([]byte{byte(n)}, n)
		p.Entropy = keystore.Hold(entropy)
		k, err := keystore.Create(filepath.Join(t.TempDir(), "k"), p)
		require.NoError(t, err)
		reveal, wipe, err := k.Words(password)
		require.NoError(t, err)
		back, _, err := keystore.EntropyFromWords(reveal())
		require.NoError(t, err)
		require.Equal(t, entropy, back)
		wipe()
		require.NoError(t, k.Close())
	}
}

// The same entropy is another wallet in each language, and shows the words it
// was made from.
func TestLanguages(t *testing.T) {
	t.Parallel()
	entropy := bytes.Repeat([]byte{0x5a}, 16)
	fingerprints := map[[4]byte]bool{}
	for _, language := range keystore.Languages() {
		words, err := keystore.WordsFromEntropy(entropy, language)
		require.NoError(t, err)
		p := keystoretest.Params(t, regtest, keystoretest.Words12)
		p.Entropy, p.Language = keystore.Hold(entropy), language
		path := filepath.Join(t.TempDir(), "k")
		k, err := keystore.Create(path, p)
		require.NoError(t, err)
		require.NoError(t, k.Close())
		k, err = open(t, path, regtest)
		require.NoError(t, err)
		require.NoError(t, k.Unlock(password))
		reveal, wipe, err := k.Words(password)
		require.NoError(t, err)
		require.Equal(t, string(words), string(reveal()))
		wipe()
		seed, err := mnemonic.Seed(words, nil)
		require.NoError(t, err)
		master, err := hd.NewMaster(seed)
		require.NoError(t, err)
		want, err := master.Fingerprint()
		require.NoError(t, err)
		got, err := k.Fingerprint()
		require.NoError(t, err)
		require.Equal(t, want, got, language)
		fingerprints[got] = true
	}
	require.Len(t, fingerprints, 10)
}

// The passphrase makes another wallet, is kept, and counts as BIP39 says.
func TestPassphrase(t *testing.T) {
	t.Parallel()
	p := keystoretest.Params(t, &chaincfg.MainNetParams, keystoretest.Words12)
	p.Passphrase = keystore.Hold([]byte("caf\u00e9 TREZOR"))
	path := filepath.Join(t.TempDir(), "k")
	k, err := keystore.Create(path, p)
	require.NoError(t, err)
	require.NoError(t, k.Close())
	k, err = open(t, path, &chaincfg.MainNetParams)
	require.NoError(t, err)
	require.NoError(t, k.Unlock(password))
	seed, err := mnemonic.Seed([]byte(keystoretest.Words12), []byte("cafe\u0301 TREZOR"))
	require.NoError(t, err)
	master, err := hd.NewMaster(seed)
	require.NoError(t, err)
	want, err := master.Fingerprint()
	require.NoError(t, err)
	got, err := k.Fingerprint()
	require.NoError(t, err)
	require.Equal(t, want, got)
	reveal, wipe, err := k.Passphrase(password)
	require.NoError(t, err)
	require.Equal(t, "cafe\u0301 TREZOR", string(reveal()))
	wipe()
	require.Nil(t, reveal())
}

// Files do not tell how many words there are or whether there is a passphrase.
func TestFileSize(t *testing.T) {
	t.Parallel()
	sizes := map[int64]bool{}
	for _, words := range []string{keystoretest.Words12, keystoretest.Words24} {
		for _, passphrase := range []string{"", "a", strings.Repeat("long ", 200)} {
			p := keystoretest.Params(t, regtest, words)
			p.Passphrase = keystore.Hold([]byte(passphrase))
			path := filepath.Join(t.TempDir(), "k")
			k, err := keystore.Create(path, p)
			require.NoError(t, err)
			require.NoError(t, k.Close())
			info, err := os.Stat(path)
			require.NoError(t, err)
			sizes[info.Size()] = true
		}
	}
	require.Len(t, sizes, 1)
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	k, path := keystoretest.New(t, regtest, keystoretest.Words12)
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	sealKey, err := k.SealKey("wallet.db")
	require.NoError(t, err)
	renewed := []byte("a new password")

	require.ErrorIs(t, k.ChangePassword([]byte("wrong"), renewed), keystore.ErrWrongPassword)
	require.ErrorIs(t, k.ChangePassword(password, nil), keystore.ErrPassword)
	same, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(old, same))

	require.NoError(t, k.ChangePassword(password, renewed))
	require.True(t, k.Unlocked())
	require.ErrorIs(t, k.Unlock(password), keystore.ErrWrongPassword)
	require.NoError(t, k.Unlock(renewed))
	require.NoError(t, k.Check())
	require.NoError(t, k.Close())

	k, err = open(t, path, regtest)
	require.NoError(t, err)
	require.ErrorIs(t, k.Unlock(password), keystore.ErrWrongPassword)
	require.NoError(t, k.ChangePassword(renewed, []byte("third")), "also while locked")
	require.False(t, k.Unlocked())
	require.NoError(t, k.Unlock([]byte("third")))
	again, err := k.SealKey("wallet.db")
	require.NoError(t, err)
	require.Equal(t, sealKey, again, "what the wallet's database is sealed with stays")
	reveal, wipe, err := k.Words([]byte("third"))
	require.NoError(t, err)
	require.Equal(t, keystoretest.Words12, string(reveal()))
	wipe()

	// Nothing of the old wrapping is left. The commitment and the wraps stand
	// before the envelope's sum; the magic word tells where it begins.
	at := bytes.Index(old, []byte("thistle\x00"))
	require.Positive(t, at)
	wraps := old[at+120 : at+120+32+72+72]
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 0; i+16 <= len(wraps); i += 16 {
		require.False(t, bytes.Contains(now, wraps[i:i+16]))
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Len(t, left, 2, "vault and lock")
}

func TestSealKeys(t *testing.T) {
	t.Parallel()
	a, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	b, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	seen := map[[32]byte]bool{}
	for _, k := range []*keystore.Keystore{a, b} {
		for _, purpose := range []string{"wallet.db", "wallet", ""} {
			key, err := k.SealKey(purpose)
			require.NoError(t, err)
			seen[key] = true
		}
	}
	require.Len(t, seen, 6, "different for each purpose, and each vault though of the same words")
	key, err := a.SealKey("wallet.db")
	require.NoError(t, err)
	a.Lock()
	require.NoError(t, a.Unlock(password))
	again, err := a.SealKey("wallet.db")
	require.NoError(t, err)
	require.Equal(t, key, again)
}

func TestDefaultBirthday(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	p := keystoretest.Params(t, regtest, keystoretest.Words12)
	p.Birthday = time.Time{}
	p.Options.Now = func() time.Time { return now }
	k, err := keystore.Create(filepath.Join(t.TempDir(), "k"), p)
	require.NoError(t, err)
	defer k.Close()
	require.Equal(t, now, k.Info().CreatedAt)
	require.Equal(t, now.Add(-2*time.Hour), k.Info().Birthday)
}

// The same words twice share nothing that a thief of both files could see.
func TestFresh(t *testing.T) {
	t.Parallel()
	a, pathA := keystoretest.New(t, regtest, keystoretest.Words12)
	b, pathB := keystoretest.New(t, regtest, keystoretest.Words12)
	require.NotEqual(t, a.Info().WalletID, b.Info().WalletID)
	fileA, err := os.ReadFile(pathA)
	require.NoError(t, err)
	fileB, err := os.ReadFile(pathB)
	require.NoError(t, err)
	xpub, err := a.AccountXpub(84, 0)
	require.NoError(t, err)
	for _, file := range [][]byte{fileA, fileB} {
		require.False(t, bytes.Contains(file, []byte(xpub[:12])))
		require.False(t, bytes.Contains(file, []byte("abandon")))
		require.False(t, bytes.Contains(file, []byte{0x73, 0xc5, 0xda, 0x0a}), "fingerprint")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	k, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 5 {
				switch i % 4 {
				case 0:
					k.Lock()
				case 1:
					_ = k.Unlock(password)
				case 2:
					if key, err := k.SealKey("x"); err == nil && key == ([32]byte{}) {
						t.Error("a cleared key was handed out")
					}
				case 3:
					if _, wipe, err := k.Words(password); err == nil {
						wipe()
					}
					_ = k.Info()
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, k.Unlock(password))
}

func TestNewEntropy(t *testing.T) {
	t.Parallel()
	for _, words := range []int{12, 24} {
		entropy, err := keystore.NewEntropy(words)
		require.NoError(t, err)
		text, err := keystore.WordsFromEntropy(entropy, keystore.English)
		require.NoError(t, err)
		require.Len(t, bytes.Fields(text), words)
	}
	_, err := keystore.NewEntropy(13)
	require.ErrorIs(t, err, keystore.ErrWordCount)
	var unknown *keystore.UnknownWordError
	_, _, err = keystore.EntropyFromWords([]byte(strings.Replace(keystoretest.Words12, "about", "abowt", 1)))
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, 12, unknown.Position)
	require.ErrorIs(t, err, keystore.ErrUnknownWord)
	require.Equal(t, "word 12: not a word of the list", fmt.Sprint(err))
}
