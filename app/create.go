package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"thistle/app/config"
	"thistle/app/ledger"
	"thistle/keystore"
)

// birthdayMargin is how many blocks before a birthday that a person named are
// searched as well: people misremember.
const birthdayMargin = 2016

// segwitHeight is where native segwit addresses begin on mainnet: nothing of a
// BIP84 wallet can be older.
const segwitHeight = 481_824

// segwitTime is the time of that block.
var segwitTime = time.Date(2017, 8, 24, 1, 57, 37, 0, time.UTC)

// CreateParams says what wallet to make.
type CreateParams struct {
	Name       string // config.DefaultWallet if empty
	Words      int    // 12 or 24, unless there is a Mnemonic
	Language   string // of the words, see Languages; empty for English, or the Mnemonic's
	Dice       Secret // mixed into new words, see CheckDice; nil for none
	Passphrase Secret // BIP39's extra input; nil for none
	Password   Secret // opens the wallet
	// Mnemonic is what NewWords made and the person has seen; nil makes new
	// words.
	Mnemonic Secret
	// Unchecked says that the person has not shown to have the Mnemonic on
	// paper: the wallet does not count as backed up.
	Unchecked bool
}

// RestoreParams says which wallet to restore.
type RestoreParams struct {
	Name       string
	Mnemonic   Secret
	Language   string // of the words, see Languages; found out if empty
	Passphrase Secret
	Password   Secret
	// Birthday is a day (YYYY-MM-DD), a height, or empty if unknown.
	Birthday string
}

// Create makes a wallet with new keys. Those of words that were shown before
// count as backed up unless Unchecked; words made here are in the result, and
// nobody has seen them yet.
func Create(env *Env, p CreateParams) (*Created, error) { return create(env, p, env.hold) }

// Restore makes a wallet from recovery words.
func Restore(env *Env, p RestoreParams) (*Created, error) { return restore(env, p, env.hold) }

// holder takes the network's folder, and tells how to give it back.
type holder func() (release func(), err error)

func (e *Env) hold() (release func(), err error) {
	lock, err := e.lock()
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Release() }, nil
}

func create(env *Env, p CreateParams, hold holder) (*Created, error) {
	const op = "create wallet"
	words, language := p.Mnemonic, p.Language
	if words == nil {
		l, err := parseLanguage(op, language)
		if err != nil {
			return nil, err
		}
		if words, err = newWords(p.Words, l, p.Dice); err != nil {
			return nil, err
		}
		language = l.String()
	}
	entropy, found, err := entropyOf(op, words, language)
	if err != nil {
		return nil, err
	}
	defer clear(entropy)
	born := birthday{time: env.now().Add(-2 * time.Hour)}
	created, err := makeWallet(env, op, hold, recipe{
		name: p.Name, entropy: entropy, found: found, passphrase: p.Passphrase, password: p.Password,
		born: born, backedUp: p.Mnemonic != nil && !p.Unchecked,
	})
	if p.Mnemonic != nil {
		return created, err
	}
	if err != nil {
		clear(words())
		return nil, err
	}
	created.Words = words
	return created, nil
}

func restore(env *Env, p RestoreParams, hold holder) (*Created, error) {
	const op = "restore wallet"
	born, err := parseBirthday(env, p.Birthday)
	if err != nil {
		return nil, err
	}
	entropy, found, err := entropyOf(op, p.Mnemonic, p.Language)
	if err != nil {
		return nil, err
	}
	defer clear(entropy)
	return makeWallet(env, op, hold, recipe{
		name: p.Name, entropy: entropy, found: found, passphrase: p.Passphrase, password: p.Password,
		born: born, backedUp: true,
	})
}

// recipe is what a wallet is made of.
type recipe struct {
	name                 string
	entropy              []byte
	found                keystore.FoundWords
	passphrase, password Secret
	born                 birthday
	backedUp             bool
}

// birthday is from when on blocks may concern a wallet.
type birthday struct {
	time   time.Time
	height int32 // 0 if only the time is known
	told   bool  // a person named it: search earlier too
}

func parseBirthday(env *Env, s string) (birthday, error) {
	bad := &Error{Op: "read birthday", Kind: KindBirthday, Detail: s}
	switch {
	case s == "" && env.Network == "mainnet":
		return birthday{time: segwitTime, height: segwitHeight}, nil
	case s == "":
		return birthday{time: env.Params.Net.GenesisBlock.Header.Timestamp, height: 1}, nil
	case strings.Contains(s, "-"):
		day, err := time.Parse(time.DateOnly, s)
		if err != nil || day.After(env.now()) || day.Before(env.Params.Net.GenesisBlock.Header.Timestamp.AddDate(0, 0, -1)) {
			return birthday{}, bad
		}
		if env.Network == "mainnet" && day.Before(segwitTime) {
			return birthday{time: segwitTime, height: segwitHeight}, nil
		}
		return birthday{time: day, told: true}, nil
	}
	h, err := strconv.ParseInt(s, 10, 32)
	if err != nil || h < 0 || s[0] == '+' {
		return birthday{}, bad
	}
	b := birthday{time: env.Params.Net.GenesisBlock.Header.Timestamp, height: max(int32(h)-birthdayMargin, 1)}
	if env.Network == "mainnet" {
		b.height = max(b.height, segwitHeight)
		b.time = segwitTime
	}
	return b, nil
}

