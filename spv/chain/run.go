package chain

import (
	"bytes"
	"fmt"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Run is consecutive raw headers that are right as far as they show by
// themselves: see CheckRun, which alone makes one. What surrounds them is not
// judged, so a Run says nothing of where it belongs, nor whether its targets
// are the ones demanded there. Tree.Lower judges that.
type Run struct {
	raw  []byte
	last chainhash.Hash
}

// CheckRun checks raw headers, n*80 bytes, which the Run keeps: that each links
// to the one before, that targets are in the network's range and hashes meet
// them, and, from the twelfth header on, that times are later than the median
// of the 11 before. It allocates nothing for a header. The error is a
// *RuleError; its height is -1, as no height is known here.
func CheckRun(p *Params, raw []byte) (Run, error) {
	if len(raw) == 0 || len(raw)%HeaderSize != 0 {
		return Run{}, &RuleError{Kind: NotLinked, Tip: Tip{Height: -1}, Detail: fmt.Sprintf("%d bytes of headers", len(raw))}
	}
	limit := uint256FromBig(p.Net.PowLimit)
	var known workEntry
	var bits uint32
	var last chainhash.Hash
	var median medianWindow
	for off := 0; off < len(raw); off += HeaderSize {
		h := raw[off : off+HeaderSize : off+HeaderSize]
		if off > 0 && !bytes.Equal(h[4:36], last[:]) {
			return Run{}, refuseRun(h, NotLinked, "after %v", last)
		}
		if b := rawBits(h); b != bits || off == 0 {
			bits = b
			known.target, known.ok = targetFromCompact(b)
			if !known.ok || known.target.cmp(limit) > 0 {
				return Run{}, refuseRun(h, BadPoW, "target %08x out of range", b)
			}
		}
		last = chainhash.DoubleHashH(h)
		if hashNumber(&last).cmp(known.target) > 0 {
			return Run{}, refuseRun(h, BadPoW, "hash exceeds target %08x", bits)
		}
		if m, full := median.of(); full && rawTime(h) <= m {
			return Run{}, refuseRun(h, TimeTooOld, "time is %d, median before %d", rawTime(h), m)
		}
		median.push(rawTime(h))
	}
	return Run{raw: raw, last: last}, nil
}

func refuseRun(h []byte, kind RuleKind, format string, args ...any) error {
	return &RuleError{Kind: kind, Tip: Tip{-1, chainhash.DoubleHashH(h)}, Detail: fmt.Sprintf(format, args...)}
}

// Len is the number of headers.
func (r Run) Len() int { return len(r.raw) / HeaderSize }

// Raw is the headers, 80 bytes each. They must not be changed.
func (r Run) Raw() []byte { return r.raw }

// Prev is the hash of the block before the first.
func (r Run) Prev() chainhash.Hash { return chainhash.Hash(r.raw[4:36]) }

// Last is the hash of the last header.
func (r Run) Last() chainhash.Hash { return r.last }

// Hash is that of header i in [0, Len).
func (r Run) Hash(i int) chainhash.Hash {
	if i == r.Len()-1 {
		return r.last
	}
	return chainhash.Hash(r.raw[(i+1)*HeaderSize+4 : (i+1)*HeaderSize+36])
}

// Targets tells whether all headers have this compact target.
func (r Run) Targets(bits uint32) bool {
	for off := 0; off < len(r.raw); off += HeaderSize {
		if rawBits(r.raw[off:]) != bits {
			return false
		}
	}
	return true
}

// First is the run of the first n headers, n in [1, Len].
func (r Run) First(n int) Run {
	return Run{raw: r.raw[: n*HeaderSize : n*HeaderSize], last: r.Hash(n - 1)}
}

// medianWindow holds the times of the last 11 headers, in order of arrival and
// sorted. Keeping the order costs less than sorting anew for each header.
type medianWindow struct {
	ring   [medianBlocks]uint32
	sorted [medianBlocks]uint32
	n      int // times pushed
}

// of is the median; full is false while fewer than 11 times are known.
func (w *medianWindow) of() (median uint32, full bool) {
	return w.sorted[medianBlocks/2], w.n >= medianBlocks
}

func (w *medianWindow) push(t uint32) {
	i := min(w.n, medianBlocks-1) // where the hole is
	if w.n >= medianBlocks {
		old := w.ring[w.n%medianBlocks]
		for i = 0; w.sorted[i] != old; i++ {
		}
	}
	for ; i > 0 && w.sorted[i-1] > t; i-- {
		w.sorted[i] = w.sorted[i-1]
	}
	for ; i < min(w.n, medianBlocks-1) && w.sorted[i+1] < t; i++ {
		w.sorted[i] = w.sorted[i+1]
	}
	w.sorted[i] = t
	w.ring[w.n%medianBlocks] = t
	w.n++
}
