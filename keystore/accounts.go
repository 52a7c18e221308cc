package keystore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
)

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

// deriveAccount derives an account of a root, which is the master key.
func deriveAccount(root *hd.Key, net *chaincfg.Params, purpose, number uint32) (*account, error) {
	a := &account{purpose: purpose, number: number}
	var err error
	if a.path, err = hd.AccountPath(net, purpose, number); err != nil {
		return nil, err
	}
	if a.fingerprint, err = root.Fingerprint(); err != nil {
		return nil, err
	}
	key, err := root.Derive(a.path)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	if a.xpub, err = key.Public(net); err != nil {
		return nil, err
	}
	return a, nil
}

// find returns an account, nil if there is none.
func (list accounts) find(purpose, number uint32) *account {
	i, ok := slices.BinarySearchFunc(list, &account{purpose: purpose, number: number}, (*account).compare)
	if !ok {
		return nil
	}
	return list[i]
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
