package mnemonic_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	bip39 "github.com/tyler-smith/go-bip39"
	"pgregory.net/rapid"

	"thistle/keystore/mnemonic"
)

const abandon = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"

// Whatever a person does to the spaces and the case of their words, the wallet
// stays the same. go-bip39 by itself gives another one for most of these.
func TestSameWallet(t *testing.T) {
	t.Parallel()
	want, err := mnemonic.Seed([]byte(abandon), nil)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"double space":   strings.ReplaceAll(abandon, " ", "  "),
		"leading space":  " " + abandon,
		"trailing space": abandon + " ",
		"U+3000":         strings.ReplaceAll(abandon, " ", "\u3000"),
		"U+00A0":         strings.ReplaceAll(abandon, " ", "\u00a0"),
		"lines":          strings.ReplaceAll(abandon, " ", "\r\n") + "\n",
		"tabs":           "\t" + strings.ReplaceAll(abandon, " ", "\t\t"),
		"upper case":     strings.ToUpper(abandon),
		"title case":     "Abandon" + abandon[7:],
		"full width":     strings.Replace(abandon, "about", "ａｂｏｕｔ", 1),
		"byte order":     "\ufeff" + abandon,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entropy, _, err := mnemonic.Parse([]byte(text))
			require.NoError(t, err)
			require.Equal(t, make([]byte, 16), entropy)
			seed, err := mnemonic.Seed([]byte(text), nil)
			require.NoError(t, err)
			require.Equal(t, want, seed)
		})
	}
}

func TestPassphraseCounts(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, passphrase := range []string{"", " ", "a", "A", "a ", " a", "a  b", "a b"} {
		seed, err := mnemonic.Seed([]byte(abandon), []byte(passphrase))
		require.NoError(t, err)
		require.NotContains(t, seen, string(seed), "%q", passphrase)
		seen[string(seed)] = passphrase
	}
	composed, err := mnemonic.Seed([]byte(abandon), []byte("caf\u00e9"))
	require.NoError(t, err)
	decomposed, err := mnemonic.Seed([]byte(abandon), []byte("cafe\u0301"))
	require.NoError(t, err)
	require.Equal(t, composed, decomposed)
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	swap := func(i int, word string) string {
		words := strings.Fields(abandon)
		words[i] = word
		return strings.Join(words, " ")
	}
	for name, c := range map[string]struct {
		text     string
		want     error
		position int
	}{
		"nothing":              {"", mnemonic.ErrWordCount, 0},
		"spaces":               {" \u3000 ", mnemonic.ErrWordCount, 0},
		"eleven":               {abandon[8:], mnemonic.ErrWordCount, 0},
		"thirteen":             {abandon + " about", mnemonic.ErrWordCount, 0},
		"twenty-seven":         {strings.Repeat("abandon ", 27), mnemonic.ErrWordCount, 0},
		"nine":                 {strings.Repeat("abandon ", 9), mnemonic.ErrWordCount, 0},
		"wrong last":           {swap(11, "abandon"), mnemonic.ErrChecksum, 0},
		"transposed":           {swap(0, "about"), mnemonic.ErrChecksum, 0},
		"unknown first":        {swap(0, "xyzzy"), mnemonic.ErrUnknownWord, 1},
		"unknown last":         {swap(11, "zzzz"), mnemonic.ErrUnknownWord, 12},
		"prefix of a word":     {swap(4, "abando"), mnemonic.ErrUnknownWord, 5},
		"longer than a word":   {swap(4, "abandons"), mnemonic.ErrUnknownWord, 5},
		"zero-width space":     {swap(2, "aban\u200bdon"), mnemonic.ErrUnknownWord, 3},
		"comma":                {swap(2, "abandon,"), mnemonic.ErrUnknownWord, 3},
		"not UTF-8":            {swap(3, "aband\xffn"), mnemonic.ErrNotUTF8, 0},
		"cut UTF-8":            {abandon + "\xe3\x80", mnemonic.ErrNotUTF8, 0},
		"surrogate in UTF-8":   {swap(3, "\xed\xa0\x80"), mnemonic.ErrNotUTF8, 0},
		"endless":              {strings.Repeat(abandon+" ", 100), mnemonic.ErrTooLong, 0},
		"no language":          {strings.Repeat("あいこくしん\u3000", 11) + "абзац", mnemonic.ErrUnknownWord, 12},
		"two languages":        {strings.Repeat("あいこくしん\u3000", 11) + "about", mnemonic.ErrUnknownWord, 12},
		"five letters":         {swap(4, "aband"), mnemonic.ErrUnknownWord, 5},
		"three letters":        {swap(4, "aba"), mnemonic.ErrUnknownWord, 5},
		"a NUL instead of gap": {strings.ReplaceAll(abandon, " ", "\x00"), mnemonic.ErrWordCount, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entropy, _, err := mnemonic.Parse([]byte(c.text))
			require.ErrorIs(t, err, c.want)
			require.Nil(t, entropy)
			for _, word := range strings.Fields(c.text) {
				if len(word) > 3 && word != "comma" {
					require.NotContains(t, err.Error(), word, "an error must not contain words")
				}
			}
			var unknown *mnemonic.UnknownWordError
			if c.position > 0 {
				require.ErrorAs(t, err, &unknown)
				require.Equal(t, c.position, unknown.Position)
			}
		})
	}
	var count *mnemonic.WordCountError
	_, _, err := mnemonic.Parse([]byte("abandon about"))
	require.ErrorAs(t, err, &count)
	require.Equal(t, 2, count.Count)
}

