package labels

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The bounds of reading. A wallet of a hundred thousand transactions has some
// tens of megabytes of labels.
const (
	MaxBytes = 64 << 20
	MaxLine  = 64 << 10
	// maxErrors bounds what is told: who hands in another sort of file learns
	// it from the first lines.
	maxErrors = 100
)

// The reasons why a line or a file was not taken, beside those of a record.
var (
	ErrTooLong  = errors.New("too long")
	ErrEncoding = errors.New("not UTF-8")
	ErrJSON     = errors.New("not a JSON object of the expected fields")
	ErrTooMany  = errors.New("too many lines were wrong; the rest was not read")
)

// Import is what a file of labels holds.
type Import struct {
	Records []Record     // in the order of the file
	Errors  []*LineError // lines that break the rules, in order
	Unknown int          // lines of types that are not known
	Cut     int          // labels that were shortened to [MaxLabel]
}

// Read reads a file of labels. Lines that break the rules are in the result;
// the error is that of the reader, [ErrTooLong] for a file of more than
// [MaxBytes], or [ErrTooMany], each with what was read before.
func Read(r io.Reader) (*Import, error) {
	out := &Import{}
	lines := &lineReader{r: io.LimitReader(r, MaxBytes+1)}
	for number := 1; ; number++ {
		line, err := lines.next()
		if lines.read > MaxBytes {
			return out, fmt.Errorf("read labels: %w", ErrTooLong)
		}
		if err != nil && !errors.Is(err, ErrTooLong) {
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			return out, fmt.Errorf("read labels: %w", err)
		}
		if err == nil {
			err = out.add(line, number == 1)
		}
		if err != nil {
			out.Errors = append(out.Errors, &LineError{number, err})
		}
		if len(out.Errors) >= maxErrors {
			return out, fmt.Errorf("read labels: %w", ErrTooMany)
		}
	}
}

// add takes one line.
func (im *Import) add(line []byte, first bool) error {
	if !utf8.Valid(line) {
		return ErrEncoding
	}
	if first {
		// Editors of some systems begin a file with it.
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return nil
	}
	r, err := decode(line)
	if err != nil {
		return err
	}
	r.fold()
	if err := r.check(); err != nil {
		if errors.Is(err, ErrType) {
			im.Unknown++
			return nil
		}
		return err
	}
	if r.Label != nil {
		label, cut := Clean(*r.Label)
		if r.Label = &label; cut {
			im.Cut++
		}
	}
	im.Records = append(im.Records, r)
	return nil
}

// decode reads the fields that are known. Names are exact, which they are not
// to json's own structs, and a field may not stand twice: which of two labels
// is meant, nobody can tell.
func decode(line []byte) (r Record, err error) {
	fields, err := object(line)
	if err != nil {
		return r, err
	}
	kind, ref := text(fields["type"]), text(fields["ref"])
	if kind == nil || ref == nil {
		return r, fmt.Errorf("%w: type and ref", ErrJSON)
	}
	r.Type, r.Ref = Type(*kind), strings.TrimSpace(*ref)
	if raw, ok := fields["label"]; ok && string(raw) != "null" {
		if r.Label = text(raw); r.Label == nil {
			return r, fmt.Errorf("%w: label", ErrJSON)
		}
	}
	if raw, ok := fields["origin"]; ok && string(raw) != "null" {
		origin := text(raw)
		if origin == nil {
			return r, fmt.Errorf("%w: origin", ErrJSON)
		}
		r.Origin = *origin
	}
	if raw, ok := fields["spendable"]; ok && string(raw) != "null" {
		if err := json.Unmarshal(raw, &r.Spendable); err != nil {
			return r, fmt.Errorf("%w: spendable", ErrJSON)
		}
	}
	return r, nil
}

// object takes an object apart without reading what is in its fields.
func object(line []byte) (map[string]json.RawMessage, error) {
	if !json.Valid(line) {
		return nil, ErrJSON
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, ErrJSON
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, ErrJSON
		}
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("%w: a field stands twice", ErrJSON)
		}
		fields[name] = value
	}
	return fields, nil
}

// text reads a JSON string, nil if it is none.
func text(raw json.RawMessage) *string {
	var s *string
	if len(raw) == 0 || json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return s
}

// lineReader cuts a stream into lines and passes over the rest of one that is
// too long.
type lineReader struct {
	r    io.Reader
	buf  []byte // read and not yet given out
	read int    // bytes taken from r
	end  error
}

// next returns the next line without its end, [ErrTooLong] in the place of one
// of more than MaxLine bytes, and io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	long := false
	for {
		if i := bytes.IndexByte(l.buf, '\n'); i >= 0 || (l.end != nil && len(l.buf) > 0) {
			if i < 0 {
				i = len(l.buf)
			}
			line := l.buf[:i]
			l.buf = l.buf[min(i+1, len(l.buf)):]
			if long || len(line) > MaxLine {
				return nil, ErrTooLong
			}
			return line, nil
		}
		if l.end != nil {
			if long {
				return nil, ErrTooLong
			}
			return nil, l.end
		}
		if len(l.buf) > MaxLine {
			long, l.buf = true, nil
		}
		chunk := make([]byte, 32<<10)
		n, err := l.r.Read(chunk)
		l.buf, l.end = append(l.buf, chunk[:n]...), err
		l.read += n
	}
}
