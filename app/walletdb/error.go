package walletdb

import (
	"errors"
	"fmt"

	boltErrors "go.etcd.io/bbolt/errors"
)

// Kinds of error.
var (
	// ErrCorrupt says that the file is damaged.
	ErrCorrupt = errors.New("wallet.db is damaged")
	// ErrForeign says that the file belongs to another wallet, network or key.
	ErrForeign = errors.New("wallet.db of another wallet or network")
	// ErrInUse says that another program, or another part of this one, has the
	// file open.
	ErrInUse = errors.New("wallet.db is in use")
	// ErrNewer says that a later version of the program wrote the file.
	ErrNewer = errors.New("wallet.db of a newer version")
	// ErrDiskFull says that there is no room. What was saved before is still there.
	ErrDiskFull = errors.New("disk full")
	// ErrClosed says that the database was closed.
	ErrClosed = errors.New("wallet.db is closed")
)

// corrupt makes an [ErrCorrupt] that says what is wrong.
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// boltError gives errors of bbolt and the system their kind.
func boltError(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrCorrupt):
		return err
	case errors.Is(err, boltErrors.ErrTimeout):
		return ErrInUse
	case noRoom(err):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case errors.Is(err, boltErrors.ErrInvalid), errors.Is(err, boltErrors.ErrChecksum),
		errors.Is(err, boltErrors.ErrVersionMismatch), errors.Is(err, boltErrors.ErrInvalidMapping):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}
