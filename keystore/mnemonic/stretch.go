package mnemonic

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"fmt"
)

// stretch is PBKDF2-HMAC-SHA512 (RFC 8018). The library takes the words as a
// string, which nobody can clear, and copies it; what that leaves behind is for
// the caller's caller to overwrite (package keystore).
func stretch(words, salt []byte) ([]byte, error) {
	seed, err := pbkdf2.Key(sha512.New, string(words), salt, seedRounds, SeedSize)
	if err != nil {
		return nil, fmt.Errorf("stretch words: %w", err)
	}
	return seed, nil
}
