package mnemonic

import (
	_ "embed" // the list below
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/tyler-smith/go-bip39/wordlists"
	"golang.org/x/text/unicode/norm"
)

// Language is a list of words of BIP39. Its number is written to files and
// never changes its meaning; zero is English.
type Language uint8

//go:generate go tool stringer -type=Language -linecomment

// The languages of BIP39.
const (
	English            Language = iota // english
	Japanese                           // japanese
	Korean                             // korean
	Spanish                            // spanish
	ChineseSimplified                  // chinese-simplified
	ChineseTraditional                 // chinese-traditional
	French                             // french
	Italian                            // italian
	Czech                              // czech
	Portuguese                         // portuguese
	languages                          // none
)

// Languages lists them all, English first.
func Languages() []Language {
	all := make([]Language, languages)
	for i := range all {
		all[i] = Language(i)
	}
	return all
}

// Valid reports whether there is such a language.
func (l Language) Valid() bool { return l < languages }

// ParseLanguage reads what String writes, in any case. Errors wrap ErrLanguage.
func ParseLanguage(name string) (Language, error) {
	for _, l := range Languages() {
		if strings.EqualFold(l.String(), name) {
			return l, nil
		}
	}
	return 0, ErrLanguage
}

// portuguese is bitcoin/bips' bip-0039/portuguese.txt (MIT), which go-bip39
// lacks, as the npm package bip39 3.1.2 has it.
//
//go:embed portuguese.txt
var portuguese string

// list is a language's words with the ways to find them.
type list struct {
	words   []string // NFC, for people: many fonts draw NFKD badly
	sep     string
	longest int  // bytes of a word
	latin   bool // accents may be left out, and all after the fourth letter
	exact   map[string]int
	plain   map[string]int // without accents; Latin only
	short   map[string]int // the first four letters of those; Latin only
}

// lists are made when they are asked for.
var lists = [languages]func() *list{
	English:            lazily(wordlists.English, " "),
	Japanese:           lazily(wordlists.Japanese, "\u3000"), // as BIP39 wants it shown
	Korean:             lazily(wordlists.Korean, " "),
	Spanish:            lazily(wordlists.Spanish, " "),
	ChineseSimplified:  lazily(wordlists.ChineseSimplified, " "),
	ChineseTraditional: lazily(wordlists.ChineseTraditional, " "),
	French:             lazily(wordlists.French, " "),
	Italian:            lazily(wordlists.Italian, " "),
	Czech:              lazily(wordlists.Czech, " "),
	Portuguese:         lazily(strings.Fields(portuguese), " "),
}

func lazily(words []string, sep string) func() *list {
	return sync.OnceValue(func() *list { return newList(words, sep) })
}

func newList(words []string, sep string) *list {
	l := &list{sep: sep, latin: true, exact: make(map[string]int, len(words))}
	for i, word := range words {
		full := norm.NFKD.String(word)
		l.exact[full] = i
		l.words = append(l.words, norm.NFC.String(full))
		l.longest = max(l.longest, len(l.words[i]))
		for _, r := range full {
			l.latin = l.latin && (unicode.Is(unicode.Latin, r) || unicode.Is(unicode.Mn, r))
		}
	}
	if l.latin {
		l.index()
	}
	return l
}

// index finds words by less than they are.
func (l *list) index() {
	l.plain, l.short = make(map[string]int, len(l.words)), make(map[string]int, len(l.words))
	for i, word := range l.words {
		plain := unaccented(word)
		l.plain[plain] = i
		if len(plain) >= shortWord {
			l.short[plain[:shortWord]] = i
		}
	}
}

// kind says how a word was found.
type kind int

const (
	unknown   kind = iota
	exact          // as in the list
	accents        // but for its accents
	shortened      // by its first four letters, which are no other word's
)

// find looks a word up that is in normal form, without making a string of it.
func (l *list) find(word []byte) (int, kind) {
	if i, ok := l.exact[string(word)]; ok {
		return i, exact
	}
	if !l.latin || len(word) > maxWord {
		return 0, unknown
	}
	var buf [maxWord]byte
	defer clear(buf[:])
	plain := stripped(buf[:0], word)
	if i, ok := l.plain[string(plain)]; ok {
		return i, accents
	}
	if len(plain) != shortWord {
		return 0, unknown
	}
	if i, ok := l.short[string(plain)]; ok {
		return i, shortened
	}
	return 0, unknown
}

// stripped appends a word in NFKD without its accents, which makes it no longer.
func stripped(to, word []byte) []byte {
	for len(word) > 0 {
		r, n := utf8.DecodeRune(word)
		if !unicode.Is(unicode.Mn, r) {
			to = append(to, word[:n]...)
		}
		word = word[n:]
	}
	return to
}
