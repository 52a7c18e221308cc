package seal_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/keystore/seal"
)

var testPlace = seal.Place{WalletID: [16]byte{7}, Bucket: "spend", Name: "spend/seed"}

func TestRecord(t *testing.T) {
	t.Parallel()
	key, other := testKeys()
	for _, size := range []int{0, 1, 100, seal.MaxRecord} {
		plain := bytes.Repeat([]byte{0x5a}, size)
		record, err := seal.SealRecord(dice(1), key, testPlace, plain)
		require.NoError(t, err)
		require.Len(t, record, size+seal.RecordOverhead)
		back, err := seal.OpenRecord(key, testPlace, record)
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, back))
		_, err = seal.OpenRecord(other, testPlace, record)
		require.ErrorIs(t, err, seal.ErrTampered)
	}
	_, err := seal.SealRecord(dice(1), key, testPlace, make([]byte, seal.MaxRecord+1))
	require.Error(t, err)
	_, err = seal.SealRecord(dice(1), key[:5], testPlace, nil)
	require.Error(t, err)
	_, err = seal.SealRecord(bytes.NewReader(nil), key, testPlace, nil)
	require.ErrorContains(t, err, "draw nonce")
}

// A record opens in its own place only.
func TestRecordPlace(t *testing.T) {
	t.Parallel()
	key, _ := testKeys()
	record, err := seal.SealRecord(dice(1), key, testPlace, []byte("plain"))
	require.NoError(t, err)
	for name, at := range map[string]seal.Place{
		"wallet":   {WalletID: [16]byte{8}, Bucket: "spend", Name: "spend/seed"},
		"bucket":   {WalletID: [16]byte{7}, Bucket: "view", Name: "spend/seed"},
		"name":     {WalletID: [16]byte{7}, Bucket: "spend", Name: "spend/other"},
		"boundary": {WalletID: [16]byte{7}, Bucket: "spends", Name: "pend/seed"},
	} {
		_, err := seal.OpenRecord(key, at, record)
		require.ErrorIs(t, err, seal.ErrTampered, name)
	}
}

func TestRecordDamage(t *testing.T) {
	t.Parallel()
	key, _ := testKeys()
	record, err := seal.SealRecord(dice(1), key, testPlace, []byte("plain text"))
	require.NoError(t, err)
	for bit := range 8 * len(record) {
		b := bytes.Clone(record)
		b[bit/8] ^= 1 << (bit % 8)
		_, err := seal.OpenRecord(key, testPlace, b)
		require.ErrorIs(t, err, seal.ErrCorrupt, "bit %d", bit)
		if bit/8 < len(record)-32 {
			_, err = seal.OpenRecord(key, testPlace, mend(b))
			if bit/8 == 0 {
				require.ErrorIs(t, err, seal.ErrVersion)
			} else {
				require.ErrorIs(t, err, seal.ErrTampered, "bit %d", bit)
			}
		}
	}
	for n := range record {
		require.ErrorIs(t, seal.CheckRecord(record[:n]), seal.ErrCorrupt)
	}
}

func TestSubkey(t *testing.T) {
	t.Parallel()
	key, other := testKeys()
	seen := map[[32]byte]bool{}
	for _, k := range [][]byte{key, other} {
		for _, info := range []string{"", "a", "b", "keystore/v1/view", "seal/v1/wallet.db"} {
			sub, err := seal.Subkey(k, info)
			require.NoError(t, err)
			again, err := seal.Subkey(k, info)
			require.NoError(t, err)
			require.Equal(t, sub, again)
			require.False(t, seen[sub])
			seen[sub] = true
		}
	}
	require.Len(t, seen, 10)
}

func FuzzRecord(f *testing.F) {
	key, _ := testKeys()
	record, err := seal.SealRecord(dice(1), key, testPlace, []byte("plain"))
	require.NoError(f, err)
	f.Add(record)
	f.Add(record[:72])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, mend(append(bytes.Clone(b), make([]byte, 32)...))} {
			plain, err := seal.OpenRecord(key, testPlace, b)
			if err == nil && !bytes.Equal(b, record) {
				t.Fatalf("a forged record opens: %x", plain)
			}
		}
	})
}
