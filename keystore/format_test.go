package keystore_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"thistle/keystore"
	"thistle/keystore/keystoretest"
)

// Files of every format open for ever. Each was made by -frozen, once; a new
// format gets a folder of its own beside the others.
var frozen = flag.String("frozen", "", "write a keystore of the present format to this path")

// upgradedAt is when the files of format 1 are upgraded here.
var upgradedAt = time.Date(2026, 9, 1, 8, 30, 0, 0, time.UTC)

const keptAside = "keystore.db.v1-20260901T083000Z"

// frozenFile copies a fixture into a folder of its own.
func frozenFile(t testing.TB, format string) (path string, b []byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", format, "keystore.db"))
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "keystore.db")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return path, b
}

func openFrozen(t testing.TB, path string, change func(o *keystore.Options)) *keystore.Keystore {
	t.Helper()
	o := keystoretest.CheapOptions()
	o.Now = func() time.Time { return upgradedAt }
	if change != nil {
		change(&o)
	}
	k, err := keystore.Open(path, regtest, o)
	require.NoError(t, err)
	t.Cleanup(func() { k.Close() })
	return k
}

// files are the names in the folder of a keystore, but for its lock.
func files(t testing.TB, path string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			list = append(list, e.Name())
		}
	}
	return list
}

// checkFrozen makes sure that a keystore of the fixtures' words tells, and signs,
// everything it did when it was frozen.
func checkFrozen(t testing.TB, k *keystore.Keystore, accounts int, sealed string) {
	t.Helper()
	require.True(t, k.Info().Birthday.Equal(keystoretest.Birthday))
	fp, err := k.Fingerprint()
	require.NoError(t, err)
	require.Equal(t, "73c5da0a", hex.EncodeToString(fp[:]))
	sealKey, err := k.SealKey("wallet.db")
	require.NoError(t, err)
	require.Equal(t, sealed, hex.EncodeToString(sealKey[:]))
	reveal, wipe, err := k.Words(password)
	require.NoError(t, err)
	require.Equal(t, keystoretest.Words12, string(reveal()))
	wipe()
	list, err := k.Accounts()
	require.NoError(t, err)
	require.Len(t, list, accounts)
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
	for _, a := range list {
		want, err := s.AccountXpub(a.Purpose, a.Number)
		require.NoError(t, err)
		require.Equal(t, want, a.Xpub())
	}
	require.NoError(t, k.SignPSBT(password, packet(t, s, coin{0, 0, 50_000}, coin{1, 1, 60_000})))
	require.NoError(t, k.Check())
}

// What the view keys of the fixtures give.
const (
	sealedV1 = "356d52f824e29ee342580ffec86f2a831d4b3a218fdf521c1b21d5cb517f9c28"
	sealedV2 = "8efe607f1fbce93a5d4dbd067d0100735a7a625676fea9a0529a12e818e0c041"
)

func TestFrozenV2(t *testing.T) {
	t.Parallel()
	if *frozen != "" {
		p := keystoretest.Params(t, regtest, keystoretest.Words12)
		p.Options.Rand = keystoretest.NewDice(2)
		p.Options.Now = func() time.Time { return keystoretest.Birthday }
		k, err := keystore.Create(*frozen, p)
		require.NoError(t, err)
		require.NoError(t, k.Close())
	}
	path, before := frozenFile(t, "v2")
	k := openFrozen(t, path, nil)
	require.Equal(t, 2, k.Info().Format)
	require.NoError(t, k.Unlock(password))
	checkFrozen(t, k, 80, sealedV2)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after), "nothing is written")
	require.Equal(t, []string{"keystore.db"}, files(t, path))
}

