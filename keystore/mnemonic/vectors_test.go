package mnemonic_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tyler-smith/go-bip39/wordlists"

	"thistle/assets/assetstest"
	"thistle/keystore/mnemonic"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// The Trezor set: entropy, words, seed under the passphrase TREZOR. English
// goes both ways, the other languages through Seed alone.
func TestTrezorVectors(t *testing.T) {
	t.Parallel()
	var sets map[string][][]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bip39/trezor_vectors.json"), &sets))
	seeds := 0
	for language, cases := range sets {
		for _, c := range cases {
			seed, err := mnemonic.Seed([]byte(c[1]), []byte("TREZOR"))
			require.NoError(t, err)
			require.Equal(t, c[2], hex.EncodeToString(seed), "%s %s", language, c[0])
			seeds++
		}
	}
	require.Equal(t, 12*24, seeds)

	english := sets["english"]
	require.Len(t, english, 24)
	sizes := map[int]int{}
	for _, c := range english {
		entropy := unhex(t, c[0])
		words, err := mnemonic.FromEntropy(entropy)
		require.NoError(t, err)
		require.Equal(t, c[1], string(words))
		back, err := mnemonic.Parse(words)
		require.NoError(t, err)
		require.Equal(t, entropy, back)
		sizes[len(entropy)]++
	}
	require.Equal(t, map[int]int{16: 8, 24: 8, 32: 8}, sizes)
}

// The Japanese set is the only published one whose passphrase is not in NFKD;
// its words are parted by U+3000 besides.
func TestJapaneseVectors(t *testing.T) {
	t.Parallel()
	var cases []struct{ Entropy, Mnemonic, Passphrase, Seed string }
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bip39/test_JP_BIP39.json"), &cases))
	for _, c := range cases {
		require.Contains(t, c.Mnemonic, "\u3000")
		seed, err := mnemonic.Seed([]byte(c.Mnemonic), []byte(c.Passphrase))
		require.NoError(t, err)
		require.Equal(t, c.Seed, hex.EncodeToString(seed), c.Entropy)

		plain, err := mnemonic.Seed([]byte(strings.ReplaceAll(c.Mnemonic, "\u3000", " ")), []byte(c.Passphrase))
		require.NoError(t, err)
		require.Equal(t, seed, plain)
	}
	require.Len(t, cases, 24)
}

// The list is BIP39's, and sorted, which the search relies on.
func TestWordList(t *testing.T) {
	t.Parallel()
	published := strings.Fields(string(assetstest.Vector(t, "bip39/english.txt")))
	require.Len(t, published, 2048)
	require.Equal(t, published, wordlists.English)
	require.IsIncreasing(t, wordlists.English)
	for _, word := range wordlists.English {
		require.LessOrEqual(t, len(word), 8)
	}
}
