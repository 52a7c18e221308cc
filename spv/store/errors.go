package store

import (
	"errors"
	"fmt"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"
)

// Kinds of errors, found with errors.Is. An error of none of these kinds is the
// operating system's, passed on.
var (
	// ErrInUse says that another process has the folder open.
	ErrInUse = errors.New("folder is in use by another process")
	// ErrDiskFull says that there is no room for what was to be written; the
	// old state stands.
	ErrDiskFull = errors.New("disk is full")
	// ErrDamaged says that a file does not hold what was written. The store is
	// of no more use; opening it again sets the file aside.
	ErrDamaged = errors.New("damaged file")
	// ErrMissing says that a filter is not held, or no longer whole.
	ErrMissing = errors.New("filter is missing")
	// ErrMismatch says that a batch does not fit what is stored: a mistake of
	// the caller. Nothing was changed.
	ErrMismatch = errors.New("batch does not fit what is stored")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store is closed")
)

// kind adds ErrDiskFull to the system's ways of saying so.
func kind(err error) error {
	if errors.Is(err, ErrDiskFull) {
		return err
	}
	for _, full := range fullErrors {
		if errors.Is(err, full) {
			return fmt.Errorf("%w: %w", ErrDiskFull, err)
		}
	}
	return err
}

// fullErrors include the limits on a user's or a process's share: for the
// person it is the same, no room.
var fullErrors = append([]error{syscall.ENOSPC, syscall.EFBIG, berrors.ErrMaxSizeReached}, moreFullErrors...)

// fromSystem tells an error of the operating system, which says nothing about
// what the file holds, from bbolt's complaints about its content.
func fromSystem(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}
