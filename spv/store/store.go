package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"thistle/boltpages"
)

// The names inside the folder.
const (
	dbName      = "chain.db"
	lockName    = "spv.lock"
	filtersName = "filters"
)

// Options say what to open.
type Options struct {
	Dir string // one network's folder; created if need be
	Net *chaincfg.Params
	Log *slog.Logger // nil: silent
}

// Store is an open folder. Its methods may be called from several goroutines.
type Store struct {
	dir  string
	net  *chaincfg.Params
	log  *slog.Logger
	lock *flock.Flock

	headers, filterHeaders records

	mu        sync.Mutex   // chain.db: one caller at a time, records apart
	dbMu      sync.RWMutex // guards db for records, which does not take mu
	db        *bolt.DB
	file      *os.File // db's, to be closed when bbolt cannot
	loaded    *Loaded  // what Open read, until Load takes it
	setAside  []string
	bad       error       // why chain.db is of no more use
	condemned atomic.Bool // bad is set

	filters *segments
}

// Open opens the folder and reads and checks chain.db. A chain.db that is
// damaged, of another network or of another version is renamed aside (its new
// name is in [Loaded].SetAside) and an empty one begun. Errors: [ErrInUse],
// [ErrDiskFull], or the system's.
func Open(o Options) (*Store, error) {
	s := &Store{dir: o.Dir, net: o.Net, log: o.Log}
	s.headers = records{s: s, series: headerSeries, extent: func(st *state) extent { return st.headers }}
	s.filterHeaders = records{s: s, series: filterSeries, extent: func(st *state) extent { return st.filters }}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open %s: %w", o.Dir, kind(err))
	}
	return s, nil
}

func (s *Store) open() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.lock = flock.New(filepath.Join(s.dir, lockName), flock.SetPermissions(0o600))
	switch ok, err := s.lock.TryLock(); {
	case err != nil:
		return err
	case !ok:
		err := s.lock.Close()
		s.lock = nil
		return errors.Join(ErrInUse, err)
	}
	if err := s.openChain(); err != nil {
		return err
	}
	var err error
	s.filters, err = openSegments(filepath.Join(s.dir, filtersName), s.log)
	return err
}

// openChain opens and reads chain.db, at the second try an empty one.
func (s *Store) openChain() error {
	path := filepath.Join(s.dir, dbName)
	for range 2 {
		err := s.badMark()
		if err == nil {
			err = s.createDB(path)
		}
		stop := readAhead(path)
		if err == nil {
			err = s.openDB(path)
		}
		if err == nil {
			s.loaded, err = s.read()
		}
		stop()
		if !errors.Is(err, ErrDamaged) {
			return err
		}
		s.abandon()
		aside, renameErr := setAside(path, err)
		if renameErr != nil {
			return fmt.Errorf("set %s aside: %w", dbName, renameErr)
		}
		s.log.Warn("chain.db was set aside", "file", aside, "err", err)
		s.setAside = append(s.setAside, aside)
		s.bad = nil
		s.condemned.Store(false)
		if err := os.Remove(path + markExt); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%w: a new %s is damaged at once", ErrDamaged, dbName)
}

// markExt names the file that condemns chain.db. Some damage shows only when
// bbolt writes, and would not be found by reading at the next Open.
const markExt = ".bad"

// badMark is ErrDamaged if chain.db was condemned.
func (s *Store) badMark() error {
	path := filepath.Join(s.dir, dbName)
	if _, err := os.Lstat(path + markExt); err != nil {
		return nil
	}
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return os.Remove(path + markExt)
	}
	return fmt.Errorf("%w: found when it was last used", ErrDamaged)
}

// condemn leaves the mark.
func (s *Store) condemn(err error) {
	s.bad = err
	s.condemned.Store(true)
	path := filepath.Join(s.dir, dbName+markExt)
	if err := os.WriteFile(path, []byte(err.Error()+"\n"), 0o600); err != nil {
		s.log.Warn("chain.db is damaged and could not be marked", "err", err)
	}
}

