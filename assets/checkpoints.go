package assets

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed checkpoints/mainnet.tsv
var mainnet string

//go:embed checkpoints/mainnet-filter-headers.tsv
var mainnetFilterHeaders string

// Checkpoint is the beginning of one difficulty period.
type Checkpoint struct {
	Height int32    // of the first block of the period
	Prev   [32]byte // hash of the block before, in the order of the wire
	Bits   uint32   // compact target of the period
	Work   [32]byte // summed from genesis through the block before, big-endian
	Time   int64    // of the block at Height, seconds since 1970
	// Estimated says that Time was computed, not read from a header.
	Estimated bool
}

// FilterHeader is the BIP157 header of the basic filter at one height.
type FilterHeader struct {
	Height int32
	Header [32]byte // in the order of the wire
}

// MainnetCheckpoints lists all periods of mainnet from the second on, without
// gaps, ascending. An error means that the program was built from a damaged
// list.
func MainnetCheckpoints() ([]Checkpoint, error) {
	return parse(mainnet, 5, func(f []string) (c Checkpoint, err error) {
		if c.Height, err = height(f[0]); err != nil {
			return c, err
		}
		if c.Prev, err = hash(f[1]); err != nil {
			return c, err
		}
		bits, err := strconv.ParseUint(f[2], 16, 32)
		if err != nil {
			return c, err
		}
		c.Bits = uint32(bits)
		if c.Work, err = number(f[3]); err != nil {
			return c, err
		}
		var digits string
		digits, c.Estimated = strings.CutPrefix(f[4], "~")
		c.Time, err = strconv.ParseInt(digits, 10, 64)
		return c, err
	})
}

// MainnetFilterHeaders lists known filter headers of mainnet, ascending. An
// error means that the program was built from a damaged list.
func MainnetFilterHeaders() ([]FilterHeader, error) {
	return parse(mainnetFilterHeaders, 2, func(f []string) (h FilterHeader, err error) {
		if h.Height, err = height(f[0]); err != nil {
			return h, err
		}
		h.Header, err = hash(f[1])
		return h, err
	})
}

// parse reads rows of tab-separated columns, leaving out comments.
func parse[T any](text string, columns int, row func([]string) (T, error)) ([]T, error) {
	var out []T
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != columns {
			return nil, fmt.Errorf("line %d: %d columns, want %d", i+1, len(f), columns)
		}
		r, err := row(f)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func height(s string) (int32, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	return int32(n), err
}

// hash reads a hash as it is displayed, which is backwards.
func hash(s string) ([32]byte, error) {
	b, err := number(s)
	slices.Reverse(b[:])
	return b, err
}

// number reads a big-endian number with its leading zeros left out.
func number(s string) (b [32]byte, err error) {
	if s == "" || len(s) > 64 {
		return b, fmt.Errorf("%q is not a number of 256 bits", s)
	}
	_, err = hex.Decode(b[:], []byte(strings.Repeat("0", 64-len(s))+s))
	return b, err
}
