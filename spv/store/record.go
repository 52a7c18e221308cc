package store

import (
	"encoding/binary"
	"hash/crc32"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// A record of a segment file, numbers big-endian:
//
//	"tflt", height 4, length 4, block hash 32, CRC-32C of all this
//	the filter
//	CRC-32C of the head and the filter
//
// The head has its own checksum so that a scan can trust a length before it
// follows it, and find the next record behind a damaged one.
const (
	recordMagic = "tflt"
	headSize    = 4 + 4 + 4 + 32 + 4
	recordExtra = headSize + 4 // bytes of a record besides the filter
)

// maxFilter bounds a filter's length in bytes: no message is longer.
const maxFilter = 4_000_000

// entry says where the filter of a height lies.
type entry struct {
	block  chainhash.Hash
	offset int64  // of the record
	length uint32 // of the filter; an entry is held when block is not zero
}

func (e *entry) held() bool { return e.block != chainhash.Hash{} }

// end is the offset after the record.
func (e *entry) end() int64 { return e.offset + int64(e.length) + recordExtra }

// appendRecord appends a whole record.
func appendRecord(b []byte, height int32, block *chainhash.Hash, filter []byte) []byte {
	start := len(b)
	b = append(b, recordMagic...)
	b = binary.BigEndian.AppendUint32(b, uint32(height))
	b = binary.BigEndian.AppendUint32(b, uint32(len(filter)))
	b = append(b, block[:]...)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
	b = append(b, filter...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseHead reads a record's head; ok is false unless its checksum is right.
func parseHead(b []byte) (height int32, e entry, ok bool) {
	if len(b) < headSize || string(b[:4]) != recordMagic {
		return 0, entry{}, false
	}
	if crc32.Checksum(b[:headSize-4], castagnoli) != binary.BigEndian.Uint32(b[headSize-4:]) {
		return 0, entry{}, false
	}
	height = int32(binary.BigEndian.Uint32(b[4:]))
	e.length = binary.BigEndian.Uint32(b[8:])
	e.block = chainhash.Hash(b[12:44])
	return height, e, height >= 0 && e.length <= maxFilter && e.held()
}

// wholeRecord tells whether b is one record, undamaged, and returns its filter.
func wholeRecord(b []byte) (height int32, e entry, filter []byte, ok bool) {
	height, e, ok = parseHead(b)
	if !ok || len(b) != int(e.length)+recordExtra {
		return 0, entry{}, nil, false
	}
	n := len(b) - 4
	if crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return 0, entry{}, nil, false
	}
	return height, e, b[headSize:n], true
}

// A line of a segment's list, numbers big-endian: height 4, length 4, offset 8,
// block hash 32, CRC-32C.
const lineSize = 4 + 4 + 8 + 32 + 4

func appendLine(b []byte, height int32, e *entry) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(height))
	b = binary.BigEndian.AppendUint32(b, e.length)
	b = binary.BigEndian.AppendUint64(b, uint64(e.offset))
	b = append(b, e.block[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

func parseLine(b []byte) (height int32, e entry, ok bool) {
	if len(b) < lineSize ||
		crc32.Checksum(b[:lineSize-4], castagnoli) != binary.BigEndian.Uint32(b[lineSize-4:]) {
		return 0, entry{}, false
	}
	height = int32(binary.BigEndian.Uint32(b))
	e.length = binary.BigEndian.Uint32(b[4:])
	e.offset = int64(binary.BigEndian.Uint64(b[8:]))
	e.block = chainhash.Hash(b[16:48])
	return height, e, height >= 0 && e.length <= maxFilter && e.offset >= 0 && e.held()
}
