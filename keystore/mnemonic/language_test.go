package mnemonic_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"thistle/assets/assetstest"
	"thistle/keystore/mnemonic"
)

// The lists are those of bitcoin/bips, byte for byte: words, one a line, NFKD.
var listHashes = map[mnemonic.Language]string{
	mnemonic.English:            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda",
	mnemonic.Japanese:           "2eed0aef492291e061633d7ad8117f1a2b03eb80a29d0e4e3117ac2528d05ffd",
	mnemonic.Korean:             "9e95f86c167de88f450f0aaf89e87f6624a57f973c67b516e338e8e8b8897f60",
	mnemonic.Spanish:            "46846a5a0139d1e3cb77293e521c2865f7bcdb82c44e8d0a06a2cd0ecba48c0b",
	mnemonic.ChineseSimplified:  "5c5942792bd8340cb8b27cd592f1015edf56a8c5b26276ee18a482428e7c5726",
	mnemonic.ChineseTraditional: "417b26b3d8500a4ae3d59717d7011952db6fc2fb84b807f3f94ac734e89c1b5f",
	mnemonic.French:             "ebc3959ab7801a1df6bac4fa7d970652f1df76b683cd2f4003c941c63d517e59",
	mnemonic.Italian:            "d392c49fdb700a24cd1fceb237c1f65dcc128f6b34a8aacb58b59384b5c648c2",
	mnemonic.Czech:              "7e80e161c3e93d9554c2efb78d4e3cebf8fc727e9c52e03b83b94406bdcc95fc",
	mnemonic.Portuguese:         "2685e9c194c82ae67e10ba59d9ea5345a23dc093e92276fc5361f6667d79cd3f",
}

func TestWordLists(t *testing.T) {
	t.Parallel()
	for _, language := range mnemonic.Languages() {
		words := mnemonic.Words(language)
		require.Len(t, words, 2048)
		sum := sha256.Sum256([]byte(norm.NFKD.String(strings.Join(words, "\n")) + "\n"))
		require.Equal(t, listHashes[language], hex.EncodeToString(sum[:]), language)
		for _, word := range words {
			require.LessOrEqual(t, len(norm.NFKD.String(word)), mnemonic.MaxWord)
		}
	}
	require.Len(t, listHashes, len(mnemonic.Languages()))
	require.Equal(t, strings.Fields(string(assetstest.Vector(t, "bip39/english.txt"))), mnemonic.Words(mnemonic.English))
}

// The numbers are in people's files.
func TestLanguageNumbers(t *testing.T) {
	t.Parallel()
	names := strings.Fields("english japanese korean spanish chinese-simplified chinese-traditional french italian czech portuguese")
	for i, name := range names {
		language, err := mnemonic.ParseLanguage(strings.ToUpper(name))
		require.NoError(t, err)
		require.Equal(t, mnemonic.Language(i), language)
		require.True(t, language.Valid())
	}
	require.Len(t, mnemonic.Languages(), len(names))
	beyond := mnemonic.Language(len(names))
	require.False(t, beyond.Valid())
	for _, name := range []string{"", "none", "klingon", "English "} {
		_, err := mnemonic.ParseLanguage(name)
		require.ErrorIs(t, err, mnemonic.ErrLanguage, name)
	}
	_, err := mnemonic.FromEntropy(make([]byte, 16), beyond)
	require.ErrorIs(t, err, mnemonic.ErrLanguage)
	_, _, err = mnemonic.Parse([]byte(abandon), beyond)
	require.ErrorIs(t, err, mnemonic.ErrLanguage)
}

// However little of each word is typed, where it is enough, all entropies of all
// languages come back, and it is told which words were completed.
func TestForgivingInput(t *testing.T) {
	t.Parallel()
	latin := map[mnemonic.Language]bool{
		mnemonic.English: true, mnemonic.Spanish: true, mnemonic.French: true,
		mnemonic.Italian: true, mnemonic.Czech: true, mnemonic.Portuguese: true,
	}
	rapid.Check(t, func(t *rapid.T) {
		language := rapid.SampledFrom(mnemonic.Languages()).Draw(t, "language")
		size := rapid.SampledFrom([]int{16, 20, 24, 28, 32}).Draw(t, "size")
		entropy := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "entropy")
		written, err := mnemonic.FromEntropy(entropy, language)
		require.NoError(t, err)
		var short []int
		words := strings.Fields(string(written))
		for i, word := range words {
			way := rapid.IntRange(0, 4).Draw(t, "way")
			switch plain := unaccented(word); {
			case way == 0:
				words[i] = strings.ToUpper(word)
			case way == 1:
				words[i] = norm.NFKD.String(word)
			case way == 2 && latin[language]:
				words[i] = plain
			case way == 3 && latin[language] && len(plain) > 4:
				words[i] = plain[:4]
				short = append(short, i+1)
			}
		}
		back, found, err := mnemonic.Parse([]byte(strings.Join(words, "  ")), language)
		require.NoError(t, err)
		require.Equal(t, entropy, back)
		require.Equal(t, mnemonic.Found{Language: language, Completed: short}, found)
	})
}

