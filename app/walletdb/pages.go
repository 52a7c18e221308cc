package walletdb

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"io"
)

// The layout of bbolt's files, version 2: pages of one size, each with a header
// of 16 bytes; pages 0 and 1 are meta pages, written in turns.
const (
	pageSize       = 4096 // of files made here, whatever the system's
	pageHeader     = 16
	elementSize    = 16
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	branchPage     = 0x01
	leafPage       = 0x02
	metaPage       = 0x04
	freelistPage   = 0x10
	bucketFlag     = 0x01
	maxDepth       = 32
	maxBucketDepth = 4
	maxPages       = 1 << 28 // a terabyte
)

var native = binary.NativeEndian

// pages checks the structure of a file before bbolt follows its pointers, which
// it does without asking: a loop in them never ends, a wild one is a fault.
type pages struct {
	r    io.ReaderAt
	hwm  uint64 // pages in use end here
	seen []bool
}

type meta struct {
	root, freelist, hwm, txid uint64
}

// checkPages checks both meta pages, every page reachable from the newer one, and
// its list of free pages.
func checkPages(r io.ReaderAt, size int64) error {
	if size < 4*pageSize {
		return corrupt("only %d bytes", size)
	}
	a, err := readMeta(r, 0)
	if err != nil {
		return err
	}
	b, err := readMeta(r, 1)
	if err != nil {
		return err
	}
	if b.txid > a.txid {
		a, b = b, a
	}
	// An older pair means that a later meta page was lost.
	if a.txid != b.txid+1 {
		return corrupt("meta pages of transactions %d and %d", a.txid, b.txid)
	}
	if a.hwm > maxPages || int64(a.hwm)*pageSize > size {
		return corrupt("truncated at %d bytes", size)
	}
	p := &pages{r: r, hwm: a.hwm, seen: make([]bool, a.hwm)}
	if err := p.tree(a.root, nil, nil, 0, 0); err != nil {
		return err
	}
	return p.freelist(a.freelist)
}

func readMeta(r io.ReaderAt, id uint64) (meta, error) {
	b := make([]byte, 80)
	if _, err := r.ReadAt(b, int64(id)*pageSize); err != nil {
		return meta{}, err
	}
	h, body := b[:pageHeader], b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(body[:56])
	m := meta{
		root: native.Uint64(body[16:]), freelist: native.Uint64(body[32:]),
		hwm: native.Uint64(body[40:]), txid: native.Uint64(body[48:]),
	}
	ok := native.Uint64(h) == id && native.Uint16(h[8:]) == metaPage &&
		native.Uint32(body) == boltMagic && native.Uint32(body[4:]) == boltVersion &&
		native.Uint32(body[8:]) == pageSize && native.Uint64(body[56:]) == sum.Sum64() &&
		m.txid%2 == id && m.root < m.hwm && m.freelist < m.hwm
	if !ok {
		return meta{}, corrupt("meta page %d", id)
	}
	return m, nil
}

// page reads a page with its overflow and marks it as met.
func (p *pages) page(id uint64, kinds uint16) (flags uint16, b []byte, err error) {
	if id < 2 || id >= p.hwm {
		return 0, nil, corrupt("pointer to page %d of %d", id, p.hwm)
	}
	head := make([]byte, pageHeader)
	if _, err := p.r.ReadAt(head, int64(id)*pageSize); err != nil {
		return 0, nil, err
	}
	flags = native.Uint16(head[8:])
	more := uint64(native.Uint32(head[12:]))
	if native.Uint64(head) != id || flags&kinds == 0 || flags&(flags-1) != 0 || more >= p.hwm-id {
		return 0, nil, corrupt("page %d has a wrong header", id)
	}
	for i := id; i <= id+more; i++ {
		if p.seen[i] {
			return 0, nil, corrupt("page %d is used twice", i)
		}
		p.seen[i] = true
	}
	b = make([]byte, (more+1)*pageSize)
	_, err = p.r.ReadAt(b, int64(id)*pageSize)
	return flags, b, err
}

// tree checks a page and all below it. Keys lie from low, if set, to below high,
// if set.
func (p *pages) tree(id uint64, low, high []byte, depth, buckets int) error {
	if depth > maxDepth {
		return corrupt("pages nested too deep")
	}
	flags, b, err := p.page(id, branchPage|leafPage)
	if err != nil {
		return err
	}
	if flags == leafPage {
		return p.leaf(b, low, high, buckets)
	}
	return p.branch(b, low, high, depth, buckets)
}

