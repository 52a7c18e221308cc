package mnemonic

import (
	"bytes"
	"crypto/subtle"
	"unicode"
	"unicode/utf8"
)

// Found is what Parse tells beside the entropy.
type Found struct {
	Language Language
	// Completed are the words, counted from 1, of which only the first four
	// letters were there.
	Completed []int
}

// Parse returns the entropy behind recovery words, however they are spaced and
// whatever their case, and in which language they are: one of those named, or
// any. Latin words may lack their accents, and all after the fourth letter, by
// which BIP39 tells them apart. Chinese ones need no spaces.
//
// Lists share words, so a sentence can belong to several. If all of it stands
// in each of them as it is, it is the same sentence and gives the same seed:
// the first of them is returned. Else the checksum decides; where it cannot,
// the error is an *AmbiguousError.
//
// Errors wrap ErrNotUTF8, ErrTooLong, ErrWordCount (a *WordCountError),
// ErrUnknownWord (an *UnknownWordError), ErrChecksum, ErrAmbiguous or
// ErrLanguage. The caller clears the result.
func Parse(words []byte, among ...Language) (entropy []byte, found Found, err error) {
	if len(among) == 0 {
		among = Languages()
	}
	text, err := Normalize(words)
	if err != nil {
		return nil, Found{}, err
	}
	defer clear(text)
	typed := split(text)
	if n := len(typed); n < 12 || n > maxWords || n%3 != 0 {
		return nil, Found{}, &WordCountError{Count: n}
	}
	most := -1
	var candidates []Language
	for _, language := range among {
		if !language.Valid() {
			return nil, Found{}, ErrLanguage
		}
		a := attempt(typed, language)
		if a.err == nil && a.exact {
			return decode(typed, language)
		}
		if a.err == nil {
			candidates = append(candidates, language)
		} else if a.known > most {
			most, err = a.known, a.err
		}
	}
	switch len(candidates) {
	case 0:
		return nil, Found{}, err
	case 1:
		return decode(typed, candidates[0])
	}
	return nil, Found{}, &AmbiguousError{Languages: candidates}
}

// outcome is how well words fit a language.
type outcome struct {
	known int
	exact bool
	err   error
}

func attempt(typed [][]byte, language Language) outcome {
	o := outcome{exact: true}
	l := lists[language]()
	for i, word := range typed {
		switch _, how := l.find(word); {
		case how != unknown:
			o.known++
			o.exact = o.exact && how == exact
		case o.err == nil:
			o.err = &UnknownWordError{Position: i + 1}
		}
	}
	if o.err == nil {
		var entropy []byte
		entropy, _, o.err = decode(typed, language)
		clear(entropy)
	}
	return o
}

// decode takes words that are all of one list.
func decode(typed [][]byte, language Language) ([]byte, Found, error) {
	l, found := lists[language](), Found{Language: language}
	var bits [33]byte
	defer clear(bits[:])
	for i, word := range typed {
		index, how := l.find(word)
		if how == shortened {
			found.Completed = append(found.Completed, i+1)
		}
		setWord(&bits, i, index)
	}
	n := len(typed)
	size := n / 3 * 4
	entropy := bytes.Clone(bits[:size])
	mask := byte(0xff) << (8 - n/3)
	if subtle.ConstantTimeByteEq(checksum(entropy)&mask, bits[size]) != 1 {
		clear(entropy)
		return nil, Found{}, ErrChecksum
	}
	return entropy, found, nil
}

// split parts normal text into words, views into it. Each Chinese character is
// one.
func split(text []byte) [][]byte {
	var words [][]byte
	for _, field := range bytes.Fields(text) {
		for len(field) > 0 {
			n := wordEnd(field)
			words = append(words, field[:n:n])
			field = field[n:]
		}
	}
	return words
}

func wordEnd(field []byte) int {
	first, n := utf8.DecodeRune(field)
	if unicode.Is(unicode.Han, first) {
		return n
	}
	if i := bytes.IndexFunc(field, func(r rune) bool { return unicode.Is(unicode.Han, r) }); i >= 0 {
		return i
	}
	return len(field)
}
