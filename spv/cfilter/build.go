package cfilter

import (
	"encoding/binary"
	"slices"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Build returns the filter that holds these scripts for a block, the bytes
// every honest encoder writes. Empty scripts are left out and doubles count
// once; leaving out OP_RETURN outputs and collecting the scripts that the
// block's inputs spend is the caller's part.
func Build(scripts [][]byte, block *chainhash.Hash) []byte {
	seen := make(map[string]bool, len(scripts))
	var words, hashes []uint64
	k0, k1 := le64(block[0:8]), le64(block[8:16])
	for _, s := range scripts {
		if len(s) == 0 || seen[string(s)] {
			continue
		}
		seen[string(s)] = true
		words = appendWords(words[:0], s)
		hashes = append(hashes, sipHash(k0, k1, words))
	}
	limit := uint64(len(hashes)) * rate
	for i, h := range hashes {
		hashes[i] = reduce(h, limit)
	}
	slices.Sort(hashes)

	w := bitWriter{out: appendCount(nil, uint64(len(hashes)))}
	var last uint64
	for _, v := range hashes {
		w.code(v - last)
		last = v
	}
	return w.flush()
}

// appendCount appends a CompactSize.
func appendCount(b []byte, n uint64) []byte {
	switch {
	case n < 0xfd:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.LittleEndian.AppendUint16(append(b, 0xfd), uint16(n))
	case n < 1<<32:
		return binary.LittleEndian.AppendUint32(append(b, 0xfe), uint32(n))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0xff), n)
	}
}

// bitWriter writes bits, the most significant first.
type bitWriter struct {
	out  []byte
	acc  uint64 // held bits, in the low end
	held uint
}

// code writes one Golomb-Rice code.
func (w *bitWriter) code(delta uint64) {
	for q := delta >> riceBits; q > 0; {
		ones := min(q, 32)
		w.bits(1<<ones-1, uint(ones))
		q -= ones
	}
	w.bits(delta&(1<<riceBits-1), minCode)
}

// bits writes the low n bits of v, n at most 32; the bits of v above them are
// zero.
func (w *bitWriter) bits(v uint64, n uint) {
	w.acc = w.acc<<n | v
	for w.held += n; w.held >= 8; w.held -= 8 {
		w.out = append(w.out, byte(w.acc>>(w.held-8)))
	}
}

// flush pads with zero bits to a whole byte.
func (w *bitWriter) flush() []byte {
	if w.held > 0 {
		w.bits(0, 8-w.held)
	}
	return w.out
}
