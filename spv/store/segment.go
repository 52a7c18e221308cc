package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// segment is one filter file: the records of 2,016 heights in the order they
// came, and beside it the list of those known to be on disk.
type segment struct {
	epoch int32 // heights epoch·2016 to epoch·2016+2015
	path  string
	pool  *pool

	mu      sync.RWMutex
	file    *os.File      // nil while closed
	entries *[chunk]entry // nil while not loaded; always there while file is open
	end     int64         // where the next record goes
	listEnd int64         // where the next line of the list goes
	pending []byte        // lines of records that were written and not yet synced
}

func (g *segment) listPath() string { return g.path + ".idx" }

// reset forgets everything: the segment is as if it had no file.
func (g *segment) reset() {
	g.entries, g.end, g.listEnd, g.pending = new([chunk]entry), 0, 0, nil
}

func (g *segment) holds(height int32) bool { return height/chunk == g.epoch }

// load finds out what the files hold: by the list as far as it goes, and by
// reading the records after that. What follows the last good record is cut off.
func (g *segment) load(info fs.FileInfo) error {
	if err := tighten(g.path, info); err != nil {
		return err
	}
	size := info.Size()
	if err := g.loadList(size); err != nil {
		return err
	}
	listed := g.end
	if err := g.scan(size); err != nil {
		return err
	}
	if g.end < size {
		if err := g.file.Truncate(g.end); err != nil {
			return err
		}
	}
	if g.end > listed {
		return g.sync()
	}
	return nil
}

// loadList takes over the lines of the list that agree with the file. A list
// that does not is begun anew.
func (g *segment) loadList(size int64) error {
	g.reset()
	list, err := os.ReadFile(g.listPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var last entry
	var lastHeight int32
	for len(list)-int(g.listEnd) >= lineSize {
		height, e, ok := parseLine(list[g.listEnd:])
		if !ok || !g.holds(height) || e.offset < g.end || e.end() > size {
			break
		}
		g.entries[height%chunk] = e
		g.end = e.end()
		g.listEnd += lineSize
		last, lastHeight = e, height
	}
	// One look decides whether list and file belong together.
	if g.listEnd > 0 {
		head := make([]byte, headSize)
		_, err := g.file.ReadAt(head, last.offset)
		height, e, ok := parseHead(head)
		if err != nil || !ok || height != lastHeight || e.block != last.block || e.length != last.length {
			g.reset()
		}
	}
	if int64(len(list)) > g.listEnd {
		return os.Truncate(g.listPath(), g.listEnd)
	}
	return nil
}

// scan reads the records from g.end on and verifies them. A damaged one is
// passed over if a good one follows.
func (g *segment) scan(size int64) error {
	w := window{file: g.file}
	for at := g.end; at < size; {
		head, err := w.get(at, headSize)
		if err != nil {
			return err
		}
		if _, e, ok := parseHead(head); ok {
			rec, err := w.get(at, int(e.length)+recordExtra)
			if err != nil {
				return err
			}
			if height, e, _, ok := wholeRecord(rec); ok && g.holds(height) {
				e.offset = at
				g.note(height, e)
				at = e.end()
				g.end = at
				continue
			}
		}
		if at, err = w.find(recordMagic, at+1, size); err != nil {
			return err
		}
	}
	return nil
}

// note enters a record that was written, to be listed at the next sync.
func (g *segment) note(height int32, e entry) {
	g.entries[height%chunk] = e
	g.pending = appendLine(g.pending, height, &e)
}

// put appends a record.
func (g *segment) put(height int32, block chainhash.Hash, filter, scratch []byte) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.open(os.O_CREATE); err != nil {
		return scratch, err
	}
	scratch = appendRecord(scratch[:0], height, &block, filter)
	if _, err := g.file.WriteAt(scratch, g.end); err != nil {
		// Half a record is cut off again, or else by the next scan.
		_ = g.file.Truncate(g.end)
		return scratch, err
	}
	e := entry{block: block, offset: g.end, length: uint32(len(filter))}
	g.note(height, e)
	g.end = e.end()
	return scratch, nil
}

// open opens the file if it is not open, and finds out anew what it holds if
// that is not what was left: somebody has cut, replaced or deleted it.
func (g *segment) open(flag int) error {
	if g.file != nil {
		return nil
	}
	f, err := os.OpenFile(g.path, os.O_RDWR|flag, 0o600)
	if errors.Is(err, fs.ErrNotExist) && flag != 0 {
		if err := os.MkdirAll(filepath.Dir(g.path), 0o700); err != nil {
			return err
		}
		f, err = os.OpenFile(g.path, os.O_RDWR|flag, 0o600)
	}
	if err != nil {
		return err
	}
	g.file = f
	g.pool.opened(g)
	info, err := f.Stat()
	if err == nil && (g.entries == nil || info.Size() != g.end) {
		err = g.load(info)
	}
	if err != nil {
		g.reset()
		return errors.Join(err, g.closeFile())
	}
	return nil
}

