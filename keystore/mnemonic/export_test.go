package mnemonic

// MaxWord is the room for a word.
const MaxWord = maxWord

// Words is a language's list.
func Words(l Language) []string { return lists[l]().words }
