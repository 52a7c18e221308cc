package app

import (
	"errors"

	"thistle/app/config"
	"thistle/keystore"
)

// settingBackedUp marks a wallet whose owner has shown to have the recovery
// words on paper.
const settingBackedUp = "backed-up"

// NewWords makes recovery words, 12 or 24, to be shown before there is a wallet:
// nothing is written anywhere. Whoever takes them clears them.
func NewWords(count int) (Secret, error) { return newWords(count, nil) }

// newWords mixes rolls of a die in, if there are any.
func newWords(count int, dice Secret) (Secret, error) {
	const op = "make recovery words"
	if count != 12 && count != 24 {
		return nil, &Error{Op: op, Kind: KindWords, Detail: "a new wallet has 12 or 24 recovery words"}
	}
	entropy, err := newEntropy(count, dice)
	if errors.Is(err, keystore.ErrDice) {
		return nil, &Error{Op: op, Kind: KindDice, Err: err}
	}
	if err != nil {
		return nil, failure(op, err)
	}
	defer clear(entropy)
	words, err := keystore.WordsFromEntropy(entropy, keystore.English)
	if err != nil {
		return nil, failure(op, err)
	}
	return func() []byte { return words }, nil
}

func newEntropy(count int, dice Secret) ([]byte, error) {
	if dice == nil {
		return keystore.NewEntropy(count)
	}
	return keystore.NewEntropyWithDice(count, reveal(dice))
}

// CheckDice counts rolls of a die, digits 1 to 6 with any spaces between them,
// and the bits of chance they are worth. There must be at least 50.
func CheckDice(dice Secret) (rolls, bits int, err error) {
	rolls, bits, err = keystore.CheckDice(reveal(dice))
	if err != nil {
		return 0, 0, &Error{Op: "read dice", Kind: KindDice, Err: err}
	}
	return rolls, bits, nil
}

// CheckWords refuses what are no recovery words; the error says why without
// naming any.
func CheckWords(words Secret) error {
	entropy, err := entropyOf("check recovery words", words)
	clear(entropy)
	return err
}

// entropyOf is what recovery words stand for. The caller clears it.
func entropyOf(op string, words Secret) ([]byte, error) {
	entropy, _, err := keystore.EntropyFromWords(reveal(words), keystore.English)
	if err != nil {
		return nil, &Error{Op: op, Kind: KindWords, Detail: wordsProblem(err), Err: err}
	}
	return entropy, nil
}

// CompleteWord lists recovery words that begin so, at most five, by the
// alphabet.
func CompleteWord(prefix string) []string { return keystore.CompleteWord(keystore.English, prefix, 5) }

// CheckName refuses what no wallet can be called.
func CheckName(name string) error {
	if err := config.CheckName(name); err != nil {
		return &Error{Op: "check name", Kind: KindName, Detail: name, Err: err}
	}
	return nil
}

// CheckBirthday refuses what is neither a past day (YYYY-MM-DD), nor a height,
// nor empty.
func CheckBirthday(env *Env, text string) error {
	_, err := parseBirthday(env, text)
	return err
}

// Words unseals the recovery words; wipe clears them and must be called.
func (w *Wallet) Words(password Secret) (words Secret, wipe func(), err error) {
	reveal, wipe, err := w.keys.Words(reveal(password))
	if err != nil {
		return nil, nil, failure("show recovery words", err)
	}
	return reveal, wipe, nil
}

// ChangePassword gives the wallet another password. After an error the old one
// holds.
func (w *Wallet) ChangePassword(old, new Secret) error {
	return failure("change password", w.keys.ChangePassword(reveal(old), reveal(new)))
}

// BackedUp reports whether the person has shown to have the recovery words on
// paper.
func (w *Wallet) BackedUp() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.backedUp
}

// SetBackedUp notes that the person has shown to have the recovery words on
// paper.
func (w *Wallet) SetBackedUp() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return errClosed("note the backup")
	}
	if err := w.db.SaveAll(map[string][]byte{settingBackedUp: {1}}); err != nil {
		return failure("note the backup", err)
	}
	w.backedUp = true
	return nil
}
