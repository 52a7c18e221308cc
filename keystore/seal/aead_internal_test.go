package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20poly1305"
	"pgregory.net/rapid"
)

// Ours against the library's: what one seals the other opens.
func TestAgainstLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bytes := func(name string, from, to int) []byte {
			return rapid.SliceOfN(rapid.Byte(), from, to).Draw(t, name)
		}
		key, nonce := bytes("key", 32, 32), bytes("nonce", 24, 24)
		plain, aad, prefix := bytes("plain", 0, 300), bytes("aad", 0, 100), bytes("prefix", 0, 5)
		library, err := chacha20poly1305.NewX(key)
		require.NoError(t, err)
		want := library.Seal(append([]byte(nil), prefix...), nonce, plain, aad)
		got := sealX(append([]byte(nil), prefix...), key, nonce, plain, aad)
		require.Equal(t, want, got)
		back, ok := openX(key, nonce, got[len(prefix):], aad)
		require.True(t, ok)
		require.Equal(t, string(plain), string(back))

		changed := append([]byte(nil), got[len(prefix):]...)
		changed[rapid.IntRange(0, len(changed)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		_, ok = openX(key, nonce, changed, aad)
		require.False(t, ok)
		_, ok = openX(key, nonce, changed[:len(changed)-1], aad)
		require.False(t, ok)
		_, ok = openX(key, nonce, changed[:min(15, len(changed))], aad)
		require.False(t, ok)
		_, ok = openX(key, nonce, got[len(prefix):], append(aad, 0))
		require.False(t, ok, "the lengths are part of what is authenticated")

		info := string(bytes("info", 0, 50))
		derived, err := hkdf.Key(sha256.New, key, nil, info, 32)
		require.NoError(t, err)
		ours := hkdfSHA256(key, info)
		require.Equal(t, derived, ours[:])
		m := hmac.New(sha256.New, plain[:min(64, len(plain))])
		m.Write(aad)
		m.Write(nonce)
		sum := hmacSHA256(plain[:min(64, len(plain))], aad, nonce)
		require.Equal(t, m.Sum(nil), sum[:])
	})
}

// Ciphers stay on the stack, which package keystore overwrites; the heap gets
// nothing but what is returned.
func TestSealingAllocates(t *testing.T) {
	key, nonce, aad := make([]byte, KeySize), make([]byte, nonceSize), make([]byte, 50)
	dst := make([]byte, 0, 200)
	require.Zero(t, testing.AllocsPerRun(10, func() { sealX(dst, key, nonce, key, aad) }))
	sealed := sealX(nil, key, nonce, key, aad)
	require.EqualValues(t, 1, testing.AllocsPerRun(10, func() { openX(key, nonce, sealed, aad) }))
}
