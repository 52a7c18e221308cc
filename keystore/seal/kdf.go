package seal

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// MaxPassword is the longest password, in bytes of UTF-8.
const MaxPassword = 4096

const (
	saltSize = 16
	kekSize  = 64
)

// KDF is the cost of Argon2id (RFC 9106).
type KDF struct {
	Time      uint32 // passes
	MemoryKiB uint32 // KiB
	Threads   uint8  // lanes
}

// Bounds are the costs accepted, both ends included.
type Bounds struct{ Min, Max KDF }

// DefaultKDF costs about 1.5 s on a small machine; SmallKDF is for machines
// short of memory. DefaultBounds' floor keeps a file from having been made
// cheap to guess, its ceiling keeps one from exhausting the machine.
var (
	DefaultKDF = KDF{Time: 3, MemoryKiB: 256 << 10, Threads: 4}
	SmallKDF   = KDF{Time: 3, MemoryKiB: 64 << 10, Threads: 4}

	DefaultBounds = Bounds{
		Min: KDF{Time: 2, MemoryKiB: 64 << 10, Threads: 1},
		Max: KDF{Time: 16, MemoryKiB: 1 << 20, Threads: 16},
	}
)

// Check returns an error wrapping ErrKDFBounds unless k lies within b and is
// something Argon2id can run at all.
func (k KDF) Check(b Bounds) error {
	switch {
	case k.Time < max(1, b.Min.Time) || k.Time > b.Max.Time:
		return fmt.Errorf("%w: %d passes", ErrKDFBounds, k.Time)
	case k.Threads < max(1, b.Min.Threads) || k.Threads > b.Max.Threads:
		return fmt.Errorf("%w: %d lanes", ErrKDFBounds, k.Threads)
	case k.MemoryKiB < max(8*uint32(k.Threads), b.Min.MemoryKiB) || k.MemoryKiB > b.Max.MemoryKiB:
		return fmt.Errorf("%w: %d KiB", ErrKDFBounds, k.MemoryKiB)
	}
	return nil
}

// Less tells whether k costs less than other in any way.
func (k KDF) Less(other KDF) bool {
	return k.Time < other.Time || k.MemoryKiB < other.MemoryKiB || k.Threads < other.Threads
}

// kek derives the key that wraps the two keys ([:32]) and the one that commits
// to the password ([32:]). The caller has checked the cost, and clears the
// result. Argon2's blocks, from which the key follows, are left on the heap.
func (k KDF) kek(password []byte, salt *[saltSize]byte) ([]byte, error) {
	pw, err := normalPassword(password)
	if err != nil {
		return nil, err
	}
	out := argon2.IDKey(pw, salt[:], k.Time, k.MemoryKiB, k.Threads, kekSize)
	clear(pw)
	return out, nil
}

// normalPassword returns a fresh copy of the password in NFC, so that the same
// keys pressed on another system give the same bytes.
func normalPassword(password []byte) ([]byte, error) {
	switch {
	case len(password) == 0:
		return nil, fmt.Errorf("%w: empty", ErrPassword)
	case len(password) > MaxPassword:
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrPassword, MaxPassword)
	case !utf8.Valid(password):
		return nil, fmt.Errorf("%w: not UTF-8", ErrPassword)
	}
	// NFC grows a text at most threefold; with the room made beforehand no
	// outgrown copy is left behind.
	return norm.NFC.Append(make([]byte, 0, 3*len(password)+16), password...), nil
}