func (p *pages) branch(b, low, high []byte, depth, buckets int) error {
	count := int(native.Uint16(b[10:]))
	if count == 0 {
		return corrupt("empty branch page")
	}
	keys, children := make([][]byte, count), make([]uint64, count)
	for i := range count {
		at := pageHeader + i*elementSize
		if at+elementSize > len(b) {
			return corrupt("branch page overrun")
		}
		e := b[at:]
		children[i] = native.Uint64(e[8:])
		var err error
		if keys[i], err = slot(b, at, native.Uint32(e), native.Uint32(e[4:]), 0); err != nil {
			return err
		}
	}
	if err := ordered(keys, low, high); err != nil {
		return err
	}
	for i, child := range children {
		upper := high
		if i+1 < count {
			upper = keys[i+1]
		}
		if err := p.tree(child, keys[i], upper, depth+1, buckets); err != nil {
			return err
		}
	}
	return nil
}

func (p *pages) leaf(b, low, high []byte, buckets int) error {
	count := int(native.Uint16(b[10:]))
	keys := make([][]byte, count)
	for i := range count {
		at := pageHeader + i*elementSize
		if at+elementSize > len(b) {
			return corrupt("leaf page overrun")
		}
		e := b[at:]
		flags, pos, ksize, vsize := native.Uint32(e), native.Uint32(e[4:]), native.Uint32(e[8:]), native.Uint32(e[12:])
		both, err := slot(b, at, pos, ksize, vsize)
		if err != nil {
			return err
		}
		keys[i] = both[:ksize]
		// Buckets stand in the root and nowhere else; values everywhere else.
		if (flags == bucketFlag) != (buckets == 0) || flags&^bucketFlag != 0 {
			return corrupt("a value of a wrong kind")
		}
		if flags == bucketFlag {
			if err := p.bucket(both[ksize:], buckets+1); err != nil {
				return err
			}
		}
	}
	return ordered(keys, low, high)
}

// bucket checks the value that stands for a bucket: the page of its root, or, of
// a small one, the page itself.
func (p *pages) bucket(v []byte, buckets int) error {
	if len(v) < 16 || buckets > maxBucketDepth {
		return corrupt("malformed bucket")
	}
	if root := native.Uint64(v); root != 0 {
		return p.tree(root, nil, nil, 0, buckets)
	}
	inline := v[16:]
	if len(inline) < pageHeader || native.Uint16(inline[8:]) != leafPage || native.Uint32(inline[12:]) != 0 {
		return corrupt("malformed inline bucket")
	}
	return p.leaf(inline, nil, nil, buckets)
}

// slot returns the key and value that an element points at.
func slot(b []byte, at int, pos, ksize, vsize uint32) ([]byte, error) {
	from := uint64(at) + uint64(pos)
	to := from + uint64(ksize) + uint64(vsize)
	if ksize == 0 || pos < elementSize || to > uint64(len(b)) {
		return nil, corrupt("an element points outside its page")
	}
	return b[from:to], nil
}

func ordered(keys [][]byte, low, high []byte) error {
	for i, k := range keys {
		if i > 0 && bytes.Compare(keys[i-1], k) >= 0 || low != nil && bytes.Compare(k, low) < 0 ||
			high != nil && bytes.Compare(k, high) >= 0 {
			return corrupt("keys out of order")
		}
	}
	return nil
}

// freelist checks that no free page is in use: it would be overwritten.
func (p *pages) freelist(id uint64) error {
	_, b, err := p.page(id, freelistPage)
	if err != nil {
		return err
	}
	count, at := uint64(native.Uint16(b[10:])), uint64(pageHeader)
	if count == 0xFFFF {
		count, at = native.Uint64(b[at:]), at+8
	}
	if count > (uint64(len(b))-at)/8 {
		return corrupt("free list overrun")
	}
	for i := range count {
		free := native.Uint64(b[at+8*i:])
		if free < 2 || free >= p.hwm || p.seen[free] {
			return corrupt("page %d is in use and free", free)
		}
		p.seen[free] = true
	}
	return nil
}
