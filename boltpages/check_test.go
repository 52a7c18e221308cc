package boltpages_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"thistle/boltpages"
)

var native = binary.NativeEndian

// open opens a file without waiting for the disk.
func open(t testing.TB, path string, pageSize int) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: pageSize, NoSync: true, NoGrowSync: true})
	require.NoError(t, err)
	return db
}

func key(n int) []byte { return binary.BigEndian.AppendUint32([]byte("key"), uint32(n)) }

// change does a random transaction: many values, now and then long ones, an inline
// bucket, and what was removed.
func change(r *rand.Rand, pageSize int) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		for n, name := range []string{"large", "long", "small"} {
			b, err := tx.CreateBucketIfNotExists([]byte(name))
			if err != nil {
				return err
			}
			count, length := []int{150, 6, 2}[n], []int{40, 3 * pageSize, 5}[n]
			for range 1 + r.IntN(count) {
				k := key(r.IntN(count))
				if r.IntN(3) == 0 {
					err = b.Delete(k)
				} else {
					err = b.Put(k, make([]byte, r.IntN(length+1)))
				}
				if err != nil {
					return err
				}
			}
		}
		if r.IntN(10) == 0 {
			return tx.DeleteBucket([]byte([]string{"large", "long", "small"}[r.IntN(3)]))
		}
		return nil
	}
}

// sample is a sound file with everything in it: branches, overflow, an inline
// bucket, free pages.
func sample(t testing.TB) []byte {
	t.Helper()
	const pageSize = 1024
	path := filepath.Join(t.TempDir(), "sample")
	db := open(t, path, pageSize)
	put := func(name string, count, length int) {
		require.NoError(t, db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(name))
			for i := 0; i < count && err == nil; i++ {
				err = b.Put(key(i), make([]byte, length))
			}
			return err
		}))
	}
	put("large", 60, 40)
	put("long", 2, 2500)
	put("small", 2, 5)
	put("large", 60, 45)
	require.NoError(t, db.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, check(b))
	return b[:pages(b)*pageSize]
}

func check(file []byte) error {
	metas, err := boltpages.Metas(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	return metas[0].Check(bytes.NewReader(file), int64(len(file)))
}

// pages is how many the newer meta page of a sample says there are.
func pages(b []byte) int { return int(native.Uint64(b[newest(b)+16+40:])) }

// newest is where the newer meta page is.
func newest(b []byte) int {
	if native.Uint64(b[16+48:]) > native.Uint64(b[1024+16+48:]) {
		return 0
	}
	return 1024
}

// TestAccepts: what bbolt has written is sound, after every transaction.
func TestAccepts(t *testing.T) {
	t.Parallel()
	for _, pageSize := range []int{1024, 4096, 16384} {
		r := rand.New(rand.NewPCG(1, uint64(pageSize)))
		path := filepath.Join(t.TempDir(), "db")
		db := open(t, path, pageSize)
		for n := range 150 {
			require.NoError(t, db.Update(change(r, pageSize)))
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, check(b), "%d bytes: transaction %d", pageSize, n)
			metas, err := boltpages.Metas(bytes.NewReader(b), int64(len(b)))
			require.NoError(t, err)
			require.Len(t, metas, 2)
			require.EqualValues(t, pageSize, metas[0].PageSize)
			require.Equal(t, metas[1].Tx+1, metas[0].Tx)
			// The transaction before is whole too, until the next one begins.
			require.NoError(t, metas[1].Check(bytes.NewReader(b), int64(len(b))))
			clear(b[int(metas[0].Tx%2)*pageSize:][:pageSize])
			older, err := boltpages.Metas(bytes.NewReader(b), int64(len(b)))
			require.NoError(t, err)
			require.Equal(t, metas[1:], older)
		}
		require.NoError(t, db.Close())
	}
}

// use lets bbolt read all of a file and write all of it anew. A panic is for
// callers to catch, as is an error; it must come to an end, in little memory.
func use(t testing.TB, file []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_ = guarded(func() error {
		db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoGrowSync: true})
		if err != nil {
			return err
		}
		err = db.Update(rewrite)
		return errors.Join(err, db.Update(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("large")) }), db.Close())
	})
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10<<20))
}

func rewrite(tx *bolt.Tx) error {
	return tx.ForEach(func(_ []byte, b *bolt.Bucket) error {
		var keys [][]byte
		err := b.ForEach(func(k, _ []byte) error { keys = append(keys, bytes.Clone(k)); return nil })
		for i, k := range keys {
			if i%3 == 0 {
				err = errors.Join(err, b.Delete(k))
			} else {
				err = errors.Join(err, b.Put(k, make([]byte, 60)))
			}
		}
		return err
	})
}