func TestSeedErrors(t *testing.T) {
	t.Parallel()
	_, err := mnemonic.Seed([]byte("\xff"), nil)
	require.ErrorIs(t, err, mnemonic.ErrNotUTF8)
	_, err = mnemonic.Seed([]byte(abandon), []byte("\xff"))
	require.ErrorIs(t, err, mnemonic.ErrNotUTF8)
	_, err = mnemonic.Seed([]byte(abandon), bytes.Repeat([]byte("x"), mnemonic.MaxPassphrase+1))
	require.ErrorIs(t, err, mnemonic.ErrTooLong)
	// U+FDFA takes 3 bytes and becomes 33.
	_, err = mnemonic.Seed([]byte(abandon), bytes.Repeat([]byte("\ufdfa"), 100))
	require.ErrorIs(t, err, mnemonic.ErrTooLong)
	_, err = mnemonic.Seed([]byte(abandon), bytes.Repeat([]byte("x"), mnemonic.MaxPassphrase))
	require.NoError(t, err)
}

func TestNew(t *testing.T) {
	t.Parallel()
	for words, size := range map[int]int{12: 16, 24: 32} {
		a, err := mnemonic.New(words, rand.Reader)
		require.NoError(t, err)
		b, err := mnemonic.New(words, rand.Reader)
		require.NoError(t, err)
		require.Len(t, a, size)
		require.NotEqual(t, a, b)
		text, err := mnemonic.FromEntropy(a, mnemonic.English)
		require.NoError(t, err)
		require.Len(t, bytes.Fields(text), words)
	}
	for _, words := range []int{-12, 0, 11, 15, 18, 21, 36} {
		_, err := mnemonic.New(words, rand.Reader)
		require.ErrorIs(t, err, mnemonic.ErrWordCount)
	}
	_, err := mnemonic.New(12, bytes.NewReader(make([]byte, 15)))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestEntropySize(t *testing.T) {
	t.Parallel()
	good := 0
	for n := range 70 {
		_, err := mnemonic.FromEntropy(make([]byte, n), mnemonic.English)
		if err == nil {
			good++
			continue
		}
		require.ErrorIs(t, err, mnemonic.ErrEntropySize)
	}
	require.Equal(t, 5, good)
}

// Our packing of bits against go-bip39's, all five sizes, and any word changed
// against its checksum.
func TestAgainstLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{16, 20, 24, 28, 32}).Draw(t, "size")
		entropy := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "entropy")
		ours, err := mnemonic.FromEntropy(entropy, mnemonic.English)
		require.NoError(t, err)
		theirs, err := bip39.NewMnemonic(entropy)
		require.NoError(t, err)
		require.Equal(t, theirs, string(ours))
		back, _, err := mnemonic.Parse(ours)
		require.NoError(t, err)
		require.Equal(t, entropy, back)

		words := strings.Fields(theirs)
		at := rapid.IntRange(0, len(words)-1).Draw(t, "at")
		words[at] = bip39.GetWordList()[rapid.IntRange(0, 2047).Draw(t, "word")]
		changed := strings.Join(words, " ")
		want, wantErr := bip39.EntropyFromMnemonic(changed)
		got, _, err := mnemonic.Parse([]byte(changed), mnemonic.English)
		require.Equal(t, wantErr == nil, err == nil)
		if err == nil {
			require.Equal(t, want, got)
		} else {
			require.ErrorIs(t, err, mnemonic.ErrChecksum)
		}
	})
}

