package walletdb

import (
	"cmp"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"thistle/app/ledger"
)

// Contents is all that a file holds.
type Contents struct {
	Rows     []ledger.Row // in the order of their keys, for [ledger.Load]
	Settings map[string][]byte
}

// Load reads everything and checks it against the manifest. After an error
// nothing of the file is to be believed: [ErrCorrupt].
func (db *DB) Load() (Contents, error) {
	records, err := db.records()
	if err != nil {
		return Contents{}, fmt.Errorf("load wallet.db: %w", err)
	}
	c := Contents{Settings: make(map[string][]byte)}
	for _, r := range records {
		if r.Kind == kindSetting {
			c.Settings[r.ID] = r.Value
			continue
		}
		row, err := decodeRow(r)
		if err != nil {
			return Contents{}, fmt.Errorf("load wallet.db: %w", err)
		}
		c.Rows = append(c.Rows, row)
	}
	return c, nil
}

// Check reads everything, as Load does, and has bbolt check itself. Of a sound
// file it returns nil.
func (db *DB) Check() error {
	if _, err := db.Load(); err != nil {
		return err
	}
	err := db.do(func() error {
		return db.bolt.View(func(tx *bolt.Tx) error {
			for err := range tx.Check() {
				return corrupt("%v", err)
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("check wallet.db: %w", err)
	}
	return nil
}

// records reads all records, by kind and id.
func (db *DB) records() ([]Record, error) {
	var records []Record
	err := db.do(func() error {
		return db.bolt.View(func(tx *bolt.Tx) error {
			m, err := db.readManifest(tx)
			if err != nil {
				return err
			}
			got := manifest{generation: m.generation}
			err = tx.Bucket(rowsBucket).ForEach(func(name, sealed []byte) error {
				r, err := db.sealer.openRecord(name, sealed)
				if err != nil {
					return err
				}
				records = append(records, r)
				got.count++
				got.sum = got.sum.add(db.sealer.hash(name, sealed))
				return nil
			})
			if err == nil && got != m {
				err = corrupt("%d rows do not fit the manifest of %d", got.count, m.count)
			}
			if err == nil && m.generation != db.manifest.generation {
				err = corrupt("generation %d in place of %d", m.generation, db.manifest.generation)
			}
			return err
		})
	})
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return records, err
}

// openRecord opens what is stored under a name and checks that it belongs there.
func (s *sealer) openRecord(name, sealed []byte) (Record, error) {
	plain, err := s.open(rowsBucket, name, sealed)
	if err != nil {
		return Record{}, err
	}
	r, err := decodeRecord(plain)
	if err != nil {
		return r, err
	}
	if string(s.name(r.Kind, r.ID)) != string(name) {
		return r, corrupt("a record under a wrong name")
	}
	return r, nil
}
