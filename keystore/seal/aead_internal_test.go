package seal

import (
	"crypto/cipher"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/hkdf"
	"pgregory.net/rapid"
)

// What one seals the other opens, and nothing that was changed opens.
func TestCipher(t *testing.T) {
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
		require.Equal(t, want, got, "clearing the cipher touches nothing that it has made")
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
	})
}

// Subkey against the other HKDF there is, and hmacSHA256 against HKDF's first
// step, which is an HMAC.
func TestSubkeyAgainstLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), KeySize, KeySize).Draw(t, "key")
		info := rapid.StringN(0, 50, -1).Draw(t, "info")
		want := make([]byte, KeySize)
		_, err := hkdf.New(sha256.New, key, nil, []byte(info)).Read(want)
		require.NoError(t, err)
		got, err := Subkey(key, info)
		require.NoError(t, err)
		require.Equal(t, want, got[:])

		salt := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "salt")
		at := rapid.IntRange(0, KeySize).Draw(t, "at")
		sum := hmacSHA256(salt, key[:at], key[at:])
		require.Equal(t, hkdf.Extract(sha256.New, key, salt), sum[:])
	})
}

// A wiped cipher has a key of zeroes: the key was inside the object, and
// nowhere else. This fails, without harm done, if the library ever moves it.
func TestWipeCipher(t *testing.T) {
	t.Parallel()
	key, nonce := make([]byte, KeySize), make([]byte, nonceSize)
	for i := range key {
		key[i] = byte(i + 1)
	}
	seal := func(c cipher.AEAD) []byte { return c.Seal(nil, nonce, []byte("plain"), nil) }
	zeroes := seal(newCipher(make([]byte, KeySize)))
	c := newCipher(key)
	before := seal(c)
	require.NotEqual(t, zeroes, before)
	wipeCipher(c)
	require.Equal(t, zeroes, seal(c))
	require.Equal(t, before, seal(newCipher(key)), "other ciphers are as they were")
	require.Equal(t, byte(1), key[0], "the caller's key is the caller's to clear")
}

// What cannot be cleared is left as it is.
func TestWipeCipherOfAnotherShape(t *testing.T) {
	t.Parallel()
	for _, c := range []cipher.AEAD{nil, (*shaped)(nil), shaped{nil}, &shaped{newCipher(make([]byte, KeySize))}} {
		require.NotPanics(t, func() { wipeCipher(c) })
	}
}

// shaped is an AEAD that keeps its key behind an interface.
type shaped struct{ cipher.AEAD }
