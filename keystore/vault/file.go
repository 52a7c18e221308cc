package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"thistle/keystore/seal"
)

const (
	maxName     = 64
	recordCost  = 32 // more than bbolt adds to a record
	lockSuffix  = ".lock"
	tempInfix   = ".new-"
	lockRetry   = 20 * time.Millisecond
	defaultWait = time.Second
)

// Contents is all that a vault keeps: nothing in it is secret by itself.
// Together it has at most 15.5 KiB.
type Contents struct {
	Envelope []byte   // seal.Envelope, encoded
	Records  []Record // ascending by name, names distinct
}

// Record is one sealed record.
type Record struct {
	Name  string // at most 64 bytes
	Value []byte // seal.SealRecord's result
}

// Record returns the value of a record; nil if there is none.
func (c *Contents) Record(name string) []byte {
	for _, r := range c.Records {
		if r.Name == name {
			return r.Value
		}
	}
	return nil
}

// check makes sure that everything is whole.
func (c *Contents) check() error {
	if _, err := seal.Parse(c.Envelope); err != nil {
		return err
	}
	for i, r := range c.Records {
		if len(r.Name) == 0 || len(r.Name) > maxName || i > 0 && c.Records[i-1].Name >= r.Name {
			return fmt.Errorf("%w: names of records", ErrCorrupt)
		}
		if err := seal.CheckRecord(r.Value); err != nil {
			return fmt.Errorf("record %q: %w", r.Name, err)
		}
	}
	if size := c.size(); size > maxContents {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	return nil
}

// size is what the contents take of the page, in bytes and at most.
func (c *Contents) size() int {
	size := len(c.Envelope)
	for _, r := range c.Records {
		size += len(r.Name) + len(r.Value) + recordCost
	}
	return size
}

func (c Contents) equal(d Contents) bool {
	return bytes.Equal(c.Envelope, d.Envelope) && slices.EqualFunc(c.Records, d.Records, func(a, b Record) bool {
		return a.Name == b.Name && bytes.Equal(a.Value, b.Value)
	})
}

// File is an open vault. It is not safe for concurrent use.
type File struct {
	path     string
	lock     *flock.Flock
	contents Contents
}

// Create writes a new vault and opens it. Folders that are missing are made
// with mode 0700. Waiting for the lock takes at most wait, a second if zero.
// Errors wrap ErrExists or ErrInUse, or are the system's.
func Create(path string, c Contents, wait time.Duration) (*File, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("create vault: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create vault: %w", err)
	}
	lock, err := takeLock(path, wait)
	if err != nil {
		return nil, fmt.Errorf("create vault: %w", err)
	}
	if err := write(path, c, place); err != nil {
		return nil, errors.Join(fmt.Errorf("create vault: %w", err), lock.Unlock())
	}
	return &File{path: path, lock: lock, contents: c}, nil
}

// Open opens an existing vault and reads all of it. Waiting for the lock takes
// at most wait, a second if zero. Errors wrap fs.ErrNotExist, ErrInUse,
// ErrCorrupt or ErrVersion, or are the system's.
func Open(path string, wait time.Duration) (*File, error) {
	if _, err := os.Lstat(path); err != nil { // else a lock would be left behind
		return nil, fmt.Errorf("open vault: %w", err)
	}
	lock, err := takeLock(path, wait)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	c, err := read(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open vault: %w", err), lock.Unlock())
	}
	return &File{path: path, lock: lock, contents: c}, nil
}

// Contents returns what was read at opening, or written since. The caller does
// not change it.
func (f *File) Contents() Contents { return f.contents }

// Replace puts other contents into the vault, all at once: after a crash there
// is the old file or the new one.
func (f *File) Replace(c Contents) error {
	if f.lock == nil {
		return fmt.Errorf("replace vault: %w", ErrClosed)
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("replace vault: %w", err)
	}
	if err := write(f.path, c, os.Rename); err != nil {
		return fmt.Errorf("replace vault: %w", err)
	}
	f.contents = c
	return nil
}

// ReplaceKeeping is Replace, and the present file stays beside it, under its
// name with a suffix. After a crash the present file is at the vault's path, at
// the other, or at both, and the new one at the vault's path or nowhere. A file
// that has the other name already is never touched: the error wraps ErrExists,
// unless it is the present file, left there by a crash.
func (f *File) ReplaceKeeping(c Contents, suffix string) error {
	if f.lock == nil {
		return fmt.Errorf("replace vault: %w", ErrClosed)
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("replace vault: %w", err)
	}
	err := write(f.path, c, func(from, to string) error {
		if err := keep(to, to+suffix); err != nil {
			return err
		}
		return os.Rename(from, to)
	})
	if err != nil {
		return fmt.Errorf("replace vault: %w", err)
	}
	f.contents = c
	return nil
}

// Check reads the file again and compares it with what was opened. Errors wrap
// ErrCorrupt where it is damaged or different.
func (f *File) Check() error {
	if f.lock == nil {
		return fmt.Errorf("check vault: %w", ErrClosed)
	}
	c, err := read(f.path)
	if err != nil {
		return fmt.Errorf("check vault: %w", err)
	}
	if !c.equal(f.contents) {
		return fmt.Errorf("check vault: %w: not what was opened", ErrCorrupt)
	}
	return nil
}

// Close gives the vault back. Closing twice does nothing.
func (f *File) Close() error {
	if f.lock == nil {
		return nil
	}
	lock := f.lock
	f.lock, f.contents = nil, Contents{}
	return lock.Unlock()
}

func read(path string) (Contents, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Contents{}, err
	}
	c, err := readBolt(path)
	if err != nil {
		return Contents{}, err
	}
	if err := c.check(); err != nil {
		return Contents{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		// A failure here (a foreign file system) must not keep anyone from
		// their keys, which are sealed anyway.
		_ = os.Chmod(path, 0o600)
	}
	return c, nil
}

// write makes the file beside its place and lets put move it there.
func write(path string, c Contents, put func(from, to string) error) error {
	sweep(path)
	var suffix [8]byte
	rand.Read(suffix[:])
	temp := path + tempInfix + hex.EncodeToString(suffix[:])
	defer os.Remove(temp)
	if err := writeBolt(temp, c); err != nil {
		return err
	}
	back, err := read(temp)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if !back.equal(c) {
		return fmt.Errorf("read back: %w: not what was written", ErrCorrupt)
	}
	if err := syncFile(temp); err != nil {
		return err
	}
	if err := put(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// sweep removes what a crash left behind. The lock is held, so nobody is
// writing such a file now.
func sweep(path string) {
	dir, prefix := filepath.Dir(path), filepath.Base(path)+tempInfix
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// place moves a file to a name that must be free: a link fails where a rename
// would overwrite. Where links do not exist the name is claimed by an empty
// file first.
func place(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return nil // the other name is removed by write
	}
	if _, statErr := os.Lstat(to); errors.Is(err, fs.ErrExist) || statErr == nil {
		return fmt.Errorf("%w: %s", ErrExists, to)
	}
	claim, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY|noFollow, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s", ErrExists, to)
	}
	if err != nil {
		return err
	}
	if err := claim.Close(); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// keep gives a file a second name, on disk when it returns. The file is never
// changed, so that both stay what they are. Where links do not exist it is
// copied, and the copy compared.
func keep(path, second string) error {
	if same, err := sameContents(path, second); err == nil && same {
		return syncDir(filepath.Dir(second))
	}
	err := os.Link(path, second)
	if err != nil {
		if _, statErr := os.Lstat(second); errors.Is(err, fs.ErrExist) || statErr == nil {
			return fmt.Errorf("%w: %s", ErrExists, second)
		}
		if err := copyFile(path, second); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(second))
}

// copyFile copies beside the place and moves the copy there once it is whole.
func copyFile(path, to string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	temp := path + tempInfix + "copy"
	defer os.Remove(temp)
	if err := os.WriteFile(temp, b, 0o600); err != nil {
		return err
	}
	if err := syncFile(temp); err != nil {
		return err
	}
	if same, err := sameContents(path, temp); err != nil || !same {
		return errors.Join(err, fmt.Errorf("copy: %w: not what was written", ErrCorrupt))
	}
	return place(temp, to)
}

func sameContents(a, b string) (bool, error) {
	first, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	second, err := os.ReadFile(b)
	return err == nil && bytes.Equal(first, second), err
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func takeLock(path string, wait time.Duration) (*flock.Flock, error) {
	if wait == 0 {
		wait = defaultWait
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	lock := flock.New(path+lockSuffix, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(0o600))
	ok, err := lock.TryLockContext(ctx, lockRetry)
	if errors.Is(err, context.DeadlineExceeded) || err == nil && !ok {
		return nil, fmt.Errorf("%w: %s", ErrInUse, path)
	}
	if err != nil {
		return nil, err
	}
	return lock, nil
}
