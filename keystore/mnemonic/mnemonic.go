package mnemonic

import (
	"crypto/sha256"
	"fmt"
	"io"
)

const (
	bitsPerWord = 11
	maxWords    = 24
	// maxWord is the longest word of any list, in bytes of NFKD.
	maxWord = 33
	// shortWord is how many letters tell a word of a Latin list from all others.
	shortWord = 4
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

// FromEntropy returns the words of 16, 20, 24, 28 or 32 bytes of entropy as
// people write them: in NFC, parted by single spaces, Japanese ones by U+3000.
// The caller clears the result. Errors wrap ErrEntropySize or ErrLanguage.
func FromEntropy(entropy []byte, language Language) ([]byte, error) {
	if !entropySize(len(entropy)) {
		return nil, fmt.Errorf("%w: not %d", ErrEntropySize, len(entropy))
	}
	if !language.Valid() {
		return nil, ErrLanguage
	}
	var bits [33]byte
	defer clear(bits[:])
	copy(bits[:], entropy)
	bits[len(entropy)] = checksum(entropy)
	n := len(entropy) / 4 * 3
	l := lists[language]()
	out := make([]byte, 0, n*(l.longest+len(l.sep)))
	for i := range n {
		if i > 0 {
			out = append(out, l.sep...)
		}
		out = append(out, l.words[getWord(&bits, i)]...)
	}
	return out, nil
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
