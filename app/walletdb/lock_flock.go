//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package walletdb

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// noFollow refuses a symbolic link in place of the file.
const noFollow = unix.O_NOFOLLOW

// lockFile takes the lock that bbolt will take again on the same descriptor, so
// that the pages can be checked before bbolt reads them and nobody writes
// meanwhile.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrInUse
	}
	return err
}
