package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	bolt "go.etcd.io/bbolt"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"

	"thistle/spv/chain"
)

// chunk is how many records one value holds: a difficulty period.
const chunk = 2016

// sumSize is the length of the checksum at the end of every value.
const sumSize = 4

// series is one kind of record, one for each height without a gap. Values are
// full chunks up to the last whole period, then single records: the tail. Every
// value ends in the checksum of all records of the series up to its own last
// one, so that it does not matter how records are spread over values. Records
// put below the others have a checksum of their own, which ends at a joint.
type series struct {
	name   string
	chunks []byte // bucket: BE32(height/chunk)
	tail   []byte // bucket: BE32(height)
	width  int    // bytes of a record
}

var (
	headerSeries = series{"headers", []byte("hdr"), []byte("hdrtail"), chain.HeaderSize}
	filterSeries = series{"filter headers", []byte("fhdr"), []byte("fhdrtail"), chainhash.HashSize}
)

// empty is the extent of a series that is to begin at first.
func (s series) empty(first int32) extent {
	seed := binary.BigEndian.AppendUint32([]byte(s.name), uint32(first))
	return extent{first: first, sum: crc32.Checksum(seed, castagnoli)}
}

// tailFrom is the height of the first record that is not in a full chunk.
func (e extent) tailFrom() int32 { return max(e.first, e.next()/chunk*chunk) }

// valueAt is the range of heights that shares a value with height.
func (e extent) valueAt(height int32) (from, to int32) {
	if height >= e.tailFrom() {
		return height, height + 1
	}
	from = height / chunk * chunk
	return max(e.first, from), from + chunk
}

func (s series) damaged(height int32, what string) error {
	return fmt.Errorf("%w: %s at %d: %s", ErrDamaged, s.name, height, what)
}

// raw returns the value that holds height: its records and its checksum, which
// is not verified yet. The bytes are the map's own.
func (s series) raw(tx *bolt.Tx, e extent, height int32) (records []byte, sum uint32, err error) {
	from, to := e.valueAt(height)
	bucket, key := s.tail, from
	if from < e.tailFrom() {
		bucket, key = s.chunks, from/chunk
	}
	b := tx.Bucket(bucket)
	if b == nil {
		return nil, 0, s.damaged(height, "no bucket")
	}
	v := b.Get(be32(key))
	if len(v) != int(to-from)*s.width+sumSize {
		return nil, 0, s.damaged(height, "length")
	}
	n := len(v) - sumSize
	return v[:n], binary.BigEndian.Uint32(v[n:]), nil
}

// sumBefore is the checksum of all records below height, which begins a value,
// as the value continues it.
func (s series) sumBefore(tx *bolt.Tx, e extent, height int32) (uint32, error) {
	if height == e.partFirst(height) {
		return s.empty(height).sum, nil
	}
	return s.sumThrough(tx, e, height)
}

// sumThrough is the checksum of the records that end below height.
func (s series) sumThrough(tx *bolt.Tx, e extent, height int32) (uint32, error) {
	if height == e.first {
		return s.empty(height).sum, nil
	}
	_, sum, err := s.raw(tx, e, height-1)
	return sum, err
}

// walk gives f the records of the heights from..to-1 in runs that lie in one
// value, checked. What f is given is the map's own and gone after it returns.
func (s series) walk(tx *bolt.Tx, e extent, from, to int32, f func(at int32, records []byte) error) error {
	if from >= to {
		return nil
	}
	if from < e.first || to > e.next() {
		return fmt.Errorf("%w: %s %d to %d", ErrMismatch, s.name, from, to)
	}
	at, _ := e.valueAt(from)
	sum, err := s.sumBefore(tx, e, at)
	if err != nil {
		return err
	}
	for at < to {
		_, end := e.valueAt(at)
		records, want, err := s.raw(tx, e, at)
		if err != nil {
			return err
		}
		if sum = crc32.Update(sum, castagnoli, records); sum != want {
			return s.damaged(at, "checksum")
		}
		lo, hi := max(from, at), min(to, end)
		if err := f(lo, records[int(lo-at)*s.width:int(hi-at)*s.width]); err != nil {
			return err
		}
		at = end
		if i := slices.IndexFunc(e.joints, func(j joint) bool { return j.first == at }); i >= 0 {
			if sum != e.joints[i].sum {
				return s.damaged(at-1, "not what was written last")
			}
			sum = s.empty(at).sum
		}
	}
	if to == e.next() && sum != e.sum {
		return s.damaged(to-1, "not what was written last")
	}
	return nil
}

// read returns a copy of the records of the heights from..to-1.
func (s series) read(tx *bolt.Tx, e extent, from, to int32) ([]byte, error) {
	if from >= to {
		return nil, nil
	}
	out := make([]byte, 0, int(to-from)*s.width)
	err := s.walk(tx, e, from, to, func(_ int32, records []byte) error {
		out = append(out, records...)
		return nil
	})
	return out, err
}