func wordsProblem(err error) string {
	var several *keystore.AmbiguousError
	var unknown *keystore.UnknownWordError
	var count *keystore.WordCountError
	switch {
	case errors.As(err, &unknown):
		return "word " + strconv.Itoa(unknown.Position) + " is not in the list of recovery words"
	case errors.As(err, &count):
		return "there are " + strconv.Itoa(count.Count) + " words; recovery words are 12, 15, 18, 21 or 24"
	case errors.As(err, &several):
		return "they can be of several languages: choose from " + joinLanguages(several.Languages)
	case errors.Is(err, keystore.ErrChecksum):
		return "the words do not belong together: one of them is wrong, or two are swapped"
	}
	return "they cannot be read as text"
}

func joinLanguages(list []keystore.Language) string {
	var names []string
	for _, l := range list {
		names = append(names, l.String())
	}
	return strings.Join(names, ", ")
}

// makeWallet writes the two files of a wallet: keys first, since all else can be
// rebuilt from them.
func makeWallet(env *Env, op string, hold holder, r recipe) (created *Created, err error) {
	if r.name == "" {
		r.name = config.DefaultWallet
	}
	if err := config.CheckName(r.name); err != nil {
		return nil, &Error{Op: op, Kind: KindName, Detail: r.name, Err: err}
	}
	release, err := hold()
	if err != nil {
		return nil, err
	}
	defer release()
	folder := env.folder()
	if err := os.MkdirAll(folder.Wallet(r.name), 0o700); err != nil {
		return nil, failure(op, err)
	}
	if _, err := os.Lstat(folder.WalletDB(r.name)); err == nil {
		return nil, &Error{Op: op, Kind: KindExists, Detail: r.name} // of other keys, lost or moved away
	}
	keys, err := keystore.Create(folder.Keystore(r.name), keystore.CreateParams{
		Net: env.Params.Net, Password: keystore.Secret(r.password), Entropy: keystore.Hold(r.entropy), Language: r.found.Language,
		Passphrase: keystore.Secret(r.passphrase), Birthday: r.born.time, Options: env.Keys,
	})
	if errors.Is(err, keystore.ErrExists) {
		return nil, &Error{Op: op, Kind: KindExists, Detail: r.name, Err: err}
	}
	if err != nil {
		return nil, failure(op, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, putAside(folder, r.name))
		}
	}()
	w, err := begin(env, r.name, keys)
	if err != nil {
		_ = keys.Close()
		return nil, failure(op, err)
	}
	defer w.release()
	if err := w.setOrigin(r.born.told, r.backedUp); err != nil {
		return nil, failure(op, err)
	}
	created = &Created{
		Wallet: r.name, Birthday: r.born.time.UTC(), Fingerprint: w.fingerprint,
		Found: FoundWords{Language: r.found.Language.String(), Completed: r.found.Completed},
	}
	if r.born.height > 0 {
		created.BirthdayHeight = &r.born.height
		err = w.apply(ledger.BirthdaySet{Height: r.born.height})
	}
	if err != nil {
		return nil, failure(op, err)
	}
	return created, nil
}

// Discard puts a wallet that was just created aside because its words could not
// be shown: a wallet that nobody can restore must not be paid. Nothing is
// deleted.
func Discard(env *Env, c *Created) error {
	release, err := env.hold()
	if err != nil {
		return err
	}
	defer release()
	return discard(env, c)
}

func discard(env *Env, c *Created) error {
	return failure("put the wallet aside", putAside(env.folder(), c.Wallet))
}

// putAside renames the folder of a wallet that is not to be used. Names that
// begin with a point are no wallets.
func putAside(folder config.Folder, name string) error {
	for i := 1; ; i++ {
		target := folder.Wallet(".unfinished-" + strconv.Itoa(i) + "-" + name)
		if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(folder.Wallet(name), target)
		} else if err != nil {
			return err
		}
	}
}

// Wallets lists the wallets of the network, by name.
func Wallets(env *Env) ([]WalletInfo, error) { return listWallets(env, readInfo) }

// readInfo reads what a wallet's keystore tells without its password.
func readInfo(env *Env, name string) WalletInfo {
	info := WalletInfo{Name: name, Network: env.Network}
	keys, err := keystore.Open(env.folder().Keystore(name), env.Params.Net, env.Keys)
	if err != nil {
		info.Problem = KindOf(failure("open keystore", err))
		return info
	}
	i := keys.Info()
	info.CreatedAt, info.Birthday = i.CreatedAt, i.Birthday
	_ = keys.Close()
	return info
}

// listWallets lists the wallets' folders, with what look makes of each.
func listWallets(env *Env, look func(*Env, string) WalletInfo) ([]WalletInfo, error) {
	folder := env.folder()
	entries, err := os.ReadDir(folder.Wallets())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failure("list wallets", err)
	}
	var infos []WalletInfo
	for _, e := range entries {
		if !e.IsDir() || config.CheckName(e.Name()) != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder.Wallets(), e.Name(), "keystore.db")); err != nil {
			continue
		}
		infos = append(infos, look(env, e.Name()))
	}
	slices.SortFunc(infos, func(a, b WalletInfo) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}

// reveal gives the bytes of a secret, none of a nil one.
func reveal(s Secret) []byte {
	if s == nil {
		return nil
	}
	return s()
}
