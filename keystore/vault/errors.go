package vault

import (
	"errors"

	"thistle/keystore/seal"
)

// The kinds of trouble, to be told apart with errors.Is. A file that is not
// there is fs.ErrNotExist.
var (
	// ErrCorrupt: the file is damaged or is no vault.
	ErrCorrupt = seal.ErrCorrupt
	// ErrVersion: written by a program newer than this one.
	ErrVersion = seal.ErrVersion
	// ErrInUse: somebody else has the vault open.
	ErrInUse = errors.New("in use by another program or window")
	// ErrExists: there is something at this path already.
	ErrExists = errors.New("already exists")
	// ErrTooLarge: more contents than a vault is made for.
	ErrTooLarge = errors.New("too much for one vault")
	// ErrClosed: the vault has been closed.
	ErrClosed = errors.New("closed")
)
