package walletdb

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"thistle/app/ledger"
)

// maxSetting bounds the size of a setting.
const maxSetting = 1 << 20

// Save stores changes of the ledger, in their order, in one transaction. They are
// on disk when it returns. After [ErrDiskFull] the file is as before and can be
// used on; after any other error it must be opened again. The ledger is ahead of
// the file after every error.
func (db *DB) Save(changes ...ledger.Change) error {
	return db.SaveAll(nil, changes...)
}

// SaveAll is Save together with settings: small values under names of the app's
// choice. A nil value deletes a setting.
func (db *DB) SaveAll(settings map[string][]byte, changes ...ledger.Change) error {
	var ops []op
	for _, c := range changes {
		for _, row := range c.Put {
			r, err := encodeRow(row)
			if err != nil {
				return fmt.Errorf("save wallet.db: %w", err)
			}
			ops = append(ops, op{r, false})
		}
		for _, k := range c.Delete {
			ops = append(ops, op{Record{Kind: byte(k.Kind), ID: k.ID}, true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if len(settings[name]) > maxSetting {
			return fmt.Errorf("save wallet.db: setting %q of %d bytes is too large", name, len(settings[name]))
		}
		ops = append(ops, op{Record{Kind: kindSetting, ID: name, Value: settings[name]}, settings[name] == nil})
	}
	if len(ops) == 0 {
		return nil
	}
	if err := db.do(func() error { return db.write(ops) }); err != nil {
		return fmt.Errorf("save wallet.db: %w", err)
	}
	return nil
}

type op struct {
	record Record
	remove bool
}

func (db *DB) write(ops []op) error {
	var next manifest
	err := db.bolt.Update(func(tx *bolt.Tx) error {
		m, err := db.readManifest(tx)
		if err != nil {
			return err
		}
		if m != db.manifest {
			return corrupt("the manifest is not the one last written")
		}
		m.generation++
		rows := tx.Bucket(rowsBucket)
		for _, o := range ops {
			if o.remove {
				err = m.remove(rows, db.sealer, o.record)
			} else {
				err = m.put(rows, db.sealer, o.record)
			}
			if err != nil {
				return err
			}
		}
		next = m
		return tx.Bucket(headBucket).Put(manifestKey, db.sealer.seal(headBucket, manifestKey, m.encode()))
	})
	if err == nil {
		db.manifest = next
		return nil
	}
	err = boltError(err)
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrDiskFull) && db.full() {
		err = fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	if errors.Is(err, ErrDiskFull) && !db.unchanged() {
		db.abandon(err)
	}
	return err
}

// unchanged reports whether the file still holds what was last read or written:
// the very last step of a commit can fail with all pages in place.
func (db *DB) unchanged() bool {
	var m manifest
	err := db.bolt.View(func(tx *bolt.Tx) (err error) {
		m, err = db.readManifest(tx)
		return err
	})
	return err == nil && m == db.manifest
}

// put stores a record and accounts for it.
func (m *manifest) put(rows *bolt.Bucket, s *sealer, r Record) error {
	name := s.name(r.Kind, r.ID)
	m.forget(rows, s, name)
	sealed := s.seal(rowsBucket, name, r.encode())
	m.count++
	m.sum = m.sum.add(s.hash(name, sealed))
	return rows.Put(name, sealed)
}

func (m *manifest) remove(rows *bolt.Bucket, s *sealer, r Record) error {
	name := s.name(r.Kind, r.ID)
	m.forget(rows, s, name)
	return rows.Delete(name)
}

// forget takes what is stored under a name out of the account.
func (m *manifest) forget(rows *bolt.Bucket, s *sealer, name []byte) {
	if old := rows.Get(name); old != nil {
		m.count--
		m.sum = m.sum.sub(s.hash(name, old))
	}
}
