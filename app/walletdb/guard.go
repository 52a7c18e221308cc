package walletdb

import (
	"fmt"
	"runtime/debug"
)

// fault is what a panic becomes.
type fault struct{ cause any }

func (f fault) Error() string { return fmt.Sprintf("%v: %v", ErrCorrupt, f.cause) }
func (f fault) Unwrap() error { return ErrCorrupt }

// guarded runs f and turns a panic, or a fault of the memory map, into a [fault].
// Whatever locks f held are lost then.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fault{r}
		}
	}()
	return f()
}
