package walletdb

import (
	"encoding/binary"
	"fmt"
)

// Record is a row or a setting as bytes: what migrations work on.
type Record struct {
	Kind  byte // a ledger.RowKind, or kindSetting
	ID    string
	Value []byte
}

// kindSetting is the kind of records that are not the ledger's.
const kindSetting byte = 0xff

// encode lays a record out as kind, length and bytes of the id, length and bytes
// of the value, and zeros.
func (r Record) encode() []byte {
	n := 1 + 2*binary.MaxVarintLen64 + len(r.ID) + len(r.Value)
	b := make([]byte, 0, padded(n))
	b = append(b, r.Kind)
	b = binary.AppendUvarint(b, uint64(len(r.ID)))
	b = append(b, r.ID...)
	b = binary.AppendUvarint(b, uint64(len(r.Value)))
	b = append(b, r.Value...)
	return b[:cap(b)]
}

func decodeRecord(b []byte) (Record, error) {
	d := decoder{b: b}
	r := Record{Kind: d.byte(), ID: d.string(), Value: d.bytes()}
	for _, c := range d.b {
		if c != 0 {
			d.fail()
		}
	}
	if d.bad {
		return Record{}, corrupt("malformed record")
	}
	return r, nil
}

// decoder reads what encoder wrote and nothing else: there is one encoding of
// everything.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() { d.b, d.bad = nil, true }

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.fail()
		return make([]byte, min(max(n, 0), 64))
	}
	out := d.b[:n:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.take(4)) }
func (d *decoder) int32() int32   { return int32(d.uint32()) }
func (d *decoder) int64() int64   { return int64(binary.BigEndian.Uint64(d.take(8))) }

func (d *decoder) bool() bool {
	c := d.byte()
	if c > 1 {
		d.fail()
	}
	return c == 1
}

// length reads a length of something whose parts have at least size bytes each.
func (d *decoder) length(size int) int {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || (n > 1 && d.b[n-1] == 0) || v > uint64(len(d.b)/size) {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return int(v)
}

func (d *decoder) bytes() []byte {
	n := d.length(1)
	if n == 0 || d.bad {
		return nil
	}
	return append([]byte(nil), d.take(n)...)
}

func (d *decoder) string() string { return string(d.bytes()) }

func (d *decoder) end() error {
	if d.bad || len(d.b) > 0 {
		return corrupt("malformed row")
	}
	return nil
}

type encoder struct{ b []byte }

func (e *encoder) byte(v byte)     { e.b = append(e.b, v) }
func (e *encoder) uint32(v uint32) { e.b = binary.BigEndian.AppendUint32(e.b, v) }
func (e *encoder) int32(v int32)   { e.uint32(uint32(v)) }
func (e *encoder) int64(v int64)   { e.b = binary.BigEndian.AppendUint64(e.b, uint64(v)) }
func (e *encoder) length(n int)    { e.b = binary.AppendUvarint(e.b, uint64(n)) }
func (e *encoder) raw(v []byte)    { e.b = append(e.b, v...) }

func (e *encoder) bool(v bool) {
	if v {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) bytes(v []byte) {
	e.length(len(v))
	e.raw(v)
}

func (e *encoder) string(v string) { e.bytes([]byte(v)) }

// String names the record without its content.
func (r Record) String() string { return fmt.Sprintf("record of kind %d", r.Kind) }
