package mnemonic_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"thistle/assets/assetstest"
	"thistle/keystore/mnemonic"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// The Trezor set: entropy, words, seed under the passphrase TREZOR. The
// languages of BIP39 go both ways, Russian and Turkish through Seed alone.
func TestTrezorVectors(t *testing.T) {
	t.Parallel()
	var sets map[string][][]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bip39/trezor_vectors.json"), &sets))
	seeds, both := 0, 0
	sizes := map[int]int{}
	for name, cases := range sets {
		language, err := mnemonic.ParseLanguage(strings.ReplaceAll(name, "_", "-"))
		listed := err == nil
		for _, c := range cases {
			seed, err := mnemonic.Seed([]byte(c[1]), []byte("TREZOR"))
			require.NoError(t, err)
			require.Equal(t, c[2], hex.EncodeToString(seed), "%s %s", name, c[0])
			seeds++
			if !listed {
				continue
			}
			bothWays(t, language, unhex(t, c[0]), c[1])
			sizes[len(c[0])/2]++
			both++
		}
	}
	require.Equal(t, 12*24, seeds)
	require.Equal(t, 10*24, both)
	require.Equal(t, map[int]int{16: 80, 24: 80, 32: 80}, sizes)
}

// bothWays goes from entropy to a published sentence and back, with and without
// being told the language.
func bothWays(t *testing.T, language mnemonic.Language, entropy []byte, sentence string) {
	t.Helper()
	words, err := mnemonic.FromEntropy(entropy, language)
	require.NoError(t, err)
	require.Equal(t, norm.NFC.String(sentence), string(words))
	for _, text := range []string{sentence, string(words)} {
		back, found, err := mnemonic.Parse([]byte(text), language)
		require.NoError(t, err, language)
		require.Equal(t, mnemonic.Found{Language: language}, found)
		require.Equal(t, entropy, back)

		// Untold, another list may have the same sentence: the seed is the same.
		back, found, err = mnemonic.Parse([]byte(text))
		require.NoError(t, err, language)
		again, err := mnemonic.FromEntropy(back, found.Language)
		require.NoError(t, err)
		require.Equal(t, words, again)
		if found.Language != language {
			require.Equal(t, mnemonic.ChineseTraditional, language)
			require.Equal(t, mnemonic.ChineseSimplified, found.Language)
		}
	}
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
		bothWays(t, mnemonic.Japanese, unhex(t, c.Entropy), c.Mnemonic)
	}
	require.Len(t, cases, 24)
}
