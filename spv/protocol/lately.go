package protocol

import (
	"encoding/binary"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// lately remembers values by key and forgets those whose key came first.
type lately[V any] struct {
	at   map[uint64]V
	ring []uint64
	pos  int
	most int
}

func newLately[V any](most int) lately[V] {
	return lately[V]{at: make(map[uint64]V), most: most}
}

func (l *lately[V]) put(key uint64, v V) {
	if _, ok := l.at[key]; !ok {
		if len(l.ring) < l.most {
			l.ring = append(l.ring, key)
		} else {
			delete(l.at, l.ring[l.pos])
			l.ring[l.pos] = key
			l.pos = (l.pos + 1) % l.most
		}
	}
	l.at[key] = v
}

// hashKey is a part of a hash long enough to tell hashes apart: to find two
// with the same takes four billion attempts, and whoever does so hides one of
// his own transactions from us.
func hashKey(h chainhash.Hash) uint64 { return binary.LittleEndian.Uint64(h[:]) }

// coinKey is the like for an output.
func coinKey(op wire.OutPoint) uint64 {
	return hashKey(op.Hash) + (uint64(op.Index)+1)*0x9e3779b97f4a7c15 // odd, so that no two outputs of one transaction meet
}
