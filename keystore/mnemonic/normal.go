package mnemonic

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// MaxText is the longest sentence taken, in bytes as typed.
	MaxText = 4096
	// MaxPassphrase is the longest passphrase, in bytes after normalisation.
	MaxPassphrase = 1024
	// growth is how much longer a text can become under NFKD, at most.
	growth = 18
)

// Normalize brings words to the form from which everything is computed: NFKD,
// lower case, one ASCII space between words. A byte order mark in front, as
// some editors write, is dropped. The caller clears the result.
// Errors wrap ErrNotUTF8 or ErrTooLong.
func Normalize(words []byte) ([]byte, error) {
	words = bytes.TrimPrefix(words, []byte("\ufeff"))
	if len(words) > MaxText {
		return nil, fmt.Errorf("words: %w: over %d bytes", ErrTooLong, MaxText)
	}
	full, err := nfkd(words)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	defer clear(full)
	// Lower case is at most half as long again: U+023A takes two bytes, its
	// lower case three.
	out := make([]byte, 0, 2*len(full))
	gap := false
	for rest := full; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		if unicode.IsSpace(r) {
			gap = true
			continue
		}
		if gap && len(out) > 0 {
			out = append(out, ' ')
		}
		gap = false
		out = utf8.AppendRune(out, unicode.ToLower(r))
	}
	return out, nil
}

// NormalizePassphrase returns the passphrase in NFKD. Unlike words it keeps its
// case and its spaces, which count. The caller clears the result.
// Errors wrap ErrNotUTF8 or ErrTooLong.
func NormalizePassphrase(passphrase []byte) ([]byte, error) {
	if len(passphrase) > MaxPassphrase {
		return nil, fmt.Errorf("passphrase: %w: over %d bytes", ErrTooLong, MaxPassphrase)
	}
	out, err := nfkd(passphrase)
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	if len(out) > MaxPassphrase {
		clear(out)
		return nil, fmt.Errorf("passphrase: %w: over %d bytes", ErrTooLong, MaxPassphrase)
	}
	return out, nil
}

// nfkd returns a fresh copy. The text is checked first: the normaliser has
// looped for ever on invalid UTF-8 before (GO-2026-5970).
func nfkd(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, ErrNotUTF8
	}
	if isASCII(text) {
		return bytes.Clone(text), nil
	}
	return norm.NFKD.Append(make([]byte, 0, growth*len(text)), text...), nil
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