// A file of format 1 becomes one of the present at the first Unlock, tells the
// same and more, and stays beside it, whole.
func TestFrozenV1(t *testing.T) {
	t.Parallel()
	path, before := frozenFile(t, "v1")
	k := openFrozen(t, path, nil)
	require.Equal(t, 1, k.Info().Format)
	require.ErrorIs(t, k.Unlock([]byte("wrong")), keystore.ErrWrongPassword)
	require.Equal(t, []string{"keystore.db"}, files(t, path), "not without the password")
	require.NoError(t, k.Unlock(password))
	require.Equal(t, 2, k.Info().Format)
	checkFrozen(t, k, 80, sealedV1)
	require.NoError(t, k.Close())
	require.Equal(t, []string{"keystore.db", keptAside}, files(t, path))
	kept, err := os.ReadFile(filepath.Join(filepath.Dir(path), keptAside))
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, kept))

	upgraded, err := os.ReadFile(path)
	require.NoError(t, err)
	k = openFrozen(t, path, nil)
	require.Equal(t, 2, k.Info().Format)
	require.NoError(t, k.Unlock(password))
	checkFrozen(t, k, 80, sealedV1)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(upgraded, after), "upgraded once")
}

// Changing the password of a locked file of format 1 leaves it one.
func TestFormat1ChangePassword(t *testing.T) {
	t.Parallel()
	path, _ := frozenFile(t, "v1")
	k := openFrozen(t, path, nil)
	require.NoError(t, k.ChangePassword(password, []byte("new")))
	require.Equal(t, 1, k.Info().Format)
	require.NoError(t, k.ChangePassword([]byte("new"), password))
	require.NoError(t, k.Unlock(password))
	require.Equal(t, 2, k.Info().Format)
	checkFrozen(t, k, 80, sealedV1)
}

// What a program that was killed at any step of the upgrade leaves behind is
// upgraded, or was, at the next start; whatever state the unfinished files are in.
func TestUpgradeKilled(t *testing.T) {
	t.Parallel()
	path, old := frozenFile(t, "v1")
	k := openFrozen(t, path, nil)
	require.NoError(t, k.Unlock(password))
	require.NoError(t, k.Close())
	renewed, err := os.ReadFile(path)
	require.NoError(t, err)
	torn := bytes.Clone(renewed)
	clear(torn[len(torn)/4 : len(torn)/2])

	const temp = "keystore.db.new-0123456789abcdef"
	steps := map[string]struct {
		files map[string][]byte
		left  []string
	}{
		"nothing written": {map[string][]byte{"keystore.db": old}, nil},
		"empty":           {map[string][]byte{"keystore.db": old, temp: nil}, nil},
		"half written":    {map[string][]byte{"keystore.db": old, temp: renewed[:len(renewed)/2]}, nil},
		"torn":            {map[string][]byte{"keystore.db": old, temp: torn}, nil},
		"written":         {map[string][]byte{"keystore.db": old, temp: renewed}, nil},
		"half a copy":     {map[string][]byte{"keystore.db": old, temp: renewed, "keystore.db.new-copy": old[:100]}, nil},
		"kept":            {map[string][]byte{"keystore.db": old, temp: renewed, keptAside: old}, nil},
		"kept, torn":      {map[string][]byte{"keystore.db": old, temp: torn, keptAside: old}, nil},
		"switched":        {map[string][]byte{"keystore.db": renewed, keptAside: old}, nil},
		"kept long ago": {map[string][]byte{"keystore.db": old, "keystore.db.v1-20260831T000000Z": old},
			[]string{"keystore.db.v1-20260831T000000Z"}},
	}
	for name, c := range steps {
		path := filepath.Join(t.TempDir(), "keystore.db")
		for file, b := range c.files {
			require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), file), b, 0o600))
		}
		k := openFrozen(t, path, nil)
		require.NoError(t, k.Unlock(password), name)
		require.Equal(t, 2, k.Info().Format, name)
		checkFrozen(t, k, 80, sealedV1)
		require.NoError(t, k.Close())
		require.ElementsMatch(t, append([]string{"keystore.db", keptAside}, c.left...), files(t, path), name)
		kept, err := os.ReadFile(filepath.Join(filepath.Dir(path), keptAside))
		require.NoError(t, err)
		require.True(t, bytes.Equal(old, kept), name)
	}
	require.Len(t, steps, 10)
}

