package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Version is the format that is written.
const Version uint16 = 1

const magic = "thistle backup\n"

// The bounds of a file.
const (
	maxNetwork = 32
	// MaxPart is the most bytes a part may have. A wallet of a hundred thousand
	// transactions has some hundred million.
	MaxPart = 1 << 30
	// maxCreated is the end of the year 9999.
	maxCreated = 253402300799
)

// Kind is what a part is.
type Kind uint8

//go:generate go tool stringer -type=Kind -linecomment

// The kinds of part, in the order in which they stand.
const (
	Keystore Kind = iota + 1 // keystore
	Wallet                   // wallet
	Settings                 // settings
	endKind                  // none
)

var (
	// ErrFormat says that a file is something else than a backup.
	ErrFormat = errors.New("not a backup of this program")
	// ErrNewer says that a later version of this program wrote a file.
	ErrNewer = errors.New("backup of a later version")
	// ErrCut says that the end of a file is missing: a copy that was broken off.
	ErrCut = errors.New("backup is cut off")
	// ErrCorrupt says that a file is damaged.
	ErrCorrupt = errors.New("backup is damaged")
	// ErrContent says that a backup cannot be written as it is: no part, an empty
	// or too long one, or a network or time that nobody means.
	ErrContent = errors.New("unsuitable content for a backup")
)

// Backup is what a file holds.
type Backup struct {
	Network string    // as config names it
	Created time.Time // in whole seconds, UTC
	Parts   []Part    // in the order of their kinds
}

// Part is one part, sealed.
type Part struct {
	Kind Kind
	Data []byte
}

// Part returns the content of a part, nil if the backup has none of the kind.
func (b *Backup) Part(k Kind) []byte {
	for _, p := range b.Parts {
		if p.Kind == k {
			return p.Data
		}
	}
	return nil
}

// Summary is what can be said of a backup without its password.
type Summary struct {
	Version uint16
	Network string
	Created time.Time
	Parts   []PartSummary
	Size    int // of the file, in bytes
}

// PartSummary is what can be said of a part.
type PartSummary struct {
	Kind Kind
	Size int // in bytes
}

// Summarize reads a backup whole, as [Parse] does, and says what is in it.
func Summarize(file []byte) (Summary, error) {
	b, err := Parse(file)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Version: Version, Network: b.Network, Created: b.Created, Size: len(file)}
	for _, p := range b.Parts {
		s.Parts = append(s.Parts, PartSummary{p.Kind, len(p.Data)})
	}
	return s, nil
}

// Encode writes a backup. The error is [ErrContent].
func Encode(b *Backup) ([]byte, error) {
	h := header{network: b.Network, created: b.Created.Unix()}
	size := 0
	for _, p := range b.Parts {
		if len(p.Data) > MaxPart {
			return nil, fmt.Errorf("encode backup: %w", ErrContent)
		}
		h.parts = append(h.parts, entry{p.Kind, uint64(len(p.Data)), sha256.Sum256(p.Data)})
		size += len(p.Data)
	}
	if !h.fits() {
		return nil, fmt.Errorf("encode backup: %w", ErrContent)
	}
	head := h.encode()
	out := make([]byte, 0, size+2*len(head)+tailLen)
	out = append(out, head...)
	for _, p := range b.Parts {
		out = append(out, p.Data...)
	}
	out = append(out, head...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(head)))
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// tailLen is what follows the second header: its length and the sum of all.
const tailLen = 2 + sha256.Size

// Parse reads a backup that is whole. Its parts share the file's memory. Errors
// are [ErrFormat], [ErrNewer], [ErrCut] and [ErrCorrupt].
func Parse(file []byte) (*Backup, error) {
	h, n, err := parseHeader(file)
	if err != nil {
		return nil, err
	}
	want := uint64(2*n+tailLen) + h.size()
	switch {
	case uint64(len(file)) < want:
		return nil, fmt.Errorf("%w: %d of %d bytes", ErrCut, len(file), want)
	case uint64(len(file)) > want:
		return nil, fmt.Errorf("%w: something follows its end", ErrCorrupt)
	}
	b, damaged := h.cut(file, n)
	if len(damaged) > 0 {
		return nil, fmt.Errorf("%w: %v", ErrCorrupt, damaged)
	}
	end := len(file) - tailLen
	if string(file[end-n:end]) != string(file[:n]) || binary.BigEndian.Uint16(file[end:]) != uint16(n) ||
		sha256.Sum256(file[:end+2]) != [sha256.Size]byte(file[end+2:]) {
		return nil, fmt.Errorf("%w: at its end", ErrCorrupt)
	}
	return b, nil
}

// Salvage reads what is whole of a damaged backup: the parts whose sums are
// right, and which are not. It fails as [Parse] does if both headers are gone,
// or if no part is whole.
func Salvage(file []byte) (b *Backup, damaged []Kind, err error) {
	h, n, err := parseHeader(file)
	if errors.Is(err, ErrNewer) {
		return nil, nil, err
	}
	if err != nil {
		second, length, ok := lastHeader(file)
		if !ok {
			return nil, nil, err
		}
		h, n = second, length
	}
	b, damaged = h.cut(file, n)
	if len(b.Parts) == 0 {
		return nil, damaged, fmt.Errorf("%w: no part of it is whole", ErrCorrupt)
	}
	return b, damaged, nil
}

// lastHeader reads the second header, from the end.
func lastHeader(file []byte) (h header, n int, ok bool) {
	end := len(file) - tailLen
	if end < 0 {
		return h, 0, false
	}
	length := int(binary.BigEndian.Uint16(file[end:]))
	if length > end {
		return h, 0, false
	}
	h, n, err := parseHeader(file[end-length : end])
	return h, n, err == nil && n == length
}
