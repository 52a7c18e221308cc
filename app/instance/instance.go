// Package instance makes sure that one program at a time works in a data
// folder: two would each believe that the other's coins are theirs to spend. Who
// holds the folder can listen there for other programs of the same user, which
// ask it instead of working themselves.
//
// The lock is the operating system's, on an open file: it ends with the
// process, however that ends, and nobody has to clean up after a crash. What a
// crash leaves of a socket is removed by the next to listen, who holds the lock.
//
// The socket is a Unix one (0600 in 0700). Where the system can tell whose the
// other end is, both ends look: it must be the same user's. An address of such a
// socket is short; where the path is not, the socket lies in a folder of its own
// among the temporary ones, and the path is a link to it.
//
// What is said over a connection is not this package's business.
package instance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrInUse says that another program holds the folder.
var ErrInUse = errors.New("data folder is in use by another program")

// Lock is a held folder.
type Lock struct{ file *flock.Flock }

// Acquire takes the lock file at path, which it creates with its folder if need
// be (0600 in 0700). Errors: ErrInUse, or the file system's.
func Acquire(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	file := flock.New(path, flock.SetPermissions(0o600))
	ok, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if !ok {
		return nil, ErrInUse
	}
	return &Lock{file: file}, nil
}

// Release gives the folder back. Releasing twice does nothing.
func (l *Lock) Release() error { return l.file.Unlock() }
