package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	boltErrors "go.etcd.io/bbolt/errors"

	"thistle/keystore/seal"
)

const (
	schemaSmall = 1 // padded
	schemaLarge = 2 // more than maxPadded, not padded
	pageSize    = 16 << 10
	maxFile     = 4 << 20
	maxPadded   = 11 << 10      // so that one page holds it, padding included
	maxContents = 15<<10 + 1<<9 // so that one page holds it
	maxValue    = seal.RecordOverhead + seal.MaxRecord
	maxRecords  = 256
	branchFlag  = 1
)

// Everything is in one bucket and one page of it: schema, envelope, padding, and
// the records under a prefix. The padding makes a small bucket too large for
// bbolt to store it inline; see readTx.
var (
	bucketName   = []byte("vault")
	schemaKey    = []byte("schema")
	envelopeKey  = []byte("envelope")
	paddingKey   = []byte("padding")
	recordPrefix = []byte("record/")
	padding      = make([]byte, pageSize/4+1)
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
		b, err := tx.CreateBucket(bucketName)
		if err != nil {
			return err
		}
		schema := uint32(schemaLarge)
		if c.size() <= maxPadded {
			schema, err = schemaSmall, b.Put(paddingKey, padding)
		}
		err = errors.Join(err, b.Put(schemaKey, schemaValue(schema)), b.Put(envelopeKey, c.Envelope))
		for _, r := range c.Records {
			err = errors.Join(err, b.Put(append(recordPrefix[:len(recordPrefix):len(recordPrefix)], r.Name...), r.Value))
		}
		return err
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
	b := tx.Bucket(bucketName)
	if b == nil {
		return c, fmt.Errorf("%w: no vault", ErrCorrupt)
	}
	// An inline bucket is a page that checkPages has not seen.
	if b.Root() == 0 {
		return c, fmt.Errorf("%w: inline bucket", ErrCorrupt)
	}
	if err := checkSchema(b.Get(schemaKey)); err != nil {
		return c, err
	}
	if c.Envelope, err = value(b.Get(envelopeKey)); err != nil {
		return c, fmt.Errorf("envelope: %w", err)
	}
	cursor := b.Cursor()
	for k, v := cursor.Seek(recordPrefix); bytes.HasPrefix(k, recordPrefix); k, v = cursor.Next() {
		name := k[len(recordPrefix):]
		if len(c.Records) == maxRecords || len(name) > maxName {
			return c, fmt.Errorf("%w: records", ErrCorrupt)
		}
		copied, err := value(v)
		if err != nil {
			return c, fmt.Errorf("record: %w", err)
		}
		c.Records = append(c.Records, Record{Name: string(name), Value: copied})
	}
	return c, nil
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
	if errors.Is(err, boltErrors.ErrTimeout) {
		return ErrInUse
	}
	if errors.As(err, &path) || errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// checkPages looks at a file before bbolt does. A vault is so small that none
// of its trees needs a branch (see maxContents). A file with a branch page, which could lead bbolt in
// circles until the stack is exhausted, beyond any recovery, is not read at all.
// More is not asked of it: bbolt believes overflow and free list only when it
// writes, which it never does here, and damage in a part that nobody reads should
// not cost a person the keys.
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
	if v := binary.BigEndian.Uint32(b); v != schemaSmall && v != schemaLarge {
		return fmt.Errorf("%w: schema %d", ErrVersion, v)
	}
	return nil
}
