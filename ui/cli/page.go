package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ink colours text where colours are wanted.
type ink bool

func (on ink) paint(code, s string) string {
	if !on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (on ink) bold(s string) string   { return on.paint("1", s) }
func (on ink) faint(s string) string  { return on.paint("2", s) }
func (on ink) red(s string) string    { return on.paint("31", s) }
func (on ink) green(s string) string  { return on.paint("32", s) }
func (on ink) amber(s string) string  { return on.paint("33", s) }
func (on ink) purple(s string) string { return on.paint("35;1", s) }

// page is text being laid out for a person.
type page struct {
	strings.Builder
	ink ink
}

func (g *page) line(format string, args ...any) {
	fmt.Fprintf(g, format, args...)
	g.WriteByte('\n')
}

// cell is a piece of text in a table.
type cell struct {
	text  string
	right bool                // flush right
	paint func(string) string // colour, if any
}

func left(s string) cell  { return cell{text: s} }
func right(s string) cell { return cell{text: s, right: true} }

func (c cell) in(paint func(string) string) cell {
	c.paint = paint
	return c
}

// table aligns rows of cells in columns.
func (g *page) table(rows [][]cell) {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			text := c.text
			if c.paint != nil {
				text = c.paint(text)
			}
			if c.right {
				line.WriteString(pad + text)
			} else {
				line.WriteString(text + pad)
			}
		}
		g.line("%s", strings.TrimRight(line.String(), " "))
	}
}

// fields prints names and values, one pair a line.
func (g *page) fields(pairs ...string) {
	var rows [][]cell
	for i := 0; i+1 < len(pairs); i += 2 {
		rows = append(rows, []cell{left(pairs[i]).in(g.ink.faint), left(pairs[i+1])})
	}
	g.table(rows)
}

// header makes the first row of a table. Names with a ">" in front are flush
// right, as their column is.
func (g *page) header(names ...string) []cell {
	row := make([]cell, len(names))
	for i, n := range names {
		name, flush := strings.CutPrefix(n, ">")
		row[i] = cell{text: name, right: flush, paint: g.ink.faint}
	}
	return row
}
