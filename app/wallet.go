package app

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"thistle/app/config"
	"thistle/app/descriptor"
	"thistle/app/instance"
	"thistle/app/ledger"
	"thistle/app/walletdb"
	"thistle/keystore"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// settingExact marks a wallet whose birthday is when it was made. Without it a
// person named the birthday, or wallet.db was lost: search earlier too.
const settingExact = "birthday-exact"

// settingAnchor is the block before the birthday: height, then hash.
const settingAnchor = "birthday-anchor"

// Wallet is an open wallet, alone in its network's folder. Its methods may be
// called from any goroutine.
type Wallet struct {
	env  *Env
	name string
	held *instance.Lock // nil while a wallet is being made
	keys *keystore.Keystore
	hub  hub

	mu     sync.Mutex // guards what follows
	db     *walletdb.DB
	led    *ledger.Ledger
	source map[descriptor.Keychain]*descriptor.Descriptor

	told       bool // see settingExact
	anchor     ledger.BlockRef
	marks      []filterMark
	unmarked   bool                    // there may be coverage that no mark vouches for
	offered    map[chainhash.Hash]bool // what the peer was told to announce
	toldSynced chainhash.Hash          // tip of the last Synced

	chainMu sync.RWMutex
	chain   *spv.Client // while running
}

// Open opens a wallet with its password, without connecting to anything.
func Open(env *Env, name string, password Secret) (*Wallet, error) {
	const op = "open wallet"
	if name == "" {
		name = config.DefaultWallet
	}
	if err := config.CheckName(name); err != nil {
		return nil, &Error{Op: op, Kind: KindName, Detail: name, Err: err}
	}
	// Asked first, so that a mistyped name or folder leaves nothing behind.
	if _, err := os.Lstat(env.folder().Keystore(name)); errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Op: op, Kind: KindNoWallet, Detail: name, Err: err}
	}
	lock, err := env.lock()
	if err != nil {
		return nil, err
	}
	keys, err := keystore.Open(env.folder().Keystore(name), env.Params.Net, env.Keys)
	if err == nil {
		if err = keys.Unlock(reveal(password)); err != nil {
			_ = keys.Close()
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = &Error{Op: op, Kind: KindNoWallet, Detail: name, Err: err}
	}
	if err != nil {
		_ = lock.Release()
		return nil, failure(op, err)
	}
	w, err := begin(env, name, keys, lock)
	if err != nil {
		_ = keys.Close()
		_ = lock.Release()
		return nil, failure(op, err)
	}
	return w, nil
}

// begin opens the sealed history that belongs to unlocked keys.
func begin(env *Env, name string, keys *keystore.Keystore, lock *instance.Lock) (*Wallet, error) {
	w := &Wallet{env: env, name: name, keys: keys, held: lock}
	if err := w.loadDescriptors(); err != nil {
		return nil, err
	}
	key, err := keys.SealKey("wallet.db")
	if err != nil {
		return nil, err
	}
	path := env.folder().WalletDB(name)
	opts := walletdb.Options{Key: key, Network: env.Network, Genesis: *env.Params.Net.GenesisHash, WalletID: keys.Info().WalletID}
	w.db, err = openOrCreate(path, opts)
	clear(key[:])
	clear(opts.Key[:])
	if err != nil {
		return nil, historyFailure(path, err)
	}
	if err := w.loadLedger(); err != nil {
		_ = w.db.Close()
		return nil, historyFailure(path, err)
	}
	return w, nil
}

// historyFailure says what can be done about a damaged wallet.db: the person
// decides, since what it held beside the chain's own story is lost with it.
func historyFailure(path string, err error) error {
	err = failure("open history", err)
	var e *Error
	if errors.As(err, &e) && e.Kind == KindDamaged {
		e.Detail = path + " cannot be read; moved away, it is made anew from the keys and the network, but without labels, " +
			"unconfirmed payments and the addresses handed out and not paid yet"
	}
	return err
}

// openOrCreate opens wallet.db, and begins a new one if there is none: what the
// network knows can be found again from the keys.
func openOrCreate(path string, opts walletdb.Options) (*walletdb.DB, error) {
	db, err := walletdb.Open(path, opts)
	if errors.Is(err, fs.ErrNotExist) {
		return walletdb.Create(path, opts)
	}
	return db, err
}

