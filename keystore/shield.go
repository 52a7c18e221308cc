package keystore

import "runtime"

// shielded runs f, which handles secrets, and then overwrites the part of the
// stack that it used, and what it left on the heap: ciphers, hash functions and
// scalars leave copies in both that no defer reaches.
//
// A stack that is moved leaves its old place as it was. So it is made deep
// before f runs, and kept so full meanwhile that the collector does not shrink
// it, which it does where less than a quarter is in use.
//
// costs are those of the file, and of passwords set with these options; see
// sweep.
//
//go:noinline
func shielded(f func() error, costs ...KDF) error {
	var ballast [64 << 10]byte
	overwriteStack()
	defer sweep(costs...)
	defer overwriteStack()
	err := f()
	runtime.KeepAlive(&ballast)
	return err
}

// overwriteStack clears what lies below its caller's frame, and then the vector
// registers, through which bytes are copied and in which the last ones stay: 256
// bytes are what goes through all of them.
//
//go:noinline
func overwriteStack() {
	var page [96 << 10]byte
	clear(page[:])
	copy(page[:256], page[4<<10:])
	runtime.KeepAlive(&page)
}

// breathe gives way to other goroutines. The scheduler interrupts whoever has
// computed for ten milliseconds without that, and stores the registers where
// nothing clears them; so what handles secrets stops between its steps.
func breathe() { runtime.Gosched() }