func unaccented(word string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && r < 0x370 {
			return -1
		}
		return r
	}, norm.NFKD.String(word))
}

// Chinese is written without spaces.
func TestUnspaced(t *testing.T) {
	t.Parallel()
	for _, language := range []mnemonic.Language{mnemonic.ChineseSimplified, mnemonic.ChineseTraditional} {
		entropy := bytes.Repeat([]byte{0x5a, 0xc3}, 8)
		words, err := mnemonic.FromEntropy(entropy, language)
		require.NoError(t, err)
		back, _, err := mnemonic.Parse(bytes.ReplaceAll(words, []byte(" "), nil), language)
		require.NoError(t, err)
		require.Equal(t, entropy, back)
	}
}

// Where words were left unfinished and two languages fit, nobody chooses but the
// person.
func TestAmbiguous(t *testing.T) {
	t.Parallel()
	// Words of which Italian and Spanish have the first letters in common.
	var both []string
	for _, word := range mnemonic.Words(mnemonic.Italian) {
		plain := unaccented(word)[:4]
		if len(mnemonic.Complete(mnemonic.Spanish, plain, 2)) == 1 {
			both = append(both, plain)
		}
	}
	require.Greater(t, len(both), 100)
	outcomes := map[string]int{}
	for _, last := range both {
		text := []byte(strings.Repeat(both[0]+" ", 11) + last)
		_, found, err := mnemonic.Parse(text, mnemonic.Italian, mnemonic.Spanish)
		var ambiguous *mnemonic.AmbiguousError
		switch {
		case err == nil:
			outcomes[found.Language.String()]++
			require.NotEmpty(t, found.Completed)
		case errors.As(err, &ambiguous):
			outcomes["asked"]++
			require.ErrorIs(t, err, mnemonic.ErrAmbiguous)
			require.Equal(t, []mnemonic.Language{mnemonic.Italian, mnemonic.Spanish}, ambiguous.Languages)
			for _, language := range ambiguous.Languages {
				_, found, err := mnemonic.Parse(text, language)
				require.NoError(t, err)
				require.Equal(t, language, found.Language)
			}
		default:
			outcomes["neither"]++
			require.ErrorIs(t, err, mnemonic.ErrChecksum)
		}
	}
	require.Len(t, outcomes, 4, "%v", outcomes)
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language mnemonic.Language
		prefix   string
		want     []string
	}{
		{mnemonic.English, "ab", []string{"abandon", "ability", "able"}},
		{mnemonic.English, "ZO", []string{"zone", "zoo"}},
		{mnemonic.English, "zoop", nil},
		{mnemonic.English, "", nil},
		{mnemonic.English, "é", nil},
		{mnemonic.Spanish, "aba", []string{"ábaco"}},
		{mnemonic.Spanish, "A\u0301ba", []string{"ábaco"}},
		{mnemonic.French, "poe", []string{"poésie", "poète"}},
		{mnemonic.Portuguese, "abac", []string{"abacate"}},
		{mnemonic.Japanese, "あいこ", []string{"あいこくしん"}},
		{mnemonic.Korean, "가격", []string{"가격"}},
		{mnemonic.ChineseSimplified, "的", []string{"的"}},
		{mnemonic.Language(99), "a", nil},
	} {
		require.Equal(t, c.want, mnemonic.Complete(c.language, c.prefix, 3), "%v %q", c.language, c.prefix)
	}
	for _, language := range mnemonic.Languages() {
		for i := 0; i < 2048; i += 89 {
			word := mnemonic.Words(language)[i]
			require.Contains(t, mnemonic.Complete(language, word, 5), word)
		}
	}
}
