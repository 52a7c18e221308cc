package keystore

import "runtime"

// shielded runs f, which handles secrets, and then overwrites the part of the
// stack that it used: ciphers, hash functions and scalars leave copies there
// that no defer reaches.
//
// A stack that is moved leaves its old place as it was. So it is made deep
// before f runs, and kept so full meanwhile that the collector does not shrink
// it, which it does where less than a quarter is in use.
//
//go:noinline
func shielded(f func() error) error {
	var ballast [64 << 10]byte
	overwriteStack()
	defer overwriteStack()
	err := f()
	runtime.KeepAlive(&ballast)
	return err
}

// overwriteStack clears what lies below its caller's frame.
//
//go:noinline
func overwriteStack() {
	var page [96 << 10]byte
	clear(page[:])
	runtime.KeepAlive(&page)
}
