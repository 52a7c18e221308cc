package keystore

import "runtime"

// shielded runs f, which handles secrets, and overwrites the part of the stack
// it used: hash functions and scalars keep copies there that no defer reaches.
// The stack is made deep first, so that it need not be moved, which would leave
// a copy of it behind.
func shielded(f func() error) error {
	overwriteStack()
	defer overwriteStack()
	return f()
}

// overwriteStack clears what lies below its caller's frame.
//
//go:noinline
func overwriteStack() {
	var page [96 << 10]byte
	clear(page[:])
	runtime.KeepAlive(&page)
}
