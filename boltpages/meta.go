package boltpages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// ErrDamaged says that a file is not one that bbolt has written. Other errors are
// those of reading.
var ErrDamaged = errors.New("impossible pages")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// A page's head is id 8, flags 2, count 2, overflow 4; behind that of a meta page
// come magic 4, version 4, page size 4, flags 4, root 8, its sequence 8, free list
// 8, end of pages 8, transaction 8, FNV-1a of all these 8.
const (
	headSize = 16
	metaSize = 64
	magic    = 0xED0CDAED
	version  = 2
	minPage  = 1 << 10
	maxPage  = minPage << 14
	maxPages = 1 << 28 // a terabyte, of pages of 4 KiB
)

// native is how bbolt writes numbers.
var native = binary.NativeEndian

// Meta is what a meta page says: where the pages of one transaction begin.
type Meta struct {
	PageSize int64 // bytes
	Tx       uint64
	root     uint64
	freelist uint64
	end      uint64 // pages in use are below
}

// Metas returns the meta pages that are whole, one or two, first the one that
// bbolt will choose. Errors: [ErrDamaged], or the system's.
func Metas(r io.ReaderAt, size int64) ([]Meta, error) {
	pageSize, err := findPageSize(r, size)
	if err != nil {
		return nil, err
	}
	var metas []Meta
	for id := range int64(2) {
		m, err := readMeta(r, id*pageSize)
		switch {
		case errors.Is(err, ErrDamaged):
			continue
		case err != nil:
			return nil, err
		case m.Tx%2 != uint64(id) || m.PageSize != pageSize:
			return nil, damaged("a meta page in a place not its own")
		}
		metas = append(metas, m)
	}
	if len(metas) == 2 && metas[1].Tx > metas[0].Tx {
		metas[0], metas[1] = metas[1], metas[0]
	}
	if len(metas) == 0 {
		return nil, damaged("no meta page")
	}
	return metas, nil
}

// findPageSize looks where bbolt looks, in the same order.
func findPageSize(r io.ReaderAt, size int64) (int64, error) {
	at := int64(0)
	for next := int64(minPage); ; next *= 2 {
		m, err := readMeta(r, at)
		if err == nil || !errors.Is(err, ErrDamaged) {
			return m.PageSize, err
		}
		if at = next; at > maxPage || at >= size-minPage {
			return 0, err
		}
	}
}

// readMeta reads a meta page's content, and believes it as far as bbolt does.
func readMeta(r io.ReaderAt, at int64) (Meta, error) {
	b := make([]byte, metaSize)
	if err := readAt(r, b, at+headSize); err != nil {
		return Meta{}, err
	}
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	m := Meta{
		PageSize: int64(native.Uint32(b[8:])), root: native.Uint64(b[16:]), freelist: native.Uint64(b[32:]),
		end: native.Uint64(b[40:]), Tx: native.Uint64(b[48:]),
	}
	switch {
	case native.Uint32(b) != magic || native.Uint32(b[4:]) != version || native.Uint64(b[metaSize-8:]) != sum.Sum64():
		return Meta{}, damaged("no meta page at %d", at)
	case m.PageSize < minPage || m.PageSize > maxPage || m.PageSize&(m.PageSize-1) != 0:
		return Meta{}, damaged("pages of %d bytes", m.PageSize)
	}
	return m, nil
}

// readAt fills b. A file that ends before is damaged.
func readAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF):
		return damaged("ends before %d", at+int64(len(b)))
	}
	return err
}
