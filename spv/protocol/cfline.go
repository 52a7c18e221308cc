package protocol

import chainhash "github.com/btcsuite/btcd/chainhash/v2"

// filterLine holds the filter headers of consecutive blocks from base on.
type filterLine struct {
	base    int32            // height of headers[0]
	prev    chainhash.Hash   // filter header of block base-1
	headers []chainhash.Hash // nil while none is known
}

// reset empties the line; it will begin at base.
func (l *filterLine) reset(base int32, prev chainhash.Hash) {
	*l = filterLine{base: base, prev: prev}
}

func (l *filterLine) count() int { return len(l.headers) }

// tipHeight is the last height with a filter header; base-1 if there is none.
func (l *filterLine) tipHeight() int32 { return l.base + int32(l.count()) - 1 }

// header returns the filter header of a height, that before base included.
func (l *filterLine) header(height int32) (chainhash.Hash, bool) {
	i := height - l.base
	switch {
	case i == -1:
		return l.prev, true
	case i < 0 || int(i) >= l.count():
		return chainhash.Hash{}, false
	}
	return l.headers[i], true
}

// append adds the filter headers that follow the last one.
func (l *filterLine) append(headers []chainhash.Hash) {
	l.headers = append(l.headers, headers...)
}

// cut forgets everything above a height; false if there was nothing.
func (l *filterLine) cut(height int32) bool {
	n := max(int(height-l.base)+1, 0)
	if n >= l.count() {
		return false
	}
	l.headers = l.headers[:n:n]
	return true
}
