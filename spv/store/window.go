package store

import (
	"bytes"
	"errors"
	"io"
)

// windowSize is how many bytes a window reads at a time.
const windowSize = 1 << 20

// window reads a file forward in large pieces.
type window struct {
	file io.ReaderAt
	buf  []byte
	base int64 // offset of buf[0]
}

// get returns n bytes at an offset, fewer at the end of the file. They are gone
// after the next call.
func (w *window) get(at int64, n int) ([]byte, error) {
	if at < w.base || at+int64(n) > w.base+int64(len(w.buf)) {
		size := max(n, windowSize)
		if cap(w.buf) < size {
			w.buf = make([]byte, size)
		}
		m, err := w.file.ReadAt(w.buf[:size], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		w.buf, w.base = w.buf[:m], at
	}
	b := w.buf[at-w.base:]
	return b[:min(n, len(b))], nil
}

// find returns the offset of the first occurrence of s that begins at or after
// from, or end.
func (w *window) find(s string, from, end int64) (int64, error) {
	for from < end {
		b, err := w.get(from, windowSize)
		if err != nil {
			return 0, err
		}
		if i := bytes.Index(b, []byte(s)); i >= 0 {
			return from + int64(i), nil
		}
		if len(b) < windowSize {
			break
		}
		from += int64(len(b) - len(s) + 1)
	}
	return end, nil
}
