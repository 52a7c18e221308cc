package app

import (
	"context"
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
	"github.com/btcsuite/btcd/wire/v2"
)

// settingExact marks a wallet whose birthday is when it was made. Without it a
// person named the birthday, or wallet.db was lost: search earlier too.
const settingExact = "birthday-exact"

// settingAnchor is the block before the birthday: height, then hash.
const settingAnchor = "birthday-anchor"

// Wallet is an open wallet, alone in its network's folder or part of a Session.
// Its methods may be called from any goroutine, also once it is closed: then they
// know nothing any more.
type Wallet struct {
	env         *Env
	name        string
	held        *instance.Lock // nil in a session, and while a wallet is being made
	session     *Session       // nil for a wallet that runs a peer of its own
	keys        *keystore.Keystore
	info        keystore.Info
	fingerprint [4]byte
	hub         hub
	changed     chan struct{} // the ledger has changed: there may be more to search for

	paying sync.Mutex // one payment at a time is built, signed and saved; before mu

	mu     sync.Mutex // guards what follows
	db     *walletdb.DB
	led    *ledger.Ledger // nil once closed
	source map[descriptor.Keychain]*descriptor.Descriptor

	told       bool // see settingExact
	backedUp   bool // see settingBackedUp
	anchor     ledger.BlockRef
	marks      []filterMark
	ownNode    bool                              // the person's own node has told of some blocks
	unmarked   bool                              // there may be coverage that no mark vouches for
	offered    map[chainhash.Hash]*wire.MsgTx    // what the peer was told to announce
	toldSynced chainhash.Hash                    // tip of the last Synced
	rivals     map[chainhash.Hash]chainhash.Hash // by what they compete with

	run     *running // the run that goes on, if there is one
	closing bool     // no run begins any more

	chainMu sync.RWMutex
	chain   *spv.Client // while running
}

// running is a run of a wallet.
type running struct {
	stop context.CancelFunc
	over chan struct{} // closed at its end
}

// Open opens a wallet with its password, without connecting to anything, and
// takes the network's folder for it alone.
func Open(env *Env, name string, password Secret) (*Wallet, error) {
	// Asked first, so that a mistyped name or folder leaves nothing behind.
	if err := exists(env, &name); err != nil {
		return nil, err
	}
	lock, err := env.lock()
	if err != nil {
		return nil, err
	}
	w, err := openWallet(env, name, password)
	if err != nil {
		_ = lock.Release()
		return nil, err
	}
	w.held = lock
	return w, nil
}

// exists makes an empty name the default one and refuses names without a wallet.
func exists(env *Env, name *string) error {
	const op = "open wallet"
	if *name == "" {
		*name = config.DefaultWallet
	}
	if err := config.CheckName(*name); err != nil {
		return &Error{Op: op, Kind: KindName, Detail: *name, Err: err}
	}
	if _, err := os.Lstat(env.folder().Keystore(*name)); errors.Is(err, fs.ErrNotExist) {
		return &Error{Op: op, Kind: KindNoWallet, Detail: *name, Err: err}
	}
	return nil
}

// openWallet opens the two files of a wallet. The folder is held.
func openWallet(env *Env, name string, password Secret) (*Wallet, error) {
	const op = "open wallet"
	keys, err := keystore.Open(env.folder().Keystore(name), env.Params.Net, env.Keys)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Op: op, Kind: KindNoWallet, Detail: name, Err: err}
	}
	if err != nil {
		return nil, failure(op, err)
	}
	err = keys.Unlock(reveal(password))
	var w *Wallet
	if err == nil {
		w, err = begin(env, name, keys)
	}
	if err != nil {
		_ = keys.Close()
		return nil, failure(op, err)
	}
	return w, nil
}

// begin opens the sealed history that belongs to unlocked keys.
func begin(env *Env, name string, keys *keystore.Keystore) (*Wallet, error) {
	w := &Wallet{env: env, name: name, keys: keys, info: keys.Info(), changed: make(chan struct{}, 1)}
	if err := w.loadDescriptors(); err != nil {
		return nil, err
	}
	key, err := keys.SealKey("wallet.db")
	if err != nil {
		return nil, err
	}
	path := env.folder().WalletDB(name)
	opts := walletdb.Options{Key: key, Network: env.Network, Genesis: *env.Params.Net.GenesisHash, WalletID: w.info.WalletID}
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
	if w.fingerprint, err = w.keys.Fingerprint(); err != nil {
		return err
	}
	path := []uint32{descriptor.Hardened + purpose, descriptor.Hardened + w.env.Params.Net.HDCoinType, descriptor.Hardened + account}
	w.source = make(map[descriptor.Keychain]*descriptor.Descriptor)
	for _, kc := range []descriptor.Keychain{descriptor.External, descriptor.Internal} {
		if w.source[kc], err = descriptor.WPKH(w.fingerprint, path, xpub, kc); err != nil {
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
	_, w.backedUp = contents.Settings[settingBackedUp]
	w.anchor = decodeAnchor(contents.Settings[settingAnchor])
	w.marks = decodeMarks(contents.Settings[settingFilters])
	_, w.ownNode = contents.Settings[settingOwnNode]
	w.unmarked = len(w.marks) == 0 && len(contents.Rows) > 0 && !w.ownNode
	if len(contents.Rows) > 0 {
		led, err := ledger.Load(cfg, contents.Rows)
		if err != nil {
			return err
		}
		w.led = led
		w.loadRivals(contents.Settings[settingRivals])
		return nil
	}
	led, change, err := ledger.New(cfg)
	if err != nil {
		return err
	}
	w.led = led
	return w.db.Save(change)
}

// setOrigin remembers where a new wallet comes from: whether a person named its
// birthday, and whether its words are known to be on paper.
func (w *Wallet) setOrigin(told, backedUp bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	settings := make(map[string][]byte)
	if !told {
		settings[settingExact] = []byte{1}
	}
	if backedUp {
		settings[settingBackedUp] = []byte{1}
	}
	w.told, w.backedUp = told, backedUp
	return w.db.SaveAll(settings)
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
	if w.led == nil {
		return nil, errClosed("change wallet")
	}
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
	if _, ok := settings[settingOwnNode]; ok {
		w.ownNode = true
	}
	if v, ok := settings[settingAnchor]; ok {
		w.anchor = decodeAnchor(v)
	}
	if v, ok := settings[settingFilters]; ok {
		w.marks = decodeMarks(v)
	}
	select {
	case w.changed <- struct{}{}:
	default:
	}
	return change.Notices, nil
}

// Name is the wallet's name.
func (w *Wallet) Name() string { return w.name }

// Close ends a run that goes on, locks the wallet, forgets what it knew and
// gives the folder back, or leaves its session.
func (w *Wallet) Close() error {
	w.mu.Lock()
	w.closing = true
	run := w.run
	w.mu.Unlock()
	if run != nil {
		run.stop()
		<-run.over
	}
	w.release()
	if w.session != nil {
		w.session.forget(w)
	}
	if w.held != nil {
		return w.held.Release()
	}
	return nil
}

func (w *Wallet) release() {
	w.mu.Lock()
	_ = w.db.Close()
	w.led, w.source, w.marks, w.offered, w.rivals = nil, nil, nil, nil, nil
	w.mu.Unlock()
	w.hub.wake()
	_ = w.keys.Close() // waits for a signature that is being made
}

func (w *Wallet) closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.led == nil
}

// birthday is from when on the chain must be kept.
func (w *Wallet) birthday() (height int32, known bool, t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led != nil {
		height, known = w.led.Birthday()
	}
	return height, known, w.info.Birthday
}
