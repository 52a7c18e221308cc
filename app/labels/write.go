package labels

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// line is a record in the order in which BIP329's examples have the fields.
type line struct {
	Type      Type    `json:"type"`
	Ref       string  `json:"ref"`
	Label     *string `json:"label,omitempty"`
	Origin    string  `json:"origin,omitempty"`
	Spendable *bool   `json:"spendable,omitempty"`
}

// Write writes records in their order. It refuses one that [Read] would not
// read back the same, before anything is written.
func Write(w io.Writer, records []Record) error {
	for i, r := range records {
		if err := r.check(); err != nil {
			return fmt.Errorf("write labels: record %d: %w", i, err)
		}
		folded := r
		if folded.fold(); folded.Ref != r.Ref {
			return fmt.Errorf("write labels: record %d: %w", i, ErrRef)
		}
		if r.Label == nil {
			continue
		}
		if label, cut := Clean(*r.Label); cut || label != *r.Label {
			return fmt.Errorf("write labels: record %d: %w", i, ErrLabel)
		}
	}
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for _, r := range records {
		if err := e.Encode(line(r)); err != nil {
			return fmt.Errorf("write labels: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write labels: %w", err)
	}
	return nil
}
