package keystore

import (
	"fmt"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
)

// Unlock brings the view key and the accounts' extended public keys into
// memory, nothing that can spend. A file of format 1 is upgraded by the way, if
// it can be: Info tells. Errors wrap ErrPassword, ErrWrongPassword,
// ErrTampered, ErrCorrupt or ErrClosed. It takes as long as the KDF does, also
// when the keystore is unlocked already, since the password is checked.
func (k *Keystore) Unlock(password []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.unlock(password); err != nil {
		return fmt.Errorf("unlock: %w", err)
	}
	return nil
}

func (k *Keystore) unlock(password []byte) error {
	return k.shielded(func() error {
		view, err := k.openView(password)
		if err != nil {
			return err
		}
		k.forget()
		k.view = func() *viewState { return view }
		return nil
	})
}

func (k *Keystore) openView(password []byte) (*viewState, error) {
	if k.file == nil {
		return nil, ErrClosed
	}
	if k.format == format1 {
		return k.openFormat1(password)
	}
	key, err := k.env.Open(password, seal.View, k.opts.Bounds)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	breathe()
	source, list, err := openLists(key, k.env.Header(), k.file.Contents(), k.net)
	if err != nil {
		return nil, err
	}
	view := &viewState{source: source, accounts: list}
	copy(view.key[:], key)
	return view, nil
}

// Lock clears what Unlock brought into memory.
func (k *Keystore) Lock() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lock()
}

func (k *Keystore) lock() {
	if k.view == nil {
		return
	}
	k.forget()
	sweep(k.costs()...) // keys were derived from the view key meanwhile
}

func (k *Keystore) forget() {
	if k.view == nil {
		return
	}
	v := k.view()
	clear(v.key[:])
	v.accounts = nil
	k.view = nil
}

// Unlocked reports whether the view key is in memory.
func (k *Keystore) Unlocked() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.view != nil
}

// SealKey derives a key for sealing something outside of the keystore, the
// wallet's database say, from the view key. The same purpose gives the same key
// for the life of the wallet, whatever its password. Errors wrap ErrLocked.
func (k *Keystore) SealKey(purpose string) ([32]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return [32]byte{}, fmt.Errorf("seal key: %w", ErrLocked)
	}
	return seal.Subkey(k.view().key[:], "seal/v1/"+purpose)
}

// Fingerprint is the master key's: the first 4 bytes of HASH160 of its public
// key. Of a wallet made from an account's key it is that key's. Note that psbt.Bip32Derivation wants them as a little-endian number.
// Errors wrap ErrLocked.
func (k *Keystore) Fingerprint() ([4]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return [4]byte{}, fmt.Errorf("fingerprint: %w", ErrLocked)
	}
	return k.view().accounts[0].fingerprint, nil
}

// Source is what the wallet's keys come from. Errors wrap ErrLocked.
func (k *Keystore) Source() (Source, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return 0, fmt.Errorf("source: %w", ErrLocked)
	}
	return k.view().source, nil
}

func (k *Keystore) shielded(f func() error) error { return shielded(f, k.costs()...) }

// costs are that of the file and that of its next password.
func (k *Keystore) costs() []KDF { return []KDF{k.env.Header().KDF, k.opts.KDF} }

// withSpend unseals what can spend, for the time of f.
func (k *Keystore) withSpend(password []byte, f func(*spendSecrets) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.withSpendLocked(password, f)
}

// withSpendLocked does it with the mutex held.
func (k *Keystore) withSpendLocked(password []byte, f func(*spendSecrets) error) error {
	if k.file == nil {
		return ErrClosed
	}
	if k.view == nil {
		return ErrLocked
	}
	return k.shielded(func() error { return k.openSpend(password, f) })
}

func (k *Keystore) openSpend(password []byte, f func(*spendSecrets) error) error {
	key, err := k.env.Open(password, seal.Spend, k.opts.Bounds)
	if err != nil {
		return err
	}
	defer clear(key)
	breathe()
	name, parse := spendRecord, parseSpendSecrets
	if k.format == format1 {
		name, parse = seedRecord, parseSeed
	}
	c := k.file.Contents()
	plain, err := seal.OpenRecord(key, place(k.env.Header(), name), c.Record(name))
	if err != nil {
		return err
	}
	secrets, err := parse(plain)
	if err != nil {
		return err
	}
	defer secrets.wipe()
	return f(secrets)
}

// withRootLocked derives the root, the key at which the accounts' paths begin,
// for the time of f, and makes sure first that it is the one whose addresses the
// wallet shows. What f derives for an account is checked again (account.key).
func (k *Keystore) withRootLocked(password []byte, f func(*hd.Key) error) error {
	return k.withSpendLocked(password, func(s *spendSecrets) error {
		root, err := s.root(k.net)
		if err != nil {
			return err
		}
		defer root.Wipe()
		breathe()
		fingerprint, err := root.Fingerprint()
		if err != nil {
			return err
		}
		if fingerprint != k.view().accounts[0].fingerprint {
			return fmt.Errorf("%w: fingerprint", ErrTampered)
		}
		return f(root)
	})
}
