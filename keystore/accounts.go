package keystore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
)

// Account is an account as it is shown to others. Whoever has its extended
// public key sees all of its addresses.
type Account struct {
	Purpose, Number uint32
	// Fingerprint is that of the key at which Path begins: the master key, or the
	// account's own if the wallet was made from that.
	Fingerprint [4]byte
	Path        []uint32 // hardened indices with 1<<31 added; empty for the account's own
	xpub        *hd.Public
}

// Xpub is the extended public key, in the network's format (xpub, tpub).
func (a Account) Xpub() string { return a.xpub.Text() }

// Accounts lists the accounts that are prepared, ascending by purpose and
// number. Errors wrap ErrLocked.
func (k *Keystore) Accounts() ([]Account, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return nil, fmt.Errorf("accounts: %w", ErrLocked)
	}
	var list []Account
	for _, a := range k.view().accounts {
		list = append(list, Account{a.purpose, a.number, a.fingerprint, slices.Clone(a.path), a.xpub})
	}
	return list, nil
}

// AccountXpub is the extended public key of m/purpose'/coin'/account', in the
// network's format (xpub, tpub). A new keystore has BIP44's, 49's, 84's and 86's
// accounts 0 to 19. Errors wrap ErrLocked or ErrNoAccount.
func (k *Keystore) AccountXpub(purpose, account uint32) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return "", fmt.Errorf("account key: %w", ErrLocked)
	}
	a := k.view().accounts.find(purpose, account)
	if a == nil {
		return "", fmt.Errorf("%w: m/%d'/*'/%d'", ErrNoAccount, purpose, account)
	}
	return a.xpub.Text(), nil
}

// PrepareAccounts derives more accounts of a purpose and keeps their extended
// public keys: those up to a number, which is at most 49. Where they are there
// already nothing is done, and the password not looked at. A keystore that is
// still of format 1 is upgraded first. Errors wrap ErrNoAccount, ErrLocked, or
// those of Unlock, or are the system's; after one the file is as it was.
func (k *Keystore) PrepareAccounts(password []byte, purpose, upTo uint32) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.prepareAccounts(password, purpose, upTo); err != nil {
		return fmt.Errorf("prepare accounts: %w", err)
	}
	return nil
}

func (k *Keystore) prepareAccounts(password []byte, purpose, upTo uint32) error {
	if k.view == nil {
		return ErrLocked
	}
	if k.view().accounts.find(purpose, upTo) != nil {
		return nil
	}
	if !slices.Contains(hd.Purposes(), purpose) || upTo >= maxAccounts || k.view().source == SourceAccountKey {
		return fmt.Errorf("%w: m/%d'/*'/%d'", ErrNoAccount, purpose, upTo)
	}
	if k.format == format1 {
		if err := k.unlock(password); err != nil {
			return err
		}
		if k.format == format1 {
			return k.upgradeErr
		}
	}
	there := k.view().accounts.of(purpose)
	var more accounts
	err := k.withRootLocked(password, func(root *hd.Key) (err error) {
		more, err = deriveAccounts(root, k.net, purpose, uint32(len(there)), upTo+1)
		return err
	})
	if err != nil {
		return err
	}
	return k.addAccounts(purpose, more)
}

// addAccounts writes the accounts of a purpose anew.
func (k *Keystore) addAccounts(purpose uint32, more accounts) error {
	view := k.view()
	list := append(slices.Clone(view.accounts), more...)
	slices.SortFunc(list, (*account).compare)
	return k.shielded(func() error {
		r, err := sealList(k.opts.Rand, k.env.Header(), view.key[:], view.source, purpose, list)
		if err != nil {
			return err
		}
		c := k.file.Contents()
		c.Records = slices.Clone(c.Records)
		for i := range c.Records {
			if c.Records[i].Name == r.Name {
				c.Records[i] = r
			}
		}
		if _, _, err := openLists(view.key[:], k.env.Header(), c, k.net); err != nil {
			return err
		}
		if err := k.file.Replace(c); err != nil {
			return err
		}
		view.accounts = list
		return nil
	})
}

