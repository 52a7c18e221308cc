package keystore

import "bytes"

// ViewKey is a copy of the view key.
func ViewKey(k *Keystore) []byte { return bytes.Clone(k.view().key[:]) }

// View is the closure in a struct of its own.
func View(k *Keystore) any { return struct{ v func() *viewState }{k.view} }

// Deref is the value behind the pointer, without its mutex.
func Deref(k *Keystore) any {
	return struct {
		net, opts, file, env any
		view                 func() *viewState
	}{k.net, k.opts, k.file, k.env, k.view}
}
