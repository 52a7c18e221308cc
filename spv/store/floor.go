package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// floorName is the file, in the filters folder, that says below which height
// filters were deleted on purpose. Without it, or when it is damaged, they count
// as lost, which costs no more than having them again.
const floorName = "floor"

// FilterFloor is the height below which filters were deleted by DropFilters; 0
// if none were.
func (s *Store) FilterFloor() int32 {
	s.filters.mu.RLock()
	defer s.filters.mu.RUnlock()
	return s.filters.floor
}

// FiltersOver is the height below which filters would have to go, oldest first,
// for the others to take at most limit bytes, or as far as whole segments under
// below can help; 0 if nothing has to go or can.
func (s *Store) FiltersOver(limit int64, below int32) int32 {
	var total int64
	list := s.filters.sorted()
	for _, g := range list {
		total += g.bytes()
	}
	point := int32(0)
	for _, g := range list {
		end := (g.epoch + 1) * chunk
		if total <= limit || end > below {
			break
		}
		if n := g.bytes(); n > 0 {
			total -= n
			point = end
		}
	}
	return point
}

// DropFilters deletes the segments that lie wholly below a height. That they are
// gone on purpose is on disk before they go. Errors: [ErrDiskFull], [ErrClosed],
// or the system's.
func (s *Store) DropFilters(below int32) error {
	if err := s.filters.drop(below / chunk * chunk); err != nil {
		return fmt.Errorf("drop filters below %d: %w", below, kind(err))
	}
	return nil
}

func (s *segments) drop(below int32) error {
	s.putMu.Lock()
	defer s.putMu.Unlock()
	if below > s.floor {
		if err := s.setFloor(below); err != nil {
			return err
		}
	}
	var errs []error
	for _, g := range s.sorted() {
		if (g.epoch+1)*chunk > s.floor {
			break
		}
		s.mu.Lock()
		delete(s.all, g.epoch)
		s.mu.Unlock()
		errs = append(errs, g.remove())
	}
	return errors.Join(errs...)
}

// setFloor writes the floor, which nobody else does at the same time.
func (s *segments) setFloor(height int32) error {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(height))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	path := filepath.Join(s.dir, floorName)
	if err := writeWhole(path, b); err != nil {
		return err
	}
	s.mu.Lock()
	s.floor = height
	s.mu.Unlock()
	return nil
}

// loadFloor reads the floor.
func (s *segments) loadFloor() error {
	b, err := os.ReadFile(filepath.Join(s.dir, floorName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(b) != 8 || binary.BigEndian.Uint32(b[4:]) != crc32.Checksum(b[:4], castagnoli) {
		s.log.Warn("the height below which filters were deleted is damaged and forgotten")
		return nil
	}
	s.floor = int32(binary.BigEndian.Uint32(b))
	return nil
}

// writeWhole puts a small file in the place of another, whole or not at all.
func writeWhole(path string, b []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// bytes is how much room the segment takes.
func (g *segment) bytes() int64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.end + g.listEnd
}

// remove deletes the segment's files. The list goes first: alone it is nothing.
func (g *segment) remove() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.closeFile()
	g.reset()
	for _, path := range []string{g.listPath(), g.path} {
		if rerr := os.Remove(path); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}
