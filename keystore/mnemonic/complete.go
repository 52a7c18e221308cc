package mnemonic

import (
	"sort"
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// Complete lists the English words that begin with a prefix, in any case, by the
// alphabet and at most so many. An empty prefix begins none.
func Complete(prefix string, most int) []string {
	prefix = strings.ToLower(prefix)
	if prefix == "" {
		return nil
	}
	list := wordlists.English
	first := sort.SearchStrings(list, prefix)
	end := first
	for end < len(list) && end-first < most && strings.HasPrefix(list[end], prefix) {
		end++
	}
	return append([]string(nil), list[first:end]...)
}
