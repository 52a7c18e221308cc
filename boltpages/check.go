package boltpages

import (
	"bytes"
	"io"
)

// Behind a page's head come its elements: of a branch position 4, length of the
// key 4, page 8; of a leaf flags 4, position 4, length of the key 4, of the value
// 4. Positions count from the element's own beginning. Then come keys and values.
// A bucket's value is root 8, sequence 8, and, if root is zero, a leaf page.
const (
	elementSize  = 16
	bucketSize   = 16
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01
	manyFree     = 0xFFFF // then the count is the list's first number
	maxDepth     = 32
	maxKey       = 32768
	ahead        = 4096 // bytes of a page that are read at once
)

type checker struct {
	r io.ReaderAt
	Meta
	seen []bool
}

// page is one with its overflow, or one inside a bucket's value.
type page struct {
	r        io.ReaderAt
	at, size int64
	room     int64  // how much of it may be empty
	first    []byte // its beginning, which was read
	flags    uint16
	count    int
}

// element is one of a page. Value is an offset in it.
type element struct {
	key         []byte
	child       uint64
	bucket      bool
	value, size int64
}

// Check checks every page that can be reached from m, and its list of free pages.
// Errors: [ErrDamaged], or the system's.
func (m Meta) Check(r io.ReaderAt, size int64) error {
	if m.end > maxPages || int64(m.end) > size/m.PageSize {
		return damaged("%d pages in %d bytes", m.end, size)
	}
	c := &checker{r: r, Meta: m, seen: make([]bool, m.end)}
	if err := c.tree(m.root, nil, nil, 0, false); err != nil {
		return err
	}
	return c.free()
}

// page reads a page's beginning and marks all of it as met.
func (c *checker) page(id uint64, kinds uint16) (*page, error) {
	if id < 2 || id >= c.end {
		return nil, damaged("pointer to page %d of %d", id, c.end)
	}
	p := &page{r: c.r, at: int64(id) * c.PageSize, room: c.PageSize, first: make([]byte, min(ahead, c.PageSize))}
	if err := readAt(c.r, p.first, p.at); err != nil {
		return nil, err
	}
	more := p.head()
	if native.Uint64(p.first) != id || p.flags&kinds == 0 || p.flags&(p.flags-1) != 0 || more >= c.end-id {
		return nil, damaged("page %d has a wrong head", id)
	}
	for i := id; i <= id+more; i++ {
		if c.seen[i] {
			return nil, damaged("page %d is used twice", i)
		}
		c.seen[i] = true
	}
	p.size = int64(more+1) * c.PageSize
	return p, nil
}

// head takes flags and count from the head and returns the overflow.
func (p *page) head() uint64 {
	p.flags, p.count = native.Uint16(p.first[8:]), int(native.Uint16(p.first[10:]))
	return uint64(native.Uint32(p.first[12:]))
}

// read returns a part of the page.
func (p *page) read(from, n int64) ([]byte, error) {
	if from+n <= int64(len(p.first)) {
		return p.first[from : from+n], nil
	}
	if from+n > p.size {
		return nil, damaged("more than fits on a page")
	}
	b := make([]byte, n)
	return b, readAt(p.r, b, p.at+from)
}

// elements returns a page's elements, with keys from low, if set, to below high, if
// set. bbolt puts one right behind the other, on as many pages as that takes;
// early versions put an empty page behind full ones.
func (p *page) elements(low, high []byte) ([]element, error) {
	table, err := p.read(headSize, int64(p.count)*elementSize)
	if err != nil {
		return nil, err
	}
	es := make([]element, p.count)
	end := headSize + int64(len(table))
	for i := range es {
		e, b := &es[i], table[i*elementSize:]
		if p.flags == leafPage {
			flags := native.Uint32(b)
			if flags&^bucketFlag != 0 {
				return nil, damaged("a value of an unknown kind")
			}
			e.bucket, e.size, b = flags == bucketFlag, int64(native.Uint32(b[12:])), b[4:]
		} else {
			e.child = native.Uint64(b[8:])
		}
		at, n := headSize+int64(i)*elementSize+int64(native.Uint32(b)), int64(native.Uint32(b[4:]))
		e.value = at + n
		if at != end || n == 0 || n > maxKey || e.value+e.size > p.size {
			return nil, damaged("an element lies where none can be")
		}
		end = e.value + e.size
		if e.key, err = p.read(at, n); err != nil {
			return nil, err
		}
		if i > 0 && bytes.Compare(es[i-1].key, e.key) >= 0 {
			return nil, damaged("keys out of order")
		}
	}
	if p.size-end > p.room {
		return nil, damaged("more pages than are filled")
	}
	if p.count > 0 && (low != nil && bytes.Compare(es[0].key, low) < 0 || high != nil && bytes.Compare(es[p.count-1].key, high) >= 0) {
		return nil, damaged("keys on a wrong page")
	}
	return es, nil
}

// tree checks a page and all below it.
func (c *checker) tree(id uint64, low, high []byte, depth int, inBucket bool) error {
	if depth > maxDepth {
		return damaged("pages nested too deep")
	}
	p, err := c.page(id, branchPage|leafPage)
	if err != nil {
		return err
	}
	es, err := p.elements(low, high)
	if err != nil {
		return err
	}
	if p.flags == leafPage {
		return c.leaf(p, es, inBucket)
	}
	if len(es) == 0 {
		return damaged("an empty branch")
	}
	for i, e := range es {
		upper := high
		if i+1 < len(es) {
			upper = es[i+1].key
		}
		if err := c.tree(e.child, e.key, upper, depth+1, inBucket); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) leaf(p *page, es []element, inBucket bool) error {
	for _, e := range es {
		if e.bucket == inBucket {
			return damaged("a bucket where values are, or a value where buckets are")
		}
		if e.bucket {
			if err := c.bucket(p, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) bucket(p *page, e element) error {
	if e.size < bucketSize || e.size > c.PageSize {
		return damaged("a bucket of %d bytes", e.size)
	}
	b, err := p.read(e.value, e.size)
	if err != nil {
		return err
	}
	if root := native.Uint64(b); root != 0 {
		return c.tree(root, nil, nil, 0, true)
	}
	// bbolt takes the id of an inline page for that of a page to be freed.
	b = b[bucketSize:]
	if len(b) < headSize || native.Uint64(b) != 0 {
		return damaged("an inline bucket has a wrong head")
	}
	in := &page{r: bytes.NewReader(b), size: int64(len(b)), first: b}
	if in.head() != 0 || in.flags != leafPage {
		return damaged("an inline bucket has a wrong head")
	}
	es, err := in.elements(nil, nil)
	if err != nil {
		return err
	}
	return c.leaf(in, es, true)
}

// free checks that no free page is in use or listed twice: it would be written
// over.
func (c *checker) free() error {
	p, err := c.page(c.freelist, freelistPage)
	if err != nil {
		return err
	}
	count, at := uint64(p.count), int64(headSize)
	if count == manyFree {
		b, err := p.read(at, 8)
		if err != nil {
			return err
		}
		count, at = native.Uint64(b), at+8
	}
	if count > c.end || p.count == manyFree && count < manyFree {
		return damaged("%d free pages of %d", count, c.end)
	}
	ids, err := p.read(at, int64(count)*8)
	if err != nil {
		return err
	}
	for ; len(ids) > 0; ids = ids[8:] {
		id := native.Uint64(ids)
		if id < 2 || id >= c.end || c.seen[id] {
			return damaged("page %d is free and in use", id)
		}
		c.seen[id] = true
	}
	return nil
}
