package present

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// simpleWords is text in lower case with single spaces. The result is a copy,
// the caller's to wipe.
func simpleWords(text []byte) []byte {
	lower := bytes.ToLower(text)
	defer clear(lower)
	return bytes.Join(bytes.Fields(lower), []byte(" "))
}

// Candidates are the words that the last, unfinished word of a text may become;
// none if it is finished or is a word already and no other begins so.
func Candidates(text []byte, complete func(prefix string) []string) []string {
	word := lastWord(text)
	if word == "" {
		return nil
	}
	found := complete(word)
	if len(found) == 1 && found[0] == word {
		return nil
	}
	return found
}

// Completion is what must be added to a text to finish its last word, if there
// is only one way to do it, and nothing to change before.
func Completion(text []byte, complete func(prefix string) []string) string {
	if found := Candidates(text, complete); len(found) == 1 {
		if rest, ok := strings.CutPrefix(found[0], lastWord(text)); ok {
			return rest
		}
	}
	return ""
}

// lastWord is the word that a text ends in, in lower case; empty after a space.
func lastWord(text []byte) string {
	if r, _ := utf8.DecodeLastRune(text); len(text) == 0 || unicode.IsSpace(r) {
		return ""
	}
	fields := bytes.Fields(text)
	return strings.ToLower(string(fields[len(fields)-1]))
}

// WordHint helps with one word.
func WordHint(text []byte, complete func(prefix string) []string) Text {
	switch found := Candidates(text, complete); {
	case len(found) > 0:
		return Text{strings.Join(found, " · "), Muted}
	case lastWord(text) != "" && !listed(lastWord(text), complete):
		return Text{"No recovery word begins so.", Warn}
	}
	return Text{}
}

// WordsHint says how far recovery words have been typed, and whether they belong
// together. wrong says what is the matter with whole ones.
func WordsHint(text []byte, complete func(prefix string) []string, wrong func([]byte) string) Text {
	words := simpleWords(text)
	defer clear(words)
	list := bytes.Fields(words)
	n := len(list)
	if n == 0 {
		return Text{"Words are completed as you type: press Enter or Tab.", Muted}
	}
	counts := []int{12, 15, 18, 21, 24}
	// Chinese is written without spaces.
	if (n == 1 || slices.Contains(counts, n)) && wrong(words) == "" {
		return belong(list, complete)
	}
	for i, word := range list {
		if typing := i == n-1 && lastWord(text) != ""; !typing && !listed(string(word), complete) {
			return Text{fmt.Sprintf("Word %d is not in the list of recovery words.", i+1), Bad}
		}
	}
	whole := listed(string(list[n-1]), complete) && slices.Contains(counts, n)
	if hint := WordHint(text, complete); hint.Words != "" {
		return Text{fmt.Sprintf("Word %d: %s", n, hint.Words), hint.Tone}
	}
	switch {
	case n > counts[len(counts)-1]:
		return Text{strconv.Itoa(n) + " words: these are too many, there are never more than 24.", Bad}
	case whole && n == counts[len(counts)-1]:
		return Text{"24 words, but they do not belong together: one of them is wrong, or two are swapped.", Bad}
	case whole:
		return Text{fmt.Sprintf("%d words. If these are all, one of them is wrong, or two are swapped.", n), Warn}
	}
	return Text{Count(n, "word", "words") + " so far.", Muted}
}

// belong is said of words that are all there, and tells when they were not typed
// in full.
func belong(list [][]byte, complete func(string) []string) Text {
	if len(list) == 1 {
		return Text{"These words belong together.", Good}
	}
	text := strconv.Itoa(len(list)) + " words, and they belong together"
	for _, word := range list {
		if !listed(string(word), complete) {
			return Text{text + ". What was left out of some is added.", Good}
		}
	}
	return Text{text + ".", Good}
}

func listed(word string, complete func(string) []string) bool {
	return slices.Contains(complete(word), word)
}

// maxPassword is how long a password can be, in bytes.
const maxPassword = 4096

// PasswordProblem says why a new password, typed twice, cannot be taken.
func PasswordProblem(password, repeat []byte) string {
	switch {
	case len(password) == 0:
		return "Choose a password first."
	case len(password) > maxPassword:
		return "This password is far too long."
	case len(repeat) == 0:
		return "Type the password a second time."
	case !bytes.Equal(password, repeat):
		return "The two passwords differ."
	}
	return ""
}

// PasswordHint says what a password is good for. It knows no more of it than
// its length.
func PasswordHint(password []byte) Text {
	n := utf8.RuneCount(password)
	count := Count(n, "character", "characters")
	switch {
	case n == 0:
		return Text{"Length is what counts: four or five words picked at random are strong, and easy to remember.", Muted}
	case len(password) > maxPassword:
		return Text{"This is far too long.", Bad}
	case n < 8:
		return Text{count + ": a thief who copies the wallet's file finds this out quickly.", Bad}
	case n < 12:
		return Text{count + ": better than nothing; 12 or more would be safer.", Warn}
	}
	return Text{count + ": good, unless it is a known phrase or used elsewhere.", Good}
}

// RepeatHint says whether a password, typed again, is the same as far as it goes.
func RepeatHint(password, repeat []byte) Text {
	switch {
	case len(repeat) == 0 || len(password) == 0:
		return Text{}
	case bytes.Equal(password, repeat):
		return Text{"The same.", Good}
	case bytes.HasPrefix(password, repeat):
		return Text{}
	}
	return Text{"This differs from the first one.", Bad}
}
