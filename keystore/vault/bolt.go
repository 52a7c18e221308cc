package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sort"
	"time"

	bolt "go.etcd.io/bbolt"

	"thistle/keystore/seal"
)

const (
	schemaVersion = 1
	pageSize      = 4096
	maxFile       = 4 << 20
	maxValue      = seal.RecordOverhead + seal.MaxRecord
	maxRecords    = 64
	branchFlag    = 1
)

var (
	metaBucket   = []byte("meta")
	recordBucket = []byte("records")
	schemaKey    = []byte("schema")
	envelopeKey  = []byte("envelope")
)

// writeBolt makes a new database at path, which must not exist, and syncs it.
func writeBolt(path string, c Contents) (err error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:  time.Second,
		PageSize: pageSize,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			return os.OpenFile(name, flag|os.O_EXCL|noFollow, mode)
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(func(tx *bolt.Tx) error {
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		records, err := tx.CreateBucket(recordBucket)
		if err != nil {
			return err
		}
		if err := meta.Put(schemaKey, schemaValue(schemaVersion)); err != nil {
			return err
		}
		if err := meta.Put(envelopeKey, c.Envelope); err != nil {
			return err
		}
		for _, r := range c.Records {
			if err := records.Put([]byte(r.Name), r.Value); err != nil {
				return err
			}
		}
		return nil
	})
}

// readBolt reads an existing database without ever writing to it.
func readBolt(path string) (c Contents, err error) {
	var file *os.File
	open := func(name string, flag int, mode os.FileMode) (*os.File, error) {
		file, err = os.OpenFile(name, flag|noFollow, mode)
		if err != nil {
			return nil, err
		}
		if err := checkPages(file); err != nil {
			file.Close()
			return nil, err
		}
		return file, nil
	}
	err = guarded(func() error {
		db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second, ReadOnly: true, OpenFile: open})
		if err != nil {
			return boltError(err)
		}
		if size := db.Info().PageSize; size != pageSize {
			return errors.Join(fmt.Errorf("%w: pages of %d bytes", ErrCorrupt, size), db.Close())
		}
		err = db.View(func(tx *bolt.Tx) error {
			c, err = readTx(tx)
			return err
		})
		return errors.Join(err, db.Close())
	})
	if err != nil && file != nil {
		file.Close() // a panic inside bbolt leaves it open; twice does no harm
	}
	return c, err
}

func readTx(tx *bolt.Tx) (c Contents, err error) {
	meta, records := tx.Bucket(metaBucket), tx.Bucket(recordBucket)
	if meta == nil || records == nil {
		return c, fmt.Errorf("%w: a bucket is missing", ErrCorrupt)
	}
	if err := checkSchema(meta.Get(schemaKey)); err != nil {
		return c, err
	}
	if c.Envelope, err = value(meta.Get(envelopeKey)); err != nil {
		return c, fmt.Errorf("envelope: %w", err)
	}
	err = records.ForEach(func(k, v []byte) error {
		if len(c.Records) == maxRecords || len(k) > maxName {
			return fmt.Errorf("%w: records", ErrCorrupt)
		}
		b, err := value(v)
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		c.Records = append(c.Records, Record{Name: string(k), Value: b})
		return nil
	})
	sort.Slice(c.Records, func(i, j int) bool { return c.Records[i].Name < c.Records[j].Name })
	return c, err
}

// value copies a value out of the map. The length is looked at first: a damaged
// one can say four gigabytes.
func value(v []byte) ([]byte, error) {
	if v == nil || len(v) > maxValue {
		return nil, fmt.Errorf("%w: missing or oversized value", ErrCorrupt)
	}
	return bytes.Clone(v), nil
}

// boltError tells damage from the system's troubles.
func boltError(err error) error {
	var path *os.PathError
	if errors.Is(err, bolt.ErrTimeout) {
		return ErrInUse
	}
	if errors.As(err, &path) || errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// checkPages looks at a file before bbolt does. A vault is so small that none
// of its trees needs a branch; a branch page, which could lead bbolt in circles
// until the stack is exhausted, beyond any recovery, is not read at all.
func checkPages(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() < 4*pageSize || info.Size() > maxFile {
		return fmt.Errorf("%w: %d bytes", ErrCorrupt, info.Size())
	}
	var head [16]byte // page id 8, flags 2, count 2, overflow 4
	for at := int64(0); at+int64(len(head)) <= info.Size(); at += pageSize {
		if _, err := f.ReadAt(head[:], at); err != nil && err != io.EOF {
			return err
		}
		id, flags := binary.NativeEndian.Uint64(head[:8]), binary.NativeEndian.Uint16(head[8:])
		if flags&branchFlag != 0 && id == uint64(at/pageSize) {
			return fmt.Errorf("%w: a page of an unknown kind", ErrCorrupt)
		}
	}
	return nil
}

// schemaValue is the schema's number and a checksum, so that a damaged number
// is not taken for a newer one.
func schemaValue(version uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, version)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func checkSchema(b []byte) error {
	if len(b) != 8 || crc32.ChecksumIEEE(b[:4]) != binary.BigEndian.Uint32(b[4:]) {
		return fmt.Errorf("%w: schema", ErrCorrupt)
	}
	if v := binary.BigEndian.Uint32(b); v != schemaVersion {
		return fmt.Errorf("%w: schema %d", ErrVersion, v)
	}
	return nil
}
