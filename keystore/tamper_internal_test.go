package keystore

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
)

func secretsOf(t *testing.T, fill byte) (*spendSecrets, accounts) {
	t.Helper()
	entropy := make([]byte, 16)
	entropy[3] = fill
	s, err := newWordSecrets(entropy, English, nil)
	require.NoError(t, err)
	list, err := s.accounts(&chaincfg.RegressionNetParams)
	require.NoError(t, err)
	return s, list
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

// The records of accounts are read strictly: whatever byte is altered by somebody
// who has the view key, an address that the wallet would show is noticed to be
// another, or is the same. What is said of later accounts, the spend key tells.
func TestAccountRecords(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	_, list := secretsOf(t, 1)
	_, other := secretsOf(t, 2)
	for _, purpose := range hd.Purposes() {
		part := list.of(purpose)
		require.Len(t, part, prepared)
		good, err := encodeList(SourceWords, list[0].fingerprint, purpose, part)
		require.NoError(t, err)
		require.Len(t, good, listSize)
		source, fingerprint, back, err := decodeList(good, purpose, net)
		require.NoError(t, err)
		require.Equal(t, SourceWords, source)
		require.Equal(t, list[0].fingerprint, fingerprint)
		require.Equal(t, part, back)
		require.Equal(t, part[7].xpub.Text(), back[7].xpub.Text())

		foreign, err := encodeList(SourceWords, list[0].fingerprint, purpose, other.of(purpose))
		require.NoError(t, err)
		_, _, _, err = decodeList(append(good[:listHead:listHead], foreign[listHead:]...), purpose, net)
		require.ErrorIs(t, err, ErrTampered, "first address of another key")
		for at, want := range map[int]error{
			0: ErrVersion, 1: ErrTampered, 13: ErrTampered, 14: ErrCorrupt, 15: ErrCorrupt, 20: ErrTampered,
			listHead: ErrTampered, listHead + 33: ErrTampered,
		} {
			b := bytes.Clone(good)
			b[at] ^= 0x41
			_, _, _, err = decodeList(b, purpose, net)
			require.ErrorIs(t, err, want, "byte %d", at)
		}
		_, _, _, err = decodeList(good[1:], purpose, net)
		require.ErrorIs(t, err, ErrCorrupt)
		_, _, _, err = decodeList(good, 48, net)
		require.ErrorIs(t, err, ErrTampered)
	}
	full, err := encodeList(SourceWords, list[0].fingerprint, 84, make(accounts, maxAccounts+1))
	require.ErrorIs(t, err, ErrNoAccount)
	require.Nil(t, full)
	require.LessOrEqual(t, listHead+maxAccounts*entrySize, listSize)
	require.LessOrEqual(t, listSize, seal.MaxRecord)
}

// A key that is changed in the file by somebody with the view key, beyond the
// first of its type, is seen before it signs.
func TestAlteredAccount(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	secrets, list := secretsOf(t, 1)
	_, other := secretsOf(t, 2)
	root, err := secrets.root(net)
	require.NoError(t, err)
	altered := *list.find(86, 3)
	altered.xpub = other.find(86, 3).xpub
	_, err = altered.key(root, net)
	require.ErrorIs(t, err, ErrTampered)
}

// The secrets of both formats are read strictly, and what is refused is cleared.
func TestSpendRecords(t *testing.T) {
	t.Parallel()
	s, _ := secretsOf(t, 1)
	good := bytes.Clone(s.raw())
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		want   error
	}{
		"empty":      {func([]byte) []byte { return nil }, ErrCorrupt},
		"short":      {func(b []byte) []byte { return b[1:] }, ErrCorrupt},
		"no source":  {func(b []byte) []byte { b[0] = 0; return b }, ErrVersion},
		"source":     {func(b []byte) []byte { b[0] = 4; return b }, ErrVersion},
		"language":   {func(b []byte) []byte { b[1] = 0xff; return b }, ErrVersion},
		"entropy":    {func(b []byte) []byte { b[3] = 33; return b }, ErrCorrupt},
		"key":        {func(b []byte) []byte { b[0], b[3] = 2, maxSecret+1; return b }, ErrCorrupt},
		"passphrase": {func(b []byte) []byte { b[passphraseAt] = 0xff; return b }, ErrCorrupt},
	} {
		b := c.change(bytes.Clone(good))
		_, err := parseSpendSecrets(b)
		require.ErrorIs(t, err, c.want, name)
		require.Equal(t, make([]byte, len(b)), append([]byte{}, b...), "%s: cleared", name)
	}
	for _, bad := range [][]byte{nil, make([]byte, seedSize-1), append([]byte{33}, make([]byte, seedSize-1)...)} {
		_, err := parseSeed(bad)
		require.ErrorIs(t, err, ErrCorrupt)
	}
	long := make([]byte, seedSize)
	long[1+maxEntropy] = 0xff
	_, err := parseSeed(long)
	require.ErrorIs(t, err, ErrCorrupt)
	require.Equal(t, make([]byte, seedSize), long, "cleared")
	raw := s.raw()
	s.wipe()
	require.Equal(t, make([]byte, spendSize), raw)
}
