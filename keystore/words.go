package keystore

import (
	"crypto/rand"
	"fmt"

	"thistle/keystore/mnemonic"
)

// Language is one of the ten of BIP39; FoundWords is what reading words tells
// beside their entropy.
type (
	Language   = mnemonic.Language
	FoundWords = mnemonic.Found
)

// English is the language of new words unless another is chosen.
const English = mnemonic.English

// NewEntropy draws the entropy of a new wallet of 12 or 24 words from the
// system. The caller clears it.
func NewEntropy(words int) ([]byte, error) { return mnemonic.New(words, rand.Reader) }

// NewEntropyWithDice draws it and mixes at least 50 rolls of a die into it, which
// cannot make it weaker; see mnemonic.NewWithDice. Errors wrap ErrWordCount or
// ErrDice.
func NewEntropyWithDice(words int, dice []byte) ([]byte, error) {
	return mnemonic.NewWithDice(words, dice, rand.Reader)
}

// CheckDice counts rolls of a die, and the bits of chance they are worth. Errors
// wrap ErrDice.
func CheckDice(dice []byte) (rolls, bits int, err error) { return mnemonic.CheckDice(dice) }

// Languages lists the languages of recovery words, English first.
func Languages() []Language { return mnemonic.Languages() }

// ParseLanguage reads a language's name. Errors wrap ErrLanguage.
func ParseLanguage(name string) (Language, error) { return mnemonic.ParseLanguage(name) }

// EntropyFromWords reads recovery words, 12, 15, 18, 21 or 24 of one of the
// languages named, or of any, in any spacing and case; see mnemonic.Parse. The
// caller clears the result. Errors wrap ErrWordCount, ErrUnknownWord,
// ErrChecksum, ErrAmbiguous, ErrNotUTF8 or ErrTooLong and never contain words.
func EntropyFromWords(words []byte, among ...Language) ([]byte, FoundWords, error) {
	return mnemonic.Parse(words, among...)
}

// WordsFromEntropy returns the recovery words. The caller clears them.
func WordsFromEntropy(entropy []byte, language Language) ([]byte, error) {
	return mnemonic.FromEntropy(entropy, language)
}

// Words unseals the recovery words to be shown again. reveal returns them until
// wipe clears them, and nil afterwards; wipe must be called. Errors wrap
// ErrNoWords, ErrPassword, ErrWrongPassword, ErrTampered, ErrLocked or ErrClosed.
func (k *Keystore) Words(password []byte) (reveal func() []byte, wipe func(), err error) {
	var words []byte
	err = k.withSpend(password, func(s *spendSecrets) error {
		if s.source() != SourceWords {
			return ErrNoWords
		}
		words, err = mnemonic.FromEntropy(s.secret(), s.language())
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("show words: %w", err)
	}
	reveal, wipe = disposable(words)
	return reveal, wipe, nil
}

// Passphrase unseals the passphrase that belongs to the words, empty if there
// is none, in the normal form from which the seed is computed. See Words.
func (k *Keystore) Passphrase(password []byte) (reveal func() []byte, wipe func(), err error) {
	var passphrase []byte
	err = k.withSpend(password, func(s *spendSecrets) error {
		if s.source() != SourceWords {
			return ErrNoWords
		}
		passphrase = append(make([]byte, 0, maxPassphrase), s.passphrase()...)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("show passphrase: %w", err)
	}
	reveal, wipe = disposable(passphrase)
	return reveal, wipe, nil
}

// ExtendedKey unseals the extended private key that the wallet was made from, as
// text. See Words; without such a key errors wrap ErrNoExtendedKey.
func (k *Keystore) ExtendedKey(password []byte) (reveal func() []byte, wipe func(), err error) {
	var text []byte
	err = k.withSpend(password, func(s *spendSecrets) error {
		if s.source() == SourceWords {
			return ErrNoExtendedKey
		}
		text = append(make([]byte, 0, maxSecret), s.secret()...)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("show extended key: %w", err)
	}
	reveal, wipe = disposable(text)
	return reveal, wipe, nil
}

func disposable(b []byte) (reveal func() []byte, wipe func()) {
	return func() []byte { return b }, func() { clear(b); b = nil }
}

// CompleteWord lists a language's recovery words that begin with a prefix, in any
// case and with or without accents, in its order and at most so many. An empty
// prefix begins none.
func CompleteWord(language Language, prefix string, most int) []string {
	return mnemonic.Complete(language, prefix, most)
}