// createDB makes an empty chain.db where there is none. It is complete before
// it gets its name: losing power while bbolt writes its first pages would leave
// a file that it cannot open.
func (s *Store) createDB(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	tmp := path + ".tmp" // only ever an unfinished one of ours
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := s.openBolt(tmp, os.O_EXCL); err != nil {
		return err
	}
	st := newState(genesisBase(s.net))
	err := s.guarded("create "+dbName, func(db *bolt.DB) error {
		return db.Update(func(tx *bolt.Tx) error { return s.putState(tx, &st) })
	})
	if err = errors.Join(err, s.closeDB()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// openDB opens the existing chain.db.
func (s *Store) openDB(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && info.Size() == 0 {
		return fmt.Errorf("%w: empty", ErrDamaged) // bbolt would begin anew in it
	}
	if err := tighten(path, info); err != nil {
		return err
	}
	return s.openBolt(path, 0)
}

// openBolt opens a bbolt file. bbolt panics on some damaged files and gives
// errors without kind for others; both become ErrDamaged. What damage would make
// it run into that cannot be caught is looked for before.
func (s *Store) openBolt(path string, flag int) error {
	options := *bolt.DefaultOptions
	options.Timeout = 1 // the folder's lock was taken: nobody waits for long
	options.NoStatistics = true
	options.OpenFile = func(name string, f int, mode os.FileMode) (*os.File, error) {
		file, err := os.OpenFile(name, f|flag, mode)
		if err != nil {
			return nil, err
		}
		if err := checkPages(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		s.file = file
		return file, nil
	}
	err := guard("open", func() error {
		db, err := bolt.Open(path, 0o600, &options)
		s.dbMu.Lock()
		s.db = db
		s.dbMu.Unlock()
		return err
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: %w", ErrInUse, err)
	case fromSystem(err) || errors.Is(err, ErrDamaged):
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// checkPages checks the pages of a file that is not new. What cannot be read is
// damaged, as it would be for bbolt, which reads through a memory map.
func checkPages(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	metas, err := boltpages.Metas(file, info.Size())
	if err == nil {
		err = metas[0].Check(file, info.Size())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// guarded calls f with the open database, and turns what bbolt throws into an
// error. After damage the database is not touched again. The caller holds mu.
func (s *Store) guarded(op string, f func(db *bolt.DB) error) error {
	switch {
	case s.bad != nil:
		return fmt.Errorf("%s: %w", op, s.bad)
	case s.db == nil:
		return fmt.Errorf("%s: %w", op, ErrClosed)
	}
	err := guard(op, func() error { return f(s.db) })
	if errors.Is(err, ErrDamaged) {
		s.condemn(err)
	}
	return s.room(kind(err))
}

// guard calls f and turns a panic or a fault in mapped memory into ErrDamaged.
func guard(op string, f func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w: %v", op, ErrDamaged, p)
		}
	}()
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// closeDB closes the database, or what can be closed of a damaged one: bbolt
// may hold its locks for ever after a panic.
func (s *Store) closeDB() error {
	if s.bad != nil {
		s.abandon()
		return nil
	}
	if s.db == nil {
		return nil
	}
	s.dbMu.Lock() // readers finish first
	db := s.db
	s.db, s.file = nil, nil
	s.dbMu.Unlock()
	return guard("close", db.Close)
}

func (s *Store) abandon() {
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if s.file != nil {
		_ = s.file.Close()
	}
	s.db, s.file, s.loaded = nil, nil, nil
}

// Close makes filters durable, closes all files and lets go of the folder.
// Whatever was committed is on disk already. Closing twice does nothing.
func (s *Store) Close() error {
	var errs []error
	if s.filters != nil {
		errs = append(errs, s.filters.close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errs = append(errs, s.closeDB())
	s.loaded = nil
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
		s.lock = nil
	}
	return kind(errors.Join(errs...))
}