// Our seed against go-bip39's, which knows no normal form: of text that is in it
// already, on both sides of the hash's block size.
func TestSeedAgainstLibrary(t *testing.T) {
	t.Parallel()
	for _, count := range []struct{ from, to int }{{1, 5}, {35, 40}} {
		rapid.Check(t, func(t *rapid.T) {
			words := strings.Join(rapid.SliceOfN(rapid.StringMatching("[a-z]{3,8}"), count.from, count.to).Draw(t, "words"), " ")
			passphrase := rapid.StringMatching("[ -~]{0,300}").Draw(t, "passphrase")
			require.Equal(t, count.from > 5, len(words) > sha512.BlockSize)
			got, err := mnemonic.Seed([]byte(words), []byte(passphrase))
			require.NoError(t, err)
			require.Equal(t, bip39.NewSeed(words, passphrase), got)
		})
	}
}

func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		if _, err := mnemonic.Seed([]byte(abandon), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// What Parse takes means what FromEntropy writes, after normalisation the very
// same unless something was left out.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", abandon, strings.ToUpper(abandon), " " + abandon, abandon + " about", "\xff", "\ufeff" + abandon,
		strings.ReplaceAll(abandon, " ", "\u3000"), "あいこくしん あおぞら", strings.Repeat("的", 11) + "在",
		strings.Repeat("abac ", 11) + "abier", "ﷺ İ ẞ \u0345 Ⱥ",
		"zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		normal, err := mnemonic.Normalize(text)
		if err == nil {
			again, err := mnemonic.Normalize(normal)
			if err == nil && !bytes.Equal(normal, again) && bytes.Equal(normal, bytes.ToValidUTF8(normal, nil)) {
				// Lower case may decompose further (U+0130); a second pass
				// must then be stable.
				third, err := mnemonic.Normalize(again)
				require.NoError(t, err)
				require.Equal(t, again, third)
			}
		}
		entropy, found, parseErr := mnemonic.Parse(text)
		if parseErr != nil {
			require.Nil(t, entropy)
			return
		}
		require.NoError(t, err)
		words, err := mnemonic.FromEntropy(entropy, found.Language)
		require.NoError(t, err)
		again, _, err := mnemonic.Parse(words, found.Language)
		require.NoError(t, err)
		require.Equal(t, entropy, again)
		sentence, err := mnemonic.Normalize(words)
		require.NoError(t, err)
		if len(found.Completed) == 0 && ascii(normal) && ascii(sentence) {
			require.Equal(t, string(normal), string(sentence))
		}
	})
}

func ascii(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r > unicode.MaxASCII })
}
