package store

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// setAside renames a file to the first free name that says why, and returns
// that name.
func setAside(path string, why error) (string, error) {
	word := "damaged"
	switch {
	case errors.Is(why, errForeign):
		word = "foreign"
	case errors.Is(why, errNewer):
		word = "newer"
	}
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.%s-%d", path, word, n)
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			return aside, os.Rename(path, aside)
		} else if err != nil {
			return "", err
		}
	}
}

// tighten takes a file away from everybody but its owner.
func tighten(path string, info os.FileInfo) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(path, 0o600)
}

// syncDir makes renames and new names in a folder durable. Windows does so by
// itself, and cannot open folders.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