// account is enough to see, not to spend. It is not changed once made.
type account struct {
	fingerprint     [4]byte // of the root, the key at which path begins
	path            hd.Path // of the account's key below the root
	purpose, number uint32
	xpub            *hd.Public
}

// accounts are what an unlocked keystore knows: at least one, ascending by
// purpose and number, of one root.
type accounts []*account

// deriveAccounts derives the accounts of a purpose of a root, the master key,
// from one number to before another.
func deriveAccounts(root *hd.Key, net *chaincfg.Params, purpose, from, to uint32) (accounts, error) {
	path, err := hd.AccountPath(net, purpose, 0)
	if err != nil {
		return nil, err
	}
	fingerprint, err := root.Fingerprint()
	if err != nil {
		return nil, err
	}
	coin, err := root.Derive(path[:len(path)-1])
	if err != nil {
		return nil, err
	}
	defer coin.Wipe()
	var list accounts
	for number := from; number < to; number++ {
		breathe()
		a := &account{fingerprint: fingerprint, purpose: purpose, number: number}
		if a.path, err = hd.AccountPath(net, purpose, number); err != nil {
			return nil, err
		}
		if a.xpub, err = publicChild(coin, net, a.path[len(a.path)-1]); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func publicChild(parent *hd.Key, net *chaincfg.Params, index uint32) (*hd.Public, error) {
	key, err := parent.Child(index)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	return key.Public(net)
}

// find returns an account, nil if there is none.
func (list accounts) find(purpose, number uint32) *account {
	i, ok := slices.BinarySearchFunc(list, &account{purpose: purpose, number: number}, (*account).compare)
	if !ok {
		return nil
	}
	return list[i]
}

// of returns the accounts of a purpose, a part of the list.
func (list accounts) of(purpose uint32) accounts {
	from, _ := slices.BinarySearchFunc(list, &account{purpose: purpose}, (*account).compare)
	to, _ := slices.BinarySearchFunc(list, &account{purpose: purpose + 1}, (*account).compare)
	return list[from:to]
}

func (a *account) compare(b *account) int {
	return cmp.Or(cmp.Compare(a.purpose, b.purpose), cmp.Compare(a.number, b.number))
}

// at finds the account to which a derivation in a packet belongs, and where in
// it: the path is the account's, the chain 0 or 1 and an index. nil means that
// there is none.
func (list accounts) at(path []uint32) (a *account, chain, index uint32) {
	n := len(path) - 2
	if n < 0 || path[n] > 1 || path[n+1] >= hd.Hardened {
		return nil, 0, 0
	}
	for _, a := range list {
		if slices.Equal(a.path, path[:n]) {
			return a, path[n], path[n+1]
		}
	}
	return nil, 0, 0
}

// claimed reports whether a derivation in a packet names our root, whose
// fingerprint package psbt has as a little-endian number.
func (list accounts) claimed(fingerprint uint32) bool {
	return fingerprint == binary.LittleEndian.Uint32(list[0].fingerprint[:])
}

// script derives an output script of the account, and its public key.
func (a *account) script(chain, index uint32) (script, public []byte, err error) {
	if public, err = a.xpub.PublicKey(chain, index); err != nil {
		return nil, nil, err
	}
	if script, err = hd.Script(a.purpose, public); err != nil {
		return nil, nil, err
	}
	return script, public, nil
}

// key derives the account's private key from the root; the caller wipes it. It
// must be the one whose addresses the wallet shows: errors wrap ErrTampered.
func (a *account) key(root *hd.Key, net *chaincfg.Params) (*hd.Key, error) {
	key, err := root.Derive(a.path)
	if err != nil {
		return nil, err
	}
	public, err := key.Public(net)
	if err == nil && public.Text() != a.xpub.Text() {
		err = fmt.Errorf("%w: extended key of %v", ErrTampered, a.path)
	}
	if err != nil {
		key.Wipe()
		return nil, err
	}
	return key, nil
}
