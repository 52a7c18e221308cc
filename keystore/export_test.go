package keystore

import (
	"bytes"
	"slices"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
)

// ViewKey is a copy of the view key.
func ViewKey(k *Keystore) []byte { return bytes.Clone(k.view().key[:]) }

// SpendKey unwraps the spend key.
func SpendKey(k *Keystore, password []byte) ([]byte, error) {
	return k.env.Open(password, seal.Spend, k.opts.Bounds)
}

// View is the closure in a struct of its own.
func View(k *Keystore) any { return struct{ v func() *viewState }{k.view} }

// Deref is the value behind the pointer, without its mutex.
func Deref(k *Keystore) any {
	return struct {
		net, opts, file, env any
		view                 func() *viewState
	}{k.net, k.opts, k.file, k.env, k.view}
}

// Prepare makes an unlocked keystore know accounts 0 to n-1 of every purpose.
func Prepare(k *Keystore, password []byte, n uint32) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.withRootLocked(password, func(root *hd.Key) error {
		list := accounts{}
		for _, purpose := range hd.Purposes() {
			for number := range n {
				a, err := deriveAccount(root, k.net, purpose, number)
				if err != nil {
					return err
				}
				list = append(list, a)
			}
		}
		slices.SortFunc(list, (*account).compare)
		k.view().accounts = list
		return nil
	})
}
