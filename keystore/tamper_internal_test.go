package keystore

import (
	"path/filepath"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
)

func secretsOf(t *testing.T, fill byte) (*spendSecrets, *account) {
	t.Helper()
	entropy := make([]byte, 16)
	entropy[3] = fill
	s, err := newSpendSecrets(entropy, nil)
	require.NoError(t, err)
	root, err := s.root()
	require.NoError(t, err)
	a, err := deriveAccount(root, &chaincfg.RegressionNetParams, hd.PurposeBIP84, 0)
	require.NoError(t, err)
	return s, a
}

// A keystore whose visible half belongs to another wallet than its secret half
// shows addresses it cannot spend from: it must not sign.
func TestHalvesOfTwoWallets(t *testing.T) {
	t.Parallel()
	_, shown := secretsOf(t, 1)
	secrets, _ := secretsOf(t, 2)
	cheap := KDF{Time: 1, MemoryKiB: 64, Threads: 1}
	k, err := store(filepath.Join(t.TempDir(), "k"), CreateParams{
		Net:      &chaincfg.RegressionNetParams,
		Password: Hold([]byte("password")),
		Options:  Options{KDF: cheap, Bounds: Bounds{Min: cheap, Max: seal.DefaultBounds.Max}},
	}, shown, secrets)
	require.NoError(t, err)
	defer k.Close()
	require.NoError(t, k.Unlock([]byte("password")))
	err = k.withRootLocked([]byte("password"), func(*hd.Key) error {
		t.Error("the root was handed out")
		return nil
	})
	require.ErrorIs(t, err, ErrTampered)
}

// The account's record is read strictly.
func TestAccountRecord(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	_, a := secretsOf(t, 1)
	_, other := secretsOf(t, 2)
	good, err := a.encode()
	require.NoError(t, err)
	back, err := decodeAccount(good, net)
	require.NoError(t, err)
	require.Equal(t, a.fingerprint, back.fingerprint)
	require.Equal(t, a.xpub.Text(), back.xpub.Text())
	foreign, err := other.encode()
	require.NoError(t, err)

	_, err = decodeAccount(append(good[:12:12], foreign[12:]...), net)
	require.NoError(t, err, "a record is consistent in itself; whose it is, the spend key tells")
	_, err = decodeAccount(append(good[:34:34], foreign[34:]...), net)
	require.ErrorIs(t, err, ErrTampered, "first address of another key")
	_, err = decodeAccount(good, &chaincfg.MainNetParams)
	require.ErrorIs(t, err, ErrTampered, "extended key of another network")
	_, err = decodeAccount(good[:20], net)
	require.ErrorIs(t, err, ErrCorrupt)
	wrong := append([]byte(nil), good...)
	wrong[11] = 1
	_, err = decodeAccount(wrong, net)
	require.ErrorIs(t, err, ErrTampered, "extended key of another account")
}

func TestSpendRecord(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]byte{nil, make([]byte, spendSize-1), append([]byte{33}, make([]byte, spendSize-1)...)} {
		_, err := parseSpendSecrets(bad)
		require.ErrorIs(t, err, ErrCorrupt)
	}
	long := make([]byte, spendSize)
	long[1+maxEntropy] = 0xff
	_, err := parseSpendSecrets(long)
	require.ErrorIs(t, err, ErrCorrupt)
	require.Equal(t, make([]byte, spendSize), long, "cleared")
	s, _ := secretsOf(t, 1)
	raw := s.raw()
	s.wipe()
	require.Equal(t, make([]byte, spendSize), raw)
}
