package walletdb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// schema is a version and the steps that lead to it.
type schema struct {
	version uint16
	// steps turn the records of a version into those of the next. A step may
	// change its argument.
	steps map[uint16]func([]Record) ([]Record, error)
}

// current is what this program writes. Steps are added here and never changed.
var current = schema{version: Version, steps: map[uint16]func([]Record) ([]Record, error){1: step1, 2: step2}}

// openSchema opens a file and migrates it first if it is older.
func openSchema(path string, o Options, want schema) (*DB, error) {
	db, h, err := open(path, o, want.version)
	if err != nil {
		return nil, err
	}
	if h.version == want.version {
		return db, nil
	}
	kept, err := want.migrate(path, o, db, h)
	if err != nil {
		return nil, fmt.Errorf("migrate from version %d: %w", h.version, err)
	}
	if db, _, err = open(path, o, want.version); err != nil {
		return nil, err
	}
	db.MigratedFrom = kept
	return db, nil
}

// migrate writes the migrated content to a new file, reads that back, and
// switches. The old file stays under the name that is returned. It closes db.
func (want schema) migrate(path string, o Options, db *DB, h header) (kept string, err error) {
	defer func() { err = errors.Join(err, db.Close()) }()
	records, err := db.records()
	if err != nil {
		return "", err
	}
	for v := h.version; v < want.version; v++ {
		step := want.steps[v]
		if step == nil {
			return "", fmt.Errorf("no step from version %d", v)
		}
		if records, err = step(records); err != nil {
			return "", fmt.Errorf("step from version %d: %w", v, err)
		}
	}
	next := path + ".migrated"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err // left by a migration that was cut short
	}
	if err := create(next, o.header(want.version), o.Key, records); err != nil {
		return "", err
	}
	if err := verify(next, o, want.version, records); err != nil {
		return "", err
	}
	if kept, err = free(path + fmt.Sprintf(".v%d", h.version)); err != nil {
		return "", err
	}
	if err := keepAs(path, kept); err != nil {
		return "", err
	}
	// Elsewhere the lock is held until the new file stands in its place.
	if runtime.GOOS == "windows" {
		if err := db.Close(); err != nil {
			return "", err
		}
	}
	if err := os.Rename(next, path); err != nil {
		return "", err
	}
	return kept, syncDir(filepath.Dir(path))
}

// keepAs gives the old file a second name, so that there is a file at path at
// every moment; where that cannot be, it copies.
func keepAs(path, kept string) error {
	if os.Link(path, kept) == nil {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(kept, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// verify opens a file and compares its records.
func verify(path string, o Options, version uint16, want []Record) error {
	db, _, err := open(path, o, version)
	if err != nil {
		return err
	}
	got, err := db.records()
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d records in place of %d", len(got), len(want))
	}
	byID := make(map[string][]byte, len(want))
	for _, r := range want {
		byID[string(r.Kind)+r.ID] = r.Value
	}
	for _, r := range got {
		if v, ok := byID[string(r.Kind)+r.ID]; !ok || !bytes.Equal(v, r.Value) {
			return fmt.Errorf("%v differs after writing", r)
		}
	}
	return nil
}

// SetAside renames a file, so that a new one can take its place, and returns the
// new path. Nothing is deleted. Error: [ErrInUse].
func SetAside(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
	if err != nil {
		return "", fmt.Errorf("set wallet.db aside: %w", err)
	}
	defer f.Close()
	if err := lockFile(f); err != nil {
		return "", fmt.Errorf("set wallet.db aside: %w", err)
	}
	if runtime.GOOS == "windows" {
		f.Close() // an open file has no new name there
	}
	aside, err := free(path + ".damaged")
	if err == nil {
		err = os.Rename(path, aside)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return "", fmt.Errorf("set wallet.db aside: %w", err)
	}
	return aside, nil
}

// free returns the first of path, path-2, path-3 and so on that does not exist.
func free(path string) (string, error) {
	for i := 1; i < 1000; i++ {
		name := path
		if i > 1 {
			name = fmt.Sprintf("%s-%d", path, i)
		}
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: %w", path, fs.ErrExist)
}