// read returns the filter of a block, read into buf if it is large enough.
func (g *segment) read(height int32, block chainhash.Hash, buf []byte) ([]byte, error) {
	e, rec, err := g.readRecord(height, block, buf)
	if err != nil {
		return nil, err
	}
	gotHeight, got, filter, ok := wholeRecord(rec)
	if !ok || gotHeight != height || got.block != block {
		g.forget(height, e)
		return nil, fmt.Errorf("%w: damaged", ErrMissing)
	}
	return filter, nil
}

// readRecord reads the bytes of a block's record into buf, or into new memory if
// they do not fit.
func (g *segment) readRecord(height int32, block chainhash.Hash, buf []byte) (entry, []byte, error) {
	for {
		e, rec, opened, err := g.tryRead(height, block, buf)
		if opened || err != nil {
			return e, rec, err
		}
		if err := g.openToRead(); err != nil {
			return e, nil, err
		}
	}
}

// tryRead is readRecord if the file is open.
func (g *segment) tryRead(height int32, block chainhash.Hash, buf []byte) (e entry, rec []byte, opened bool, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.entries != nil {
		e = g.entries[height%chunk]
		if e.block != block || !e.held() {
			return e, nil, false, ErrMissing
		}
	}
	if g.file == nil {
		return e, nil, false, nil
	}
	n := int(e.length) + recordExtra
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	// A short or failed read leaves what wholeRecord will refuse.
	n, _ = g.file.ReadAt(buf[:n], e.offset)
	return e, buf[:n], true, nil
}

// openToRead opens the file; one that is gone holds nothing.
func (g *segment) openToRead() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.open(0)
	if errors.Is(err, fs.ErrNotExist) {
		g.reset()
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return err
}

// forget drops an entry whose record turned out damaged, unless it was written
// anew meanwhile.
func (g *segment) forget(height int32, e entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.entries != nil && g.entries[height%chunk] == e {
		g.entries[height%chunk] = entry{}
	}
}

// sync makes the records durable, then lists them. If the file was deleted
// meanwhile, its records are gone and that is all.
func (g *segment) sync() error {
	if len(g.pending) == 0 {
		return nil
	}
	if _, err := os.Lstat(g.path); errors.Is(err, fs.ErrNotExist) {
		g.reset()
		return g.closeFile()
	}
	if err := g.open(0); err != nil {
		return err
	}
	if err := g.file.Sync(); err != nil {
		return err
	}
	// A list that does not fit on the disk is no failure: it only saves time.
	if err := g.writeList(); err != nil && !errors.Is(kind(err), ErrDiskFull) {
		return err
	}
	return nil
}

// writeList appends the lines of synced records to the list. Lines that did not
// reach it stay pending.
func (g *segment) writeList() error {
	list, err := os.OpenFile(g.listPath(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = list.WriteAt(g.pending, g.listEnd)
	if err == nil {
		err = list.Truncate(g.listEnd + int64(len(g.pending)))
	}
	if err = errors.Join(err, list.Close()); err != nil {
		return err
	}
	g.listEnd += int64(len(g.pending))
	g.pending = nil // there are hundreds of segments
	return nil
}

// entry returns what is known of a height.
func (g *segment) entry(height int32) entry {
	g.mu.RLock()
	if g.entries != nil {
		defer g.mu.RUnlock()
		return g.entries[height%chunk]
	}
	g.mu.RUnlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known()[height%chunk]
}

// known returns what the segment holds, loaded if need be. A file that cannot be
// read is as good as missing, until somebody wants to write to it.
func (g *segment) known() *[chunk]entry {
	if g.entries == nil {
		if err := g.open(0); err != nil {
			g.pool.warn(g.path, err)
			g.reset()
		}
	}
	return g.entries
}

// unload lets file and memory go; a later use loads again.
func (g *segment) unload() {
	_ = g.closeFile() // nothing unwritten is in it
	g.entries = nil
}

// closeFile lets the file go; a later use opens it again.
func (g *segment) closeFile() error {
	if g.file == nil {
		return nil
	}
	err := g.file.Close()
	g.file = nil
	return err
}
