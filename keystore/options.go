package keystore

import (
	"crypto/rand"
	"io"
	"time"

	"thistle/keystore/seal"
)

// KDF is the cost of deriving keys from the password, Bounds what is accepted.
type (
	KDF    = seal.KDF
	Bounds = seal.Bounds
)

// Options are for tests and unusual machines; the zero value is right.
type Options struct {
	KDF    KDF              // cost for new passwords; zero: DefaultKDF()
	Bounds Bounds           // accepted costs; zero: seal.DefaultBounds
	Wait   time.Duration    // longest wait for the lock; zero: one second
	Rand   io.Reader        // nil: crypto/rand
	Now    func() time.Time // nil: time.Now
}

func (o Options) filled() Options {
	if o.KDF == (KDF{}) {
		o.KDF = DefaultKDF()
	}
	if o.Bounds == (Bounds{}) {
		o.Bounds = seal.DefaultBounds
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// lowMemory is the size of main memory, in bytes, below which the cheaper of
// the two costs is chosen.
const lowMemory = 4 << 30

// DefaultKDF is seal.DefaultKDF, or seal.SmallKDF on a machine with less than 4
// GiB of memory.
func DefaultKDF() KDF {
	if size, ok := mainMemory(); ok && size < lowMemory {
		return seal.SmallKDF
	}
	return seal.DefaultKDF
}