// An upgrade that fails leaves the file as it was and the wallet usable; asking
// for accounts tells why, and tries again.
func TestUpgradeFails(t *testing.T) {
	t.Parallel()
	path, before := frozenFile(t, "v1")
	aside := filepath.Join(filepath.Dir(path), keptAside)
	require.NoError(t, os.WriteFile(aside, []byte("precious"), 0o600))
	broken := errors.New("no dice")
	var dice io.Reader = failing{broken}
	k := openFrozen(t, path, func(o *keystore.Options) { o.Rand = readerFunc(func(b []byte) (int, error) { return dice.Read(b) }) })
	check := func(want error) {
		t.Helper()
		require.NoError(t, k.Unlock(password))
		require.Equal(t, 1, k.Info().Format)
		checkFrozen(t, k, 1, sealedV1)
		require.ErrorIs(t, k.PrepareAccounts(password, 86, 0), want)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after))
		require.Equal(t, []string{"keystore.db", keptAside}, files(t, path))
	}
	check(broken)
	dice = keystoretest.NewDice(3)
	check(keystore.ErrExists)
	kept, err := os.ReadFile(aside)
	require.NoError(t, err)
	require.Equal(t, "precious", string(kept), "never overwritten")
	require.NoError(t, os.Remove(aside))
	require.NoError(t, k.PrepareAccounts(password, 86, 0))
	require.Equal(t, 2, k.Info().Format)
	checkFrozen(t, k, 80, sealedV1)
}

// A file of format 1 whose spend key somebody has spoilt is seen and not upgraded.
func TestUpgradeTampered(t *testing.T) {
	t.Parallel()
	path, b := frozenFile(t, "v1")
	at := bytes.Index(b, []byte("thistle\x00")) - 2
	size := 2 + (int(b[at])<<8 | int(b[at+1])) + 32 + 144 + 32
	b[at+size-33] ^= 1
	sum := sha256.Sum256(b[at : at+size-32])
	copy(b[at+size-32:], sum[:])
	require.NoError(t, os.WriteFile(path, b, 0o600))
	k := openFrozen(t, path, nil)
	require.NoError(t, k.Unlock(password))
	require.Equal(t, 1, k.Info().Format)
	_, err := k.AccountXpub(84, 0)
	require.NoError(t, err)
	require.ErrorIs(t, k.PrepareAccounts(password, 86, 0), keystore.ErrTampered)
	require.Equal(t, []string{"keystore.db"}, files(t, path))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// A damaged file of format 1 is never replaced: it gives what it gave, and its
// own bytes stay where they are or beside it.
func TestUpgradeDamaged(t *testing.T) {
	t.Parallel()
	_, whole := frozenFile(t, "v1")
	dir := t.TempDir()
	upgraded, cases := 0, 0
	for seed := range uint64(60) {
		path := filepath.Join(dir, "keystore.db")
		d, b := keystoretest.NewDice(seed), bytes.Clone(whole)
		for at := d.Intn(len(b)); ; at = d.Intn(len(b)) {
			if b[at] != 0 {
				b[at] ^= 1 << d.Intn(8)
				break
			}
		}
		require.NoError(t, os.WriteFile(path, b, 0o600))
		o := keystoretest.CheapOptions()
		o.Now = func() time.Time { return upgradedAt }
		k, err := keystore.Open(path, regtest, o)
		if err == nil {
			err = k.Unlock(password)
			if err == nil {
				require.Equal(t, 2, k.Info().Format)
				checkFrozen(t, k, 80, sealedV1)
				path, upgraded = filepath.Join(dir, keptAside), upgraded+1
			}
			require.NoError(t, k.Close())
		}
		if err != nil {
			require.ErrorIs(t, err, keystore.ErrCorrupt, "seed %d", seed)
		}
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, kept), "seed %d", seed)
		_ = os.Remove(filepath.Join(dir, keptAside))
		cases++
	}
	require.Equal(t, 60, cases)
	require.NotZero(t, upgraded)
	require.NotEqual(t, cases, upgraded)
}
