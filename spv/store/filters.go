package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Range is a run of heights, both ends included.
type Range struct{ From, To int32 }

// PutFilter appends the filter of a block. It is found by Filter at once and is
// durable after SyncFilters; a crash before may lose it, which is noticed. The
// filter is not judged here. Errors: [ErrDiskFull], [ErrMismatch] for what is no
// filter of a block, [ErrClosed], or the system's; then nothing was stored.
func (s *Store) PutFilter(height int32, block chainhash.Hash, filter []byte) error {
	if height < 0 || len(filter) > maxFilter || block == (chainhash.Hash{}) {
		return fmt.Errorf("put filter %d: %w", height, ErrMismatch)
	}
	if err := s.filters.put(height, block, filter); err != nil {
		return fmt.Errorf("put filter %d: %w", height, kind(err))
	}
	return nil
}

// SyncFilters makes all filters put so far durable. Errors as of PutFilter.
func (s *Store) SyncFilters() error {
	if err := s.filters.sync(); err != nil {
		return fmt.Errorf("sync filters: %w", kind(err))
	}
	return nil
}

// Filter returns the filter of a block, as it was put. The caller checks it
// against the filter header. Errors: [ErrMissing] when it was never put, is lost
// or damaged, or another block's filter was put at this height later;
// [ErrClosed]; or the system's.
func (s *Store) Filter(height int32, block chainhash.Hash) ([]byte, error) {
	return s.FilterInto(nil, height, block)
}

// FilterInto is Filter for loops: it reads into buf if that is large enough,
// about 100 bytes more than the filter.
func (s *Store) FilterInto(buf []byte, height int32, block chainhash.Hash) ([]byte, error) {
	filter, err := s.filters.get(buf, height, block)
	if err != nil {
		return nil, fmt.Errorf("filter %d: %w", height, err)
	}
	return filter, nil
}

// HeldFilter returns the block whose filter is held at a height. That the filter
// is whole shows only when it is read.
func (s *Store) HeldFilter(height int32) (block chainhash.Hash, ok bool) {
	return s.filters.held(height)
}

// HeldFilters returns the heights at which a filter is held, of whichever
// block, as the fewest ascending runs.
func (s *Store) HeldFilters() []Range { return s.filters.ranges() }

// segments are the files of the filters folder.
type segments struct {
	dir  string
	log  *slog.Logger
	pool pool

	mu     sync.RWMutex
	all    map[int32]*segment
	closed bool
	floor  int32 // segments below were deleted on purpose

	putMu   sync.Mutex
	scratch []byte
}

const segmentExt = ".seg"

// openSegments finds out which segments there are. What they hold is looked up
// when it is asked for: the lists of a whole chain take half a second.
func openSegments(dir string, log *slog.Logger) (*segments, error) {
	s := &segments{dir: dir, log: log, pool: pool{log: log}, all: make(map[int32]*segment)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.loadFloor(); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		epoch, ok := epochOf(f.Name())
		if !ok {
			continue
		}
		g := s.newSegment(epoch)
		if (epoch+1)*chunk <= s.floor { // a crash has cut its deletion short
			if err := g.remove(); err != nil {
				return nil, err
			}
			continue
		}
		if info, err := f.Info(); err == nil {
			g.end = info.Size() // what it takes, until it is loaded
			if err := tighten(g.path, info); err != nil {
				log.Warn("filter segment is open to others", "file", f.Name(), "err", err)
			}
		}
		s.all[epoch] = g
	}
	return s, nil
}

// epochOf reads a segment's number from its file name.
func epochOf(name string) (int32, bool) {
	digits, ok := strings.CutSuffix(name, segmentExt)
	n, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil || n > (1<<31-1)/chunk || name != segmentName(int32(n)) {
		return 0, false
	}
	return int32(n), true
}

func segmentName(epoch int32) string { return fmt.Sprintf("%06d%s", epoch, segmentExt) }

func (s *segments) newSegment(epoch int32) *segment {
	return &segment{epoch: epoch, path: filepath.Join(s.dir, segmentName(epoch)), pool: &s.pool}
}

// at returns the segment of a height, nil if there is none.
func (s *segments) at(height int32) *segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[height/chunk]
}

func (s *segments) put(height int32, block chainhash.Hash, filter []byte) error {
	s.putMu.Lock()
	defer s.putMu.Unlock()
	if height < s.floor { // wanted again
		if err := s.setFloor(height / chunk * chunk); err != nil {
			return err
		}
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	g := s.all[height/chunk]
	if g == nil {
		g = s.newSegment(height / chunk)
		s.all[height/chunk] = g
	}
	s.mu.Unlock()
	var err error
	s.scratch, err = g.put(height, block, filter, s.scratch)
	return err
}

func (s *segments) get(buf []byte, height int32, block chainhash.Hash) ([]byte, error) {
	s.mu.RLock()
	closed, g := s.closed, s.all[height/chunk]
	s.mu.RUnlock()
	switch {
	case closed:
		return nil, ErrClosed
	case height < 0 || g == nil:
		return nil, ErrMissing
	}
	return g.read(height, block, buf)
}

func (s *segments) held(height int32) (chainhash.Hash, bool) {
	g := s.at(height)
	if height < 0 || g == nil {
		return chainhash.Hash{}, false
	}
	e := g.entry(height)
	return e.block, e.held()
}

// sorted returns all segments by height.
func (s *segments) sorted() []*segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*segment, 0, len(s.all))
	for _, g := range s.all {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *segment) int { return int(a.epoch - b.epoch) })
	return list
}

func (s *segments) ranges() []Range {
	var out []Range
	for _, g := range s.sorted() {
		g.mu.Lock()
		for i, e := range g.known() {
			if !e.held() {
				continue
			}
			height := g.epoch*chunk + int32(i)
			if n := len(out); n > 0 && out[n-1].To == height-1 {
				out[n-1].To = height
			} else {
				out = append(out, Range{height, height})
			}
		}
		g.mu.Unlock()
	}
	return out
}

// sync makes the segments durable that were written to, and their names.
func (s *segments) sync() error {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	var errs []error
	wrote := false
	for _, g := range s.sorted() {
		g.mu.Lock()
		if len(g.pending) > 0 {
			wrote = true
			errs = append(errs, g.sync())
		}
		g.mu.Unlock()
	}
	if wrote {
		if err := syncDir(s.dir); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// check reads every filter that is held.
func (s *segments) check() error {
	var buf []byte
	for _, r := range s.ranges() {
		for h := r.From; h <= r.To; h++ {
			block, ok := s.held(h)
			if !ok {
				continue
			}
			if _, err := s.get(buf, h, block); err != nil {
				return fmt.Errorf("check: %w: filter %d: %w", ErrDamaged, h, err)
			}
		}
	}
	return nil
}

// close syncs and closes. What comes later gets ErrClosed.
func (s *segments) close() error {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return nil
	}
	errs := []error{s.sync()}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, g := range s.sorted() {
		g.mu.Lock()
		errs = append(errs, g.closeFile())
		g.mu.Unlock()
	}
	return errors.Join(errs...)
}
