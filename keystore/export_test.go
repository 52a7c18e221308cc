package keystore

import (
	"bytes"

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
