package keystore_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/keystore"
	"thistle/keystore/keystoretest"
)

// state is all that a keystore tells its owner.
func state(t testing.TB, k *keystore.Keystore) (string, error) {
	t.Helper()
	if err := k.Unlock(password); err != nil {
		return "", err
	}
	xpub, err := k.AccountXpub(84, 0)
	require.NoError(t, err)
	key, err := k.SealKey("wallet.db")
	require.NoError(t, err)
	reveal, wipe, err := k.Words(password)
	if err != nil {
		return "", err
	}
	defer wipe()
	return fmt.Sprintf("%+v %s %x %s", k.Info(), xpub, key, reveal()), nil
}

// A file damaged anywhere, in any of these ways, gives all of its secrets or
// ErrCorrupt. bbolt alone returns wrong values for a quarter of the bit flips,
// and panics on torn pages.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	k, path := keystoretest.New(t, regtest, keystoretest.Words12)
	want, err := state(t, k)
	require.NoError(t, err)
	require.NoError(t, k.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	ways := map[string]func(b []byte, d *keystoretest.Dice) []byte{
		"bit flip": func(b []byte, d *keystoretest.Dice) []byte {
			for {
				if at := d.Intn(len(b)); b[at] != 0 {
					b[at] ^= 1 << d.Intn(8)
					return b
				}
			}
		},
		"zeroed 512":  func(b []byte, d *keystoretest.Dice) []byte { clear(b[d.Intn(len(b)/512)*512:][:512]); return b },
		"zeroed 4096": func(b []byte, d *keystoretest.Dice) []byte { clear(b[d.Intn(len(b)/4096)*4096:][:4096]); return b },
		"garbage 4096": func(b []byte, d *keystoretest.Dice) []byte {
			_, _ = d.Read(b[d.Intn(len(b)/4096)*4096:][:4096])
			return b
		},
		"truncation": func(b []byte, d *keystoretest.Dice) []byte { return b[:d.Intn(len(b))] },
	}
	cases, good := 0, 0
	for name, way := range ways {
		for seed := range uint64(60) {
			p := filepath.Join(filepath.Dir(path), "damaged.db")
			require.NoError(t, os.WriteFile(p, way(bytes.Clone(whole), keystoretest.NewDice(seed)), 0o600))
			got, err := "", error(nil)
			k, err := keystore.Open(p, regtest, keystoretest.CheapOptions())
			if err == nil {
				got, err = state(t, k)
				require.NoError(t, k.Close())
			}
			cases++
			if err != nil {
				require.ErrorIs(t, err, keystore.ErrCorrupt, "%s, seed %d", name, seed)
				continue
			}
			require.Equal(t, want, got, "%s, seed %d", name, seed)
			good++
		}
	}
	require.Equal(t, 300, cases)
	t.Logf("%d of %d damaged files still gave everything", good, cases)
	require.NotZero(t, good)
	require.NotEqual(t, cases, good)
}

// Every bit of the sealed values: damage, and never a wrong password, which
// would send a person looking for a password they have.
func TestDamagedValues(t *testing.T) {
	t.Parallel()
	k, path := keystoretest.New(t, regtest, keystoretest.Words12)
	require.NoError(t, k.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(whole, []byte("thistle\x00")) - 2
	require.Positive(t, at)
	require.Equal(t, at, bytes.LastIndex(whole, []byte("thistle\x00"))-2)
	p := filepath.Join(filepath.Dir(path), "damaged.db")
	size := 2 + (int(whole[at])<<8 | int(whole[at+1])) + 32 + 144 + 32
	flips := 0
	for bit := 0; bit < 8*size; bit += 7 {
		b := bytes.Clone(whole)
		b[at+bit/8] ^= 1 << (bit % 8)
		require.NoError(t, os.WriteFile(p, b, 0o600))
		_, err := keystore.Open(p, regtest, keystoretest.CheapOptions())
		require.ErrorIs(t, err, keystore.ErrCorrupt, "bit %d", bit)
		require.False(t, errors.Is(err, keystore.ErrWrongPassword))
		flips++
	}
	require.Greater(t, flips, 300)
}

// Altered by somebody who mends the checksums: told as tampering once the
// password has shown itself to be right, or as what the change amounts to.
func TestTamperedFile(t *testing.T) {
	t.Parallel()
	k, path := keystoretest.New(t, regtest, keystoretest.Words12)
	require.NoError(t, k.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(whole, []byte("thistle\x00")) - 2
	size := 2 + (int(whole[at])<<8 | int(whole[at+1])) + 32 + 144 + 32
	for name, c := range map[string]struct {
		offset int
		want   error
	}{
		"wallet id":  {2 + 9, keystore.ErrTampered},
		"birthday":   {2 + 9 + 16 + 32 + 15, keystore.ErrTampered},
		"salt":       {2 + 9 + 16 + 32 + 16 + 2 + 9, keystore.ErrWrongPassword},
		"commitment": {size - 32 - 144 - 1, keystore.ErrWrongPassword},
		"view wrap":  {size - 32 - 144 + 30, keystore.ErrTampered},
		"genesis":    {2 + 9 + 16, keystore.ErrForeignNetwork},
		"network":    {size - 32 - 144 - 32 - 1, keystore.ErrForeignNetwork},
		"memory":     {2 + 9 + 16 + 32 + 16 + 2 + 4, keystore.ErrKDFBounds},
		"version":    {2 + 8, keystore.ErrVersion},
	} {
		b := bytes.Clone(whole)
		b[at+c.offset] ^= 0x40
		sum := sha256.Sum256(b[at : at+size-32])
		copy(b[at+size-32:], sum[:])
		p := filepath.Join(t.TempDir(), "k")
		require.NoError(t, os.WriteFile(p, b, 0o600))
		k, err := keystore.Open(p, regtest, keystoretest.CheapOptions())
		if err == nil {
			err = k.Unlock(password)
			require.False(t, k.Unlocked())
			require.NoError(t, k.Close())
		}
		require.ErrorIs(t, err, c.want, name)
	}

	// The spend key's wrap: the wallet opens to be seen, and nothing is signed.
	b := bytes.Clone(whole)
	b[at+size-33] ^= 1
	sum := sha256.Sum256(b[at : at+size-32])
	copy(b[at+size-32:], sum[:])
	require.NoError(t, os.WriteFile(path, b, 0o600))
	k, err = open(t, path, regtest)
	require.NoError(t, err)
	require.NoError(t, k.Unlock(password))
	_, _, err = k.Words(password)
	require.ErrorIs(t, err, keystore.ErrTampered)
	require.ErrorIs(t, k.ChangePassword(password, []byte("new")), keystore.ErrTampered)
}
