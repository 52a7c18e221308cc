package mnemonic

import (
	"crypto/sha256"
	"fmt"
	"io"
	"unicode"
)

const (
	// MinDice is the fewest rolls of a die that are taken: they alone are worth
	// 128 bits.
	MinDice = 50
	maxDice = 4096
)

// NewWithDice draws the entropy of 12 or 24 words as New does and mixes rolls of
// a six-sided die into it: the beginning of SHA-256(32 bytes of rand ‖ rolls).
// Whoever knows the rolls knows nothing, and whoever knows rand still lacks the
// rolls. These are digits 1 to 6 in ASCII; spaces and line ends between them do
// not count. The caller clears the result. Errors wrap ErrWordCount or ErrDice.
func NewWithDice(words int, dice []byte, rand io.Reader) ([]byte, error) {
	if words != 12 && words != 24 {
		return nil, &WordCountError{Count: words}
	}
	mixed := make([]byte, sha256.Size, sha256.Size+maxDice)
	defer func() { clear(mixed[:cap(mixed)]) }()
	if _, err := io.ReadFull(rand, mixed); err != nil {
		return nil, fmt.Errorf("draw entropy: %w", err)
	}
	mixed, err := appendRolls(mixed, dice)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(mixed)
	defer clear(sum[:])
	return append(make([]byte, 0, words/3*4), sum[:words/3*4]...), nil
}

// CheckDice counts rolls and says how many whole bits of chance they are, if the
// die is fair. Errors wrap ErrDice.
func CheckDice(dice []byte) (rolls, bits int, err error) {
	only, err := appendRolls(make([]byte, 0, maxDice), dice)
	defer clear(only)
	if err != nil {
		return 0, 0, err
	}
	return len(only), len(only) * 2584 / 1000, nil // log2(6) = 2.58496…
}

// appendRolls fits into maxDice more bytes.
func appendRolls(to, dice []byte) ([]byte, error) {
	rolls := 0
	for _, c := range dice {
		if unicode.IsSpace(rune(c)) {
			continue
		}
		if c < '1' || c > '6' {
			return to, fmt.Errorf("%w: only digits from 1 to 6", ErrDice)
		}
		if rolls++; rolls > maxDice {
			return to, fmt.Errorf("%w: more than %d rolls", ErrDice, maxDice)
		}
		to = append(to, c)
	}
	if rolls < MinDice {
		return to, fmt.Errorf("%w: %d rolls instead of at least %d", ErrDice, rolls, MinDice)
	}
	return to, nil
}
