package keystore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
)

// A file of format 1 that is replaced stays beside the new one, with this and
// the time, in UTC, behind its name.
const (
	keptSuffix = ".v1-"
	keptTime   = "20060102T150405Z"
)

// firstScript is the size of the one script in a record of format 1, in bytes.
const firstScript = 22

// openFormat1 opens a file of format 1, and writes it anew in the present one:
// here, because everybody unlocks and the password has just been stretched,
// which is what takes long; what is prepared can then be used without it. For
// that the spend key is in memory once, until the call ends.
//
// What fails is kept for PrepareAccounts to tell, and the wallet is used as it
// is: a full disk must not keep anyone from seeing their coins.
func (k *Keystore) openFormat1(password []byte) (*viewState, error) {
	viewKey, spendKey, err := k.env.OpenBoth(password, k.opts.Bounds)
	if errors.Is(err, ErrTampered) { // the spend key alone may be spoilt
		viewKey, err = k.env.Open(password, seal.View, k.opts.Bounds)
	}
	if err != nil {
		return nil, err
	}
	defer clear(viewKey)
	defer clear(spendKey)
	breathe()
	c := k.file.Contents()
	plain, err := seal.OpenRecord(viewKey, place(k.env.Header(), accountRecord), c.Record(accountRecord))
	if err != nil {
		return nil, err
	}
	a, err := decodeAccount(plain, k.net)
	if err != nil {
		return nil, err
	}
	view := &viewState{source: SourceWords, accounts: accounts{a}}
	copy(view.key[:], viewKey)
	if k.upgradeErr = k.upgrade(view, spendKey); k.upgradeErr != nil {
		k.upgradeErr = fmt.Errorf("upgrade keystore: %w", k.upgradeErr)
	}
	return view, nil
}

// upgrade derives the accounts again, makes sure that the one there was is among
// them, and switches to a new file only after that has been read back. The
// former one stays beside it.
func (k *Keystore) upgrade(view *viewState, spendKey []byte) error {
	if spendKey == nil {
		return ErrTampered
	}
	h, c := k.env.Header(), k.file.Contents()
	plain, err := seal.OpenRecord(spendKey, place(h, seedRecord), c.Record(seedRecord))
	if err != nil {
		return err
	}
	secrets, err := parseSeed(plain)
	if err != nil {
		return err
	}
	defer secrets.wipe()
	list, err := secrets.accounts(k.net)
	if err != nil {
		return err
	}
	was := view.accounts[0]
	is := list.find(was.purpose, was.number)
	if is == nil || is.fingerprint != was.fingerprint || is.xpub.Text() != was.xpub.Text() {
		return fmt.Errorf("%w: fingerprint or account key", ErrTampered)
	}
	if c.Records, err = sealAll(k.opts.Rand, h, view.key[:], spendKey, list, secrets); err != nil {
		return err
	}
	if _, _, err := openLists(view.key[:], h, c, k.net); err != nil {
		return err
	}
	if err := k.file.ReplaceKeeping(c, keptSuffix+k.opts.Now().UTC().Format(keptTime)); err != nil {
		return err
	}
	k.format, view.accounts = format2, list
	return nil
}

// decodeAccount reads the record of format 1, and derives the first script
// again: fingerprint 4 ‖ purpose 4 ‖ account 4 ‖ first script 22 ‖ xpub as text.
func decodeAccount(b []byte, net *chaincfg.Params) (*account, error) {
	const fixed = 4 + 4 + 4 + firstScript
	if len(b) < fixed {
		return nil, fmt.Errorf("%w: account record", ErrCorrupt)
	}
	a := &account{purpose: binary.BigEndian.Uint32(b[4:]), number: binary.BigEndian.Uint32(b[8:])}
	copy(a.fingerprint[:], b)
	var err error
	if a.xpub, err = hd.ParsePublic(string(b[fixed:]), net); err != nil {
		return nil, fmt.Errorf("%w: account record: %w", ErrTampered, err)
	}
	if a.path, err = hd.AccountPath(net, a.purpose, a.number); err != nil {
		return nil, fmt.Errorf("%w: account record: %w", ErrTampered, err)
	}
	if a.xpub.Depth() != len(a.path) || a.xpub.Index() != a.path[len(a.path)-1] {
		return nil, fmt.Errorf("%w: extended key is not the account's", ErrTampered)
	}
	first, _, err := a.script(0, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: account record: %w", ErrTampered, err)
	}
	if !bytes.Equal(first, b[12:fixed]) {
		return nil, fmt.Errorf("%w: first address", ErrTampered)
	}
	return a, nil
}
