package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// header says what is in a file.
type header struct {
	network string
	created int64
	parts   []entry
}

type entry struct {
	kind Kind
	size uint64
	sum  [sha256.Size]byte
}

const entryLen = 1 + 8 + sha256.Size

// fits says that a header is one that may be written.
func (h *header) fits() bool {
	if h.network == "" || len(h.network) > maxNetwork || h.created < 0 || h.created > maxCreated || len(h.parts) == 0 {
		return false
	}
	for i := range len(h.network) {
		if c := h.network[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	last := Kind(0)
	for _, p := range h.parts {
		if p.kind <= last || p.kind >= endKind || p.size == 0 || p.size > MaxPart {
			return false
		}
		last = p.kind
	}
	return true
}

// size is the length of all parts. It cannot overflow: fits bounds each.
func (h *header) size() (n uint64) {
	for _, p := range h.parts {
		n += p.size
	}
	return n
}

func (h *header) encode() []byte {
	b := []byte(magic)
	b = binary.BigEndian.AppendUint16(b, Version)
	b = append(b, byte(len(h.network)))
	b = append(b, h.network...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.created))
	b = append(b, byte(len(h.parts)))
	for _, p := range h.parts {
		b = append(b, byte(p.kind))
		b = binary.BigEndian.AppendUint64(b, p.size)
		b = append(b, p.sum[:]...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// parseHeader reads the header a text begins with, and how long it is.
func parseHeader(b []byte) (h header, n int, err error) {
	if len(b) < len(magic) && bytes.HasPrefix([]byte(magic), b) && len(b) > 0 {
		return h, 0, fmt.Errorf("%w: in its header", ErrCut)
	}
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok {
		return h, 0, ErrFormat
	}
	take := func(n int) []byte {
		if n > len(rest) || err != nil {
			err = fmt.Errorf("%w: in its header", ErrCut)
			return make([]byte, n)
		}
		out := rest[:n]
		rest = rest[n:]
		return out
	}
	if version := binary.BigEndian.Uint16(take(2)); err == nil && version != Version {
		if version > Version {
			return h, 0, ErrNewer
		}
		return h, 0, fmt.Errorf("%w: version 0", ErrCorrupt)
	}
	h.network = string(take(int(take(1)[0])))
	h.created = int64(binary.BigEndian.Uint64(take(8)))
	for range take(1)[0] {
		p := take(entryLen)
		h.parts = append(h.parts, entry{Kind(p[0]), binary.BigEndian.Uint64(p[1:]), [sha256.Size]byte(p[9:])})
	}
	n = len(b) - len(rest)
	sum := take(sha256.Size)
	if err != nil {
		return header{}, 0, err
	}
	if sha256.Sum256(b[:n]) != [sha256.Size]byte(sum) || !h.fits() {
		return header{}, 0, fmt.Errorf("%w: in its header", ErrCorrupt)
	}
	return h, n + sha256.Size, nil
}

// cut takes the parts out of a file whose header has n bytes, and names those
// that are not whole.
func (h *header) cut(file []byte, n int) (b *Backup, damaged []Kind) {
	b = &Backup{Network: h.network, Created: time.Unix(h.created, 0).UTC()}
	at := uint64(n)
	for _, p := range h.parts {
		from, to := min(at, uint64(len(file))), min(at+p.size, uint64(len(file)))
		if data := file[from:to:to]; sha256.Sum256(data) == p.sum {
			b.Parts = append(b.Parts, Part{p.kind, data})
		} else {
			damaged = append(damaged, p.kind)
		}
		at += p.size
	}
	return b, damaged
}
