package protocol

import (
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// FilterPeriod is how many filter headers come and go together: the disk keeps
// them in the same pieces.
const FilterPeriod = 2016

// filterLine holds the filter headers of consecutive blocks from base on. Old
// ones may be on disk only.
type filterLine struct {
	base    int32          // height of the first
	prev    chainhash.Hash // filter header of block base-1
	headers *chain.Column
}

func (l *filterLine) init(s FilterState) {
	l.headers = s.Stored
	if l.headers == nil {
		l.headers = chain.NewColumn(chainhash.HashSize, FilterPeriod, max(s.Base, 0), nil)
	}
	l.base, l.prev = s.Base, s.Prev
	l.append(s.Headers)
}

// reset empties the line; it will begin at base.
func (l *filterLine) reset(base int32, prev chainhash.Hash) {
	l.base, l.prev = base, prev
	l.headers.Restart(base)
}

func (l *filterLine) count() int { return l.headers.Len() }

// tipHeight is the last height with a filter header; base-1 if there is none.
func (l *filterLine) tipHeight() int32 { return l.base + int32(l.count()) - 1 }

// header returns the filter header of a height, that before base included.
func (l *filterLine) header(height int32) (chainhash.Hash, bool) {
	if height == l.base-1 {
		return l.prev, true
	}
	h, ok := l.headers.At(height)
	if !ok {
		return chainhash.Hash{}, false
	}
	return chainhash.Hash(h), true
}

// append adds the filter headers that follow the last one.
func (l *filterLine) append(headers []chainhash.Hash) {
	for i := range headers {
		l.headers.Append(headers[i][:])
	}
}

// cut forgets everything above a height; false if there was nothing.
func (l *filterLine) cut(height int32) bool {
	if height >= l.tipHeight() {
		return false
	}
	had := l.count()
	l.headers.Cut(height + 1)
	return l.count() < had
}

// release lets go of what is on disk: filter headers from a base up to a height,
// whose header tells whether they are these.
func (l *filterLine) release(base, tip int32, header chainhash.Hash) {
	if have, ok := l.header(tip); ok && base == l.base && have == header {
		l.headers.Release(base, tip)
	}
}
