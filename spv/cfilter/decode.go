package cfilter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The parameters of BIP158's basic filter.
const (
	riceBits = 19     // P: bits of a difference's remainder
	rate     = 784931 // M: one false positive in so many questions
)

// minCode is the length in bits of the shortest code: a quotient of zero and
// its remainder. It bounds the count that a filter of some length can hold.
const minCode = 1 + riceBits

// ErrMalformed is wrapped by every complaint about a filter's encoding.
var ErrMalformed = errors.New("malformed filter")

var (
	errCount     = fmt.Errorf("%w: bad count", ErrMalformed)
	errTooMany   = fmt.Errorf("%w: more elements than its length can hold", ErrMalformed)
	errTruncated = fmt.Errorf("%w: ends early", ErrMalformed)
	errRange     = fmt.Errorf("%w: element out of range", ErrMalformed)
	errExcess    = fmt.Errorf("%w: bytes left over", ErrMalformed)
	errPadding   = fmt.Errorf("%w: padding is not zero", ErrMalformed)
)

// Count returns how many elements a filter claims to hold, refusing a claim
// that its length cannot hold. The error is [ErrMalformed].
func Count(filter []byte) (uint64, error) {
	n, _, err := split(filter)
	return n, err
}

// split parts a filter into its count, a CompactSize in its shortest form, and
// the Golomb-coded bytes.
func split(filter []byte) (n uint64, coded []byte, err error) {
	if len(filter) == 0 {
		return 0, nil, errTruncated
	}
	size, least := 0, uint64(0)
	switch filter[0] {
	case 0xfd:
		size, least = 2, 0xfd
	case 0xfe:
		size, least = 4, 1<<16
	case 0xff:
		size, least = 8, 1<<32
	default:
		n = uint64(filter[0])
	}
	if len(filter) < 1+size {
		return 0, nil, errTruncated
	}
	for i := range size {
		n |= uint64(filter[1+i]) << (8 * i)
	}
	if n < least {
		return 0, nil, errCount
	}
	coded = filter[1+size:]
	if n > uint64(len(coded))*8/minCode {
		return 0, nil, errTooMany
	}
	return n, coded, nil
}

// stepBits cuts the numbers below N·M into steps of 1<<stepBits, about twelve
// for each element: small enough that an absent script meets an empty step
// eleven times out of twelve, large enough that the map of a whole block's
// filter (12 kB) stays in the nearest cache.
const stepBits = 16

// set is a decoded filter.
type set struct {
	values []uint64 // ascending, all below N·M
	seen   []uint64 // a bit for each step, set when a value lies in it
	buf    []byte   // the coded bytes and eight more
}

// load decodes a filter. What the set held before is gone, also after an error.
func (s *set) load(filter []byte) error {
	s.values = s.values[:0]
	n, coded, err := split(filter)
	if err != nil {
		return err
	}
	if n == 0 {
		if len(coded) != 0 {
			return errExcess
		}
		return nil
	}
	s.reserve(int(n), coded)
	end, err := s.decode(uint(len(coded)) * 8)
	if err == nil {
		err = checkEnd(coded, end)
	}
	if err != nil {
		s.values = s.values[:0]
	}
	return err
}

// reserve makes room for n values, and copies the coded bytes to where eight
// bytes can be loaded from any of them.
func (s *set) reserve(n int, coded []byte) {
	if cap(s.values) < n {
		s.values = make([]uint64, n+n/4)
	}
	s.values = s.values[:n]

	size := len(coded) + 8
	if cap(s.buf) < size {
		s.buf = make([]byte, size+size/4)
	}
	s.buf = s.buf[:size]
	clear(s.buf[copy(s.buf, coded):])

	words := int(uint64(n)*rate>>stepBits/64) + 1
	if cap(s.seen) < words {
		s.seen = make([]uint64, words+words/4)
	}
	s.seen = s.seen[:words]
	clear(s.seen)
}

// decode reads len(s.values) codes from s.buf, of which total bits are the
// filter's, and returns the bit after the last code. One load serves as many
// codes as are whole in it.
func (s *set) decode(total uint) (end uint, err error) {
	values, seen, buf := s.values, s.seen, s.buf
	limit := uint64(len(values)) * rate
	var pos uint
	var v uint64
	for i := 0; i < len(values); {
		if pos >= total {
			return 0, errTruncated
		}
		w := binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
		left := 64 - pos&7 // how many bits of w came from buf
		q := uint(bits.LeadingZeros64(^w))
		if q+minCode > left {
			if q, pos, err = s.unary(pos, total, (limit-v)>>riceBits); err != nil {
				return 0, err
			}
			v += uint64(q)<<riceBits | binary.BigEndian.Uint64(buf[pos>>3:])<<(pos&7)>>(64-riceBits)
			pos += riceBits
			if v >= limit {
				return 0, errRange
			}
			values[i] = v
			seen[v>>stepBits/64] |= 1 << (v >> stepBits % 64)
			i++
			continue
		}
		for i < len(values) && q+minCode <= left {
			w <<= (q + 1) & 63
			v += uint64(q)<<riceBits | w>>(64-riceBits)
			if v >= limit {
				return 0, errRange
			}
			values[i] = v
			seen[v>>stepBits/64] |= 1 << (v >> stepBits % 64)
			i++
			w <<= riceBits
			pos += q + minCode
			left -= q + minCode
			q = uint(bits.LeadingZeros64(^w))
		}
	}
	if pos > total {
		return 0, errTruncated
	}
	return pos, nil
}

// unary reads a quotient that is too long for one load, and returns it with the
// bit after its end. A run of ones that would carry the value out of range is
// not read to its end.
func (s *set) unary(pos, total uint, most uint64) (q, after uint, err error) {
	for ; pos < total; pos++ {
		if s.buf[pos>>3]<<(pos&7)&0x80 == 0 {
			if pos+1 >= total {
				return 0, 0, errTruncated
			}
			return q, pos + 1, nil
		}
		if q++; uint64(q) > most {
			return 0, 0, errRange
		}
	}
	return 0, 0, errTruncated
}

// checkEnd makes sure that the codes end in the filter's last byte and that the
// bits after them are zero.
func checkEnd(coded []byte, end uint) error {
	if int((end+7)/8) != len(coded) {
		return errExcess
	}
	if pad := end % 8; pad != 0 && coded[len(coded)-1]<<pad != 0 {
		return errPadding
	}
	return nil
}
