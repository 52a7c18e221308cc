package mnemonic

import (
	"errors"
	"fmt"
)

// The kinds of trouble, to be told apart with errors.Is.
var (
	ErrWordCount   = errors.New("wrong number of words")
	ErrUnknownWord = errors.New("not a word of the list")
	ErrChecksum    = errors.New("the words do not belong together: checksum")
	ErrEntropySize = errors.New("entropy must be 16, 20, 24, 28 or 32 bytes")
	ErrNotUTF8     = errors.New("text is not UTF-8")
	ErrTooLong     = errors.New("text is too long")
	ErrLanguage    = errors.New("no language of recovery words")
	ErrAmbiguous   = errors.New("the words can be of several languages")
	ErrDice        = errors.New("these are no rolls of a die")
)

// WordCountError is an ErrWordCount that says how many there were.
type WordCountError struct{ Count int }

func (e *WordCountError) Error() string {
	return fmt.Sprintf("%v: %d instead of 12, 15, 18, 21 or 24", ErrWordCount, e.Count)
}

// Is reports whether target is ErrWordCount.
func (e *WordCountError) Is(target error) bool { return target == ErrWordCount }

// UnknownWordError is an ErrUnknownWord that says which word it is, counted
// from 1. The word itself is secret and not in it.
type UnknownWordError struct{ Position int }

func (e *UnknownWordError) Error() string {
	return fmt.Sprintf("word %d: %v", e.Position, ErrUnknownWord)
}

// Is reports whether target is ErrUnknownWord.
func (e *UnknownWordError) Is(target error) bool { return target == ErrUnknownWord }

// AmbiguousError is an ErrAmbiguous that says which languages it may be.
type AmbiguousError struct{ Languages []Language }

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%v: %v", ErrAmbiguous, e.Languages)
}

// Is reports whether target is ErrAmbiguous.
func (e *AmbiguousError) Is(target error) bool { return target == ErrAmbiguous }
