package seal

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"reflect"

	"golang.org/x/crypto/chacha20poly1305"
)

const tagSize = chacha20poly1305.Overhead

// sealX appends XChaCha20-Poly1305's ciphertext and tag to dst.
func sealX(dst, key, nonce, plain, aad []byte) []byte {
	c := newCipher(key)
	defer wipeCipher(c)
	return c.Seal(dst, nonce, plain, aad)
}

// openX is sealX's inverse. The caller clears the plaintext.
func openX(key, nonce, sealed, aad []byte) ([]byte, bool) {
	c := newCipher(key)
	defer wipeCipher(c)
	plain, err := c.Open(nil, nonce, sealed, aad)
	return plain, err == nil
}

func newCipher(key []byte) cipher.AEAD {
	c, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("seal: " + err.Error()) // sizes are fixed by the callers
	}
	return c
}

// wipeCipher clears the key inside the library's object, which has no method
// for it. The object is overwritten as a whole by its own type's zero value, so
// nothing is assumed about its layout; should a later version keep the key
// behind a pointer, it would not be reached, and a test says so. The cipher is
// of no use afterwards.
func wipeCipher(c cipher.AEAD) {
	if v := reflect.ValueOf(c); v.Kind() == reflect.Pointer && !v.IsNil() {
		v.Elem().SetZero()
	}
}

// hmacSHA256 is HMAC-SHA256 of the parts joined.
func hmacSHA256(key []byte, parts ...[]byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	mac.Sum(sum[:0])
	return sum
}
