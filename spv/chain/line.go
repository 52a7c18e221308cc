package chain

import (
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
	chunks [][]byte // one difficulty period each, all full but the last
	starts []Work   // per chunk: summed work before its first header
	n      int
	tip    chainhash.Hash
	work   Work // through the tip
	index  index
	known  workCache
}

func newLine(base Base, period int32) *line {
	return &line{base: base, period: int(period), tip: base.Hash, work: base.Work}
}

// raw is the header at position i, which must be in [0, n).
func (l *line) raw(i int) []byte {
	off := i % l.period * HeaderSize
	return l.chunks[i/l.period][off : off+HeaderSize : off+HeaderSize]
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
		l.chunks = append(l.chunks, make([]byte, 0, l.period*HeaderSize))
		l.starts = append(l.starts, l.work)
	}
	c := len(l.chunks) - 1
	l.chunks[c] = append(l.chunks[c], h.Raw[:]...)
	l.n++
	l.tip = h.Hash
	l.work = l.work.Add(w)
}

// truncate cuts the line to n headers.
func (l *line) truncate(n int) {
	tip, work := l.hash(n-1), l.workThrough(n-1)
	full := (n + l.period - 1) / l.period
	l.chunks, l.starts = l.chunks[:full], l.starts[:full]
	if full > 0 {
		l.chunks[full-1] = l.chunks[full-1][:(n-(full-1)*l.period)*HeaderSize]
	}
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
	for j := i - i%l.period; j <= i; j++ {
		sum = sum.Add(l.known.of(rawBits(l.raw(j))).work)
	}
	return sum
}

// load takes stored headers over, checking that each links to the one before.
func (l *line) load(raw []byte) error {
	if len(raw)%HeaderSize != 0 {
		return fmt.Errorf("%d bytes: %w", len(raw), ErrStored)
	}
	if len(raw) == 0 {
		return nil
	}
	if chainhash.Hash(raw[4:36]) != l.base.Hash {
		return fmt.Errorf("first header does not link to the base: %w", ErrStored)
	}
	if i, ok := linked(raw); !ok {
		return fmt.Errorf("header %d does not link: %w", l.height(i), ErrStored)
	}
	for off := 0; off < len(raw); off += l.period * HeaderSize {
		end := min(off+l.period*HeaderSize, len(raw))
		l.chunks = append(l.chunks, raw[off:end:end])
		l.starts = append(l.starts, l.work)
		for o := off; o < end; o += HeaderSize {
			e := l.known.of(rawBits(raw[o:]))
			if !e.ok {
				return fmt.Errorf("header %d: target %08x: %w", l.height(o/HeaderSize), rawBits(raw[o:]), ErrStored)
			}
			l.work = l.work.Add(e.work)
		}
	}
	l.n = len(raw) / HeaderSize
	l.tip = chainhash.DoubleHashH(raw[len(raw)-HeaderSize:])
	l.ownLast()
	l.index.rebuild(l, l.height(l.n))
	return nil
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

// ownLast gives the last chunk room of its own, if it is not full, so that
// appending does not copy it again and again.
func (l *line) ownLast() {
	if c := len(l.chunks) - 1; c >= 0 && l.n%l.period != 0 {
		l.chunks[c] = append(make([]byte, 0, l.period*HeaderSize), l.chunks[c]...)
	}
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

func (c *workCache) of(bits uint32) workEntry {
	e := &c[bits%uint32(len(c))]
	if e.bits != bits {
		e.bits = bits
		e.target, e.ok = targetFromCompact(bits)
		e.work, _ = BlockWork(bits)
	}
	return e.workEntry
}
