package mnemonic

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"sort"

	"github.com/tyler-smith/go-bip39/wordlists"
)

const (
	bitsPerWord = 11
	maxWords    = 24
	maxWordLen  = 8
	// SeedSize is the size of a seed, in bytes.
	SeedSize   = 64
	seedRounds = 2048
)

// New draws the entropy of 12 or 24 words from rand, which must be a source fit
// for keys. The caller clears the result.
func New(words int, rand io.Reader) ([]byte, error) {
	if words != 12 && words != 24 {
		return nil, &WordCountError{Count: words}
	}
	entropy := make([]byte, words/3*4)
	if _, err := io.ReadFull(rand, entropy); err != nil {
		return nil, fmt.Errorf("draw entropy: %w", err)
	}
	return entropy, nil
}

// FromEntropy returns the English words of 16, 20, 24, 28 or 32 bytes of
// entropy, parted by single spaces. The caller clears the result.
func FromEntropy(entropy []byte) ([]byte, error) {
	if !entropySize(len(entropy)) {
		return nil, fmt.Errorf("%w: not %d", ErrEntropySize, len(entropy))
	}
	var bits [33]byte
	defer clear(bits[:])
	copy(bits[:], entropy)
	bits[len(entropy)] = checksum(entropy)
	n := len(entropy) / 4 * 3
	out := make([]byte, 0, n*(maxWordLen+1))
	for i := range n {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, wordlists.English[getWord(&bits, i)]...)
	}
	return out, nil
}

// Parse returns the entropy behind English words, however they are spaced and
// whatever their case. Errors wrap ErrNotUTF8, ErrTooLong, ErrWordCount (a
// *WordCountError), ErrUnknownWord (an *UnknownWordError) or ErrChecksum. The
// caller clears the result.
func Parse(words []byte) ([]byte, error) {
	text, err := Normalize(words)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	list := bytes.Fields(text)
	n := len(list)
	if n < 12 || n > maxWords || n%3 != 0 {
		return nil, &WordCountError{Count: n}
	}
	var bits [33]byte
	defer clear(bits[:])
	for i, word := range list {
		index, ok := lookup(word)
		if !ok {
			return nil, &UnknownWordError{Position: i + 1}
		}
		setWord(&bits, i, index)
	}
	size := n / 3 * 4
	entropy := bytes.Clone(bits[:size])
	mask := byte(0xff) << (8 - n/3)
	if subtle.ConstantTimeByteEq(checksum(entropy)&mask, bits[size]) != 1 {
		clear(entropy)
		return nil, ErrChecksum
	}
	return entropy, nil
}

// Seed stretches words and passphrase into the 64 bytes from which the master
// key comes (PBKDF2-HMAC-SHA512, 2048 rounds). It normalises both and accepts
// words of any language; it does not check them, which Parse does. The caller
// clears the result. Errors wrap ErrNotUTF8 or ErrTooLong.
func Seed(words, passphrase []byte) ([]byte, error) {
	text, err := Normalize(words)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	extra, err := NormalizePassphrase(passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(extra)
	salt := append(make([]byte, 0, len("mnemonic")+len(extra)), "mnemonic"...)
	salt = append(salt, extra...)
	defer clear(salt)
	return stretch(text, salt)
}

func entropySize(n int) bool { return n >= 16 && n <= 32 && n%4 == 0 }

// checksum is the first byte of the hash, of which len(entropy)/4 bits count.
func checksum(entropy []byte) byte {
	sum := sha256.Sum256(entropy)
	return sum[0]
}

// getWord reads the i-th group of 11 bits, most significant first.
func getWord(bits *[33]byte, i int) int {
	v := 0
	for b := i * bitsPerWord; b < (i+1)*bitsPerWord; b++ {
		v = v<<1 | int(bits[b/8]>>(7-b%8)&1)
	}
	return v
}

func setWord(bits *[33]byte, i, v int) {
	for k := range bitsPerWord {
		b := i*bitsPerWord + k
		bits[b/8] |= byte(v>>(bitsPerWord-1-k)&1) << (7 - b%8)
	}
}

// lookup finds a word without making a string of it. The list is sorted.
func lookup(word []byte) (int, bool) {
	list := wordlists.English
	i := sort.Search(len(list), func(i int) bool { return compare(list[i], word) >= 0 })
	return i, i < len(list) && compare(list[i], word) == 0
}

func compare(listed string, word []byte) int {
	for i := range min(len(listed), len(word)) {
		if listed[i] != word[i] {
			return int(listed[i]) - int(word[i])
		}
	}
	return len(listed) - len(word)
}
