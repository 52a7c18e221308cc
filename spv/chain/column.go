package chain

import (
	"fmt"
	"sync/atomic"
)

// Source reads back records of a Column that were stored. It may be called from
// several goroutines.
type Source interface {
	// ReadRecords fills dst with the records of the heights from, from+1, and
	// so on.
	ReadRecords(from int32, dst []byte) error
	// Record is the record of a height, which nobody changes.
	Record(height int32) ([]byte, error)
}

// keepPeriods is how many whole periods below the newest stay in memory: as far
// as judging the next header looks back, and any reorg that is not a disaster.
const keepPeriods = 2

// Column is records of one size, one for each height without a gap. The newest
// are in memory; older ones may be released, and are then read from a Source.
// A million headers would else take more memory than all the rest.
//
// A Column may be read by several goroutines at a time, while none changes it.
// A record that cannot be read is no answer but an end: see Err.
type Column struct {
	width  int
	period int32
	first  int32
	next   int32    // height of the record that would be appended
	parts  [][]byte // by period, the first one's period being parts[0]; nil: released
	source Source   // nil: nothing is ever released
	failed atomic.Pointer[error]
}

// NewColumn begins an empty column at a height. Records of width bytes are kept
// together by periods.
func NewColumn(width int, period, first int32, source Source) *Column {
	return &Column{width: width, period: period, first: first, next: first, source: source}
}

// Open makes the column hold the records of the heights first..next-1, all of
// which the source has. It reads the newest. On an error the column is empty.
func (c *Column) Open(first, next int32) error {
	c.Restart(first)
	if next <= first {
		return nil
	}
	c.next = next
	c.parts = make([][]byte, c.index(next-1)+1)
	for i := max(0, len(c.parts)-1-keepPeriods); i < len(c.parts); i++ {
		part, err := c.fetch(i)
		if err != nil {
			c.Restart(first)
			return err
		}
		c.parts[i] = part
	}
	return nil
}

// Restart empties the column, which begins at a height from then on.
func (c *Column) Restart(first int32) { c.first, c.next, c.parts = first, first, nil }

// First is the height of the first record, Next that after the last.
func (c *Column) First() int32 { return c.first }
func (c *Column) Next() int32  { return c.next }

// Len is the number of records.
func (c *Column) Len() int { return int(c.next - c.first) }

// Err is why a record could not be read, if that ever happened. The column is
// of no more use then: what was asked of it since may rest on nothing.
func (c *Column) Err() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// fail notes the first failure.
func (c *Column) fail(err error) { c.failed.CompareAndSwap(nil, &err) }

// index is the part that a height lies in, span the heights of a part.
func (c *Column) index(height int32) int { return int(height/c.period - c.first/c.period) }

func (c *Column) span(i int) (from, to int32) {
	from = (c.first/c.period + int32(i)) * c.period
	return max(from, c.first), min(from+c.period, c.next)
}

// At is the record of a height; false if there is none, or Err. It must not be
// changed, and is gone with the next change of the column.
func (c *Column) At(height int32) ([]byte, bool) {
	if height < c.first || height >= c.next {
		return nil, false
	}
	i := c.index(height)
	if part := c.parts[i]; part != nil {
		from, _ := c.span(i)
		off := int(height-from) * c.width
		return part[off : off+c.width : off+c.width], true
	}
	record, err := c.source.Record(height)
	if err != nil {
		c.fail(fmt.Errorf("read back %d: %w", height, err))
		return nil, false
	}
	return record, true
}

// fetch reads a part back, with room to make it whole.
func (c *Column) fetch(i int) ([]byte, error) {
	from, to := c.span(i)
	part := make([]byte, int(to-from)*c.width, int(c.period)*c.width)
	if err := c.source.ReadRecords(from, part); err != nil {
		return nil, fmt.Errorf("read back %d to %d: %w", from, to-1, err)
	}
	return part, nil
}

// Walk gives f the records of the heights from..to-1, which must be there, in
// pieces that are gone after f returns.
func (c *Column) Walk(from, to int32, f func(at int32, records []byte)) error {
	var buf []byte
	for from < to {
		i := c.index(from)
		start, end := c.span(i)
		part, upTo := c.parts[i], min(to, end)
		if part == nil {
			if buf == nil {
				buf = make([]byte, int(c.period)*c.width)
			}
			part, start = buf[:int(upTo-from)*c.width], from
			if err := c.source.ReadRecords(from, part); err != nil {
				c.fail(fmt.Errorf("read back %d to %d: %w", from, upTo-1, err))
				return c.Err()
			}
		}
		f(from, part[int(from-start)*c.width:int(upTo-start)*c.width])
		from = upTo
	}
	return nil
}

// Append adds one record or several.
func (c *Column) Append(records []byte) {
	for len(records) > 0 {
		if len(c.parts) == 0 || c.next%c.period == 0 {
			c.parts = append(c.parts, make([]byte, 0, int(c.period)*c.width))
		}
		last := &c.parts[len(c.parts)-1]
		n := min(len(records), int(c.period-c.next%c.period)*c.width)
		if *last != nil { // else Cut has failed to read it
			*last = append(*last, records[:n]...)
		}
		c.next += int32(n / c.width)
		records = records[n:]
	}
}

// Cut removes the records of the height next and above. The source must have
// what was released below until then.
func (c *Column) Cut(next int32) {
	if next = max(next, c.first); next >= c.next {
		return
	}
	c.next = next
	if next == c.first {
		c.parts = nil
		return
	}
	i := c.index(next - 1)
	clear(c.parts[i+1:])
	c.parts = c.parts[:i+1]
	from, _ := c.span(i)
	switch {
	case c.parts[i] != nil:
		c.parts[i] = c.parts[i][:int(next-from)*c.width]
	case next%c.period != 0:
		// It will be appended to.
		part, err := c.fetch(i)
		if err != nil {
			c.fail(err)
		}
		c.parts[i] = part
	}
}

// prepend puts low, which ends where c begins, at the edge of a period, below.
func (c *Column) prepend(low *Column) {
	c.parts = append(low.parts, c.parts...)
	c.first = low.first
}

// Release lets go of whole periods among the heights from..to, all of which the
// source has, except for the newest of the column.
func (c *Column) Release(from, to int32) {
	if c.source == nil {
		return
	}
	for i := range len(c.parts) - 1 - keepPeriods {
		if start, end := c.span(i); start >= from && end-1 <= to {
			c.parts[i] = nil
		}
	}
}