// loadDescriptors makes the recipes of both keychains from the account's
// extended public key.
func (w *Wallet) loadDescriptors() error {
	const purpose, account = 84, 0
	xpub, err := w.keys.AccountXpub(purpose, account)
	if err != nil {
		return err
	}
	fp, err := w.keys.Fingerprint()
	if err != nil {
		return err
	}
	path := []uint32{descriptor.Hardened + purpose, descriptor.Hardened + w.env.Params.Net.HDCoinType, descriptor.Hardened + account}
	w.source = make(map[descriptor.Keychain]*descriptor.Descriptor)
	for _, kc := range []descriptor.Keychain{descriptor.External, descriptor.Internal} {
		if w.source[kc], err = descriptor.WPKH(fp, path, xpub, kc); err != nil {
			return err
		}
	}
	return nil
}

func (w *Wallet) loadLedger() error {
	cfg := ledger.Config{External: w.source[descriptor.External], Internal: w.source[descriptor.Internal]}
	contents, err := w.db.Load()
	if err != nil {
		return err
	}
	_, exact := contents.Settings[settingExact]
	w.told = !exact
	w.anchor = decodeAnchor(contents.Settings[settingAnchor])
	w.marks = decodeMarks(contents.Settings[settingFilters])
	w.unmarked = len(w.marks) == 0 && len(contents.Rows) > 0
	if len(contents.Rows) > 0 {
		led, err := ledger.Load(cfg, contents.Rows)
		if err == nil {
			w.led = led
		}
		return err
	}
	led, change, err := ledger.New(cfg)
	if err != nil {
		return err
	}
	w.led = led
	return w.db.Save(change)
}

// setTold remembers whether a person named the birthday.
func (w *Wallet) setTold(told bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = told
	value := []byte{1}
	if told {
		value = nil
	}
	return w.db.SaveAll(map[string][]byte{settingExact: value})
}

func (w *Wallet) birthdayTold() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told
}

// apply takes one fact into account: in memory, on disk, then for all who
// listen. If the disk fails, memory is read again from it, so that nothing is
// shown that a restart would forget.
func (w *Wallet) apply(f ledger.Fact) error { return w.applyWith(nil, f) }

// applyWith is apply with settings that are saved in the same transaction.
func (w *Wallet) applyWith(settings map[string][]byte, f ledger.Fact) error {
	w.mu.Lock()
	notices, err := w.applyLockedWith(settings, f)
	w.mu.Unlock()
	w.tell(notices)
	return err
}

// applyLocked is apply for callers that hold w.mu. They pass the notices on
// themselves.
func (w *Wallet) applyLocked(f ledger.Fact) ([]ledger.Notice, error) {
	return w.applyLockedWith(nil, f)
}

func (w *Wallet) applyLockedWith(settings map[string][]byte, f ledger.Fact) ([]ledger.Notice, error) {
	change, err := w.led.Apply(f)
	if err != nil {
		return nil, err
	}
	if err := w.db.SaveAll(settings, change); err != nil {
		if again := w.loadLedger(); again != nil {
			return nil, failure("save wallet", errors.Join(err, again))
		}
		return nil, failure("save wallet", err)
	}
	if v, ok := settings[settingAnchor]; ok {
		w.anchor = decodeAnchor(v)
	}
	if v, ok := settings[settingFilters]; ok {
		w.marks = decodeMarks(v)
	}
	return change.Notices, nil
}

// Name is the wallet's name.
func (w *Wallet) Name() string { return w.name }

// Close locks the wallet and gives the folder back. Run must have ended.
func (w *Wallet) Close() error {
	w.release()
	if w.held != nil {
		return w.held.Release()
	}
	return nil
}

func (w *Wallet) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.db.Close()
	_ = w.keys.Close()
}

// birthday is from when on the chain must be kept.
func (w *Wallet) birthday() (height int32, known bool, t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	height, known = w.led.Birthday()
	return height, known, w.keys.Info().Birthday
}
