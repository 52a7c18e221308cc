package seal

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 the whole construction is put together here, see sealX
	"golang.org/x/crypto/poly1305"
)

const tagSize = poly1305.TagSize

// sealX appends XChaCha20-Poly1305's ciphertext and tag (RFC 8439, and
// draft-irtf-cfrg-xchacha for the long nonce) to dst. The library's AEAD keeps
// its key in an object that nobody can clear, where it outlives the signing
// call it was made for; the ciphers below live on the stack (a test sees to
// it). Tested against the library, both ways.
func sealX(dst, key, nonce, plain, aad []byte) []byte {
	c, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		panic("seal: " + err.Error()) // sizes are fixed by the callers
	}
	at := len(dst)
	var once [32]byte
	oneTimeKey(c, &once)
	dst = append(dst, plain...)
	c.XORKeyStream(dst[at:], dst[at:])
	tag := authenticate(&once, aad, dst[at:])
	return append(dst, tag[:]...)
}

// openX is sealX's inverse. The tag is checked before anything is decrypted.
func openX(key, nonce, sealed, aad []byte) ([]byte, bool) {
	if len(sealed) < tagSize {
		return nil, false
	}
	c, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		panic("seal: " + err.Error())
	}
	body, tag := sealed[:len(sealed)-tagSize], sealed[len(sealed)-tagSize:]
	var once [32]byte
	oneTimeKey(c, &once)
	want := authenticate(&once, aad, body)
	if subtle.ConstantTimeCompare(want[:], tag) != 1 {
		return nil, false
	}
	plain := make([]byte, len(body))
	c.XORKeyStream(plain, body)
	return plain, true
}

// oneTimeKey takes the authenticator's key from the first block of the key
// stream; the message begins with the second.
func oneTimeKey(c *chacha20.Cipher, once *[32]byte) {
	c.XORKeyStream(once[:], once[:])
	c.SetCounter(1)
}

func authenticate(once *[32]byte, aad, body []byte) (tag [tagSize]byte) {
	defer clear(once[:])
	mac := poly1305.New(once)
	var zeroes, sizes [16]byte
	mac.Write(aad)
	mac.Write(zeroes[:-len(aad)&15])
	mac.Write(body)
	mac.Write(zeroes[:-len(body)&15])
	binary.LittleEndian.PutUint64(sizes[:], uint64(len(aad)))
	binary.LittleEndian.PutUint64(sizes[8:], uint64(len(body)))
	mac.Write(sizes[:])
	mac.Sum(tag[:0])
	return tag
}

// hmacSHA256 is HMAC (RFC 2104) under a key of at most one block, in buffers
// that are cleared.
func hmacSHA256(key []byte, parts ...[]byte) [sha256.Size]byte {
	size := sha256.BlockSize + sha256.Size
	for _, p := range parts {
		size += len(p)
	}
	buf := make([]byte, 0, size)
	defer func() { clear(buf[:cap(buf)]) }()
	pad := func(with byte) {
		buf = append(buf[:0], key...)[:sha256.BlockSize]
		clear(buf[len(key):])
		for i := range buf {
			buf[i] ^= with
		}
	}
	pad(0x36)
	for _, p := range parts {
		buf = append(buf, p...)
	}
	inner := sha256.Sum256(buf)
	defer clear(inner[:])
	pad(0x5c)
	return sha256.Sum256(append(buf, inner[:]...))
}

// hkdfSHA256 is HKDF (RFC 5869) without salt, for one block of output.
func hkdfSHA256(secret []byte, info string) [sha256.Size]byte {
	var salt [sha256.Size]byte
	extracted := hmacSHA256(salt[:], secret)
	defer clear(extracted[:])
	return hmacSHA256(extracted[:], []byte(info), []byte{1})
}
