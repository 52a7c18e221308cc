package labels

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Type is what a record is about.
type Type string

// The types that are known, with what Ref is.
const (
	Tx     Type = "tx"     // transaction id, in hex
	Addr   Type = "addr"   // address
	PubKey Type = "pubkey" // 32, 33 or 65 bytes in hex
	Input  Type = "input"  // transaction id, colon, index
	Output Type = "output" // transaction id, colon, index
	Xpub   Type = "xpub"   // extended public key
)

// MaxLabel is the length of a label in characters, as BIP329 suggests it.
const MaxLabel = 255

const (
	maxRef    = 200
	maxOrigin = 1024
)

// Record says something of one thing. What is nil is not said: whoever reads
// the record leaves it as it was.
type Record struct {
	Type      Type
	Ref       string
	Label     *string
	Origin    string // an abbreviated descriptor, wpkh([d34db33f/84h/0h/0h]), or empty
	Spendable *bool  // of an output alone
}

// The rules a record can break.
var (
	ErrType      = errors.New("type is not known")
	ErrRef       = errors.New("ref is not of the form its type has")
	ErrOrigin    = errors.New("origin is not an abbreviated descriptor")
	ErrSpendable = errors.New("spendable is of outputs only")
	ErrLabel     = errors.New("label is not a line of text of bounded length")
)

// check holds a record to the rules; hexadecimal digits are small by then.
func (r *Record) check() error {
	switch {
	case !slices.Contains([]Type{Tx, Addr, PubKey, Input, Output, Xpub}, r.Type):
		return ErrType
	case !r.Type.fits(r.Ref):
		return ErrRef
	case r.Origin != "" && !plain(r.Origin, maxOrigin):
		return ErrOrigin
	case r.Spendable != nil && r.Type != Output:
		return ErrSpendable
	}
	return nil
}

// fits says that a reference has the form of its type.
func (t Type) fits(ref string) bool {
	switch t {
	case Tx:
		return isHex(ref, 32)
	case Input, Output:
		id, index, found := strings.Cut(ref, ":")
		n, err := strconv.ParseUint(index, 10, 32)
		return found && err == nil && isHex(id, 32) && strconv.FormatUint(n, 10) == index
	case PubKey:
		return isHex(ref, 32) || isHex(ref, 33) || isHex(ref, 65)
	}
	if ref == "" || len(ref) > maxRef {
		return false
	}
	for i := range len(ref) {
		c := ref[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func isHex(s string, size int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == size
}

// fold makes hexadecimal digits small: the same thing has one reference.
func (r *Record) fold() {
	switch r.Type {
	case Tx, Input, Output, PubKey:
		r.Ref = strings.ToLower(r.Ref)
	}
}

// plain says that a text is of printable ASCII characters and no more than so
// many.
func plain(s string, most int) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= most
}

// Clean is [OneLine] of at most [MaxLabel] characters; cut says that it was longer.
func Clean(s string) (label string, cut bool) {
	s = OneLine(s)
	n := 0
	for i := range s {
		if n++; n > MaxLabel {
			return strings.TrimSpace(s[:i]), true
		}
	}
	return s, false
}

// LineError is one line that was not taken.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error returns the number of the line and the reason, without its content.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }

// OneLine makes a stranger's text fit to be shown in one line: without control
// characters, line breaks and the invisible ones that reorder or hide text. The
// two joiners stay, as several scripts are misspelt without them.
func OneLine(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d':
			return r
		case r == '\n' || r == '\r' || r == '\t' || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
