//go:build unix

package vault

import (
	"os"

	"golang.org/x/sys/unix"
)

// noFollow refuses a symbolic link at the end of a path.
const noFollow = unix.O_NOFOLLOW

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
