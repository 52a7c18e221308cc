package app

import (
	"errors"
	"slices"

	"thistle/app/config"
	"thistle/keystore"
)

// settingBackedUp marks a wallet whose owner has shown to have the recovery
// words on paper.
const settingBackedUp = "backed-up"

// Languages lists what recovery words can be of, by their English names in lower
// case: English first, which new ones are of unless asked otherwise.
func Languages() []string {
	var names []string
	for _, l := range keystore.Languages() {
		names = append(names, l.String())
	}
	return names
}

// NewWords makes English recovery words, 12 or 24, to be shown before there is a
// wallet: nothing is written anywhere. Whoever takes them clears them.
func NewWords(count int) (Secret, error) { return newWords(count, keystore.English, nil) }

// newWords mixes rolls of a die in, if there are any.
func newWords(count int, language keystore.Language, dice Secret) (Secret, error) {
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
	words, err := keystore.WordsFromEntropy(entropy, language)
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

// FoundWords is what was made of recovery words that somebody typed.
type FoundWords struct {
	Language string // as Languages has it
	// Completed are the words, counted from 1, of which only the first four
	// letters were typed.
	Completed []int
}

// ReadWords says how recovery words of a language are understood, or of any if
// that is empty. The error says what is wrong without naming words.
func ReadWords(words Secret, language string) (FoundWords, error) {
	entropy, found, err := entropyOf("check recovery words", words, language)
	clear(entropy)
	if err != nil {
		return FoundWords{}, err
	}
	return FoundWords{Language: found.Language.String(), Completed: found.Completed}, nil
}

// CheckWords refuses what are no recovery words of any language; the error says
// why without naming any.
func CheckWords(words Secret) error {
	_, err := ReadWords(words, "")
	return err
}

// entropyOf is what recovery words stand for. The caller clears it.
func entropyOf(op string, words Secret, language string) ([]byte, keystore.FoundWords, error) {
	var among []keystore.Language
	if language != "" {
		l, err := parseLanguage(op, language)
		if err != nil {
			return nil, keystore.FoundWords{}, err
		}
		among = append(among, l)
	}
	entropy, found, err := keystore.EntropyFromWords(reveal(words), among...)
	if err != nil {
		return nil, found, &Error{Op: op, Kind: KindWords, Detail: wordsProblem(err), Err: err}
	}
	return entropy, found, nil
}

// parseLanguage takes English for none.
func parseLanguage(op, name string) (keystore.Language, error) {
	if name == "" {
		return keystore.English, nil
	}
	l, err := keystore.ParseLanguage(name)
	if err != nil {
		return 0, &Error{Op: op, Kind: KindLanguage, Detail: name, Err: err}
	}
	return l, nil
}

// CompleteWord lists English recovery words that begin so, at most five, by the
// alphabet; if there is none, those of the other languages.
func CompleteWord(prefix string) []string {
	const most = 5
	var found []string
	for _, l := range keystore.Languages() {
		for _, word := range keystore.CompleteWord(l, prefix, most) {
			if len(found) < most && !slices.Contains(found, word) {
				found = append(found, word)
			}
		}
		if l == keystore.English && len(found) > 0 {
			break
		}
	}
	return found
}

// CompleteWordOf lists a language's recovery words that begin so, with or without
// accents, at most five, in the order of its list; none of a language there is
// not.
func CompleteWordOf(language, prefix string) []string {
	l, err := keystore.ParseLanguage(language)
	if err != nil {
		return nil
	}
	return keystore.CompleteWord(l, prefix, 5)
}

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
