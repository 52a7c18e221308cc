package store

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// EditState changes the state's bytes and makes their checksum right again.
func EditState(change func(state []byte)) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		v := slices.Clone(tx.Bucket(metaBucket).Get(stateKey))
		change(v)
		binary.BigEndian.PutUint32(v[len(v)-4:], crc32.Checksum(v[:len(v)-4], castagnoli))
		return tx.Bucket(metaBucket).Put(stateKey, v)
	}
}
