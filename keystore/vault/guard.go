package vault

import (
	"fmt"
	"runtime/debug"
)

// guarded runs f, which reads a file through a memory map. A panic in it, or a
// fault where the file is shorter than its map, comes back as ErrCorrupt.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		// The panic's text may quote bytes of the file: it is not passed on.
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: unreadable pages", ErrCorrupt)
		}
	}()
	return f()
}
