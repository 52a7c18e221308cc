package mnemonic

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Complete lists a language's words that begin with a prefix, in any case and
// with or without its accents, in the order of the list and at most so many. An
// empty prefix begins none, nor does anything in a language there is not.
func Complete(language Language, prefix string, most int) []string {
	if prefix == "" || !language.Valid() {
		return nil
	}
	l := lists[language]()
	prefix = norm.NFC.String(strings.ToLower(norm.NFKD.String(prefix)))
	var found []string
	for _, word := range l.words {
		if len(found) == most {
			break
		}
		if strings.HasPrefix(word, prefix) || l.latin && strings.HasPrefix(unaccented(word), prefix) {
			found = append(found, word)
		}
	}
	return found
}

func unaccented(word string) string {
	return string(stripped(nil, norm.NFKD.Bytes([]byte(word))))
}
