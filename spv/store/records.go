package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"thistle/spv/chain"
)

// Headers reads raw headers of the stored chain, 80 bytes each. It may be used
// from several goroutines, and does not wait for a Commit. Errors: [ErrMismatch]
// for heights not stored, [ErrDamaged], [ErrClosed].
func (s *Store) Headers() chain.Source { return &s.headers }

// FilterHeaders does the same for filter headers, 32 bytes each.
func (s *Store) FilterHeaders() chain.Source { return &s.filterHeaders }

// keepDecoded is how many periods are kept for reading single records: a block
// locator, which is made again and again, touches about ten.
const keepDecoded = 16

// records reads one of the two series.
type records struct {
	s      *Store
	series series
	extent func(*state) extent

	mu      sync.Mutex
	decoded []piece // the one used last at the end
	cuts    int     // counts what may have made them out of date
}

// piece is what a value held.
type piece struct {
	from    int32
	records []byte
}

// ReadRecords is chain.Source's, for many records at a time.
func (r *records) ReadRecords(from int32, dst []byte) error {
	width := r.series.width
	if len(dst)%width != 0 {
		return fmt.Errorf("%w: %d bytes", ErrMismatch, len(dst))
	}
	to := from + int32(len(dst)/width)
	return r.view(func(tx *bolt.Tx, e extent) error {
		return r.series.walk(tx, e, from, to, func(at int32, records []byte) error {
			copy(dst[int(at-from)*width:], records)
			return nil
		})
	})
}

// Record is chain.Source's, for one at a time. Those around it are kept for a
// while: who asks for one mostly asks for its neighbours too.
func (r *records) Record(height int32) ([]byte, error) {
	p, err := r.piece(height)
	if err != nil {
		return nil, err
	}
	width := r.series.width
	at := int(height-p.from) * width
	return p.records[at : at+width : at+width], nil
}

// piece returns the one that holds height.
func (r *records) piece(height int32) (piece, error) {
	p, cuts, ok := r.cached(height)
	if ok {
		return p, nil
	}
	err := r.view(func(tx *bolt.Tx, e extent) error {
		if height < e.first || height >= e.next() {
			return fmt.Errorf("%w: no %s at %d", ErrMismatch, r.series.name, height)
		}
		from, to := e.valueAt(height)
		records, err := r.series.read(tx, e, from, to)
		p = piece{from, records}
		return err
	})
	if err != nil {
		return piece{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cuts == cuts { // else it may be of before
		r.decoded = append(r.decoded, p)
		r.decoded = slices.Delete(r.decoded, 0, max(0, len(r.decoded)-keepDecoded))
	}
	return p, nil
}

func (r *records) cached(height int32) (p piece, cuts int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.decoded, func(p piece) bool {
		return p.from <= height && height < p.from+int32(len(p.records)/r.series.width)
	})
	if i < 0 {
		return piece{}, r.cuts, false
	}
	p = r.decoded[i]
	r.decoded = append(slices.Delete(r.decoded, i, i+1), p)
	return p, r.cuts, true
}

// forget is called after a commit that may have changed what was there.
func (r *records) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decoded = nil
	r.cuts++
}

// view shows f the series as it stands in the file. It runs beside a commit,
// which whoever reads old records must not wait for.
func (r *records) view(f func(tx *bolt.Tx, e extent) error) error {
	err := r.s.beside(func(tx *bolt.Tx) error {
		st, err := r.s.state(tx)
		if err != nil {
			return err
		}
		return f(tx, r.extent(&st))
	})
	if errors.Is(err, ErrDamaged) {
		r.s.mu.Lock()
		defer r.s.mu.Unlock()
		if r.s.bad == nil {
			r.s.condemn(err)
		}
	}
	return err
}

// beside reads without waiting for mu.
func (s *Store) beside(f func(tx *bolt.Tx) error) error {
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	switch {
	case s.condemned.Load():
		return fmt.Errorf("read: %w", ErrDamaged)
	case s.db == nil:
		return fmt.Errorf("read: %w", ErrClosed)
	}
	return guard("read", func() error { return s.db.View(f) })
}
