package walletdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	bolt "go.etcd.io/bbolt"
)

// lockPatience is how long to wait for another program to let the file go.
const lockPatience = 200 * time.Millisecond

var (
	headBucket  = []byte("head")
	rowsBucket  = []byte("rows")
	headerKey   = []byte("header")
	manifestKey = []byte("manifest")
)

// Options say whose file it is.
type Options struct {
	Key      [32]byte // seals the file; it is not kept
	Network  string
	Genesis  chainhash.Hash
	WalletID [16]byte
}

func (o Options) header(version uint16) header {
	return header{version: version, network: o.Network, genesis: o.Genesis, walletID: o.WalletID}
}

// DB is an open wallet.db. Its methods may be called from several goroutines.
type DB struct {
	mu       sync.Mutex
	bolt     *bolt.DB
	file     *os.File // bolt's
	sealer   *sealer
	manifest manifest // as last read or written
	bad      error    // why nothing more is to be done
	// MigratedFrom is the path of the file as it was before a migration by Open,
	// empty if there was none.
	MigratedFrom string
}

// Create makes a new file, which must not exist ([fs.ErrExist]), and opens it. It
// appears whole or not at all.
func Create(path string, o Options) (*DB, error) {
	if err := create(path, o.header(Version), o.Key, nil); err != nil {
		return nil, fmt.Errorf("create wallet.db: %w", err)
	}
	return Open(path, o)
}

// Open opens an existing file ([fs.ErrNotExist] if there is none) and checks its
// structure and whose it is; [DB.Load] checks all the rest. A file of an older
// version is migrated. Errors: [ErrCorrupt], [ErrForeign], [ErrInUse], [ErrNewer].
func Open(path string, o Options) (*DB, error) {
	db, err := openSchema(path, o, current)
	if err != nil {
		return nil, fmt.Errorf("open wallet.db: %w", err)
	}
	return db, nil
}

// open opens a file of any version up to newest.
func open(path string, o Options, newest uint16) (*DB, header, error) {
	if err := tighten(path); err != nil {
		return nil, header{}, err
	}
	db := &DB{}
	var h header
	err := guarded(func() error {
		var err error
		db.bolt, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: lockPatience, PageSize: pageSize, NoStatistics: true, OpenFile: db.openFile,
		})
		if err != nil {
			return boltError(err)
		}
		return db.bolt.View(func(tx *bolt.Tx) error {
			h, err = db.readHead(tx, o, newest)
			return err
		})
	})
	if err != nil {
		db.abandon(err)
		return nil, h, err
	}
	return db, h, nil
}

// tighten refuses what is not a plain file and takes the file's rights from
// others.
func tighten(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return corrupt("not a regular file")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(path, 0o600)
	}
	return nil
}

// openFile opens the file for bbolt, which would make one where there is none,
// and start an empty one anew.
func (db *DB) openFile(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag&^os.O_CREATE|noFollow, mode)
	if err != nil {
		return nil, err
	}
	if err := ready(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	db.file = f
	return f, nil
}

func ready(f *os.File) error {
	for start := time.Now(); ; time.Sleep(lockPatience / 10) {
		err := lockFile(f)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrInUse) || time.Since(start) > lockPatience {
			return err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return checkPages(f, info.Size())
}

// readHead checks whose file it is and reads the manifest.
func (db *DB) readHead(tx *bolt.Tx, o Options, newest uint16) (header, error) {
	head := tx.Bucket(headBucket)
	if head == nil || tx.Bucket(rowsBucket) == nil {
		return header{}, corrupt("a bucket is missing")
	}
	h, commit, err := parseHeader(head.Get(headerKey), newest)
	if err != nil {
		return h, err
	}
	if h != o.header(h.version) {
		return h, fmt.Errorf("%w: made for %q", ErrForeign, h.network)
	}
	if db.sealer, err = newSealer(o.Key, h); err != nil {
		return h, err
	}
	if !db.sealer.committed(commit) {
		return h, fmt.Errorf("%w: another key", ErrForeign)
	}
	db.manifest, err = db.readManifest(tx)
	return h, err
}

func (db *DB) readManifest(tx *bolt.Tx) (manifest, error) {
	plain, err := db.sealer.open(headBucket, manifestKey, tx.Bucket(headBucket).Get(manifestKey))
	if err != nil {
		return manifest{}, err
	}
	return parseManifest(plain)
}

// do runs f while the file is open. After damage or an error of the system the
// file is let go: what it holds must be loaded again.
func (db *DB) do(f func() error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.bad != nil {
		return db.bad
	}
	err := guarded(f)
	if err != nil && !errors.Is(err, ErrDiskFull) {
		db.abandon(err)
	}
	return err
}

// abandon lets the file go, without asking bbolt after a panic: it may hold locks
// for ever. The memory map stays then.
func (db *DB) abandon(why error) {
	db.bad = why
	if errors.As(why, new(fault)) || db.bolt == nil {
		if db.file != nil {
			db.file.Close()
		}
		return
	}
	db.bolt.Close()
}

// Close lets the file go. It may be called twice.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.sealer = nil // whoever still holds the DB does not hold its keys
	if db.bad != nil {
		return nil
	}
	db.bad = ErrClosed
	if err := guarded(db.bolt.Close); err != nil {
		return fmt.Errorf("close wallet.db: %w", err)
	}
	return nil
}

// create makes a file of the given records.
func create(path string, h header, key [32]byte, records []Record) error {
	s, err := newSealer(key, h)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".wallet.db-*")
	if err != nil {
		return boltError(err)
	}
	name := tmp.Name()
	defer os.Remove(name)
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := fill(name, s, h, records); err != nil {
		return boltError(err)
	}
	return publish(name, path)
}

// fill writes a new file at path and syncs it.
func fill(path string, s *sealer, h header, records []Record) (err error) {
	b, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockPatience, PageSize: pageSize})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.Update(func(tx *bolt.Tx) error {
		head, err := tx.CreateBucket(headBucket)
		if err != nil {
			return err
		}
		rows, err := tx.CreateBucket(rowsBucket)
		if err != nil {
			return err
		}
		m := manifest{generation: 1}
		for _, r := range records {
			if err := m.put(rows, s, r); err != nil {
				return err
			}
		}
		if err := head.Put(headerKey, h.seal(s.commit)); err != nil {
			return err
		}
		return head.Put(manifestKey, s.seal(headBucket, manifestKey, m.encode()))
	})
}

// publish gives a finished file its name, if the name is free.
func publish(tmp, path string) error {
	err := os.Link(tmp, path)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil {
		// Some file systems have no links.
		if _, statErr := os.Lstat(path); !errors.Is(statErr, fs.ErrNotExist) {
			return errors.Join(fs.ErrExist, statErr)
		}
		if err := os.Rename(tmp, path); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Not every system can sync a folder.
	_ = d.Sync()
	return d.Close()
}
