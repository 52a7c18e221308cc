package keystore

import (
	"crypto/rand"
	"fmt"

	"thistle/keystore/mnemonic"
)

// NewEntropy draws the entropy of a new wallet of 12 or 24 words from the
// system. The caller clears it.
func NewEntropy(words int) ([]byte, error) { return mnemonic.New(words, rand.Reader) }

// EntropyFromWords reads recovery words, 12, 15, 18, 21 or 24 English ones, in
// any spacing and case. The caller clears the result. Errors wrap ErrWordCount,
// ErrUnknownWord, ErrChecksum, ErrNotUTF8 or ErrTooLong and never contain words.
func EntropyFromWords(words []byte) ([]byte, error) { return mnemonic.Parse(words) }

// WordsFromEntropy returns the recovery words. The caller clears them.
func WordsFromEntropy(entropy []byte) ([]byte, error) { return mnemonic.FromEntropy(entropy) }

// Words unseals the recovery words to be shown again. reveal returns them until
// wipe clears them, and nil afterwards; wipe must be called. Errors wrap
// ErrPassword, ErrWrongPassword, ErrTampered, ErrLocked or ErrClosed.
func (k *Keystore) Words(password []byte) (reveal func() []byte, wipe func(), err error) {
	var words []byte
	err = k.withSpend(password, func(s *spendSecrets) error {
		words, err = mnemonic.FromEntropy(s.entropy())
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
		passphrase = append(make([]byte, 0, maxPassphrase), s.passphrase()...)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("show passphrase: %w", err)
	}
	reveal, wipe = disposable(passphrase)
	return reveal, wipe, nil
}

func disposable(b []byte) (reveal func() []byte, wipe func()) {
	return func() []byte { return b }, func() { clear(b); b = nil }
}

// CompleteWord lists the recovery words that begin with a prefix, in any case,
// by the alphabet and at most so many. An empty prefix begins none.
func CompleteWord(prefix string, most int) []string { return mnemonic.Complete(prefix, most) }
