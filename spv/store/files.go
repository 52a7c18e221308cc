package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
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

// growth is by how much bbolt lets its file grow at most at a time, in bytes.
const growth = 16 << 20

// room looks whether an error of bbolt's is for want of room, which bbolt does
// not always pass on: a file as large as chain.db would become is begun and
// removed again.
func (s *Store) room(err error) error {
	if err == nil || fromSystem(err) || s.file == nil ||
		errors.Is(err, ErrDiskFull) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrMismatch) {
		return err
	}
	info, statErr := s.file.Stat()
	probe, openErr := os.OpenFile(filepath.Join(s.dir, dbName+".probe"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if statErr != nil || openErr != nil {
		return errors.Join(err, statErr, kind(openErr))
	}
	full := probe.Truncate(info.Size() + growth)
	if full == nil {
		_, full = probe.Write(make([]byte, 1<<20))
	}
	return errors.Join(err, kind(full), probe.Close(), os.Remove(probe.Name()))
}

// readAhead begins to read a file from its beginning, since all of it is about to
// be looked at, here and there: bbolt asks the system not to read ahead, and page
// by page a disk gives a tenth of what it can. The function returned ends it.
func readAhead(path string) (stop func()) {
	var enough atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		f, err := os.Open(path)
		if err != nil {
			return // whoever needs the file will say so
		}
		defer f.Close()
		buf := make([]byte, 1<<20)
		for err == nil && !enough.Load() {
			_, err = f.Read(buf)
		}
	}()
	return func() { enough.Store(true); <-done }
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
