package mnemonic

import (
	"crypto/sha512"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/pbkdf2"
	"pgregory.net/rapid"
)

// Ours against the library's, on both sides of the block size.
func TestStretch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "words")
		salt := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "salt")
		rounds := rapid.IntRange(1, 5).Draw(t, "rounds")
		require.Equal(t, pbkdf2.Key(words, salt, rounds, SeedSize, sha512.New), stretch(words, salt, rounds))
	})
}

func BenchmarkSeed(b *testing.B) {
	words := []byte("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about")
	for b.Loop() {
		if _, err := Seed(words, nil); err != nil {
			b.Fatal(err)
		}
	}
}
