package chain

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// line is the best chain: raw headers by position, position 0 being the
// base's Height+1. The hash of a header is not stored: it is the next one's
// link.
type line struct {
	base   Base
	period int
	raws   *Column
	starts []Work // per period: summed work before its first header
	n      int
	tip    chainhash.Hash
	work   Work // through the tip
	index  index
	known  workCache
}

func newLine(base Base, period int32, source Source) *line {
	return &line{base: base, period: int(period), tip: base.Hash, work: base.Work,
		raws: NewColumn(HeaderSize, period, base.Height+1, source)}
}

// noHeader stands for one that cannot be read. What follows from it does not
// count: Tree.Err tells.
var noHeader = make([]byte, HeaderSize)

// raw is the header at position i, which must be in [0, n).
func (l *line) raw(i int) []byte {
	if raw, ok := l.raws.At(l.height(i)); ok {
		return raw
	}
	return noHeader
}

// hash is that of position i in [-1, n); -1 is the base.
func (l *line) hash(i int) chainhash.Hash {
	switch {
	case i == l.n-1:
		return l.tip
	case i == -1:
		return l.base.Hash
	}
	return chainhash.Hash(l.raw(i + 1)[4:36])
}

func (l *line) height(i int) int32   { return l.base.Height + 1 + int32(i) }
func (l *line) position(h int32) int { return int(h) - int(l.base.Height) - 1 }

func (l *line) header(i int) Header {
	return Header{Raw: [HeaderSize]byte(l.raw(i)), Hash: l.hash(i)}
}

func (l *line) find(h *chainhash.Hash) (int, bool) { return l.index.find(l, h) }

// push appends a header that links to the tip and carries this work, and makes
// it known to the index.
func (l *line) push(h *Header, w Work) {
	l.index.insert(l, &h.Hash, l.height(l.n))
	l.append(h, w)
}

// append is push for a line that is not looked things up in.
func (l *line) append(h *Header, w Work) {
	if l.n%l.period == 0 {
		l.starts = append(l.starts, l.work)
	}
	l.raws.Append(h.Raw[:])
	l.n++
	l.tip = h.Hash
	l.work = l.work.Add(w)
}

// truncate cuts the line to n headers.
func (l *line) truncate(n int) {
	tip, work := l.hash(n-1), l.workThrough(n-1)
	l.raws.Cut(l.height(n))
	l.starts = l.starts[:(n+l.period-1)/l.period]
	l.n, l.tip, l.work = n, tip, work
}

// workThrough sums the work from genesis through position i in [-1, n).
func (l *line) workThrough(i int) Work {
	if i == l.n-1 {
		return l.work
	}
	if i == -1 {
		return l.base.Work
	}
	sum := l.starts[i/l.period]
	var known workCache // the line's own is not for several readers
	_ = l.raws.Walk(l.height(i-i%l.period), l.height(i+1), func(_ int32, records []byte) {
		sum, _ = known.add(sum, records)
	})
	return sum
}

// load takes stored headers over, checking that each links to the one before.
func (l *line) load(raw []byte) error {
	if len(raw)%HeaderSize != 0 {
		return fmt.Errorf("%d bytes: %w", len(raw), ErrStored)
	}
	if i, ok := linked(raw); !ok {
		return fmt.Errorf("header %d does not link: %w", l.height(i), ErrStored)
	}
	l.raws.Append(raw)
	return nil
}

// takeIn makes the line what its column holds, and gives check each period's
// last block. That headers link is checked from period to period only: a
// checksum vouches for what was stored together.
func (l *line) takeIn(check func(Tip) error) error {
	first, next := l.raws.First(), l.raws.Next()
	l.n = l.raws.Len()
	l.index.reset(l.n, next)
	var bad error
	err := l.raws.Walk(first, next, func(at int32, records []byte) {
		if chainhash.Hash(records[4:36]) != l.tip && bad == nil {
			bad = fmt.Errorf("header %d does not link: %w", at, ErrStored)
		}
		l.starts = append(l.starts, l.work)
		var ok bool
		if l.work, ok = l.known.add(l.work, records); !ok && bad == nil {
			bad = fmt.Errorf("target out of range from %d on: %w", at, ErrStored)
		}
		l.index.putLinks(at, records)
		l.tip = chainhash.DoubleHashH(records[len(records)-HeaderSize:])
		if bad == nil {
			bad = check(Tip{at + int32(len(records)/HeaderSize) - 1, l.tip})
		}
	})
	l.index.put(&l.tip, next-1)
	return errors.Join(bad, err)
}

// linked checks that every header links to the one before it, on all cores:
// hashing the whole chain on one takes half a second. Otherwise it returns the
// position of a header that does not.
func linked(raw []byte) (int, bool) {
	n := len(raw) / HeaderSize
	per := max(1024, (n+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	bad := make([]int, (n+per-1)/per)
	var wg sync.WaitGroup
	for part := range bad {
		wg.Go(func() { bad[part] = firstUnlinked(raw, max(1, part*per), min((part+1)*per, n)) })
	}
	wg.Wait()
	for _, i := range bad {
		if i >= 0 {
			return i, false
		}
	}
	return 0, true
}

// firstUnlinked looks at positions [from, to) and is -1 when all link.
func firstUnlinked(raw []byte, from, to int) int {
	for i := from; i < to; i++ {
		h := raw[i*HeaderSize:]
		if chainhash.DoubleHashH(raw[(i-1)*HeaderSize:i*HeaderSize]) != chainhash.Hash(h[4:36]) {
			return i
		}
	}
	return -1
}

// workCache remembers the targets seen last: they change once in 2016 blocks,
// or on testnets back and forth between two.
type workCache [8]struct {
	bits uint32
	workEntry
}

type workEntry struct {
	work   Work
	target uint256
	ok     bool // false: no header may have this target
}

func (c *workCache) of(bits uint32) *workEntry {
	e := &c[bits%uint32(len(c))]
	if e.bits != bits {
		e.bits = bits
		e.target, e.ok = targetFromCompact(bits)
		e.work, _ = BlockWork(bits)
	}
	return &e.workEntry
}

// add sums the work of raw headers. It is false where one says a target that
// no header may say.
func (c *workCache) add(sum Work, records []byte) (Work, bool) {
	all := true
	for len(records) > 0 {
		n, target := 0, rawBits(records)
		for len(records) > 0 && rawBits(records) == target {
			records = records[HeaderSize:]
			n++
		}
		e := c.of(target)
		sum, all = sum.Add(e.work.times(uint64(n))), all && e.ok
	}
	return sum, all
}
