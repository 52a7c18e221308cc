package keystore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
	"thistle/keystore/vault"
)

// birthdayMargin is how long before its making a new wallet's birthday lies:
// clocks, here and of miners, are allowed to differ.
const birthdayMargin = 2 * time.Hour

// Keystore is an open file of keys. It is safe for concurrent use; calls that
// need the password take turns.
type Keystore struct {
	mu   sync.Mutex
	net  *chaincfg.Params
	opts Options
	file *vault.File // nil once closed
	env  *seal.Envelope
	// format is the file's, upgradeErr why it is still the first.
	format     int
	upgradeErr error
	view       func() *viewState // nil while locked
}

// viewState is what unlocking brings into memory.
type viewState struct {
	key      [seal.KeySize]byte
	source   Source
	accounts accounts
}

// CreateParams says what to create, from entropy or from an extended private
// key. The caller clears what the secrets hold.
type CreateParams struct {
	Net        *chaincfg.Params // mainnet, testnet4, signet or regtest
	Password   Secret           // UTF-8, not empty
	Entropy    Secret           // 16, 20, 24, 28 or 32 bytes
	Language   Language         // of the words, on which the keys depend
	Passphrase Secret           // BIP39's; may be nil
	// ExtendedKey is an xprv or tprv as text: the master key, or that of an
	// account (depth 3), of which Purpose (44, 49, 84 or 86) says the type.
	ExtendedKey Secret
	Purpose     uint32
	Birthday    time.Time // zero: creation minus two hours
	Options     Options
}

// Info is what a keystore tells without its password. Before Unlock it is what
// the file says; after it, what was sealed.
type Info struct {
	WalletID  [16]byte
	Network   string // as in chaincfg
	CreatedAt time.Time
	Birthday  time.Time // nothing of the wallet is older
	// Format is 2. It is 1 in a file of before, until the first Unlock that can
	// write: it has BIP84's account 0 only.
	Format int
}

// Create makes a new keystore at path and returns it unlocked. It never
// overwrites anything. Errors wrap ErrExists, ErrInUse, ErrPassword,
// ErrEntropySize, ErrLanguage, ErrNotUTF8, ErrTooLong, ErrExtendedKey, ErrSource, ErrKDFBounds or
// hd.ErrNetwork, or are
// the system's.
func Create(path string, p CreateParams) (*Keystore, error) {
	var k *Keystore
	err := shielded(func() (err error) {
		k, err = create(path, p)
		return err
	}, p.Options.filled().KDF)
	if err != nil {
		return nil, fmt.Errorf("create keystore: %w", err)
	}
	return k, nil
}

func create(path string, p CreateParams) (*Keystore, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = ErrExists
		}
		return nil, err
	}
	secrets, err := newSpendSecrets(p)
	if err != nil {
		return nil, err
	}
	defer secrets.wipe()
	list, err := secrets.accounts(p.Net)
	if err != nil {
		return nil, err
	}
	return store(path, p, list, secrets)
}

// store seals everything under fresh keys and writes it.
func store(path string, p CreateParams, list accounts, secrets *spendSecrets) (*Keystore, error) {
	opts := p.Options.filled()
	view := &viewState{source: secrets.source(), accounts: list}
	spend := make([]byte, seal.KeySize)
	defer clear(spend)
	for _, b := range [][]byte{view.key[:], spend} {
		if _, err := io.ReadFull(opts.Rand, b); err != nil {
			return nil, fmt.Errorf("draw key: %w", err)
		}
	}
	header, err := newHeader(p, opts)
	if err != nil {
		return nil, err
	}
	env, err := seal.Seal(opts.Rand, header, opts.Bounds, p.Password.bytes(), view.key[:], spend)
	if err != nil {
		return nil, err
	}
	c := vault.Contents{Envelope: env.Marshal()}
	if c.Records, err = sealAll(opts.Rand, header, view.key[:], spend, list, secrets); err != nil {
		return nil, err
	}
	if _, _, err := openLists(view.key[:], header, c, p.Net); err != nil {
		return nil, err
	}
	file, err := vault.Create(path, c, opts.Wait)
	if err != nil {
		return nil, err
	}
	return &Keystore{
		net: p.Net, opts: opts, file: file, env: env, format: format2, view: func() *viewState { return view },
	}, nil
}

func newHeader(p CreateParams, opts Options) (h seal.Header, err error) {
	if _, err := io.ReadFull(opts.Rand, h.WalletID[:]); err != nil {
		return h, fmt.Errorf("draw wallet id: %w", err)
	}
	now := opts.Now()
	birthday := p.Birthday
	if birthday.IsZero() {
		birthday = now.Add(-birthdayMargin)
	}
	h.Network, h.Genesis = p.Net.Name, *p.Net.GenesisHash
	h.Created, h.Birthday = now.Unix(), birthday.Unix()
	h.KDF = opts.KDF
	return h, nil
}

// Open opens the keystore at path, locked. Errors wrap fs.ErrNotExist, ErrInUse,
// ErrCorrupt, ErrVersion, ErrForeignNetwork or ErrKDFBounds, or are the
// system's.
func Open(path string, net *chaincfg.Params, opts Options) (*Keystore, error) {
	opts = opts.filled()
	file, err := vault.Open(path, opts.Wait)
	if err != nil {
		return nil, fmt.Errorf("open keystore: %w", err)
	}
	env, err := examine(file, net, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open keystore: %w", err), file.Close())
	}
	format, err := formatOf(file.Contents())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open keystore: %w", err), file.Close())
	}
	return &Keystore{net: net, opts: opts, file: file, env: env, format: format}, nil
}

// examine checks what can be checked without the password.
func examine(file *vault.File, net *chaincfg.Params, opts Options) (*seal.Envelope, error) {
	if _, err := hd.CoinType(net); err != nil {
		return nil, err
	}
	c := file.Contents()
	env, err := seal.Parse(c.Envelope)
	if err != nil {
		return nil, err
	}
	h := env.Header()
	if h.Network != net.Name || h.Genesis != *net.GenesisHash {
		return nil, fmt.Errorf("%w: %s instead of %s", ErrForeignNetwork, h.Network, net.Name)
	}
	if err := h.KDF.Check(opts.Bounds); err != nil {
		return nil, err
	}
	return env, nil
}

// Info returns what the file's header says.
func (k *Keystore) Info() Info {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.env.Header()
	return Info{
		WalletID:  h.WalletID,
		Network:   h.Network,
		CreatedAt: time.Unix(h.Created, 0).UTC(),
		Birthday:  time.Unix(h.Birthday, 0).UTC(),
		Format:    k.format,
	}
}

// Check reads the file again and compares it with what was opened. Errors wrap
// ErrCorrupt.
func (k *Keystore) Check() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.file == nil {
		return fmt.Errorf("check keystore: %w", ErrClosed)
	}
	return k.file.Check()
}

// Close locks the keystore and gives the file back. Closing twice does nothing.
func (k *Keystore) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lock()
	if k.file == nil {
		return nil
	}
	file := k.file
	k.file = nil
	return file.Close()
}