// add appends records, moving the tail into chunks as they become full.
func (s series) add(tx *bolt.Tx, e extent, records []byte) (extent, error) {
	for len(records) > 0 {
		next := e.next()
		room := int(next/chunk*chunk+chunk-next) * s.width
		var err error
		if len(records) < room {
			return s.addTail(tx, e, records)
		}
		if e, err = s.addChunk(tx, e, records[:room]); err != nil {
			return e, err
		}
		records = records[room:]
	}
	return e, nil
}

// addTail appends records one by one.
func (s series) addTail(tx *bolt.Tx, e extent, records []byte) (extent, error) {
	b, err := tx.CreateBucketIfNotExists(s.tail)
	if err != nil {
		return e, err
	}
	values := make([]byte, 0, len(records)/s.width*(s.width+sumSize))
	for ; len(records) > 0; records = records[s.width:] {
		e.sum = crc32.Update(e.sum, castagnoli, records[:s.width])
		start := len(values)
		values = append(values, records[:s.width]...)
		values = binary.BigEndian.AppendUint32(values, e.sum)
		if err := b.Put(be32(e.next()), values[start:]); err != nil {
			return e, err
		}
		e.count++
	}
	return e, nil
}

// addChunk appends the records that make the last period whole.
func (s series) addChunk(tx *bolt.Tx, e extent, records []byte) (extent, error) {
	from, next := e.tailFrom(), e.next()
	value, err := s.read(tx, e, from, next)
	if err != nil {
		return e, err
	}
	if err := s.dropTail(tx, from, next); err != nil {
		return e, err
	}
	value = append(value, records...)
	e.sum = crc32.Update(e.sum, castagnoli, records)
	e.count += int32(len(records) / s.width)
	b, err := tx.CreateBucketIfNotExists(s.chunks)
	if err != nil {
		return e, err
	}
	return e, b.Put(be32(from/chunk), binary.BigEndian.AppendUint32(value, e.sum))
}

// dropTail removes the single records of the heights from..to-1.
func (s series) dropTail(tx *bolt.Tx, from, to int32) error {
	if from >= to {
		return nil
	}
	b := tx.Bucket(s.tail)
	if b == nil {
		return s.damaged(from, "no bucket")
	}
	for h := from; h < to; h++ {
		if err := b.Delete(be32(h)); err != nil {
			return err
		}
	}
	return nil
}

// cut removes every record at height and above. A chunk that height lies in
// becomes a tail again.
func (s series) cut(tx *bolt.Tx, e extent, height int32) (extent, error) {
	if height >= e.next() {
		return e, nil
	}
	if height < e.first {
		return e, fmt.Errorf("%w: %s begin at %d, not at %d", ErrMismatch, s.name, e.first, height)
	}
	from, _ := e.valueAt(height)
	keep, err := s.read(tx, e, from, height)
	if err != nil {
		return e, err
	}
	rest := extent{first: e.first, count: from - e.first}
	for _, j := range e.joints {
		if j.first < height {
			rest.joints = append(rest.joints, j)
		}
	}
	if from < height {
		rest.sum, err = s.sumBefore(tx, e, from)
	} else {
		rest.sum, err = s.sumThrough(tx, e, from)
	}
	if err != nil {
		return e, err
	}
	tail := e.tailFrom()
	if err := s.dropTail(tx, max(height, tail), e.next()); err != nil {
		return e, err
	}
	if b := tx.Bucket(s.chunks); b != nil {
		for at := from; at < tail; at = at/chunk*chunk + chunk {
			if err := b.Delete(be32(at / chunk)); err != nil {
				return e, err
			}
		}
	}
	return s.add(tx, rest, keep)
}

// prepend puts whole periods of records below the first.
func (s series) prepend(tx *bolt.Tx, e extent, records []byte) (extent, error) {
	first := e.first - int32(len(records)/s.width)
	if first < 0 || first%chunk != 0 || e.first%chunk != 0 {
		return e, fmt.Errorf("%w: %s from %d below %d", ErrMismatch, s.name, first, e.first)
	}
	low, err := s.add(tx, s.empty(first), records)
	if err != nil || e.count == 0 {
		return low, err
	}
	low.joints = append([]joint{{first: e.first, sum: low.sum}}, e.joints...)
	low.count += e.count
	low.sum = e.sum
	return low, nil
}

// reset removes everything and begins anew at first.
func (s series) reset(tx *bolt.Tx, first int32) (extent, error) {
	for _, name := range [][]byte{s.chunks, s.tail} {
		if tx.Bucket(name) == nil {
			continue
		}
		if err := tx.DeleteBucket(name); err != nil {
			return extent{}, err
		}
	}
	return s.empty(first), nil
}

func be32(v int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }
